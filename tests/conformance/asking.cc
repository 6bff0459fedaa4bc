#include "tests/conformance/asking.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <rapidcheck.h>

#include "platform/query/parse.h"

namespace bypuls::sensorthings::conformance {
namespace {

using rc::gen::element;

/// What can be asked of a set, by the kind of its values.
struct Words {
    std::vector<Text> numbers;
    std::vector<Text> texts;
    std::vector<Text> times;
    std::vector<Text> truths;
};

const Words& words_of(Kind kind) {
    // What goes down into observations stands among the truths, one for each kind: joined by `and`, such conditions are
    // about one and the same observation, where a look at each by itself would take two.
    static const std::map<Kind, Words> all{
        {Kind::observation,
         {.numbers = {"result", "result", "result", "Datastream/id", "Datastream/Thing/properties/depth",
                      "FeatureOfInterest/id", "length(Datastream/name)", "hour(phenomenonTime)", "day(resultTime)"},
          .texts = {"Datastream/name", "Datastream/Thing/name", "tolower(Datastream/Thing/name)",
                    "Datastream/Sensor/name", "FeatureOfInterest/name"},
          .times = {"phenomenonTime", "phenomenonTime", "resultTime"},
          .truths = {"resultTime eq null", "true", "false", "startswith(Datastream/name,'t')",
                     "substringof('a',Datastream/Thing/name)",
                     "st_within(FeatureOfInterest/feature,geography'POLYGON((10 59,11 59,11 60,10 60,10 59))')"}}},
        {Kind::thing,
         {.numbers = {"id", "properties/depth", "properties/absent", "length(name)", "Datastreams/id"},
          .texts = {"name", "description", "properties/owner/name", "Datastreams/name", "Locations/name",
                    "toupper(name)", "concat(name,description)"},
          .times = {"HistoricalLocations/time"},
          .truths = {"properties/depth eq null", "true", "false", "endswith(name,'r')",
                     "Datastreams/any(d: d/name eq 't' and d/id gt 2)", "Datastreams/$count gt 1",
                     "Datastreams/Observations/result gt 1"}}},
        {Kind::datastream,
         {.numbers = {"id", "Thing/id", "Thing/properties/depth", "length(name)"},
          .texts = {"name", "Thing/name", "Sensor/name", "unitOfMeasurement/symbol", "ObservedProperty/name"},
          .times = {"phenomenonTime", "resultTime"},
          .truths = {"true", "false", "Observations/$count gt 2", "startswith(Thing/name,'w')",
                     "phenomenonTime eq null", "Observations/result gt 1"}}},
        {Kind::multi_datastream,
         {.numbers = {"id", "Thing/id", "Thing/properties/depth", "length(name)", "ObservedProperties/id"},
          .texts = {"name", "Thing/name", "Sensor/name", "ObservedProperties/name"},
          .times = {"phenomenonTime", "resultTime"},
          .truths = {"true", "false", "Observations/$count gt 1", "ObservedProperties/$count eq 2"}}},
        {Kind::sensor,
         {.numbers = {"id", "length(name)", "Datastreams/id", "Datastreams/Thing/properties/depth"},
          .texts = {"name", "description", "encodingType", "metadata", "Datastreams/name", "Datastreams/Thing/name"},
          .times = {"Datastreams/phenomenonTime"},
          .truths = {"true", "false", "Datastreams/$count gt 0", "substringof('e',name)",
                     "Datastreams/any(d: d/Thing/name eq 'air' or d/id lt 3)"}}},
        {Kind::observed_property,
         {.numbers = {"id", "length(definition)", "Datastreams/id"},
          .texts = {"name", "definition", "description", "Datastreams/name", "Datastreams/Sensor/name"},
          .times = {"Datastreams/resultTime"},
          .truths = {"true", "false", "Datastreams/$count gt 0", "startswith(definition,'http')"}}},
        {Kind::location,
         {.numbers = {"id", "length(name)", "Things/id", "Things/properties/depth",
                      "geo.distance(location,geography'POINT(10.2 59.7)')"},
          .texts = {"name", "encodingType", "Things/name", "Things/Datastreams/name"},
          .times = {"HistoricalLocations/time"},
          .truths = {"true", "false", "Things/$count gt 0", "location/type eq 'Point'",
                     "st_within(location,geography'POLYGON((10 59,11 59,11 60,10 60,10 59))')"}}},
        {Kind::historical_location,
         {.numbers = {"id", "Thing/id", "Thing/properties/depth", "year(time)"},
          .texts = {"Thing/name", "Locations/name", "Thing/Datastreams/name"},
          .times = {"time"},
          .truths = {"true", "false", "Locations/$count eq 1", "time lt now()"}}},
        {Kind::feature_of_interest,
         {.numbers = {"id", "length(name)"},
          .texts = {"name", "description", "encodingType"},
          .times = {},
          .truths = {"true", "false", "Observations/$count gt 2", "feature/type eq 'Point'",
                     "Observations/phenomenonTime ge 2026-06-01T12:00:00Z",
                     "st_intersects(feature,geography'LINESTRING(10 59,11 60)')"}}}};
    return all.at(kind);
}

Text one_of(const std::vector<Text>& from) {
    return *rc::gen::elementOf(from);
}

Text compared() {
    return *element<Text>("eq", "ne", "gt", "ge", "lt", "le");
}

Text number_of(const Words& words, int depth) {
    switch (depth > 0 ? below(5) : below(3)) {
        case 0: return std::to_string(below(9) - 4);
        case 3:
            return fmt::format("({} {} {})", number_of(words, depth - 1), *element<Text>("add", "sub", "mul"),
                               number_of(words, depth - 1));
        case 4:
            return fmt::format("{}({} div 2)", *element<Text>("round", "floor", "ceiling"),
                               number_of(words, depth - 1));
        default: return one_of(words.numbers);
    }
}

/// A filter tree as text, in brackets throughout.
Text filter_of(const Words& words, int depth) {
    if (depth > 0) {
        switch (below(6)) {
            case 0:
            case 1: return fmt::format("({} and {})", filter_of(words, depth - 1), filter_of(words, depth - 1));
            case 2: return fmt::format("({} or {})", filter_of(words, depth - 1), filter_of(words, depth - 1));
            case 3: return fmt::format("not ({})", filter_of(words, depth - 1));
            default: break;
        }
    }
    switch (below(6)) {
        case 0:
        case 1: return fmt::format("{} {} {}", number_of(words, 1), compared(), number_of(words, 1));
        case 2:
        case 3:
            if (words.times.empty()) {
                break;
            }
            return fmt::format("{} {} 2026-06-0{}T{:02}:00:00Z", one_of(words.times), compared(), 1 + below(2),
                               below(24));
        case 4:
            return fmt::format("{} {} {}", one_of(words.texts), compared(),
                               *element<Text>("'t'", "'u'", "'air'", "'water'", "'o''hare'", "'Ås'", "'shore'"));
        default: break;
    }
    return one_of(words.truths);
}

}  // namespace

int below(int bound) {
    return *rc::gen::inRange(0, bound);
}

std::vector<Kind> some_kinds() {
    std::vector<Kind> kinds;
    while (kinds.size() < 3) {
        kinds.push_back(static_cast<Kind>(below(static_cast<int>(kind_count))));
    }
    return kinds;
}

Asked page_options(Kind kind) {
    const Words& words = words_of(kind);
    Asked options;
    if (below(4) > 0) {
        options.emplace_back("$filter", filter_of(words, 3));
    }
    std::vector<Text> keys;
    for (int i = below(4); i > 0; --i) {
        // A path to many has no one value to sort by.
        std::vector<Text> by{"id"};
        for (const auto* all : {&words.numbers, &words.texts, &words.times}) {
            std::ranges::copy_if(*all, std::back_inserter(by), [&](const Text& path) {
                const bool plain = path.starts_with("properties") || path.starts_with("Thing/properties");
                return kind == Kind::observation || !path.contains("s/") || plain;
            });
        }
        keys.push_back(one_of(by) + *element<Text>("", " asc", " desc"));
    }
    if (!keys.empty()) {
        options.emplace_back("$orderby", fmt::format("{}", fmt::join(keys, ",")));
    }
    if (below(2) == 0) {
        options.emplace_back("$top", std::to_string(below(6)));
    }
    if (below(3) == 0) {
        options.emplace_back("$skip", std::to_string(below(6)));
    }
    options.emplace_back("$count", "true");
    return options;
}

Text joined(const Asked& options, std::string_view by) {
    std::vector<Text> all;
    for (const auto& [name, value] : options) {
        all.push_back(name + "=" + value);
    }
    return fmt::format("{}", fmt::join(all, by));
}

query::Options parsed(const Asked& options) {
    return query::parse_options(options).value();
}

}  // namespace bypuls::sensorthings::conformance
