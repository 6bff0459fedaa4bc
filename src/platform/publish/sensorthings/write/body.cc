#include "platform/publish/sensorthings/write/body.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/check.h"
#include "core/json_members.h"
#include "core/text.h"
#include "core/time/iso8601.h"
#include "platform/registry/streams.h"

namespace bypuls::sensorthings {
namespace {

using Tree = nlohmann::json;

constexpr std::size_t depth_max = 64;
constexpr std::string_view complex_type = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_ComplexObservation";

std::string dump(const Tree& tree) {
    return tree.dump(-1, ' ', false, Tree::error_handler_t::replace);
}

/// The library names the number at fault in quotes.
std::string_view quoted_in(std::string_view words) {
    constexpr std::size_t shown_max = 40;
    const auto open = words.find('\'');
    const auto close = words.rfind('\'');
    return open < close ? words.substr(open + 1, std::min(close - open - 1, shown_max)) : std::string_view("too large");
}

std::unexpected<Error> wrong(std::string_view member, std::string_view expected) {
    return fail(Errc::malformed, fmt::format("'{}' must be {}", member, expected));
}

std::string with_article(std::string_view name) {
    return fmt::format("{} {}", std::string_view("AEIOU").contains(name.front()) ? "an" : "a", name);
}

/// Members of a body, each read once with what it must be.
class Members {
public:
    Members(const Tree& body, Kind kind) : body_(body), type_(type_of(kind)) {}

    /// Every member is a property, a relation or control information.
    Result<void> check_names() const {
        if (!body_.is_object()) {
            return fail(Errc::malformed, fmt::format("{} is a JSON object", with_article(type_.name)));
        }
        for (const auto& [name, value] : body_.items()) {
            const bool known = type_.property(name) != nullptr || type_.navigation(name) != nullptr ||
                               name.find('@') != std::string::npos || is_id(name) || is_self_link(name);
            if (!known) {
                return fail(Errc::malformed, fmt::format("{} has no '{}'", with_article(type_.name), name));
            }
        }
        for (const Property& property : type_.properties) {
            if (property.mandatory && absent(property.name)) {
                return fail(Errc::malformed, fmt::format("{} needs '{}'", with_article(type_.name), property.name));
            }
        }
        return {};
    }

    bool absent(std::string_view name) const {
        const auto found = body_.find(name);
        return found == body_.end() || found->is_null();
    }
    const Tree& at(std::string_view name) const { return *body_.find(name); }

    Result<std::string> text(std::string_view name) const {
        if (absent(name)) {
            return std::string{};
        }
        return at(name).is_string() ? Result<std::string>(at(name).get<std::string>()) : wrong(name, "a text");
    }

    Result<std::string> object(std::string_view name, std::string_view otherwise) const {
        if (absent(name)) {
            return std::string(otherwise);
        }
        return at(name).is_object() ? Result<std::string>(dump(at(name))) : wrong(name, "a JSON object");
    }

