#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "platform/observations/memory/memory_store.h"
#include "platform/publish/sensorthings/routes/moved.h"
#include "platform/publish/sensorthings/routes/service.h"
#include "platform/registry/memory.h"

/// The service over a registry and a store in memory, asked as a client asks.
namespace bypuls::sensorthings::conformance {

using nlohmann::json;

/// The way in without journal and thread: rows are read and appended as the pipeline does it.
class DirectSink final : public Sink {
public:
    DirectSink(registry::Registry& registry, observations::Store& store, observations::Details& details)
        : registry_(registry), store_(store), details_(details) {}
    Result<std::vector<Refusal>> submit(std::string rows, Instant received) override;
    Result<void> rewrite(observations::DatastreamId id, std::string rows, Instant received) override;
    Result<std::uint64_t> remove(observations::DatastreamId id, std::span<const Interval> intervals) override;

    /// Set, nothing is taken, and this is why.
    std::optional<Error> refuses;
    /// Told of each reading that is new or corrected.
    std::function<void(std::span<const observations::Arrival>)> stored;

private:
    registry::Registry& registry_;
    observations::Store& store_;
    observations::Details& details_;
    std::uint64_t position_ = 0;
};

struct Heard {
    int status = 0;
    json body;         ///< null when there is none, or when it is not JSON
    std::string text;  ///< as it came
    std::string location;
    std::string next;
    std::string error;

    std::int64_t id() const;  ///< of what Location names
};

class World {
public:
    /// `registry`: null for one in memory.
    explicit World(std::unique_ptr<registry::Registry> registry = nullptr);

    Heard ask(http::Method method, std::string_view address, std::string body = {},
              std::string content_type = "application/json");
    Heard get(std::string_view address) { return ask(http::Method::get, address); }
    Heard post(std::string_view address, const json& body) { return ask(http::Method::post, address, body.dump()); }
    Heard patch(std::string_view address, const json& body) { return ask(http::Method::patch, address, body.dump()); }
    Heard put(std::string_view address, const json& body) { return ask(http::Method::put, address, body.dump()); }
    Heard del(std::string_view address) { return ask(http::Method::del, address); }
    /// The value list of a set; fails the test when the answer is another.
    std::vector<json> list(std::string_view address);
    /// The ids of all pages, following @iot.nextLink.
    std::vector<std::int64_t> all_ids(std::string_view address);

    /// A thing with a place, a sensor, a property and a datastream; gives the datastream's id.
    std::int64_t add_datastream(std::string_view name = "water", std::string_view type = "OM_Measurement");
    std::int64_t observe(std::int64_t datastream, std::string_view time, const json& result);

    SimulatedClock clock;
    std::unique_ptr<registry::Registry> registry;
    std::unique_ptr<observations::Store> store = observations::make_memory_store();
    std::unique_ptr<observations::Details> details = observations::Details::open(nullptr);
    std::unique_ptr<MovedTable> moved = MovedTable::open(nullptr).value();
    DirectSink sink;
    Data data;
    Stamps stamps{*store};
    WriteParts write;
    Service service;
    Form form{.root = "http://town.test/sta/v1.1"};
    Rights rights{.change = true, .observe = true};
};

/// A thing as bodies have it, with everything inside.
json whole_thing(std::string_view name = "Landfalltjern");
json datastream_body(std::string_view name, std::string_view type = "OM_Measurement");
json point(double longitude, double latitude);
std::string om(std::string_view type);

}  // namespace bypuls::sensorthings::conformance
