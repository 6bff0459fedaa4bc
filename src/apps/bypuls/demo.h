#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "apps/bypuls/settings.h"

namespace CLI {
class App;
}  // namespace CLI

namespace bypuls::apps {

struct DemoArguments {
    std::uint64_t seed = 7;  ///< same seed, same town
};
/// `bypuls demo`: the town of demo/drammen with simulated devices, until SIGINT or SIGTERM.
int demo(const Settings& settings, const DemoArguments& arguments);

struct ReplayArguments {
    std::string file;
    std::string to;  ///< origin of a running town: "http://127.0.0.1:8080"
    std::string token;
    std::string way = "chirpstack";  ///< or tts
    std::string event;               ///< ChirpStack's name for what the recording holds; empty: as each tells itself
    double speed = 0;                ///< times as fast as it was recorded; 0: as fast as is taken in
    std::int64_t connections = 4;    ///< requests under way at once
};
/// `bypuls replay`: recorded events through the real way in. The summary is one line of JSON on standard output.
int replay(const ReplayArguments& arguments);

/// The commands above on the command line.
class DemoCommands {
public:
    using Work = std::function<int(const Settings&)>;
    /// Adds a command with the options that all commands share; `work` runs when it is chosen.
    using Add = std::function<CLI::App&(CLI::App& parent, const std::string& name, const std::string& what, Work work)>;

    /// Where options that other commands have too are kept.
    struct Shared {
        std::string& listen;
        std::string& mqtt_listen;
    };
    void add_to(CLI::App& app, Shared shared, const Add& add);

private:
    DemoArguments demo_;
    ReplayArguments replay_;
};

}  // namespace bypuls::apps
