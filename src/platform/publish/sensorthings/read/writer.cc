#include "platform/publish/sensorthings/read/writer.h"

#include <nlohmann/json.hpp>

#include "core/text.h"
#include "platform/publish/sensorthings/read/link.h"

namespace bypuls::sensorthings {
namespace {

/// `,"name":` or `"name":` after an opening brace.
void key(std::string& out, std::string_view name, std::string_view suffix = "") {
    if (out.back() != '{') {
        out += ',';
    }
    out += '"';
    out += name;
    out += suffix;
    out += "\":";
}

bool is_nothing(const query::Value& value) {
    if (const auto* text = std::get_if<query::Json>(&value)) {
        return text->text == "{}";
    }
    return std::holds_alternative<std::monostate>(value);
}

/// Absent optional properties are left out of whole entities; a mandatory one and resultTime (18-088 §8.2.7) say null.
bool always_shown(const Property& property) {
    return property.mandatory || (property.name == "resultTime" && property.content == Content::instant);
}

}  // namespace

void Writer::append_self_link(std::string& out, Kind kind, std::int64_t id) const {
    out += form_.root;
    out += '/';
    out += type_of(kind).set;
    out += '(';
    json::append_integer(out, id);
    out += ')';
}

Result<void> Writer::check_size(const std::string& out) const {
    if (out.size() > session_.limits().answer_bytes) {
        return fail(Errc::exhausted,
                    "the answer would be larger than the service gives at once; ask for fewer with $top, "
                    "also inside $expand");
    }
    return {};
}

Result<void> Writer::property(std::string& out, const Entity& entity, const Property& property) {
    if (property.name == "result") {
        append_result(out, std::get<Reading>(entity).value);  // as it was sent, however long its numbers
        return {};
    }
    TRY(const auto value, session_.value_of(entity, property.name));
    json::append_value(out, value.value_or(query::Value{}), form_.times());
    return {};
}

Result<void> Writer::selected(std::string& out, const Entity& entity, const Projection::Shown& shown) {
    std::string whole;
    TRY_DO(property(whole, entity, *shown.property));
    key(out, shown.property->name);
    if (shown.into.empty()) {
        out += whole;
        return {};
    }
    nlohmann::json parts = nlohmann::json::object();
    for (const auto& path : shown.into) {
        const auto found = json::inside(whole, path);
        nlohmann::json* place = &parts;
        for (const auto& step : path) {
            place = &(*place)[step];
        }
        *place = found ? nlohmann::json::parse(*found, nullptr, false) : nlohmann::json{};
    }
    out += parts.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    return {};
}

Result<void> Writer::entity(std::string& out, const std::shared_ptr<const Entity>& shared,
                            const Projection& projection) {
    const Entity& entity = *shared;
    const Kind kind = kind_of(entity);
    const std::int64_t id = id_of(entity);
    out += '{';
    if (projection.id) {
        key(out, "@iot.id");
        json::append_integer(out, id);
    }
    if (projection.self_link) {
        key(out, "@iot.selfLink");
        out += '"';
        append_self_link(out, kind, id);
        out += '"';
    }
    for (const auto& shown : projection.properties) {
        if (projection.everything && !always_shown(*shown.property)) {
            TRY(const auto value, session_.value_of(entity, shown.property->name));
            if (value && !is_nothing(*value)) {
                key(out, shown.property->name);
                json::append_value(out, *value, form_.times());
            }
            continue;
        }
        TRY_DO(selected(out, entity, shown));
    }
    for (const Navigation* navigation : projection.links) {
        const auto* reading = std::get_if<Reading>(&entity);
        const bool stream = navigation->target == Kind::datastream || navigation->target == Kind::multi_datastream;
        if (reading != nullptr && stream && (navigation->target == Kind::multi_datastream) != reading->multi) {
            continue;
        }
        key(out, navigation->name, "@iot.navigationLink");
        out += '"';
        append_self_link(out, kind, id);
        out += '/';
        out += navigation->name;
        out += '"';
    }
    for (const auto& expansion : projection.expansions) {
        TRY_DO(expand(out, entity, expansion));
    }
    out += '}';
    return check_size(out);
}

Result<void> Writer::expand(std::string& out, const Entity& entity, const Projection::Expansion& expansion) {
    const Navigation& navigation = *expansion.navigation;
    if (!navigation.many) {
        TRY(const auto found, session_.related(entity, navigation, 1));
        if (!found.empty()) {
            key(out, navigation.name);
            return this->entity(out, found.front(), *expansion.inside);
        }
        return {};
    }
    const Origin origin{kind_of(entity), id_of(entity)};
    std::optional<PageEnd> next;
    std::optional<std::uint64_t> count;
    key(out, navigation.name);
    TRY_DO(items(out, navigation.target, origin, *expansion.options, *expansion.inside, next, count));
    if (count) {
        key(out, navigation.name, "@iot.count");
        json::append_integer(out, static_cast<std::int64_t>(*count));
    }
    if (next) {
        std::string path{type_of(origin.kind).set};
        path += '(' + std::to_string(origin.id) + ")/";
        path += navigation.name;
        key(out, navigation.name, "@iot.nextLink");
        append_json_string(out, next_link(path, *expansion.options, *next));
    }
    return {};
}

std::string Writer::next_link(std::string_view path, const query::Options& options, const PageEnd& end) const {
    return form_.root + "/" + std::string(path) + "?" +
           (end.skip > 0 ? link_query(options, end.skip) : link_query(options, to_token(end)));
}

Result<void> Writer::items(std::string& out, Kind kind, const std::optional<Origin>& of, const query::Options& options,
                           const Projection& projection, std::optional<PageEnd>& next,
                           std::optional<std::uint64_t>& count) {
    const Fingerprint fingerprint = options.distinct ? make_fingerprint(*this, projection) : Fingerprint{};
    if (kind == Kind::observation) {
        TRY(const auto page, observation_page(session_, of, options, fingerprint));
        next = page.next;
        count = page.count;
        if (projection.plain()) {
            plain_observations(out, page);
            return check_size(out);
        }
        out += '[';
        for (const Row& row : page.rows) {
            if (out.back() != '[') {
                out += ',';
            }
            TRY_DO(entity(out, std::make_shared<const Entity>(reading_of(session_, row)), projection));
        }
        out += ']';
        return {};
    }
    TRY(const auto page, entity_page(session_, kind, of, options, fingerprint));
    next = page.next;
    count = page.count;
    TRY_DO(get_ahead(page.items, projection));
    out += '[';
    for (const auto& item : page.items) {
        if (out.back() != '[') {
            out += ',';
        }
        TRY_DO(entity(out, item, projection));
    }
    out += ']';
    return {};
}

/// Where the entities' expanded navigations to one lead, at once.
Result<void> Writer::get_ahead(const std::vector<std::shared_ptr<const Entity>>& entities,
                               const Projection& projection) {
    for (const auto& expansion : projection.expansions) {
        if (expansion.navigation->many) {
            continue;
        }
        std::vector<std::int64_t> ids;
        for (const auto& entity : entities) {
            TRY(const auto target, session_.target_of(*entity, *expansion.navigation));
            if (target) {
                ids.push_back(target->id);
            }
        }
        TRY_DO(session_.get_ahead(expansion.navigation->target, std::move(ids)));
    }
    return {};
}

Result<void> Writer::set(std::string& out, Kind kind, const std::optional<Origin>& of, const query::Options& options,
                         const Projection& projection, std::string_view path) {
    std::optional<PageEnd> next;
    std::optional<std::uint64_t> count;
    out += R"({"value":)";
    TRY_DO(items(out, kind, of, options, projection, next, count));
    if (count) {
        key(out, "@iot.count");
        json::append_integer(out, static_cast<std::int64_t>(*count));
    }
    if (next) {
        key(out, "@iot.nextLink");
        append_json_string(out, next_link(path, options, *next));
    }
    out += '}';
    return {};
}

Result<void> Writer::references(std::string& out, Kind kind, const std::optional<Origin>& of,
                                const query::Options& options, std::string_view path) {
    query::Options bare = options;
    bare.expand.clear();
    bare.select = {query::Path{{"@iot.selfLink"}}};
    TRY_DO(set(out, kind, of, bare, make_projection(kind, bare, form_.v1_0), path));
    return {};
}

/// The way that a datastream's year is read: no entity is made of its rows.
void Writer::plain_observations(std::string& out, const ObservationPage& page) const {
    const std::string self = form_.root + "/Observations(";
    out += '[';
    out.reserve(out.size() + page.rows.size() * (3 * self.size() + 320));
    for (const Row& row : page.rows) {
        if (out.back() != '[') {
            out += ',';
        }
        const auto moved = session_.data().moved == nullptr ? std::nullopt : session_.data().moved->id_of(row.place());
        const std::int64_t id = moved ? *moved : observation_id(row.place()).value_or(0);
        const observations::Columns& columns = *row.columns;
        const auto link = [&](std::string_view name) {
            out += ",\"";
            out += name;
            out += "@iot.navigationLink\":\"";
            out += self;
            json::append_integer(out, id);
            out += ")/";
            out += name;
            out += '"';
        };
        out += R"({"@iot.id":)";
        json::append_integer(out, id);
        out += R"(,"@iot.selfLink":")";
        out += self;
        json::append_integer(out, id);
        out += ")\",\"phenomenonTime\":";
        if (row.detail == nullptr) {
            json::append_instant_text(out, row.time(), form_.times());
            out += R"(,"resultTime":null)";
        } else {
            json::append_value(out, phenomenon_time(row.time(), *row.detail), form_.times());
            out += R"(,"resultTime":)";
            json::append_value(out, row.detail->result_time ? query::Value{*row.detail->result_time} : query::Value{},
                               form_.times());
        }
        out += R"(,"result":)";
        switch (columns.type) {
            case observations::ResultType::number: json::append_number(out, columns.numbers[row.index]); break;
            case observations::ResultType::integer: json::append_integer(out, columns.integers[row.index]); break;
            case observations::ResultType::boolean: out += columns.booleans[row.index] != 0 ? "true" : "false"; break;
            case observations::ResultType::category: append_json_string(out, columns.texts[row.index]); break;
            case observations::ResultType::json: out += columns.texts[row.index]; break;
        }
        if (row.detail != nullptr) {
            append_details(out, *row.detail, form_.times());
        }
        link(session_.is_multi(row.datastream) ? "MultiDatastream" : "Datastream");
        link("FeatureOfInterest");
        out += '}';
    }
    out += ']';
}

Fingerprint make_fingerprint(Writer& writer, const Projection& projection) {
    return [&](const std::shared_ptr<const Entity>& entity) -> Result<std::string> {
        std::string text;
        TRY_DO(writer.entity(text, entity, projection));
        return text;
    };
}

}  // namespace bypuls::sensorthings
