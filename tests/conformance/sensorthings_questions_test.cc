#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "platform/query/parse.h"

#include "tests/conformance/laws.h"

// Random questions to random towns: what is found, in which order, how much of it, and what is shown, is what a look at
// everything gives. Generated, so that nobody chose the questions that the plan is good at.
namespace bypuls::sensorthings::conformance {
namespace {

using rc::gen::element;
using Text = std::string;

int below(int bound) {
    return *rc::gen::inRange(0, bound);
}

/// What can be asked of a set, by the kind of its values.
struct Words {
    std::vector<Text> numbers;
    std::vector<Text> texts;
    std::vector<Text> times;
    std::vector<Text> truths;
};

const Words& words_of(Kind kind) {
    static const Words observations{
        .numbers = {"result", "result", "result", "Datastream/id", "Datastream/Thing/properties/depth",
                    "FeatureOfInterest/id", "length(Datastream/name)", "hour(phenomenonTime)", "day(resultTime)"},
        .texts = {"Datastream/name", "Datastream/Thing/name", "tolower(Datastream/Thing/name)",
                  "Datastream/Sensor/name", "FeatureOfInterest/name"},
        .times = {"phenomenonTime", "phenomenonTime", "resultTime"},
        .truths = {"resultTime eq null", "true", "false", "startswith(Datastream/name,'t')",
                   "substringof('a',Datastream/Thing/name)",
                   "st_within(FeatureOfInterest/feature,geography'POLYGON((10 59,11 59,11 60,10 60,10 59))')"}};
    // What goes down into observations stands among the truths, one for each kind: joined by `and`, such conditions are
    // about one and the same observation, where a look at each by itself would take two.
    static const Words things{
        .numbers = {"id", "properties/depth", "properties/absent", "length(name)", "Datastreams/id"},
        .texts = {"name", "description", "properties/owner/name", "Datastreams/name", "Locations/name", "toupper(name)",
                  "concat(name,description)"},
        .times = {"HistoricalLocations/time"},
        .truths = {"properties/depth eq null", "true", "false", "endswith(name,'r')",
                   "Datastreams/any(d: d/name eq 't' and d/id gt 2)", "Datastreams/$count gt 1",
                   "Datastreams/Observations/result gt 1"}};
    static const Words datastreams{
        .numbers = {"id", "Thing/id", "Thing/properties/depth", "length(name)"},
        .texts = {"name", "Thing/name", "Sensor/name", "unitOfMeasurement/symbol", "ObservedProperty/name"},
        .times = {"phenomenonTime", "resultTime"},
        .truths = {"true", "false", "Observations/$count gt 2", "startswith(Thing/name,'w')", "phenomenonTime eq null",
                   "Observations/result gt 1"}};
    return kind == Kind::observation ? observations : kind == Kind::thing ? things : datastreams;
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
            return fmt::format("{} {} 2026-06-0{}T{:02}:00:00Z", one_of(words.times), compared(), 1 + below(2),
                               below(24));
        case 4:
            return fmt::format("{} {} {}", one_of(words.texts), compared(),
                               *element<Text>("'t'", "'u'", "'air'", "'water'", "'o''hare'", "'Ås'", "'shore'"));
        default: return one_of(words.truths);
    }
}

/// $filter, $orderby, $top, $skip and $count as names and values; each may be left out.
std::vector<std::pair<Text, Text>> page_options(Kind kind) {
    const Words& words = words_of(kind);
    std::vector<std::pair<Text, Text>> options;
    if (below(4) > 0) {
        options.emplace_back("$filter", filter_of(words, 3));
    }
    std::vector<Text> keys;
    for (int i = below(4); i > 0; --i) {
        // A path to many has no one value to sort by.
        std::vector<Text> by{"id"};
        for (const auto* all : {&words.numbers, &words.texts, &words.times}) {
            std::ranges::copy_if(*all, std::back_inserter(by), [&](const Text& path) {
                return kind == Kind::observation || !path.contains("s/") || path.starts_with("properties");
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

Text joined(const std::vector<std::pair<Text, Text>>& options, std::string_view by) {
    std::vector<Text> all;
    for (const auto& [name, value] : options) {
        all.push_back(name + "=" + value);
    }
    return fmt::format("{}", fmt::join(all, by));
}

std::vector<std::int64_t> ids_in(const json& list) {
    std::vector<std::int64_t> ids;
    for (const json& one : list) {
        ids.push_back(one.at("@iot.id").get<std::int64_t>());
    }
    return ids;
}

/// What $skip and $top leave.
std::vector<std::int64_t> cut(const std::vector<std::int64_t>& all, const query::Options& options) {
    const auto from = std::min<std::size_t>(options.skip, all.size());
    const auto to = std::min<std::size_t>(all.size(), from + options.top.value_or(100));
    return {all.begin() + static_cast<std::ptrdiff_t>(from), all.begin() + static_cast<std::ptrdiff_t>(to)};
}

/// RC_ASSERT would show the two values as texts, which an object is not.
void check_same(const json& shown, const json& wanted, const Text& where) {
    if (shown != wanted) {
        RC_FAIL(fmt::format("{}: {}\n wanted {}", where, shown.dump(), wanted.dump()));
    }
}

query::Options parsed(const std::vector<std::pair<Text, Text>>& options) {
    return query::parse_options(options).value();
}

RC_GTEST_PROP(SensorThingsQuestions, AreAnsweredInFullAndInOrder, ()) {
    Town town;
    for (const Kind kind : {Kind::observation, Kind::thing, Kind::datastream}) {
        const auto options = page_options(kind);
        const Text address = fmt::format("{}?{}", type_of(kind).set, joined(options, "&"));
        const auto heard = town.world.get(address);
        if (heard.status != 200) {
            RC_FAIL(address + ": " + heard.error);
        }
        const auto all = naive(town.world, kind, parsed(options));
        const auto wanted = cut(all, parsed(options));
        if (ids_in(heard.body.at("value")) != wanted || heard.body.at("@iot.count") != all.size()) {
            RC_FAIL(fmt::format("{}: {} of {}\n wanted {} of {}", address, ids_in(heard.body.at("value")),
                                heard.body.at("@iot.count").dump(), wanted, all.size()));
        }
        RC_ASSERT(heard.body.contains("@iot.nextLink") ==
                  (parsed(options).skip + wanted.size() < all.size() && parsed(options).top != 0U));
    }
}

RC_GTEST_PROP(SensorThingsQuestions, InsideExpandAreAnsweredLikeThoseAsideAndTheirPagesAreWhole, ()) {
    Town town;
    const auto streams = page_options(Kind::datastream);
    auto readings = page_options(Kind::observation);
    const auto heard = town.world.get(fmt::format("Things?$expand=Datastreams({};$expand=Observations({}))",
                                                  joined(streams, ";"), joined(readings, ";")));
    if (heard.status != 200) {
        RC_FAIL(joined(streams, ";") + " / " + joined(readings, ";") + ": " + heard.error);
    }
    const auto check = [&](const json& parent, const Text& name, Kind kind, const Origin& of,
                           const std::vector<std::pair<Text, Text>>& options) {
        const auto all = naive(town.world, kind, parsed(options), of);
        auto shown = ids_in(parent.at(name));
        if (shown != cut(all, parsed(options)) || parent.at(name + "@iot.count") != all.size()) {
            RC_FAIL(fmt::format("{}({}) of {}: {}\n wanted {}", name, joined(options, ";"), of.id, shown, all));
        }
        if (parsed(options).top == 0U) {
            return;
        }
        const auto rest = town.world.all_ids(parent.value(name + "@iot.nextLink", Text()));
        shown.insert(shown.end(), rest.begin(), rest.end());
        const auto from = std::min<std::size_t>(parsed(options).skip, all.size());
        RC_ASSERT(shown == std::vector<std::int64_t>(all.begin() + static_cast<std::ptrdiff_t>(from), all.end()));
    };
    for (const json& thing : heard.body.at("value")) {
        check(thing, "Datastreams", Kind::datastream, {Kind::thing, thing.at("@iot.id")}, streams);
        for (const json& stream : thing.at("Datastreams")) {
            check(stream, "Observations", Kind::observation, {Kind::datastream, stream.at("@iot.id")}, readings);
        }
    }
}

RC_GTEST_PROP(SensorThingsQuestions, ShowWhatIsSelectedAsTheEntityItselfShowsIt, ()) {
    Town town;
    for (const Kind kind : {Kind::observation, Kind::thing, Kind::datastream}) {
        const EntityType& type = type_of(kind);
        std::vector<Text> names{"id"};
        for (const Property& property : type.properties) {
            if (below(2) == 0) {
                names.emplace_back(property.name);
            }
        }
        const Navigation& navigation = type.navigations[static_cast<std::size_t>(below(int(type.navigations.size())))];
        const bool expanded = below(2) == 0;
        auto options = page_options(kind);
        options.emplace_back("$select", fmt::format("{}", fmt::join(names, ",")));
        if (expanded) {
            options.emplace_back("$expand", fmt::format("{}($top=2;$orderby=id desc)", navigation.name));
            if (!navigation.many) {
                options.back().second = navigation.name;
            }
        }
        for (const json& shown : town.world.list(fmt::format("{}?{}", type.set, joined(options, "&")))) {
            const Text self = fmt::format("{}({})", type.set, shown.at("@iot.id").get<std::int64_t>());
            const json whole = town.world.get(self).body;
            for (const Text& name : names) {
                const Text member = name == "id" ? "@iot.id" : name;
                // What there is nothing of, a whole entity leaves out; who asks for it by name is told so.
                const bool nothing = shown.at(member).is_null() || shown.at(member) == json::object();
                if (whole.contains(member) || !nothing) {
                    check_same(shown.at(member), whole.value(member, json()), self + "/" + member);
                }
            }
            if (expanded && navigation.many) {
                const auto aside = fmt::format("{}/{}?$top=2&$orderby=id desc", self, navigation.name);
                check_same(shown.at(Text(navigation.name)), town.world.list(aside), aside);
            } else if (expanded && shown.contains(navigation.name)) {
                const auto aside = fmt::format("{}/{}", self, navigation.name);
                check_same(shown.at(Text(navigation.name)), town.world.get(aside).body, aside);
            }
            RC_ASSERT(shown.size() <= names.size() + 2U);
        }
    }
}

/// The values that a text or a data array has, by (datastream, time): all forms say the same.
RC_GTEST_PROP(SensorThingsQuestions, HaveOneAnswerInEveryForm, ()) {
    Town town;
    auto options = page_options(Kind::observation);
    const Text query = joined(options, "&") + "&$select=id,phenomenonTime,result,resultTime";
    const auto entities = town.world.list("Observations?" + query);
    std::vector<json> from_array;
    for (const json& group : town.world.list("Observations?$resultFormat=dataArray&" + query)) {
        check_same(group.at("components"), {"id", "phenomenonTime", "result", "resultTime"}, query);
        for (const json& row : group.at("dataArray")) {
            from_array.push_back(
                {{"@iot.id", row[0]}, {"phenomenonTime", row[1]}, {"result", row[2]}, {"resultTime", row[3]}});
        }
    }
    check_same(from_array, entities, query);
    Text csv = "id,phenomenonTime,result,resultTime\r\n";
    std::vector<json> features;
    for (const json& one : entities) {
        csv += fmt::format("{},{},{},{}\r\n", one["@iot.id"].dump(), one["phenomenonTime"].get<Text>(),
                           one["result"].dump(), one["resultTime"].is_null() ? "" : one["resultTime"].get<Text>());
        features.push_back(one);
        const auto id = one["@iot.id"].get<std::int64_t>();
        const auto self = fmt::format("Observations({})/result", id);
        check_same(town.world.get(self).body.at("result"), one["result"], self);
    }
    RC_ASSERT(town.world.get("Observations?$resultFormat=csv&" + query).text == csv);
    std::vector<json> mapped;
    const json map = json::parse(town.world.get("Observations?$resultFormat=geojson&" + query).text);
    for (const json& feature : map.at("features")) {
        mapped.push_back(feature.at("properties"));
    }
    check_same(mapped, features, query);
}

}  // namespace
}  // namespace bypuls::sensorthings::conformance
