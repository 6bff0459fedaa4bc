#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "tests/conformance/asking.h"
#include "tests/conformance/laws.h"

// Random questions to random towns: what is found, in which order, how much of it, and what is shown, is what a look at
// everything gives. Generated, so that nobody chose the questions that the plan is good at.
namespace bypuls::sensorthings::conformance {
namespace {

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

RC_GTEST_PROP(SensorThingsQuestions, AreAnsweredInFullAndInOrder, ()) {
    Town town;
    for (const Kind kind : some_kinds()) {
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
    const auto check = [&](const json& parent, const Text& name, Kind kind, const Origin& of, const Asked& options) {
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
    for (const Kind kind : some_kinds()) {
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
        const Text result = one["result"].is_array() ? '"' + one["result"].dump() + '"' : one["result"].dump();
        csv += fmt::format("{},{},{},{}\r\n", one["@iot.id"].dump(), one["phenomenonTime"].get<Text>(), result,
                           one["resultTime"].is_null() ? "" : one["resultTime"].get<Text>());
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
