#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/bypuls/arguments.h"
#include "apps/bypuls/demo.h"

namespace bypuls::apps {
namespace {

/// CLI11 would name the largest double of all.
std::string whole_number(const std::string& text) {
    const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
    return digits ? "" : fmt::format("'{}' is not a whole number, 0 or more", text);
}

std::string no_less_than_nothing(const std::string& text) {
    return text.starts_with('-') ? fmt::format("'{}' is less than 0", text) : "";
}

}  // namespace

void DemoCommands::add_to(CLI::App& app, Shared shared, const Add& add) {
    std::string& mqtt_listen = shared.mqtt_listen;
    CLI::App& town = add(app, "demo", "run a demonstration town with simulated devices",
                         [this, &mqtt_listen](const Settings& given) {
                             Settings settings = given;
                             if (settings.data == Settings{}.data) {
                                 settings.data += "/demo";  // never among the readings of a real town
                             }
                             if (mqtt_listen.empty() && settings.mqtt.listen.empty()) {
                                 settings.mqtt.listen = "127.0.0.1:1883";
                                 settings.mqtt.may_be_taken = true;
                             }
                             return demo(settings, demo_);
                         });
    town.add_option("--mqtt-listen", mqtt_listen, "address and port for MQTT, or none (default: 127.0.0.1:1883)")
        ->check(not_empty);
    town.add_option("--listen", shared.listen, "address and port (default: 127.0.0.1:8080)")->check(not_empty);
    town.add_option("--seed", demo_.seed, "same seed, same town (default: 7)")->check(whole_number);

    CLI::App& again = add(app, "replay", "send recorded events to a running town",
                          [this](const Settings&) { return replay(replay_); });
    again.add_option("file", replay_.file, "one event a line in JSON, plain or packed with zstd")->required();
    again.add_option("--to", replay_.to, "where the town answers: http://127.0.0.1:8080")->required();
    again.add_option("--token", replay_.token, "a key with the scope ingest; or BYPULS_KEY in the environment")
        ->envname("BYPULS_KEY")
        ->required();
    again.add_option("--way", replay_.way, "chirpstack or tts")->check(CLI::IsMember({"chirpstack", "tts"}));
    again.add_option("--event", replay_.event, "ChirpStack's name of what was recorded (default: as its members tell)");
    again.add_option("--speed", replay_.speed, "times as fast as recorded; 0, as fast as it is taken in (default)")
        ->check(no_less_than_nothing);
    again.add_option("--connections", replay_.connections, "requests under way at once (default: 4)")
        ->check(CLI::Range(1, 64));
}

}  // namespace bypuls::apps