    Result<std::optional<Instant>> instant(std::string_view name) const {
        if (absent(name)) {
            return std::nullopt;
        }
        TRY(const auto written, text(name));
        const auto t = parse_instant(written);
        if (!t) {
            return wrong(name, "an ISO 8601 time with a zone");
        }
        return std::optional(*t);
    }

private:
    const Tree& body_;
    const EntityType& type_;
};

template <typename T>
Result<void> read_named(const Members& in, T& out) {
    TRY(out.name, in.text("name"));
    TRY(out.description, in.text("description"));
    TRY(out.properties, in.object("properties", "{}"));
    if constexpr (requires { out.simulated; }) {
        // As it is shown. Whoever does not speak of it leaves it as it is, so that nothing loses its mark by the way.
        static const Tree nothing = Tree::object();
        const Tree& properties = in.absent("properties") ? nothing : in.at("properties");
        const auto said = properties.find("simulated");
        if (said != properties.end() && said->is_boolean()) {
            out.simulated = said->template get<bool>();
        }
    }
    return {};
}

Result<registry::Unit> unit_from(const Tree& tree, std::string_view member) {
    if (!tree.is_object()) {
        return wrong(member, "an object with name, symbol and definition");
    }
    registry::Unit unit;
    const auto part = [&](const char* name, std::string& into) -> Result<void> {
        const auto found = tree.find(name);
        if (found == tree.end() || found->is_null()) {
            return {};
        }
        if (!found->is_string()) {
            return wrong(fmt::format("{}/{}", member, name), "a text or null");
        }
        into = found->get<std::string>();
        return {};
    };
    TRY_DO(part("name", unit.name));
    TRY_DO(part("symbol", unit.symbol));
    TRY_DO(part("definition", unit.definition));
    return unit;
}

/// The types of 18-088 table 12; any other says that results may be anything, as OM_Observation does.
registry::ResultType result_type_from(std::string_view uri) {
    return registry::result_type_of_uri(uri).value_or(registry::ResultType::json);
}

Result<void> read(const Members& in, registry::Thing& thing) {
    return read_named(in, thing);
}

Result<void> read(const Members& in, registry::Location& location) {
    TRY_DO(read_named(in, location));
    TRY(location.encoding_type, in.text("encodingType"));
    TRY(location.geometry, in.object("location", ""));
    return {};
}

Result<void> read(const Members& in, registry::HistoricalLocation& location) {
    TRY(const auto time, in.instant("time"));
    location.time = time.value_or(Instant{});
    return {};
}

Result<void> read(const Members& in, registry::Sensor& sensor) {
    TRY_DO(read_named(in, sensor));
    TRY(sensor.encoding_type, in.text("encodingType"));
    const Tree& metadata = in.at("metadata");
    sensor.metadata = metadata.is_string() ? metadata.get<std::string>() : dump(metadata);
    return {};
}

Result<void> read(const Members& in, registry::ObservedProperty& property) {
    TRY_DO(read_named(in, property));
    TRY(property.definition, in.text("definition"));
    return {};
}

Result<void> read(const Members& in, registry::FeatureOfInterest& feature) {
    TRY_DO(read_named(in, feature));
    TRY(feature.encoding_type, in.text("encodingType"));
    TRY(feature.feature, in.object("feature", ""));
    return {};
}

Result<void> read(const Members& in, registry::Datastream& stream) {
    TRY_DO(read_named(in, stream));
    TRY(const auto type, in.text("observationType"));
    stream.result_type = result_type_from(type);
    TRY(stream.unit, unit_from(in.at("unitOfMeasurement"), "unitOfMeasurement"));
    TRY(stream.observed_area, in.object("observedArea", ""));
    return {};
}

Result<void> read(const Members& in, registry::MultiDatastream& stream) {
    TRY_DO(read_named(in, stream));
    TRY(stream.observed_area, in.object("observedArea", ""));
    const Tree& units = in.at("unitOfMeasurements");
    const Tree& types = in.at("multiObservationDataTypes");
    // 18-088 §11.2 (multi-datastream/constraints): as many of the one as of the other.
    if (!units.is_array() || !types.is_array() || units.size() != types.size()) {
        return fail(Errc::malformed,
                    "'unitOfMeasurements' and 'multiObservationDataTypes' must be lists of the same length");
    }
    stream.components.resize(units.size());
    for (std::size_t i = 0; i < units.size(); ++i) {
        if (!types[i].is_string()) {
            return wrong(fmt::format("multiObservationDataTypes/{}", i), "a text");
        }
        stream.components[i].result_type = result_type_from(types[i].get<std::string>());
        TRY(stream.components[i].unit, unit_from(units[i], fmt::format("unitOfMeasurements/{}", i)));
    }
    return {};
}

Result<void> read(const Members&, registry::Place&) {
    check(false, "places are not of SensorThings");
    return {};
}

template <typename T>
Tree named_body(const T& entity) {
    return {{"name", entity.name},
            {"description", entity.description},
            {"properties", Tree::parse(entity.properties, nullptr, false)}};
}

struct Body {
    Tree operator()(const registry::Thing& thing) const { return named_body(thing); }
    Tree operator()(const registry::Location& location) const {
        Tree body = named_body(location);
        body["encodingType"] = location.encoding_type;
        body["location"] = Tree::parse(location.geometry, nullptr, false);
        return body;
    }
    Tree operator()(const registry::HistoricalLocation& location) const {
        return {{"time", format_instant(location.time)}};
    }
    Tree operator()(const registry::Sensor& sensor) const {
        Tree body = named_body(sensor);
        body["encodingType"] = sensor.encoding_type;
        body["metadata"] = sensor.metadata;
        return body;
    }
    Tree operator()(const registry::ObservedProperty& property) const {
        Tree body = named_body(property);
        body["definition"] = property.definition;
        return body;
    }
    Tree operator()(const registry::FeatureOfInterest& feature) const {
        Tree body = named_body(feature);
        body["encodingType"] = feature.encoding_type;
        body["feature"] = Tree::parse(feature.feature, nullptr, false);
        return body;
    }
    Tree operator()(const registry::Datastream& stream) const {
        Tree body = named_body(stream);
        body["observationType"] = registry::observation_type_uri(stream.result_type);
        body["unitOfMeasurement"] = Tree::parse(unit_json(stream.unit));
        if (!stream.observed_area.empty()) {
            body["observedArea"] = Tree::parse(stream.observed_area, nullptr, false);
        }
        return body;
    }
    Tree operator()(const registry::MultiDatastream& stream) const {
        Tree body = named_body(stream);
        body["observationType"] = complex_type;
        body["unitOfMeasurements"] = Tree::array();
        body["multiObservationDataTypes"] = Tree::array();
        for (const auto& component : stream.components) {
            body["unitOfMeasurements"].push_back(Tree::parse(unit_json(component.unit)));
            body["multiObservationDataTypes"].push_back(registry::observation_type_uri(component.result_type));
        }
        if (!stream.observed_area.empty()) {
            body["observedArea"] = Tree::parse(stream.observed_area, nullptr, false);
        }
        return body;
    }
    Tree operator()(const registry::Place&) const { return Tree::object(); }
};

Result<std::optional<query::Span>> span_of(const Members& in, std::string_view name) {
    if (in.absent(name)) {
        return std::nullopt;
    }
    TRY(const auto written, in.text(name));
    if (const auto t = parse_instant(written)) {
        return std::optional(query::Span{*t, *t});
    }
    const auto interval = parse_interval(written);
    if (!interval || interval->to < interval->from) {
        return wrong(name, "an ISO 8601 time with a zone, or two of them as from/to");
    }
    return std::optional(query::Span{interval->from, interval->to});
}

}  // namespace

Result<Tree> parse_body(std::string_view text) {
    std::size_t deepest = 0;
    TwiceNamed twice;
    try {
        auto tree = Tree::parse(text, [&](int depth, Tree::parse_event_t event, Tree& part) {
            deepest = std::max(deepest, static_cast<std::size_t>(std::max(depth, 0)));
            if (deepest > depth_max) {
                throw Tree::out_of_range::create(499, "nested deeper than any body needs to be", nullptr);
            }
            twice.see(event, part);
            return true;
        });
        if (twice.found()) {
            constexpr std::size_t shown_max = 60;
            return fail(Errc::malformed, fmt::format("the body has the member '{}' twice in the same object",
                                                     twice.found()->substr(0, shown_max)));
        }
        return tree;
    } catch (const Tree::parse_error& error) {
        return fail(Errc::malformed, fmt::format("the body is not JSON: something is wrong at byte {}", error.byte));
    } catch (const Tree::exception& error) {
        if (deepest > depth_max) {
            return fail(Errc::malformed, fmt::format("the body is nested deeper than {} levels", depth_max));
        }
        return fail(Errc::malformed, fmt::format("the body has a number beyond what a double holds (1.8e308): {}",
                                                 quoted_in(error.what())));
    }
}

registry::AnyEntity blank(Kind kind) {
    switch (kind) {
        case Kind::thing: return registry::Thing{};
        case Kind::location: return registry::Location{};
        case Kind::historical_location: return registry::HistoricalLocation{};
        case Kind::datastream: return registry::Datastream{};
        case Kind::multi_datastream: return registry::MultiDatastream{};
        case Kind::sensor: return registry::Sensor{};
        case Kind::observed_property: return registry::ObservedProperty{};
        case Kind::feature_of_interest: return registry::FeatureOfInterest{};
        case Kind::observation: break;
    }
    check(false, "observations are not the registry's");
    return registry::Thing{};
}

Kind kind_of(const registry::AnyEntity& entity) {
    constexpr std::array kinds{
        Kind::thing,      Kind::location,         Kind::historical_location, Kind::sensor, Kind::observed_property,
        Kind::datastream, Kind::multi_datastream, Kind::feature_of_interest};
    return kinds.at(entity.index());
}

Result<registry::AnyEntity> entity_from(Kind kind, const Tree& body, registry::AnyEntity into) {
    const Members members(body, kind);
    TRY_DO(members.check_names());
    TRY_DO(std::visit([&](auto& entity) -> Result<void> { return read(members, entity); }, into));
    return into;
}

Tree body_of(const registry::AnyEntity& entity) {
    return std::visit(Body{}, entity);
}

Result<ObservationBody> observation_from(const Tree& body) {
    const Members in(body, Kind::observation);
    // A result may be null where the kind of datastream knows no value; absent it may not be.
    if (body.is_object() && body.contains("result") && body["result"].is_null()) {
        return fail(Errc::malformed, "'result' is null: an observation without a result is not kept");
    }
    TRY_DO(in.check_names());
    ObservationBody read;
    TRY(const auto time, span_of(in, "phenomenonTime"));
    if (time) {
        read.time = time->from;
        if (time->to != time->from) {
            read.detail.phenomenon_end = time->to;
        }
    }
    TRY(read.detail.result_time, in.instant("resultTime"));
    TRY(const auto valid, span_of(in, "validTime"));
    if (valid) {
        read.detail.valid_time = Interval{valid->from, valid->to};
    }
    if (!in.absent("resultQuality")) {
        read.detail.result_quality = dump(in.at("resultQuality"));
    }
    TRY(read.detail.parameters, in.object("parameters", ""));
    read.result = dump(in.at("result"));
    return read;
}

Tree body_of(const Reading& reading) {
    Tree body = Tree::object();
    const auto& detail = reading.detail;
    std::string result;
    append_result(result, reading.value);
    body["result"] = Tree::parse(result, nullptr, false);
    body["phenomenonTime"] = format_instant(reading.place.time) +
                             (detail.phenomenon_end ? "/" + format_instant(*detail.phenomenon_end) : "");
    if (detail.result_time) {
        body["resultTime"] = format_instant(*detail.result_time);
    }
    if (detail.valid_time) {
        body["validTime"] = format_instant(detail.valid_time->from) + "/" + format_instant(detail.valid_time->to);
    }
    if (!detail.result_quality.empty()) {
        body["resultQuality"] = Tree::parse(detail.result_quality, nullptr, false);
    }
    if (!detail.parameters.empty()) {
        body["parameters"] = Tree::parse(detail.parameters, nullptr, false);
    }
    return body;
}

std::optional<Tree> link_in(const Tree& body) {
    if (!body.is_object()) {
        return std::nullopt;
    }
    for (const char* name : {"@iot.id", "id"}) {
        const auto found = body.find(name);
        if (found != body.end()) {
            for (const auto& [other, value] : body.items()) {
                if (other != name && other.find('@') == std::string::npos) {
                    return std::nullopt;
                }
            }
            return *found;
        }
    }
    return std::nullopt;
}

Result<void> check_result(std::string_view result, registry::ResultType type,
                          std::span<const registry::ResultType> components) {
    const Tree value = Tree::parse(result, nullptr, false);
    if (!components.empty()) {
        const auto good = registry::check_reading(components, value);
        return good ? good : fail(good.error(), "'result'");
    }
    constexpr std::int64_t exact_max = std::int64_t{1} << 53;
    const bool is_inexact = value.is_number_integer() && static_cast<std::int64_t>(value.get<double>()) != value;
    if (type == registry::ResultType::number && is_inexact) {
        return fail(
            Errc::malformed,
            fmt::format("'result' is a whole number beyond {} that a datastream of OM_Measurement does not hold "
                        "exactly; one of OM_CountObservation does",
                        exact_max));
    }
    if (!registry::fits(value, type)) {
        return fail(Errc::malformed,
                    fmt::format("'result' does not fit: the datastream holds {}", observations::name_of(type)));
    }
    return {};
}

std::string row_of(registry::DatastreamId datastream, std::optional<Instant> time, const ObservationBody& body,
                   bool with_details) {
    std::string row = fmt::format(R"({{"datastream":{})", datastream.value);
    if (time) {
        row += fmt::format(R"(,"time":"{}")", format_instant(*time));
    }
    row += R"(,"value":)" + body.result;
    if (with_details || !body.detail.empty()) {
        row += R"(,"details":)" + observations::to_json(body.detail);
    }
    return row + "}";
}

}  // namespace bypuls::sensorthings
