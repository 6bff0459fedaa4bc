#include <algorithm>

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "core/time/iso8601.h"
#include "platform/publish/sensorthings/read/order.h"
#include "platform/query/parse.h"

#include "tests/conformance/world.h"

// What must hold for every set and every question: all pages together are the unpaged answer, and the answer is what a
// walk over everything would find.
namespace bypuls::sensorthings::conformance {
namespace {

/// A town of random things and readings.
struct Town {
    Town() {
        const int things = *rc::gen::inRange(1, 5);
        for (int i = 0; i < things; ++i) {
            json body = whole_thing(*rc::gen::element<std::string>("air", "water", "Ås", "o'hare"));
            body["properties"]["depth"] = *rc::gen::inRange(0, 3);
            body["Datastreams"] = json::array();
            const int streams = *rc::gen::inRange(i == 0 ? 1 : 0, 3);
            for (int s = 0; s < streams; ++s) {
                body["Datastreams"].push_back(datastream_body(*rc::gen::element<std::string>("t", "u", "v")));
            }
            const auto made = world.post("Things", body);
            RC_ASSERT(made.status == 201);
        }
        for (const auto& stream : world.list("Datastreams?$top=1000")) {
            const int rows = *rc::gen::inRange(0, 8);
            for (int row = 0; row < rows; ++row) {
                const auto t =
                    parse_instant("2026-06-01T00:00:00Z").value() + std::chrono::hours{*rc::gen::inRange(0, 40)};
                json body{{"phenomenonTime", format_instant(t)}, {"result", *rc::gen::inRange(-3, 4)}};
                if (*rc::gen::inRange(0, 3) == 0) {
                    body["resultTime"] = format_instant(t + std::chrono::minutes{*rc::gen::inRange(0, 90)});
                }
                RC_ASSERT(world.post(stream["@iot.selfLink"].get<std::string>() + "/Observations", body).status == 201);
            }
        }
    }
    World world;
};

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

/// Everything, looked at one by one: no index, no plan.
std::vector<std::int64_t> naive(World& world, Kind kind, const query::Options& options) {
    Session session(world.data, world.clock, ReadLimits{});
    std::vector<std::shared_ptr<const Entity>> all;
    if (kind == Kind::observation) {
        for (const auto id : world.store->datastreams()) {
            const auto series =
                world.store->range(id, {observations::earliest_time, observations::latest_time}).value();
            for (std::size_t row = 0; row < series.columns.size(); ++row) {
                const auto detail = world.details->get({id, series.columns.times[row]}).value();
                all.push_back(std::make_shared<const Entity>(session.reading({id, series.columns.times[row]},
                                                                             series.columns.value(row),
                                                                             detail.value_or(observations::Detail{}))));
            }
        }
    } else {
        auto things = world.registry->things().list({}, 1000).value();
        for (auto& thing : things.items) {
            all.push_back(std::make_shared<const Entity>(std::move(thing)));
        }
    }
    std::vector<std::pair<PageEnd, std::int64_t>> kept;
    for (const auto& entity : all) {
        if (options.filter && !query::matches(*options.filter, EntityRecord(session, entity), session.now()).value()) {
            continue;
        }
        PageEnd end{keys_of(session, options.order, entity).value(), {id_of(*entity)}};
        if (const auto* reading = std::get_if<Reading>(entity.get())) {
            end.place = {reading->place.datastream.value, reading->place.time.time_since_epoch().count()};
        }
        kept.emplace_back(std::move(end), id_of(*entity));
    }
    std::ranges::sort(kept, [&](const auto& a, const auto& b) { return compare(a.first, b.first, options.order) < 0; });
    std::vector<std::int64_t> ids;
    for (const auto& [end, id] : kept) {
        ids.push_back(id);
    }
    return ids;
}

RC_GTEST_PROP(SensorThingsLaws, APlanFindsWhatALookAtEverythingFinds, ()) {
    Town town;
    for (const Kind kind : {Kind::observation, Kind::thing}) {
        const bool observations = kind == Kind::observation;
        query::Options options;
        const auto filter = random_filter(observations);
        if (!filter.empty()) {
            options.filter = query::parse_filter(filter).value();
        }
        std::string address =
            std::string(type_of(kind).set) + "?$top=1000" + (filter.empty() ? "" : "&$filter=" + filter);
        auto expected = naive(town.world, kind, options);
        auto found = town.world.all_ids(address);
        std::ranges::sort(expected);
        std::ranges::sort(found);
        RC_ASSERT(found == expected);
    }
}

}  // namespace
}  // namespace bypuls::sensorthings::conformance
