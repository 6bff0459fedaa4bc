#include <string>

#include <gtest/gtest.h>

#include "platform/query/parse.h"

namespace bypuls::query {
namespace {

Options parsed(std::string_view query) {
    auto options = parse_options(query);
    EXPECT_TRUE(options) << query << ": " << options.error().what;
    return options ? std::move(*options) : Options{};
}

std::string fault(std::string_view query, const ParseLimits& limits = {}) {
    const auto options = parse_options(query, limits);
    EXPECT_FALSE(options) << query;
    EXPECT_TRUE(options || options.error().code == Errc::malformed);
    return options ? "" : options.error().what;
}

TEST(Options, AreAllRead) {
    const Options options = parsed(
        "$filter=result%20gt%205&$orderby=phenomenonTime%20desc,id,result%20asc&$select=id,result&$top=10"
        "&$skip=20&$count=true&$resultFormat=dataarray&$skiptoken=abc~1&key=other");
    EXPECT_EQ(to_text(*options.filter), "result gt 5");
    ASSERT_EQ(options.order.size(), 3U);
    EXPECT_TRUE(options.order[0].descending);
    EXPECT_FALSE(options.order[2].descending);
    EXPECT_EQ(options.select, (std::vector<Path>{{{"id"}}, {{"result"}}}));
    EXPECT_EQ(options.top, 10U);
    EXPECT_EQ(options.skip, 20U);
    EXPECT_TRUE(options.count);
    EXPECT_EQ(options.format, ResultFormat::data_array);
    EXPECT_EQ(options.skip_token, "abc~1");
    EXPECT_EQ(parsed(""), Options{});
}

TEST(Options, SurviveTheWaysInWhichUrlsAreWritten) {
    const std::string wanted = "name eq 'a+b/c''s & d'";
    EXPECT_EQ(to_text(*parsed("$filter=name+eq+%27a%2Bb%2Fc%27%27s+%26+d%27").filter), wanted);
    EXPECT_EQ(to_text(*parsed("%24filter=name%20eq%20'a%2Bb/c''s%20%26%20d'").filter), wanted);
    EXPECT_EQ(to_text(*parsed("$filter=t gt 2026-06-05T10:00:00+02:00").filter), "t gt 2026-06-05T08:00:00Z");
    EXPECT_EQ(fault("$filter=a%2").substr(0, 9), "an escape");
    EXPECT_EQ(fault("$filter=a%FF"), "$filter: not UTF-8");
}

TEST(Options, ExpandComesInBothForms) {
    const Options options = parsed(
        "$expand=Datastreams/Observations($top=1;$orderby=phenomenonTime desc),Locations,"
        "Datastreams($select=name;$expand=Sensor,ObservedProperty)");
    ASSERT_EQ(options.expand.size(), 2U);
    const auto& datastreams = options.expand[0];
    EXPECT_EQ(datastreams.navigation, "Datastreams");
    EXPECT_EQ(datastreams.options.select, (std::vector<Path>{{{"name"}}}));
    ASSERT_EQ(datastreams.options.expand.size(), 3U);
    EXPECT_EQ(datastreams.options.expand[0].navigation, "Observations");
    EXPECT_EQ(datastreams.options.expand[0].options.top, 1U);
    EXPECT_EQ(datastreams.options.expand[2].navigation, "ObservedProperty");
    EXPECT_EQ(options.expand[1].navigation, "Locations");
}

TEST(Options, ExpandTakesFiltersWithBracketsAndQuotes) {
    const Options options =
        parsed("$expand=Datastreams($filter=(name eq 'a;b)c') and length(name) gt 2;$count=true)&$top=1");
    EXPECT_EQ(to_text(*options.expand[0].options.filter), "name eq 'a;b)c' and length(name) gt 2");
    EXPECT_TRUE(options.expand[0].options.count);
    EXPECT_EQ(options.top, 1U);
}

TEST(Options, SelectGoesDeepAndMayBeDistinct) {
    EXPECT_EQ(parsed("$select=properties/owner/name, unitOfMeasurement/symbol").select.size(), 2U);
    EXPECT_EQ(parsed("$select=*"), Options{});
    EXPECT_TRUE(parsed("$select=distinct:name,description").distinct);
    EXPECT_EQ(parsed("$distinct=name,description"), parsed("$select=distinct:name,description"));
}

TEST(Options, TopIsCutAndSkipIsNot) {
    EXPECT_EQ(parsed("$top=99999999999999999999999").top, 10'000U);
    EXPECT_EQ(parsed("$top=0").top, 0U);
    EXPECT_EQ(parsed("$skip=12345678").skip, 12'345'678U);
}

TEST(Options, FaultsNameTheOptionAndThePlace) {
    EXPECT_EQ(fault("$filter=a eq"), "$filter: at 5: expected a value, found the end");
    EXPECT_EQ(fault("$filter=a eq 1;"), "$filter: at 7: expected the end, found ';'");
    EXPECT_EQ(fault("$flter=a eq 1").substr(0, 33), "$flter: there is no such option; ");
    EXPECT_EQ(fault("$top=1&$top=2"), "$top: given twice");
    EXPECT_EQ(fault("$top=-1"), "$top: at 1: expected a whole number, 0 or more");
    EXPECT_EQ(fault("$top="), "$top: at 1: expected a whole number, 0 or more");
    EXPECT_EQ(fault("$count=yes"), "$count: at 1: expected true or false, found 'yes'");
    EXPECT_EQ(fault("$resultFormat=xml"), "$resultFormat: at 1: expected dataArray, csv, geojson or json, found 'xml'");
    EXPECT_EQ(fault("$select=a&$distinct=b").substr(0, 11), "$distinct: ");
    EXPECT_EQ(fault("$select="), "$select: at 1: expected the name of a property or navigation link, found the end");
    EXPECT_EQ(fault("$orderby=a upwards"), "$orderby: at 3: expected the end, found 'upwards'");
    EXPECT_EQ(fault("$expand=A($top=1"), "$expand: at 9: expected ';' or ')', found the end");
    EXPECT_EQ(fault("$expand=A($top=1;$top=2)"), "$expand: at 10: $top: given twice");
    EXPECT_EQ(fault("$expand=A($tip=1)").substr(0, 27), "$expand: at 3: $tip: there ");
    EXPECT_EQ(fault("$expand=A($top=1),A($top=2)"), "$expand: at 11: A is expanded twice with different options");
    EXPECT_EQ(fault("$expand=A/B/C/D/E/F/G/H/I/J/K").substr(0, 40), "$expand: at 21: $expand is nested deeper");
    EXPECT_NE(fault("$filter=" + std::string(70'000, 'a')).find("longer than"), std::string::npos);
}

TEST(Options, AsAQueryAreReadBackTheSame) {
    for (const std::string_view query :
         {"$filter=name eq 'a&b=c%+æ'", "$top=5&$skip=2&$count=true&$resultFormat=csv", "$select=distinct:name,a/'x y'",
          "$expand=A/B/C($top=1),D($filter=a eq ')' and b/any(x: x/c eq 1);$orderby=a desc,length(b);$count=true)",
          "$skiptoken=a;b)c'd", "$expand=A($skiptoken='a;b)c''d';$top=1)", "$orderby=a add 1 desc"}) {
        const Options options = parsed(query.find('&') == std::string_view::npos || query.starts_with("$top")
                                           ? std::string(query)
                                           : "$filter=name eq 'a%26b=c%25%2Bæ'");
        EXPECT_EQ(parsed(to_query(options)), options) << to_query(options);
    }
    EXPECT_EQ(to_query(parsed("$filter=a eq 'b c'&$top=1")), "$top=1&$filter=a%20eq%20'b%20c'");
}

}  // namespace
}  // namespace bypuls::query
