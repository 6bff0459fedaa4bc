#include <algorithm>

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "core/time/iso8601.h"

#include "tests/conformance/laws.h"

// What must hold for the pages of every set: all of them together are the unpaged answer.
namespace bypuls::sensorthings::conformance {
namespace {

std::string random_filter(bool observations) {
    using rc::gen::element;
    if (observations) {
        return *element<std::string>("", "result gt 0", "result ge -1 and result lt 2",
                                     "phenomenonTime ge 2026-06-01T12:00:00Z",
                                     "phenomenonTime lt 2026-06-01T20:00:00Z and result ne 0", "Datastream/name eq 't'",
                                     "result eq 1 or result eq 2", "Datastream/Thing/name eq 'air' and result gt -2",
                                     "resultTime ge 2026-06-01T00:00:00Z", "resultTime eq null", "not (result gt 0)",
                                     "hour(phenomenonTime) lt 12", "false", "FeatureOfInterest/id gt 1");
    }
    return *element<std::string>("", "name eq 'air'", "startswith(name,'o')", "properties/depth gt 0", "id gt 2",
                                 "Datastreams/name eq 't'", "length(name) gt 3", "not (name eq 'water')",
                                 "name eq 'air' or properties/depth eq 2", "name eq 'o''hare'");
}

std::string random_order(bool observations) {
    using rc::gen::element;
    return observations ? *element<std::string>("", "phenomenonTime", "phenomenonTime desc", "result", "result desc",
                                                "resultTime desc", "resultTime", "Datastream/name desc,result",
                                                "phenomenonTime desc,id desc", "id desc")
                        : *element<std::string>("", "name", "name desc", "properties/depth desc", "length(name)",
                                                "properties/depth,name desc", "id desc");
}

std::string question(bool observations) {
    std::string query = "?$count=true";
    if (const auto filter = random_filter(observations); !filter.empty()) {
        query += "&$filter=" + filter;
    }
    if (const auto order = random_order(observations); !order.empty()) {
        query += "&$orderby=" + order;
    }
    return query;
}

void check_pages(World& world, const std::string& address) {
    const auto whole = world.get(address + "&$top=1000");
    RC_ASSERT(whole.status == 200);
    std::vector<std::int64_t> unpaged;
    for (const auto& one : whole.body["value"]) {
        unpaged.push_back(one["@iot.id"].get<std::int64_t>());
    }
    RC_ASSERT(!whole.body.contains("@iot.nextLink"));
    RC_ASSERT(whole.body["@iot.count"].get<std::size_t>() == unpaged.size());
    auto once = unpaged;
    std::ranges::sort(once);
    RC_ASSERT(std::ranges::adjacent_find(once) == once.end());
    const int top = *rc::gen::inRange(1, 5);
    const auto paged = world.all_ids(address + "&$top=" + std::to_string(top));
    RC_ASSERT(paged == unpaged);
    const auto skip = *rc::gen::inRange<std::size_t>(0, unpaged.size() + 2);
    const auto rest = world.all_ids(address + "&$top=" + std::to_string(top) + "&$skip=" + std::to_string(skip));
    const auto from = unpaged.begin() + static_cast<std::ptrdiff_t>(std::min(skip, unpaged.size()));
    RC_ASSERT(rest == std::vector<std::int64_t>(from, unpaged.end()));
}

RC_GTEST_PROP(SensorThingsLaws, AllPagesTogetherAreTheUnpagedAnswer, ()) {
    Town town;
    check_pages(town.world, "Observations" + question(true));
    check_pages(town.world, "Things" + question(false));
}

RC_GTEST_PROP(SensorThingsLaws, PagesStayWholeWhileReadingsArrive, ()) {
    Town town;
    const auto streams = town.world.list("Datastreams?$top=1000");
    const std::string address =
        "Observations?$orderby=" + *rc::gen::element<std::string>("phenomenonTime", "id", "phenomenonTime desc");
    const auto before = town.world.all_ids(address);
    std::vector<std::int64_t> seen;
    std::string next = address + "&$top=2";
    int minute = 0;
    while (!next.empty()) {
        const auto page = town.world.get(next);
        RC_ASSERT(page.status == 200);
        for (const auto& one : page.body["value"]) {
            seen.push_back(one["@iot.id"].get<std::int64_t>());
        }
        next = page.body.value("@iot.nextLink", "");
        const auto& stream = streams[*rc::gen::inRange<std::size_t>(0, streams.size())];
        const auto t = parse_instant("2026-05-31T23:30:00Z").value() + std::chrono::minutes{7 * ++minute};
        town.world.post(stream["@iot.selfLink"].get<std::string>() + "/Observations",
                        {{"phenomenonTime", format_instant(t)}, {"result", 9}});
        RC_ASSERT(minute < 500);
    }
    auto sorted = seen;
    std::ranges::sort(sorted);
    RC_ASSERT(std::ranges::adjacent_find(sorted) == sorted.end());
    for (const auto id : before) {
        RC_ASSERT(std::ranges::binary_search(sorted, id));
    }
}

}  // namespace
}  // namespace bypuls::sensorthings::conformance
