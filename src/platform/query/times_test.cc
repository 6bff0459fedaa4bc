// Times and spans against one another. The observations and the answers are those of FROST-Server's public tests of its
// date functions, which clients rely on where 18-088 is silent.
#include <set>

#include <gtest/gtest.h>

#include "core/time/iso8601.h"
#include "platform/query/evaluate.h"
#include "platform/query/parse.h"
#include "platform/query/testing_record.h"

namespace bypuls::query {
namespace {

/// "0659" and "0600/0700" on the day of the tests; "2015" and "2017" an hour of another year.
std::string moment(std::string_view hour) {
    if (hour == "2015") {
        return "2015-01-01T06:00:00Z";
    }
    if (hour == "2017") {
        return "2017-01-01T09:00:00Z";
    }
    return "2016-01-01T" + std::string(hour.substr(0, 2)) + ':' + std::string(hour.substr(2)) + ":00Z";
}

std::string span(std::string_view from, std::string_view to) {
    return moment(from) + '/' + moment(to);
}
const std::string t700 = moment("0700");
const std::string t800 = moment("0800");
const std::string i700_800 = span("0700", "0800");

class Times : public testing::Test {
protected:
    Times() {
        for (const auto* t : {"0600", "0659", "0700", "0701", "0759", "0800", "0801", "0900"}) {
            add_instant(moment(t));
        }
        for (const auto& [from, to] : std::initializer_list<std::pair<const char*, const char*>>{{"0600", "0659"},
                                                                                                 {"0600", "0700"},
                                                                                                 {"0600", "0701"},
                                                                                                 {"0700", "0800"},
                                                                                                 {"0701", "0759"},
                                                                                                 {"0759", "0900"},
                                                                                                 {"0800", "0900"},
                                                                                                 {"0801", "0900"},
                                                                                                 {"0659", "0801"},
                                                                                                 {"0700", "0759"},
                                                                                                 {"0700", "0801"},
                                                                                                 {"0659", "0800"},
                                                                                                 {"0701", "0800"}}) {
            add_span(span(from, to));
        }
        add_instant(moment("2015"));
        add_instant(moment("2017"));
        add_span("2015-01-01T06:00:00Z/2015-01-01T07:00:00Z");
        add_span("2017-01-01T09:00:00Z/2017-01-01T10:00:00Z");
    }

    using Found = std::set<int>;

    /// The observations for which the filter is true.
    Found found(const std::string& filter) const {
        const auto expression = parse_filter(filter);
        EXPECT_TRUE(expression) << filter << ": " << expression.error().what;
        Found out;
        for (std::size_t i = 0; expression && i < records_.size(); ++i) {
            if (*matches(*expression, records_[i], Instant{})) {
                out.insert(static_cast<int>(i));
            }
        }
        return out;
    }

    /// Of the three properties: what is asked of resultTime, validTime, and of phenomenonTime, which has both answers.
    void expect(std::string_view before, std::string_view after, const Found& instants, const Found& spans) const {
        const auto filter = [&](std::string_view property) {
            return std::string(before) + std::string(property) + std::string(after);
        };
        EXPECT_EQ(found(filter("resultTime")), instants) << filter("resultTime");
        EXPECT_EQ(found(filter("validTime")), spans) << filter("validTime");
        Found both = instants;
        both.insert(spans.begin(), spans.end());
        EXPECT_EQ(found(filter("phenomenonTime")), both) << filter("phenomenonTime");
    }

private:
    void add_instant(const std::string& text) {
        const Value t = *parse_time(text);
        add(t, t, Value{});
    }
    void add_span(const std::string& text) {
        const Value t = *parse_time(text);
        add(t, Value{}, t);
    }
    void add(const Value& phenomenon, const Value& result, const Value& valid) {
        TestRecord record;
        record.properties = {{"phenomenonTime", phenomenon}, {"resultTime", result}, {"validTime", valid}};
        records_.push_back(std::move(record));
    }

