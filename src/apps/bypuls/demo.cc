#include "apps/bypuls/demo.h"

#include <chrono>
#include <iostream>
#include <memory>
#include <stop_token>

#include <fmt/format.h>

#include "apps/bypuls/commands.h"
#include "apps/bypuls/ending.h"
#include "apps/bypuls/town_server.h"
#include "apps/demo/lay.h"
#include "apps/demo/live_feed.h"
#include "core/log.h"

namespace bypuls::apps {
namespace {

constexpr std::string_view key_name = "demonstration";

/// The town with its simulated devices; the devices stop first.
class Demonstration {
public:
    Demonstration(demo::Plan plan, std::uint64_t seed) : plan_(std::move(plan)), simulator_(plan_, seed) {}

    /// Errc::unavailable soon after `stop` is asked for; what was laid by then stays, and the next start goes on.
    Result<void> start(const Settings& settings, std::stop_token stop);
    Town& town() { return *town_; }

private:
    Result<void> prepare(InternalPlane& plane, const std::stop_token& stop);
    /// A key for the simulated network server, in place of the one of the last start.
    Result<std::string> key(identity::Identity& identity);

    SystemClock clock_;
    demo::Plan plan_;
    demo::Simulator simulator_;
    std::string token_;
    std::unique_ptr<Town> town_;
    std::unique_ptr<demo::LiveFeed> feed_;
};

Result<void> Demonstration::start(const Settings& settings, std::stop_token stop) {
    TRY(town_, Town::open(settings, [this, stop](InternalPlane& plane) { return prepare(plane, stop); }));
    feed_ = std::make_unique<demo::LiveFeed>(
        plan_, simulator_, clock_,
        demo::LiveOptions{.url = town_->server().origin() + "/ingest/chirpstack", .token = token_});
    return {};
}

Result<void> Demonstration::prepare(InternalPlane& plane, const std::stop_token& stop) {
    const auto began = clock_.steady();
    const Instant now = clock_.now();
    const std::stop_callback stopping(stop, [&plane] { plane.expect_stop(); });
    TRY(const demo::Laid laid, demo::lay(plan_, plane.registry(), plane.devices()));
    const demo::HistoryParts parts{plane.registry(), plane.store(), plane.pipeline(), stop};
    TRY(const std::size_t frames, demo::feed_history(plan_, simulator_, parts, now));
    // The gate carries what there is by now to the public plane with the next message, all at once.
    TRY_DO(plane.gate().follow_registry());
    TRY(const std::size_t samples, demo::feed_samples(simulator_, parts, now));
    TRY(token_, key(plane.identity()));
    const std::chrono::duration<double> took = clock_.steady() - began;
    log::info("demo", "the town is laid",
              {{"places", std::to_string(laid.places)},
               {"devices", std::to_string(laid.devices)},
               {"datastreams", std::to_string(laid.datastreams)},
               {"frames", std::to_string(frames)},
               {"samples", std::to_string(samples)},
               {"seconds", fmt::format("{:.1f}", took.count())}});
    return {};
}

Result<std::string> Demonstration::key(identity::Identity& identity) {
    TRY(const auto keys, identity.keys());
    for (const identity::ApiKey& old : keys) {
        if (old.name == key_name && !old.revoked) {
            TRY_DO(identity.revoke_key(old.id));
        }
    }
    TRY(auto made, identity.create_key(key_name, {identity::Scope::ingest}));
    return std::move(made.token);
}

void welcome(const Settings& settings, Town& town) {
    const std::string origin = town.server().origin();
    std::cout << fmt::format(
        "\nThe demonstration town is open at {}\n\n"
        "  You see   six bathing places and a ski track in Drammen: what it is like there now, with last season and\n"
        "            this. The places are real; the devices and every reading are simulated, and marked so.\n"
        "  New       readings come about every minute from each device, over HTTP; some frames are lost, doubled or\n"
        "            garbled, some read -50, and one gateway's clock is ahead: see data quality and dead letters.\n"
        "  Staff     {}/staff\n",
        origin, origin);
    if (!town.setup_code().empty()) {
        std::cout << fmt::format("            makes the first account with this code, within a day: {}\n",
                                 town.setup_code());
    }
    if (town.mqtt() != nullptr && !town.mqtt()->ports().empty()) {
        std::cout << fmt::format("  MQTT      on port {}; an API key is the password\n", town.mqtt()->ports().front());
    }
    std::cout << fmt::format(
                     "  Kept in   {}; delete it to begin anew\n"
                     "  Stop      Ctrl+C\n\n",
                     settings.data)
              << std::flush;
}

}  // namespace

int demo(const Settings& given, const DemoArguments& arguments) {
    EndingWatch ending;
    Settings settings = given;
    settings.demonstration = true;
    auto plan = demo::shipped_plan();
    if (!plan) {
        std::cerr << plan.error().what << "\n";
        return exit_failed;
    }
    std::cout << "Laying the demonstration town; the first time takes some seconds.\n" << std::flush;
    auto demonstration = std::make_unique<Demonstration>(std::move(*plan), arguments.seed);
    if (const auto started = demonstration->start(settings, ending.asked()); !started) {
        if (ending.asked().stop_requested() && started.error().code == Errc::unavailable) {
            log::info("town", "stopping", {{"signal", std::to_string(ending.wait())}, {"why", started.error().what}});
            end_at_next_signal();
            return exit_ok;
        }
        std::cerr << started.error().what << "\n";
        return started.error().code == Errc::malformed ? exit_arguments : exit_failed;
    }
    welcome(settings, demonstration->town());
    const int signal = ending.wait();
    log::info("town", "stopping", {{"signal", std::to_string(signal)}});
    end_at_next_signal();
    demonstration.reset();
    return exit_ok;
}

}  // namespace bypuls::apps
