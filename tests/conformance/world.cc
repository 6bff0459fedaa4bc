#include "tests/conformance/world.h"

#include "core/time/iso8601.h"
#include "platform/http/problem.h"
#include "platform/ingest/observations/batch.h"

namespace bypuls::sensorthings::conformance {
namespace {

observations::Value value_of(const ingest::batch::Value& value) {
    struct Visit {
        observations::Value operator()(double v) const { return v; }
        observations::Value operator()(std::int64_t v) const { return v; }
        observations::Value operator()(bool v) const { return v; }
        observations::Value operator()(const std::string& v) const { return observations::Category{v}; }
        observations::Value operator()(const ingest::batch::Json& v) const { return observations::Json{v.text}; }
    };
    return std::visit(Visit{}, value);
}

}  // namespace

Result<std::vector<Sink::Refusal>> DirectSink::submit(std::string rows, Instant received) {
    TRY(const auto batch, ingest::batch::parse_json(rows));
    if (refuses) {
        return std::unexpected(*refuses);
    }
    std::vector<Refusal> refused;
    for (const auto& error : batch.errors) {
        refused.push_back({error.index, error.what});
    }
    const auto streams = registry_.streams();
    for (const auto& row : batch.rows) {
        const auto* stream = streams->find(observations::DatastreamId{std::get<std::int64_t>(row.datastream)});
        const auto value =
            stream == nullptr ? std::nullopt : observations::as_type(value_of(row.value), stream->result_type);
        if (!value) {
            refused.push_back({row.index, "the datastream holds another type"});
            continue;
        }
        const observations::Arrival arrival{stream->id, {row.time.value_or(received), *value, {}}};
        observations::Outcome outcome;
        TRY_DO(store_.append(std::span(&arrival, 1), journal::Position{++position_}, std::span(&outcome, 1)));
        if (outcome.verdict == observations::Verdict::rejected) {
            refused.push_back({row.index, std::string(observations::sentence(outcome.refusal))});
        } else if (!row.details.empty()) {
            TRY(const auto detail, observations::detail_from_json(row.details));
            details_.put({stream->id, arrival.observation.time}, detail);
        }
        const bool is_news =
            outcome.verdict == observations::Verdict::stored || outcome.verdict == observations::Verdict::corrected;
        if (stored && is_news) {
            stored(std::span(&arrival, 1));
        }
    }
    return refused;
}

Result<void> DirectSink::rewrite(observations::DatastreamId id, std::string rows, Instant received) {
    constexpr std::array all{Interval{observations::earliest_time, observations::latest_time}};
    TRY_DO(remove(id, all));
    TRY(const auto refused, submit(std::move(rows), received));
    return refused.empty() ? Result<void>{} : fail(Errc::malformed, refused.front().what);
}

Result<std::uint64_t> DirectSink::remove(observations::DatastreamId id, std::span<const Interval> intervals) {
    TRY_DO(details_.remove(id, intervals));
    return store_.remove_all(id, intervals);
}

std::int64_t Heard::id() const {
    const auto open = location.rfind('(');
    return open == std::string::npos ? 0 : std::stoll(location.substr(open + 1));
}

World::World(std::unique_ptr<registry::Registry> given)
    : clock(parse_instant("2026-06-15T12:00:00Z").value()),
      registry(given ? std::move(given) : registry::make_memory_registry(clock)),
      sink(*registry, *store, *details),
      data{*registry, *store, details.get(), moved.get()},
      write{data, *registry, sink, stamps, moved.get(), clock},
      service({.data = data, .clock = clock, .write = &write}) {}

Heard World::ask(http::Method method, std::string_view address, std::string body, std::string content_type) {
    if (address.starts_with(form.root)) {
        address.remove_prefix(form.root.size());
    }
    while (address.starts_with('/')) {
        address.remove_prefix(1);
    }
    const auto question = address.find('?');
    Ask ask{.method = method,
            .path = http::percent_decode(address.substr(0, question)).value(),
            .content_type = std::move(content_type),
            .body = std::move(body)};
    if (question != std::string_view::npos) {
        ask.query = http::parse_query(address.substr(question + 1)).value().items();
    }
    const Reply reply = service.answer(form, ask, rights);
    Heard heard{.status = reply.status, .text = reply.body, .location = reply.location, .next = reply.next};
    if (reply.error) {
        // Those that say more than the error's code.
        const bool says_more =
            reply.status == condition_failed || reply.status == asked_too_much || reply.status == sent_too_much;
        heard.status = says_more ? reply.status : http::status_of(reply.error->code);
        heard.error = reply.error->what;
    }
    heard.body = json::parse(reply.body, nullptr, false);
    if (heard.body.is_discarded()) {
        heard.body = nullptr;
    }
    return heard;
}

std::vector<json> World::list(std::string_view address) {
    const Heard heard = get(address);
    EXPECT_EQ(heard.status, 200) << address << ": " << heard.error;
    if (!heard.body.is_object() || !heard.body.contains("value")) {
        ADD_FAILURE() << address << " is no list: " << heard.text;
        return {};
    }
    return heard.body["value"].get<std::vector<json>>();
}

std::vector<std::int64_t> World::all_ids(std::string_view address) {
    std::vector<std::int64_t> ids;
    std::string next(address);
    for (int pages = 0; !next.empty() && pages < 10'000; ++pages) {
        const Heard heard = get(next);
        if (heard.status != 200) {
            ADD_FAILURE() << next << ": " << heard.error;
            return ids;
        }
        for (const json& one : heard.body.at("value")) {
            ids.push_back(one.at("@iot.id").get<std::int64_t>());
        }
        next = heard.body.value("@iot.nextLink", "");
    }
    return ids;
}

std::string om(std::string_view type) {
    return "http://www.opengis.net/def/observationType/OGC-OM/2.0/" + std::string(type);
}

json point(double longitude, double latitude) {
    return {{"type", "Point"}, {"coordinates", {longitude, latitude}}};
}

json datastream_body(std::string_view name, std::string_view type) {
    return {
        {"name", name},
        {"description", "of the water"},
        {"observationType", om(type)},
        {"unitOfMeasurement", {{"name", "degree Celsius"}, {"symbol", "°C"}, {"definition", "ucum:Cel"}}},
        {"ObservedProperty",
         {{"name", "temperature"}, {"definition", "http://qudt.org/vocab/Temperature"}, {"description", "how warm"}}},
        {"Sensor",
         {{"name", "probe"},
          {"description", "a probe"},
          {"encodingType", "application/pdf"},
          {"metadata", "http://example.org/probe.pdf"}}}};
}

json whole_thing(std::string_view name) {
    return {{"name", name},
            {"description", "a small lake"},
            {"properties", {{"owner", {{"name", "Drammen"}}}, {"depth", 7}}},
            {"Locations",
             {{{"name", "shore"},
               {"description", "by the pier"},
               {"encodingType", "application/geo+json"},
               {"location", point(10.2, 59.7)}}}},
            {"Datastreams", {datastream_body("water")}}};
}

std::int64_t World::add_datastream(std::string_view name, std::string_view type) {
    json thing = whole_thing(name);
    thing["Datastreams"] = json::array({datastream_body(name, type)});
    const Heard made = post("Things", thing);
    EXPECT_EQ(made.status, 201) << made.error;
    return list(made.location + "/Datastreams").at(0).at("@iot.id").get<std::int64_t>();
}

std::int64_t World::observe(std::int64_t datastream, std::string_view time, const json& result) {
    const Heard made = post("Datastreams(" + std::to_string(datastream) + ")/Observations",
                            {{"phenomenonTime", time}, {"result", result}});
    EXPECT_EQ(made.status, 201) << made.error;
    return made.id();
}

}  // namespace bypuls::sensorthings::conformance
