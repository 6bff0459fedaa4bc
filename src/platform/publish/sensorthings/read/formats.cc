#include "platform/publish/sensorthings/read/formats.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/text.h"

namespace bypuls::sensorthings {
namespace {

using Shown = Projection::Shown;

/// A page of either kind, as entities.
struct Page {
    std::vector<std::shared_ptr<const Entity>> entities;
    std::optional<PageEnd> next;
    std::optional<std::uint64_t> count;
};

Result<Page> page_of(Session& session, Writer& writer, const Resolved& found, const query::Options& options,
                     const Projection& projection) {
    const Fingerprint fingerprint = options.distinct ? make_fingerprint(writer, projection) : Fingerprint{};
    Page made;
    if (found.kind == Kind::observation) {
        TRY(const auto page, observation_page(session, found.of, options, fingerprint));
        for (const Row& row : page.rows) {
            made.entities.push_back(std::make_shared<const Entity>(reading_of(session, row)));
        }
        made.next = page.next;
        made.count = page.count;
        return made;
    }
    TRY(auto page, entity_page(session, found.kind, found.of, options, fingerprint));
    return Page{std::move(page.items), page.next, page.count};
}

/// One value of a row: the property as JSON, or what is at a path inside it.
Result<std::vector<std::string>> values_of(Writer& writer, const Entity& entity, const Shown& shown) {
    std::string whole;
    TRY_DO(writer.property(whole, entity, *shown.property));
    if (shown.into.empty()) {
        return std::vector{std::move(whole)};
    }
    std::vector<std::string> parts;
    for (const auto& path : shown.into) {
        parts.push_back(json::inside(whole, path).value_or("null"));
    }
    return parts;
}

std::vector<std::string> names_of(const Projection& projection) {
    std::vector<std::string> names;
    if (projection.id) {
        names.emplace_back("id");
    }
    for (const Shown& shown : projection.properties) {
        if (shown.into.empty()) {
            names.emplace_back(shown.property->name);
        }
        for (const auto& path : shown.into) {
            std::string name{shown.property->name};
            for (const auto& step : path) {
                name += "/" + step;
            }
            names.push_back(std::move(name));
        }
    }
    return names;
}

Result<std::vector<std::string>> row_of(Writer& writer, const Entity& entity, const Projection& projection) {
    std::vector<std::string> row;
    if (projection.id) {
        row.push_back(std::to_string(id_of(entity)));
    }
    for (const Shown& shown : projection.properties) {
        TRY(auto values, values_of(writer, entity, shown));
        row.insert(row.end(), std::make_move_iterator(values.begin()), std::make_move_iterator(values.end()));
    }
    return row;
}

/// {"Datastream@iot.navigationLink":…,"components":[…],"dataArray@iot.count":…,"dataArray":[[…],…]}
struct Group {
    observations::DatastreamId datastream;
    bool multi = false;
    std::size_t rows = 0;
    std::string array;
};

void append_group(std::string& out, const Form& form, const Group& group, const std::vector<std::string>& names) {
    out += out.back() == '[' ? "" : ",";
    const Kind kind = group.multi ? Kind::multi_datastream : Kind::datastream;
    out += fmt::format(R"x({{"{}@iot.navigationLink":"{}/{}({})","components":[)x", type_of(kind).name, form.root,
                       type_of(kind).set, group.datastream.value);
    for (const auto& name : names) {
        out += out.back() == '[' ? "" : ",";
        append_json_string(out, name);
    }
    out += fmt::format(R"(],"dataArray@iot.count":{},"dataArray":[{}]}})", group.rows, group.array);
}

Result<Answer> data_array(const Form& form, Writer& writer, const Resolved& found, const Page& page,
                          const query::Options& options, const Projection& projection) {
    if (found.kind != Kind::observation) {
        return fail(Errc::malformed, "$resultFormat=dataArray is for Observations (18-088 §14.1)");
    }
    std::vector<Group> groups;
    for (const auto& entity : page.entities) {
        const auto& reading = std::get<Reading>(*entity);
        if (groups.empty() || groups.back().datastream != reading.place.datastream) {
            groups.push_back({.datastream = reading.place.datastream, .multi = reading.multi, .rows = 0, .array = ""});
        }
        Group& group = groups.back();
        TRY(const auto row, row_of(writer, *entity, projection));
        group.array += group.rows++ == 0 ? "[" : ",[";
        for (std::size_t i = 0; i < row.size(); ++i) {
            group.array += i == 0 ? "" : ",";
            group.array += row[i];
        }
        group.array += ']';
    }
    Answer answer;
    answer.body = R"({"value":[)";
    const auto names = names_of(projection);
    for (const Group& group : groups) {
        append_group(answer.body, form, group, names);
    }
    answer.body += ']';
    if (page.count) {
        answer.body += fmt::format(R"(,"@iot.count":{})", *page.count);
    }
    if (page.next) {
        answer.body += R"(,"@iot.nextLink":)";
        append_json_string(answer.body, writer.next_link(found.path, options, *page.next));
    }
    answer.body += '}';
    return answer;
}

/// RFC 4180. A cell that a spreadsheet would take for a formula gets an apostrophe, unless it is a number.
void append_cell(std::string& out, std::string_view json_text) {
    const auto value = json::value_of(json_text);
    if (std::holds_alternative<std::monostate>(value)) {
        return;
    }
    const auto* text = std::get_if<std::string>(&value);
    std::string cell = text != nullptr ? *text : std::string(json_text);
    constexpr std::string_view formula = "=+-@\t\r";
    if (text != nullptr && !cell.empty() && formula.find(cell.front()) != std::string_view::npos) {
        cell.insert(0, 1, '\'');
    }
    if (cell.find_first_of(",\"\r\n") == std::string::npos) {
        out += cell;
        return;
    }
    out += '"';
    for (const char c : cell) {
        out.append(c == '"' ? 2 : 1, c);
    }
    out += '"';
}

Result<Answer> csv(Writer& writer, const Page& page, const Projection& projection) {
    Answer answer;
    answer.media_type = "text/csv; charset=utf-8";
    const auto append_line = [&](const std::vector<std::string>& cells, auto append) {
        for (std::size_t i = 0; i < cells.size(); ++i) {
            answer.body += i == 0 ? "" : ",";
            append(answer.body, cells[i]);
        }
        answer.body += "\r\n";
    };
    append_line(names_of(projection), [](std::string& out, const std::string& name) { out += name; });
    for (const auto& entity : page.entities) {
        TRY(const auto row, row_of(writer, *entity, projection));
        append_line(row, append_cell);
    }
    return answer;
}

/// The GeoJSON geometry that stands for an entity on a map; empty when it has none.
Result<std::string> place_of(Session& session, const Entity& entity) {
    std::string_view property;
    std::string_view way;
    switch (kind_of(entity)) {
        case Kind::location: property = "location"; break;
        case Kind::feature_of_interest: property = "feature"; break;
        case Kind::datastream:
        case Kind::multi_datastream: property = "observedArea"; break;
        case Kind::thing:
        case Kind::historical_location: way = "Locations"; break;
        case Kind::observation: way = "FeatureOfInterest"; break;
        default: return std::string{};
    }
    if (!way.empty()) {
        TRY(const auto there, session.related(entity, *type_of(kind_of(entity)).navigation(way), 1));
        return there.empty() ? std::string{} : place_of(session, *there.front());
    }
    TRY(const auto value, session.value_of(entity, property));
    const auto* geometry = value ? std::get_if<query::Geometry>(&*value) : nullptr;
    if (geometry == nullptr) {
        return std::string{};
    }
    // A feature is more than a geometry, and stands for the one inside.
    const auto inside = json::step_inside(geometry->geojson, "geometry");
    return inside.value_or(geometry->geojson);
}

Result<Answer> geojson(Session& session, Writer& writer, const Page& page, const Projection& projection) {
    Answer answer;
    answer.media_type = "application/geo+json";
    answer.body = R"({"type":"FeatureCollection","features":[)";
    for (const auto& entity : page.entities) {
        answer.body += answer.body.back() == '[' ? "" : ",";
        answer.body += fmt::format(R"({{"type":"Feature","id":{},"geometry":)", id_of(*entity));
        TRY(const auto place, place_of(session, *entity));
        answer.body += place.empty() ? "null" : place;
        answer.body += R"(,"properties":)";
        TRY_DO(writer.entity(answer.body, entity, projection));
        answer.body += '}';
    }
    answer.body += "]}";
    return answer;
}

}  // namespace

Result<Answer> formatted_set(Session& session, const Form& form, Writer& writer, const Resolved& found,
                             const query::Options& options, const Projection& projection) {
    const bool flat = options.format == query::ResultFormat::data_array || options.format == query::ResultFormat::csv;
    if (flat && !options.expand.empty()) {
        return fail(Errc::malformed, "$expand has no place in rows; leave it out, or leave $resultFormat out");
    }
    TRY(const auto page, page_of(session, writer, found, options, projection));
    if (options.format == query::ResultFormat::data_array) {
        return data_array(form, writer, found, page, options, projection);
    }
    TRY(auto answer, flat ? csv(writer, page, projection) : geojson(session, writer, page, projection));
    if (page.next) {
        answer.next = writer.next_link(found.path, options, *page.next);
    }
    return answer;
}

}  // namespace bypuls::sensorthings
