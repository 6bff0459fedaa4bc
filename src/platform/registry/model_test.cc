#include "platform/registry/model.h"

#include <gmock/gmock.h>

namespace bypuls::registry {
namespace {

using testing::HasSubstr;

TEST(Season, AWinterGoesRoundTheNewYear) {
    const Season winter{.kind = Season::Kind::winter, .first = {11, 15}, .last = {4, 10}};

    EXPECT_TRUE(winter.contains({11, 15}));
    EXPECT_TRUE(winter.contains({12, 31}));
    EXPECT_TRUE(winter.contains({1, 1}));
    EXPECT_TRUE(winter.contains({4, 10}));
    EXPECT_FALSE(winter.contains({4, 11}));
    EXPECT_FALSE(winter.contains({11, 14}));
}

TEST(Season, ASummerLiesWithinTheYear) {
    const Season summer{.kind = Season::Kind::summer, .first = {5, 15}, .last = {9, 1}};

    EXPECT_TRUE(summer.contains({5, 15}));
    EXPECT_TRUE(summer.contains({9, 1}));
    EXPECT_FALSE(summer.contains({5, 14}));
    EXPECT_FALSE(summer.contains({12, 24}));
    EXPECT_TRUE(Season{}.contains({12, 24})) << "all year";
}

TEST(Words, FallBackToBokmaal) {
    const Words words{.nb = "Badeplass", .nn = "", .en = "Bathing place"};

    EXPECT_EQ(words.in("en"), "Bathing place");
    EXPECT_EQ(words.in("nn"), "Badeplass");
    EXPECT_EQ(words.in("de"), "Badeplass");
}

TEST(Names, AreReadBackAsTheyAreWritten) {
    for (const auto access : {Access::open, Access::internal, Access::restricted}) {
        EXPECT_EQ(access_named(name_of(access)), access);
    }
    for (const auto kind : {PlaceKind::bathing, PlaceKind::ski, PlaceKind::air, PlaceKind::water, PlaceKind::weather,
                            PlaceKind::traffic, PlaceKind::other}) {
        EXPECT_EQ(place_kind_named(name_of(kind)), kind);
    }
    for (const auto kind : {Season::Kind::summer, Season::Kind::winter, Season::Kind::all_year}) {
        EXPECT_EQ(season_kind_named(name_of(kind)), kind);
    }
    for (const auto type :
         {ResultType::number, ResultType::integer, ResultType::boolean, ResultType::category, ResultType::json}) {
        EXPECT_EQ(result_type_named(observations::name_of(type)), type);
        EXPECT_EQ(result_type_of_uri(observation_type_uri(type)), type);
    }
    EXPECT_EQ(name_of(Access::open), "public");
    EXPECT_EQ(access_named("Public"), std::nullopt);
    EXPECT_EQ(result_type_of_uri("OM_Measurement"), std::nullopt);
}

TEST(Validate, EveryFieldHasItsBounds) {
    const Thing good{.name = "Buoy"};
    const auto with = [&](auto change) {
        Thing thing = good;
        change(thing);
        return validate(thing);
    };

    EXPECT_TRUE(validate(good));
    EXPECT_FALSE(with([](Thing& t) { t.name = std::string(name_bytes_max + 1, 'x'); }));
    EXPECT_TRUE(with([](Thing& t) { t.name = std::string(name_bytes_max, 'x'); }));
    EXPECT_FALSE(with([](Thing& t) { t.name = "\xC0\xAF"; })) << "not UTF-8";
    EXPECT_FALSE(with([](Thing& t) { t.description = std::string("a\0b", 3); })) << "no engine keeps a NUL";
    EXPECT_FALSE(with([](Thing& t) { t.properties = ""; }));
    EXPECT_FALSE(with([](Thing& t) { t.properties = R"({"a":1)"; }));
    EXPECT_FALSE(with([](Thing& t) { t.locations = {LocationId{1}, LocationId{1}}; }));
}

TEST(Validate, DeepJsonIsRefusedOrAcceptedButNeverFatal) {
    Thing thing{.name = "Buoy"};
    std::string deep = R"({"a":)" + std::string(100'000, '[') + std::string(100'000, ']') + "}";
    thing.properties = deep;

    EXPECT_TRUE(validate(thing));
    thing.properties.pop_back();
    EXPECT_FALSE(validate(thing));
}

TEST(Validate, ADatastreamsKeysAreFewAndDistinct) {
    Datastream datastream{.name = "Temperature"};
    datastream.external_keys = {"a", "a"};
    EXPECT_THAT(validate(datastream).error().what, HasSubstr("twice"));
    datastream.external_keys.assign(external_keys_max + 1, "k");
    EXPECT_FALSE(validate(datastream));
    datastream.external_keys = {""};
    EXPECT_FALSE(validate(datastream));
    datastream.external_keys = {"weather,site=3:wind"};
    EXPECT_TRUE(validate(datastream));
}

TEST(Validate, APlacesSeasonAndPositionExist) {
    const Place good{.slug = "sota-fjordpark", .name = {.nb = "Sota fjordpark"}, .longitude = 10.3, .latitude = 59.7};
    const auto with = [&](auto change) {
        Place place = good;
        change(place);
        return validate(place).has_value();
    };

    EXPECT_TRUE(validate(good));
    EXPECT_FALSE(with([](Place& p) { p.season.first = {2, 30}; }));
    EXPECT_TRUE(with([](Place& p) { p.season.first = {2, 29}; }));
    EXPECT_FALSE(with([](Place& p) { p.season.last = {13, 1}; }));
    EXPECT_FALSE(with([](Place& p) { p.longitude = 181; }));
    EXPECT_FALSE(with([](Place& p) { p.latitude = std::numeric_limits<double>::quiet_NaN(); }));
    EXPECT_FALSE(with([](Place& p) { p.slug = "-sota"; }));
    EXPECT_FALSE(with([](Place& p) { p.slug = "søta"; }));
    EXPECT_FALSE(with([](Place& p) { p.slug = ""; }));
    EXPECT_FALSE(with([](Place& p) { p.name.nb = ""; }));
}

}  // namespace
}  // namespace bypuls::registry
