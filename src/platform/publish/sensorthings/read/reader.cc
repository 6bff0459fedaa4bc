#include "platform/publish/sensorthings/read/reader.h"

#include <fmt/format.h>

#include "core/host.h"
#include "core/text.h"
#include "platform/publish/sensorthings/model/conformance.h"
#include "platform/publish/sensorthings/read/fit.h"
#include "platform/publish/sensorthings/read/formats.h"
#include "platform/publish/sensorthings/read/writer.h"

namespace bypuls::sensorthings {
namespace {

std::unexpected<Error> not_there(const Step& step) {
    return fail(Errc::not_found, step.id ? fmt::format("there is no {}({})", step.navigation, *step.id)
                                         : fmt::format("there is no {}", step.navigation));
}

std::string entity_path(Kind kind, std::int64_t id) {
    return fmt::format("{}({})", type_of(kind).set, id);
}

/// An entity of a set below another has to be linked to it.
Result<bool> is_linked(Session& session, const Origin& of, const Entity& entity) {
    const EntityType& type = type_of(kind_of(entity));
    for (const Navigation& navigation : type.navigations) {
        if (navigation.target != of.kind) {
            continue;
        }
        if (!navigation.many) {
            TRY(const auto target, session.target_of(entity, navigation));
            return target == std::optional(of);
        }
        // From here it may lead to many; from there the registry can say whether it is one of them.
        query::Expression is_it{.kind = query::Expression::Kind::operation, .op = query::Operator::eq};
        is_it.arguments.resize(2);
        is_it.arguments[0] = {.kind = query::Expression::Kind::path, .path = {{"id"}}};
        is_it.arguments[1] = {.kind = query::Expression::Kind::literal, .literal = id_of(entity)};
        TRY(const auto linked, session.count(type.kind, registry::Related{registry_kind(of.kind), of.id}, &is_it));
        return linked > 0;
    }
    return false;
}

class EntityReading {
public:
    EntityReading(Session& session, const Form& form, const ResourcePath& path, const query::Options& options)
        : session_(session), form_(form), path_(path), options_(options), writer_(session, form) {}

    Result<Answer> answer() {
        TRY(const auto found, resolve(session_, path_));
        if (!path_.property.empty()) {
            return property(*found.entity);
        }
        const Projection projection = make_projection(found.kind, options_, form_.v1_0);
        Answer answer;
        if (found.entity) {
            if (path_.reference) {
                answer.body = R"({"@iot.selfLink":")";
                writer_.append_self_link(answer.body, found.kind, id_of(*found.entity));
                answer.body += "\"}";
                return answer;
            }
            TRY_DO(writer_.entity(answer.body, found.entity, projection));
            return answer;
        }
        return set(found, projection);
    }

private:
    Result<Answer> set(const Resolved& found, const Projection& projection) {
        Answer answer;
        if (path_.count) {
            query::Options counted = options_;
            counted.count = true;
            counted.top = 0;
            TRY(const auto number, count(found, counted, projection));
            answer.media_type = "text/plain; charset=utf-8";
            answer.body = std::to_string(number);
            return answer;
        }
        if (path_.reference) {
            TRY_DO(writer_.references(answer.body, found.kind, found.of, options_, found.path + "/$ref"));
            return answer;
        }
        if (options_.format != query::ResultFormat::entities) {
            return formatted_set(session_, form_, writer_, found, options_, projection);
        }
        TRY_DO(writer_.set(answer.body, found.kind, found.of, options_, projection, found.path));
        return answer;
    }

    Result<std::uint64_t> count(const Resolved& found, const query::Options& options, const Projection& projection) {
        const Fingerprint fingerprint = options.distinct ? make_fingerprint(writer_, projection) : Fingerprint{};
        if (found.kind == Kind::observation) {
            TRY(const auto page, observation_page(session_, found.of, options, fingerprint));
            return page.count.value_or(0);
        }
        TRY(const auto page, entity_page(session_, found.kind, found.of, options, fingerprint));
        return page.count.value_or(0);
    }

    Result<Answer> property(const Entity& entity) {
        Answer answer;
        std::string value;
        if (is_id(path_.property)) {
            json::append_integer(value, id_of(entity));
        } else if (is_self_link(path_.property)) {
            value += '"';
            writer_.append_self_link(value, kind_of(entity), id_of(entity));
            value += '"';
        } else {
            TRY_DO(writer_.property(value, entity, *type_of(kind_of(entity)).property(path_.property)));
        }
        if (!path_.into.empty()) {
            auto inside = json::inside(value, path_.into);
            if (!inside) {
                return fail(Errc::not_found, fmt::format("'{}' has no '{}'", path_.property, path_.into.back()));
            }
            value = std::move(*inside);
        }
        // 1.0 counts resultTime among the mandatory properties, and OGC's suite for it asks for each of these by
        // itself.
        const bool told_as_null = form_.v1_0 && path_.property == "resultTime";
        if (value == "null" && !told_as_null) {
            answer.status = 204;
            return answer;
        }
        if (path_.value) {
            answer.media_type = "text/plain; charset=utf-8";
            const auto raw = json::value_of(value);
            const auto* text = std::get_if<std::string>(&raw);
            answer.body = text != nullptr ? *text : value;
            return answer;
        }
        answer.body = "{";
        append_json_string(answer.body, path_.into.empty() ? path_.property : path_.into.back());
        answer.body += ":" + value + "}";
        return answer;
    }

