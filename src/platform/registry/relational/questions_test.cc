// Random entities and random questions: every registry answers as the evaluator does over a plain list.

#include <algorithm>
#include <random>

#include "platform/query/evaluate.h"
#include "platform/registry/conditions.h"
#include "platform/registry/records.h"
#include "platform/registry/relational/contract_fixture_test.h"

namespace bypuls::registry {
namespace {

using query::Expression;
using query::Function;
using query::Operator;
using query::Value;

constexpr query::EvaluateLimits no_limits{.related = 1'000'000};

/// Draws entities and questions; the same seed draws the same.
class Draw {
public:
    explicit Draw(unsigned seed) : random_(seed) {}

    std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_); }
    bool chance(std::size_t in) { return below(in) == 0; }
    template <typename T>
    const T& of(const std::vector<T>& all) {
        return all[below(all.size())];
    }
    std::string name() {
        static const std::vector<std::string> names{"a",   "A",   "ab",  "b",   "å",    "Å",
                                                    "a_b", "a%b", "a'b", "z\\", "ab c", "日本"};
        return of(names);
    }
    std::string properties() {
        static const std::vector<std::string> all{"{}",
                                                  R"({"x":1})",
                                                  R"({"x":1.5,"y":"a"})",
                                                  R"({"x":"a"})",
                                                  R"({"x":"1"})",
                                                  R"({"x":true})",
                                                  R"({"x":false})",
                                                  R"({"x":null,"y":-2})",
                                                  R"({"x":{"y":1}})",
                                                  R"({"x":{"y":"å"}})",
                                                  R"({"x":[1]})",
                                                  R"({"y":"a_b"})",
                                                  R"({"x":-7,"y":1e3})",
                                                  R"({"x":"ab","y":0})",
                                                  R"({"x":9007199254740993})"};
        return of(all);
    }
    Access access() { return chance(2) ? Access::open : Access::internal; }
    Instant time() { return Instant{std::chrono::seconds(1'700'000'000 + static_cast<int>(below(5)))}; }
    template <typename IdType>
    std::vector<IdType> some(const std::vector<IdType>& all, std::size_t most) {
        std::vector<IdType> chosen = all;
        std::ranges::shuffle(chosen, random_);
        chosen.resize(std::min(chosen.size(), below(most + 1)));
        return chosen;
    }

    Expression filter(Kind kind, int depth) {
        const auto part = below(depth > 0 ? 8 : 5);
        if (part == 5) {
            return query::operation(Operator::logical_not, {filter(kind, depth - 1)});
        }
        if (part >= 6) {
            return query::operation(part == 6 ? Operator::logical_and : Operator::logical_or,
                                    {filter(kind, depth - 1), filter(kind, depth - 1)});
        }
        while (true) {
            Expression drawn = predicate(kind);
            if (can_select(kind, drawn)) {
                return drawn;
            }
        }
    }
    std::vector<query::Order> order(Kind kind) {
        std::vector<query::Order> order;
        while (order.size() < below(4)) {
            query::Order key{.by = query::path(path(kind)), .descending = chance(2)};
            if (can_order(kind, {key})) {
                order.push_back(std::move(key));
            }
        }
        return order;
    }
    std::optional<Related> related(Kind kind) {
        const auto ways = navigations_of(kind);
        if (ways.empty() || !chance(3)) {
            return std::nullopt;
        }
        return Related{ways[below(ways.size())].to, static_cast<std::int64_t>(below(12)) + 1};
    }

private:
    std::vector<std::string> path(Kind kind) {
        std::vector<std::string> steps;
        for (auto ways = navigations_of(kind); !ways.empty() && chance(3); ways = navigations_of(kind)) {
            const Navigation& way = ways[below(ways.size())];
            steps.emplace_back(way.name);
            kind = way.to;
        }
        const auto all = properties_of(kind);
        std::string name(all[below(all.size())].name);
        if (const auto slash = name.find('/'); slash != std::string::npos) {
            steps.push_back(name.substr(0, slash));
            steps.push_back(name.substr(slash + 1));
            return steps;
        }
        steps.push_back(name);
        if (name == "properties") {
            static const std::vector<std::vector<std::string>> members{{"x"}, {"y"}, {"x", "y"}, {"none"}};
            const auto& chosen = of(members);
            steps.insert(steps.end(), chosen.begin(), chosen.end());
        }
        return steps;
    }
    Value value() {
        switch (below(7)) {
            case 0: return Value{};
            case 1: return Value{chance(2)};
            case 2: return Value{static_cast<std::int64_t>(below(12)) - 3};
            case 3: return Value{std::vector{1.5, 1.0, -2.0, 1e3, 0.25}[below(5)]};
            case 4: return Value{time()};
            default: return Value{chance(6) ? std::string() : name()};
        }
    }
    Expression predicate(Kind kind) {
        Expression path = query::path(this->path(kind));
        if (chance(4)) {
            static const std::vector<Function> functions{Function::startswith, Function::endswith,
                                                         Function::substringof};
            const Function function = of(functions);
            Expression words = query::literal(Value{chance(6) ? std::string() : name()});
            return function == Function::substringof ? query::call(function, {std::move(words), std::move(path)})
                                                     : query::call(function, {std::move(path), std::move(words)});
        }
        static const std::vector<Operator> operators{Operator::eq, Operator::ne, Operator::gt,
                                                     Operator::ge, Operator::lt, Operator::le};
        std::vector<Expression> sides{std::move(path), query::literal(value())};
        if (chance(4)) {
            std::swap(sides[0], sides[1]);
        }
        return query::operation(of(operators), std::move(sides));
    }

    std::mt19937 random_;
};

/// The same town in every registry that is given the same seed.
void lay_town(Registry& registry, unsigned seed) {
    Draw draw(seed);
    std::vector<LocationId> locations;
    std::vector<SensorId> sensors;
    std::vector<ObservedPropertyId> properties;
    std::vector<ThingId> things;
    for (int i = 0; i < 6; ++i) {
        Location location = shore(draw.name());
        location.properties = draw.properties();
        locations.push_back(registry.locations().create(location).value());
        sensors.push_back(registry.sensors()
                              .create({.name = draw.name(), .metadata = draw.name(), .properties = draw.properties()})
                              .value());
        properties.push_back(
            registry.observed_properties()
                .create({.name = draw.name(), .definition = draw.name(), .properties = draw.properties()})
                .value());
        ASSERT_TRUE(registry.features().create({.name = draw.name(),
                                                .description = draw.name(),
                                                .feature = shore().geometry,
                                                .properties = draw.properties()}));
    }
    for (int i = 0; i < 10; ++i) {
        things.push_back(registry.things()
                             .create({.name = draw.name(),
                                      .description = draw.chance(2) ? "" : draw.name(),
                                      .properties = draw.properties(),
                                      .locations = draw.some(locations, 3)})
                             .value());
    }
    for (int i = 0; i < 12; ++i) {
        ASSERT_TRUE(registry.move(draw.of(things), draw.some(locations, 3), draw.time()));
        const Datastream stream{.thing = draw.of(things),
                                .sensor = draw.of(sensors),
                                .observed_property = draw.of(properties),
                                .name = draw.name(),
                                .description = draw.name(),
                                .unit = {draw.name(), draw.name(), draw.name()},
                                .result_type = static_cast<ResultType>(draw.below(5)),
                                .properties = draw.properties(),
                                .access = draw.access()};
        ASSERT_TRUE(registry.datastreams().create(stream));
        if (draw.chance(2)) {
            ASSERT_TRUE(
                registry.multi_datastreams().create({.thing = draw.of(things),
                                                     .sensor = draw.of(sensors),
                                                     .name = draw.name(),
                                                     .components = {{draw.of(properties)}, {draw.of(properties)}},
                                                     .properties = draw.properties()}));
        }
    }
}

/// An entity with the values of an order, as the evaluator gives them.
template <typename Entity>
struct Placed {
    Entity entity;
    std::vector<Value> values;
};

class Questions : public RegistryContract {
protected:
    template <typename Entity>
    std::vector<Placed<Entity>> naive(const View& view, const Entities<Entity>& all, const std::optional<Related>& of,
                                      const Expression& filter, const std::vector<query::Order>& order) {
        const ViewLinks links(view);
        std::vector<Placed<Entity>> wanted;
        for (const Entity& entity : all.list({}, page_max)->items) {
            const auto record = make_record(entity, links);
            if ((!of || reaches(*record, kind_of<Entity>, *of)) &&
                query::matches(filter, *record, clock_.now(), no_limits).value()) {
                Placed<Entity> placed{entity, {}};
                for (const query::Order& key : order) {
                    placed.values.push_back(query::evaluate(key.by, *record, clock_.now(), no_limits).value());
                }
                wanted.push_back(std::move(placed));
            }
        }
        std::ranges::sort(wanted, [&](const auto& a, const auto& b) {
            for (std::size_t i = 0; i < order.size(); ++i) {
                const auto compared = compare_keys(a.values[i], b.values[i]);
                if (compared != 0) {
                    return order[i].descending ? compared > 0 : compared < 0;
                }
            }
            return a.entity.id < b.entity.id;
        });
        return wanted;
    }
    static bool reaches(const query::Record& record, Kind kind, const Related& of) {
        for (const Navigation& way : navigations_of(kind)) {
            if (way.to != of.kind) {
                continue;
            }
            const auto reached = record.navigate(way.name, page_max).value();
            return std::ranges::any_of(reached->records,
                                       [&](const auto& next) { return next->property("id") == Value{of.id}; });
        }
        return false;
    }

    template <typename Entity>
    void ask(Draw& draw, const View& plain, const Entities<Entity>& expected_of, const Entities<Entity>& asked) {
        constexpr Kind kind = kind_of<Entity>;
        const Expression filter = draw.filter(kind, 3);
        const auto order = draw.order(kind);
        const auto of = draw.related(kind);
        const auto expected = naive(plain, expected_of, of, filter, order);
        std::string question = std::string(name_of(kind)) + " where " + query::to_text(filter) + " by";
        for (const auto& key : order) {
            question += " " + query::to_text(key.by) + (key.descending ? " desc" : "");
        }
        SCOPED_TRACE(question);

        EXPECT_EQ(asked.count(of, &filter).value_or(99'999), expected.size());
        Selection selection{.of = of, .where = &filter, .order = order, .after = {}, .limit = draw.below(5) + 1};
        std::vector<Entity> seen;
        for (bool more = true; more;) {
            const auto page = asked.select(selection);
            ASSERT_TRUE(page) << page.error();
            ASSERT_LE(page->items.size(), selection.limit);
            seen.insert(seen.end(), page->items.begin(), page->items.end());
            ASSERT_LE(seen.size(), expected.size());
            more = page->more;
            if (more) {
                ASSERT_FALSE(seen.empty());
                const auto& last = expected[seen.size() - 1];
                selection.after = {.values = last.values, .id = last.entity.id.value};
            }
        }
        ASSERT_EQ(seen.size(), expected.size());
        for (std::size_t i = 0; i < seen.size(); ++i) {
            ASSERT_EQ(seen[i].id, expected[i].entity.id) << "at " << i;
            ASSERT_EQ(seen[i], expected[i].entity);
        }
    }
};

TEST_P(Questions, AreAnsweredAsTheEvaluatorDoes) {
    constexpr unsigned towns = 3;
    constexpr int questions = 40;
    for (unsigned seed = 1; seed <= towns && !HasFatalFailure() && !HasNonfatalFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        SetUp();
        const auto plain = make_memory_registry(clock_);
        // As SetUp made in the other one.
        ASSERT_TRUE(plain->things().create(buoy("buoy-1")));
        ASSERT_TRUE(plain->sensors().create(probe()));
        ASSERT_TRUE(plain->observed_properties().create(temperature()));
        lay_town(*plain, seed);
        lay_town(*registry_, seed);
        Draw draw(seed + 1000);
        const View& view = *plain;
        const View& asked = *registry_;
        for (int i = 0; i < questions && !HasFailure(); ++i) {
            ask(draw, view, view.things(), asked.things());
            ask(draw, view, view.locations(), asked.locations());
            ask(draw, view, view.historical_locations(), asked.historical_locations());
            ask(draw, view, view.sensors(), asked.sensors());
            ask(draw, view, view.observed_properties(), asked.observed_properties());
            ask(draw, view, view.datastreams(), asked.datastreams());
            ask(draw, view, view.multi_datastreams(), asked.multi_datastreams());
            ask(draw, view, view.features(), asked.features());
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Backends, Questions, backends(), backend_name);

}  // namespace
}  // namespace bypuls::registry
