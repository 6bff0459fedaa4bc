// Questions with filters, orders and pages, in every registry.

#include <algorithm>

#include "platform/query/evaluate.h"
#include "platform/registry/records.h"
#include "platform/registry/relational/contract_fixture_test.h"

namespace bypuls::registry {
namespace {

using query::Expression;
using query::Function;
using query::Operator;
using query::Value;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Expression at(std::vector<std::string> steps) {
    return query::path(std::move(steps));
}
Expression words(const std::string& text) {
    return query::literal(Value{text});
}
Expression compare(Operator op, std::vector<std::string> steps, Value value) {
    return query::operation(op, {at(std::move(steps)), query::literal(std::move(value))});
}
Expression both(Expression a, Expression b) {
    return query::operation(Operator::logical_and, {std::move(a), std::move(b)});
}
Expression neither(Expression a) {
    return query::operation(Operator::logical_not, {std::move(a)});
}

class SelectContract : public RegistryContract {
protected:
    ThingId thing(const std::string& name, const std::string& properties = "{}") {
        return registry_->things().create({.name = name, .description = "", .properties = properties}).value();
    }
    template <typename Entity>
    static std::vector<decltype(Entity::id)> ids(const Result<Page<Entity>>& page) {
        EXPECT_TRUE(page) << page.error();
        std::vector<decltype(Entity::id)> found;
        for (const Entity& entity : page ? page->items : std::vector<Entity>{}) {
            found.push_back(entity.id);
        }
        return found;
    }
    std::vector<ThingId> things(const Expression& filter) {
        const auto found = ids(registry_->things().select({.of = {}, .where = &filter, .order = {}, .after = {}}));
        EXPECT_EQ(registry_->things().count({}, &filter).value(), found.size()) << query::to_text(filter);
        return found;
    }
};

TEST_P(SelectContract, TextsCompareByTheirBytes) {
    const auto upper = thing("Zebra");
    const auto lower = thing("apple");
    const auto norse = thing("Ås_100%");
    const std::string quote = "O'Hara; DROP TABLE registry_things --";
    const auto quoted = thing(quote);

    EXPECT_THAT(things(compare(Operator::eq, {"name"}, Value{quote})), ElementsAre(quoted));
    EXPECT_THAT(things(compare(Operator::lt, {"name"}, Value{std::string("a")})), ElementsAre(thing_, upper, quoted));
    EXPECT_THAT(things(compare(Operator::ge, {"name"}, Value{std::string("b")})), ElementsAre(norse));
    EXPECT_THAT(things(query::operation(Operator::lt, {words("a"), at({"name"})})), ElementsAre(lower, norse));
    EXPECT_THAT(things(query::call(Function::startswith, {at({"name"}), words("Å")})), ElementsAre(norse));
    EXPECT_THAT(things(query::call(Function::startswith, {at({"name"}), words("z")})), IsEmpty());
    EXPECT_THAT(things(query::call(Function::endswith, {at({"name"}), words("_100%")})), ElementsAre(norse));
    EXPECT_THAT(things(query::call(Function::substringof, {words("s_1"), at({"name"})})), ElementsAre(norse));
    EXPECT_THAT(things(query::call(Function::substringof, {words("%"), at({"name"})})), ElementsAre(norse));
    EXPECT_EQ(things(query::call(Function::substringof, {words(""), at({"name"})})).size(), 5U);
    EXPECT_THAT(things(query::literal(Value{false})), IsEmpty());
    EXPECT_EQ(things(query::literal(Value{true})).size(), 5U);
    EXPECT_EQ(things(compare(Operator::eq, {"name"}, Value{})).size(), 0U);
    EXPECT_EQ(things(compare(Operator::ne, {"name"}, Value{})).size(), 5U);
    EXPECT_TRUE(registry_->things().get(thing_)) << "the table is still there";
}

TEST_P(SelectContract, MembersOfJsonCompareByTheirTypes) {
    const auto one = thing("one", R"({"x":1})");
    const auto half = thing("half", R"({"x":1.5,"deep":{"y":"å"}})");
    const auto text = thing("text", R"({"x":"1"})");
    const auto yes = thing("yes", R"({"x":true})");
    const auto none = thing("none", R"({"x":null})");
    const auto list = thing("list", R"({"x":[1]})");
    const auto x = [&](Operator op, Value value) { return things(compare(op, {"properties", "x"}, std::move(value))); };

    EXPECT_THAT(x(Operator::eq, Value{std::int64_t{1}}), ElementsAre(one));
    EXPECT_THAT(x(Operator::eq, Value{1.0}), ElementsAre(one));
    EXPECT_THAT(x(Operator::ge, Value{std::int64_t{1}}), ElementsAre(one, half));
    EXPECT_THAT(x(Operator::ne, Value{std::int64_t{1}}), ElementsAre(half)) << "what is no number is not compared";
    EXPECT_THAT(x(Operator::eq, Value{std::string("1")}), ElementsAre(text));
    EXPECT_THAT(x(Operator::eq, Value{true}), ElementsAre(yes));
    EXPECT_THAT(x(Operator::ne, Value{false}), ElementsAre(yes));
    EXPECT_THAT(x(Operator::ne, Value{true}), IsEmpty());
    EXPECT_THAT(x(Operator::eq, Value{}), ElementsAre(thing_, none));
    EXPECT_THAT(x(Operator::ne, Value{}), ElementsAre(one, half, text, yes, list));
    EXPECT_THAT(things(compare(Operator::eq, {"properties", "deep", "y"}, Value{std::string("å")})), ElementsAre(half));
    const auto begins = query::call(Function::startswith, {at({"properties", "x"}), words("1")});
    EXPECT_THAT(things(begins), ElementsAre(text));
    EXPECT_THAT(things(neither(begins)), IsEmpty()) << "what is no text neither begins with it nor does not";
    EXPECT_THAT(things(neither(compare(Operator::eq, {"properties", "x"}, Value{std::int64_t{1}}))),
                ElementsAre(thing_, half, text, yes, none, list));
}

TEST_P(SelectContract, PathsLeadOverNavigations) {
    const auto north = registry_->locations().create(shore("North")).value();
    const auto south = registry_->locations().create(shore("South")).value();
    const auto mast = thing("Mast");
    ASSERT_TRUE(registry_->move(mast, {north, south}, clock_.now()));
    ASSERT_TRUE(registry_->move(thing_, {south}, clock_.now()));
    Datastream one = stream({"one"});
    one.thing = mast;
    const auto first = registry_->datastreams().create(one).value();
    const auto second = registry_->datastreams().create(stream({"two"})).value();
    const MultiDatastream wind{
        .thing = mast, .sensor = sensor_, .name = "Wind", .components = {{property_, {}, ResultType::number}}};
    const auto multi = registry_->multi_datastreams().create(wind).value();
    const std::string name = "Mast";
    const auto of_mast = compare(Operator::eq, {"Thing", "name"}, Value{name});
    const auto at_north = compare(Operator::eq, {"Thing", "Locations", "name"}, Value{std::string("North")});
    const auto warm = compare(Operator::eq, {"ObservedProperties", "name"}, Value{std::string("Water temperature")});

    EXPECT_THAT(ids(registry_->datastreams().select({.of = {}, .where = &of_mast, .order = {}, .after = {}})),
                ElementsAre(first));
    EXPECT_THAT(ids(registry_->datastreams().select({.of = {}, .where = &at_north, .order = {}, .after = {}})),
                ElementsAre(first));
    EXPECT_THAT(ids(registry_->multi_datastreams().select({.of = {}, .where = &warm, .order = {}, .after = {}})),
                ElementsAre(multi));
    EXPECT_THAT(things(compare(Operator::eq, {"Locations", "name"}, Value{std::string("South")})),
                ElementsAre(thing_, mast))
        << "each once, however many there are";
    EXPECT_THAT(things(neither(compare(Operator::eq, {"Locations", "name"}, Value{std::string("North")}))),
                ElementsAre(thing_));
    EXPECT_THAT(things(compare(Operator::eq, {"Datastreams", "id"}, Value{second.value})), ElementsAre(thing_));
    EXPECT_THAT(things(both(compare(Operator::eq, {"MultiDatastreams", "name"}, Value{std::string("Wind")}),
                            compare(Operator::gt, {"HistoricalLocations", "time"}, Value{clock_.now() - 1s}))),
                ElementsAre(mast));
}

TEST_P(SelectContract, OnlyWhatIsLinkedToAnEntity) {
    const auto north = registry_->locations().create(shore("North")).value();
    const auto when = registry_->move(thing_, {north}, clock_.now()).value();
    thing("Another");
    const auto single = registry_->datastreams().create(stream()).value();
    const auto multi = registry_->multi_datastreams()
                           .create({.thing = thing_, .sensor = sensor_, .name = "Wind", .components = {{property_}}})
                           .value();
    const auto of = [](Kind kind, std::int64_t id) {
        return Selection{.of = Related{kind, id}, .order = {}, .after = {}};
    };

    EXPECT_THAT(ids(registry_->things().select(of(Kind::location, north.value))), ElementsAre(thing_));
    EXPECT_THAT(ids(registry_->things().select(of(Kind::datastream, single.value))), ElementsAre(thing_));
    EXPECT_THAT(ids(registry_->things().select(of(Kind::datastream, multi.value))), IsEmpty());
    EXPECT_THAT(ids(registry_->things().select(of(Kind::multi_datastream, multi.value))), ElementsAre(thing_));
    EXPECT_THAT(ids(registry_->things().select(of(Kind::historical_location, when.value))), ElementsAre(thing_));
    EXPECT_THAT(ids(registry_->locations().select(of(Kind::thing, thing_.value))), ElementsAre(north));
    EXPECT_THAT(ids(registry_->historical_locations().select(of(Kind::location, north.value))), ElementsAre(when));
    EXPECT_THAT(ids(registry_->sensors().select(of(Kind::multi_datastream, multi.value))), ElementsAre(sensor_));
    EXPECT_THAT(ids(registry_->observed_properties().select(of(Kind::multi_datastream, multi.value))),
                ElementsAre(property_));
    EXPECT_THAT(ids(registry_->datastreams().select(of(Kind::observed_property, property_.value))),
                ElementsAre(single));
    EXPECT_EQ(registry_->multi_datastreams().count(Related{Kind::sensor, sensor_.value}).value(), 1U);
    EXPECT_EQ(registry_->multi_datastreams().count(Related{Kind::sensor, 999}).value(), 0U);
    EXPECT_THAT(registry_->sensors().select(of(Kind::location, 1)).error().what, HasSubstr("not linked"));
    EXPECT_EQ(registry_->features().count(Related{Kind::thing, 1}).error().code, Errc::malformed);
}

TEST_P(SelectContract, WhatARegistryCannotAnswerIsRefused) {
    const auto refused = [&](const Expression& filter) {
        EXPECT_FALSE(can_select(Kind::thing, filter)) << query::to_text(filter);
        return registry_->things().select({.of = {}, .where = &filter, .order = {}, .after = {}}).error().code;
    };

    EXPECT_EQ(refused(compare(Operator::eq, {"nonsense"}, Value{1.0})), Errc::malformed);
    EXPECT_EQ(refused(compare(Operator::eq, {"Datastreams"}, Value{1.0})), Errc::malformed);
    EXPECT_EQ(refused(compare(Operator::eq, {"name", "x"}, Value{std::string("x")})), Errc::malformed);
    EXPECT_EQ(refused(compare(Operator::eq, {"properties", "x') OR 1=1 --"}, Value{1.0})), Errc::malformed);
    EXPECT_EQ(refused(compare(Operator::eq, {"name"}, Value{1.0})), Errc::malformed);
    EXPECT_EQ(refused(compare(Operator::eq, {"name"}, Value{std::string("\xFF")})), Errc::malformed);
    EXPECT_EQ(refused(query::call(Function::tolower, {at({"name"})})), Errc::malformed);
    EXPECT_EQ(refused(compare(Operator::gt, {"properties", "x"}, Value{true})), Errc::malformed);
    const std::vector<query::Order> by_many{{.by = at({"Datastreams", "name"}), .descending = false}};
    EXPECT_FALSE(can_order(Kind::thing, by_many));
    EXPECT_EQ(registry_->things().select({.of = {}, .order = by_many, .after = {}}).error().code, Errc::malformed);
    const std::vector<query::Order> by_name{{.by = at({"name"}), .descending = false}};
    EXPECT_EQ(registry_->things()
                  .select({.of = {}, .order = by_name, .after = Selection::After{.values = {Value{1.0}}, .id = 1}})
                  .error()
                  .code,
              Errc::malformed);
}

TEST_P(SelectContract, PagesGiveEachOnceWhileEntitiesComeAndGo) {
    ASSERT_TRUE(registry_->things().remove(thing_));
    std::vector<ThingId> expected;
    for (const char* x : {R"({"x":2})", R"({"x":"b"})", "{}", R"({"x":null})", R"({"x":true})", R"({"x":-1.5})",
                          R"({"x":{"y":1}})", R"({"x":"a"})", R"({"x":2})", R"({"x":[3]})"}) {
        expected.push_back(thing("Same", x));
    }
    const std::vector<query::Order> order{{.by = at({"properties", "x"}), .descending = true},
                                          {.by = at({"name"}), .descending = false}};
    Selection selection{.of = {}, .order = order, .after = {}, .limit = 2};
    std::vector<ThingId> seen;
    for (bool more = true; more;) {
        const auto page = registry_->things().select(selection);
        ASSERT_TRUE(page) << page.error();
        for (const Thing& thing : page->items) {
            const ViewLinks links(*registry_);
            const auto record = make_record(thing, links);
            selection.after = {.values = {query::evaluate(order[0].by, *record, clock_.now()).value(),
                                          query::evaluate(order[1].by, *record, clock_.now()).value()},
                               .id = thing.id.value};
            seen.push_back(thing.id);
        }
        more = page->more;
        // Before the place where the next page begins, and after it.
        thing("Same", R"({"x":{"z":1}})");
        if (seen.size() == 4) {
            ASSERT_TRUE(registry_->things().remove(expected[1]));
        }
    }

    std::erase_if(seen, [&](ThingId id) { return std::ranges::find(expected, id) == expected.end(); });
    EXPECT_THAT(seen, ElementsAre(expected[6], expected[9], expected[1], expected[7], expected[0], expected[8],
                                  expected[5], expected[4], expected[2], expected[3]));
}

TEST_P(SelectContract, AnOrderMayBeByIdAndByWhatANavigationLeadsTo) {
    const auto mast = thing("Amast");
    Datastream theirs = stream();
    theirs.thing = mast;
    const auto a = registry_->datastreams().create(stream()).value();
    const auto b = registry_->datastreams().create(theirs).value();
    const auto c = registry_->datastreams().create(stream()).value();
    const auto ordered = [&](std::vector<query::Order> order) {
        return ids(registry_->datastreams().select({.of = {}, .order = std::move(order), .after = {}}));
    };

    EXPECT_THAT(ordered({{.by = at({"id"}), .descending = true}}), ElementsAre(c, b, a));
    EXPECT_THAT(ordered({{.by = at({"Thing", "name"}), .descending = false}, {.by = at({"id"}), .descending = true}}),
                ElementsAre(b, c, a));
    EXPECT_THAT(ordered({{.by = at({"unitOfMeasurement", "symbol"}), .descending = true}}), ElementsAre(a, b, c));
    EXPECT_THAT(ordered({{.by = at({"observationType"}), .descending = true}}), ElementsAre(a, b, c));
}

INSTANTIATE_TEST_SUITE_P(Backends, SelectContract, backends(), backend_name);

}  // namespace
}  // namespace bypuls::registry