    std::vector<TestRecord> records_;
};

TEST_F(Times, LtAndBefore) {
    for (const auto& [left, middle, right] : {std::tuple{"", " lt ", ""}, std::tuple{"before(", ",", ")"}}) {
        expect(left, middle + t700 + right, {0, 1, 21}, {8, 9, 23});
        expect(left, middle + i700_800 + right, {0, 1, 21}, {8, 9, 23});
        expect(left + t800 + middle, right, {6, 7, 22}, {15, 24});
        expect(left + i700_800 + middle, right, {5, 6, 7, 22}, {14, 15, 24});
    }
}

TEST_F(Times, GtAndAfter) {
    for (const auto& [left, middle, right] : {std::tuple{"", " gt ", ""}, std::tuple{"after(", ",", ")"}}) {
        expect(left, middle + t800 + right, {6, 7, 22}, {15, 24});
        expect(left, middle + i700_800 + right, {5, 6, 7, 22}, {14, 15, 24});
        expect(left + t700 + middle, right, {0, 1, 21}, {8, 9, 23});
        expect(left + i700_800 + middle, right, {0, 1, 21}, {8, 9, 23});
    }
}

TEST_F(Times, Le) {
    expect("", " le " + t700, {0, 1, 2, 21}, {8, 9, 23});
    expect("", " le " + i700_800, {0, 1, 2, 21}, {8, 9, 10, 11, 17, 19, 23});
    expect(t800 + " le ", "", {5, 6, 7, 22}, {14, 15, 24});
    expect(i700_800 + " le ", "", {5, 6, 7, 22}, {11, 13, 14, 15, 18, 20, 24});
}

TEST_F(Times, Ge) {
    expect("", " ge " + t800, {5, 6, 7, 22}, {14, 15, 24});
    expect("", " ge " + i700_800, {5, 6, 7, 22}, {11, 13, 14, 15, 18, 20, 24});
    expect(t700 + " ge ", "", {0, 1, 2, 21}, {8, 9, 23});
    expect(i700_800 + " ge ", "", {0, 1, 2, 21}, {8, 9, 10, 11, 17, 19, 23});
}

TEST_F(Times, Eq) {
    expect("", " eq " + t800, {5}, {});
    expect("", " eq " + i700_800, {}, {11});
    expect(t700 + " eq ", "", {2}, {});
    expect(i700_800 + " eq ", "", {}, {11});
}

TEST_F(Times, Meets) {
    expect("meets(", "," + t700 + ")", {2}, {9, 11, 17, 18});
    expect("meets(", "," + i700_800 + ")", {2, 5}, {9, 14});
    expect("meets(" + t700 + ",", ")", {2}, {9, 11, 17, 18});
    expect("meets(" + i700_800 + ",", ")", {2, 5}, {9, 14});
}

TEST_F(Times, During) {
    expect("during(", "," + i700_800 + ")", {2, 3, 4}, {11, 12, 17, 20});
    expect("during(" + t700 + ",", ")", {}, {10, 11, 16, 17, 18, 19});
    expect("during(" + i700_800 + ",", ")", {}, {11, 16, 18, 19});
    EXPECT_EQ(parse_filter("during(validTime," + t700 + ")").error().code, Errc::malformed);
}

TEST_F(Times, Overlaps) {
    expect("overlaps(", "," + t700 + ")", {2}, {10, 11, 16, 17, 18, 19});
    expect("overlaps(", "," + i700_800 + ")", {2, 3, 4}, {10, 11, 12, 13, 16, 17, 18, 19, 20});
    expect("overlaps(" + t700 + ",", ")", {2}, {10, 11, 16, 17, 18, 19});
    expect("overlaps(" + i700_800 + ",", ")", {2, 3, 4}, {10, 11, 12, 13, 16, 17, 18, 19, 20});
}

TEST_F(Times, StartsAndFinishes) {
    expect("starts(", "," + t700 + ")", {2}, {11, 17, 18});
    expect("starts(" + i700_800 + ",", ")", {2}, {11, 17, 18});
    expect("finishes(", "," + t800 + ")", {5}, {11, 19, 20});
    expect("finishes(" + i700_800 + ",", ")", {5}, {11, 19, 20});
}

TEST_F(Times, YearIsThatOfTheBegin) {
    expect("year(", ") eq 2015", {21}, {23});
}

TEST_F(Times, InQuotesAreTheSame) {
    EXPECT_EQ(found("resultTime gt '" + t800 + "'"), found("resultTime gt " + t800));
    EXPECT_EQ(found("validTime eq '" + i700_800 + "'"), found("validTime eq " + i700_800));
    EXPECT_EQ(found("resultTime gt 'yesterday'"), Found{});
}

TEST_F(Times, ADateAsksForTheDay) {
    EXPECT_EQ(found("resultTime le 2016-01-01").size(), 9U);
    EXPECT_EQ(found("resultTime eq 2016-01-01").size(), 8U);
    EXPECT_EQ(found("resultTime gt 2016-01-01"), Found{22});
    EXPECT_EQ(found("during(validTime,2015-01-01)"), Found{23});
}

}  // namespace
}  // namespace bypuls::query