    Session& session_;
    const Form& form_;
    const ResourcePath& path_;
    const query::Options& options_;
    Writer writer_;
};

}  // namespace

Result<Resolved> resolve(Session& session, const ResourcePath& path) {
    Resolved at;
    for (const Step& step : path.steps) {
        const auto before = std::move(at.entity);
        at = Resolved{.kind = step.kind, .of = std::nullopt, .entity = nullptr, .path = std::string(step.navigation)};
        if (before) {
            at.of = Origin{kind_of(*before), id_of(*before)};
            at.path = entity_path(at.of->kind, at.of->id) + "/" + std::string(step.navigation);
        }
        if (!step.many) {
            TRY(auto one, session.related(*before, *type_of(at.of->kind).navigation(step.navigation), 1));
            if (one.empty()) {
                return not_there(step);
            }
            at.entity = std::move(one.front());
            continue;
        }
        if (step.id) {
            TRY(at.entity, session.get(step.kind, *step.id));
            if (!at.entity) {
                return not_there(step);
            }
            if (at.of) {
                TRY(const bool linked, is_linked(session, *at.of, *at.entity));
                if (!linked) {
                    return fail(Errc::not_found, fmt::format("{}({}) is none of {}'s", step.navigation, *step.id,
                                                             entity_path(at.of->kind, at.of->id)));
                }
            }
        }
    }
    return at;
}

Result<Answer> read(const Data& data, const Clock& clock, const Form& form, const ResourcePath& path,
                    query::Options options, const ReadLimits& limits, const query::Places& places) {
    const Step& last = path.last();
    const bool page_options = options.filter || !options.order.empty() || options.top || options.skip > 0 ||
                              options.count || options.distinct || !options.skip_token.empty();
    if (page_options && (last.single() || !path.property.empty())) {
        return fail(Errc::malformed,
                    "$filter, $orderby, $top, $skip, $count and $distinct are for sets; this path leads to one entity");
    }
    if (options.format != query::ResultFormat::entities && (last.single() || !path.property.empty())) {
        return fail(Errc::malformed,
                    "$resultFormat: dataArray, csv and geojson are for sets; this path leads to one entity");
    }
    TRY(const auto fitted, fit(last.kind, std::move(options), places));
    Session session(data, clock, limits);
    return EntityReading(session, form, path, fitted).answer();
}

std::vector<std::string> mqtt_endpoints(const Form& form, std::span<const MqttDoor> doors) {
    const std::string_view host = host_in(form.root);
    std::vector<std::string> told;
    for (const MqttDoor& door : doors) {
        if (is_this_machine(host) || !(is_loopback(door.address) || is_this_machine(door.address))) {
            told.push_back(fmt::format("{}://{}:{}", door.tls ? "mqtts" : "mqtt", host, door.port));
        }
    }
    return told;
}

std::string service_root(const Form& form, bool changes, std::span<const MqttDoor> doors) {
    const auto endpoints = mqtt_endpoints(form, doors);
    std::string out = R"({"value":[)";
    for (const EntityType& type : entity_types()) {
        if (form.v1_0 && type.kind == Kind::multi_datastream) {
            continue;
        }
        out += out.back() == '[' ? "" : ",";
        out += fmt::format(R"({{"name":"{}","url":"{}/{}"}})", type.set, form.root, type.set);
    }
    out += ']';
    if (!form.v1_0) {
        out += R"(,"serverSettings":{"conformance":[)";
        for (const auto& uri : conformance({.changes = changes, .mqtt = !endpoints.empty()})) {
            out += out.back() == '[' ? "\"" : ",\"";
            out += uri;
            out += '"';
        }
        out += ']';
        for (const std::string_view uri :
             endpoints.empty() ? std::span<const std::string_view>{} : mqtt_requirements()) {
            out += fmt::format(R"(,"{}":{{"endpoints":[)", uri);
            for (const std::string& endpoint : endpoints) {
                out += out.back() == '[' ? "" : ",";
                append_json_string(out, endpoint);
            }
            out += "]}";
        }
        out += '}';
    }
    return out + "}";
}

}  // namespace bypuls::sensorthings
