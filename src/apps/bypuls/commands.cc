#include "apps/bypuls/commands.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <functional>
#include <iostream>
#include <optional>
#include <span>
#include <string_view>

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/bypuls/arguments.h"
#include "apps/bypuls/demo.h"
#include "apps/bypuls/import.h"
#include "apps/bypuls/logs.h"
#include "apps/bypuls/operate.h"
#include "apps/bypuls/user.h"
#include "city/participation/explanation/commands.h"
#include "core/files.h"
#include "core/host.h"
#include "core/log.h"
#include "platform/database/page_checksums.h"
#include "platform/ingest/codecs/codec_worker.h"
#include "platform/ingest/codecs/decode_command.h"
#include "platform/policy/policy.h"

namespace bypuls::apps {
namespace {

/// What several commands share on the command line.
struct Common {
    std::string config_file;
    std::string data;
    std::string listen;
    std::string mqtt_listen;
    std::string plane = "both";
    bool verbose = false;
    bool anonymous_writes = false;
    std::vector<std::string> accept_loss;
};

/// They open no database of the town's, or look at its log themselves and change nothing.
constexpr std::array<std::string_view, 5> leave_logs_alone{"verify", "doctor", "restore", "lorawan", "replay"};

void add_common(CLI::App& command, Common& common) {
    command
        .add_option("--config", common.config_file, "TOML file; docs/operate/configuration.md lists what it may say")
        ->check(not_empty);
    command.add_option("--data", common.data, "folder of everything that is kept (default: data)")->check(not_empty);
    command.add_flag("--verbose", common.verbose, "log more");
}

/// Settings from file and command line. All faults are printed at once; false when there are any.
bool settings_from(const Common& common, Settings& settings) {
    std::vector<config::Fault> faults;
    if (!common.config_file.empty()) {
        const auto text = read_text_file(common.config_file);
        if (!text) {
            std::cerr << text.error().what << "\n";
            return false;
        }
        faults = read_settings(*text, settings);
    }
    if (!common.data.empty()) {
        settings.data = common.data;
    }
    if (!common.listen.empty()) {
        if (auto address = parse_address(common.listen)) {
            settings.listen = *address;
        } else {
            faults.push_back({0, "--listen: " + address.error().what});
        }
    }
    if (!common.mqtt_listen.empty()) {
        settings.mqtt.listen = common.mqtt_listen == "none" ? "" : common.mqtt_listen;
    }
    const auto mqtt_faults = check_mqtt_settings(settings.mqtt);
    faults.insert(faults.end(), mqtt_faults.begin(), mqtt_faults.end());
    settings.planes = common.plane == "public" ? Planes::public_only : Planes::both;
    settings.anonymous_writes = common.anonymous_writes;
    if (common.anonymous_writes && !is_loopback(settings.listen.host)) {
        faults.push_back({0,
                          "--anonymous-writes lets everyone change everything; it needs an address that only this "
                          "machine reaches, such as 127.0.0.1:8080"});
    }
    for (const config::Fault& fault : faults) {
        std::cerr << (fault.line == 0 ? fault.sentence
                                      : fmt::format("{}:{}: {}", common.config_file, fault.line, fault.sentence))
                  << "\n";
    }
    if (common.verbose) {
        log::set_level(log::Level::debug);
    }
    return faults.empty();
}

/// The commands, each with what it was given; exactly one is run.
class Program {
public:
    Program();
    int run(int argc, char** argv);

private:
    using Work = std::function<int(const Settings&)>;

    CLI::App& add(CLI::App& parent, const std::string& name, const std::string& what, Work work);
    void add_serve();
    void add_token();
    void add_decode();

    CLI::App app_{"Bypuls: the city's pulse. One program that a municipality runs to be a smart city.", "bypuls"};
    Common common_;
    TokenArguments token_;
    ingest::codecs::DecodeArguments decode_;
    OperatorCommands operator_;
    DemoCommands demo_;
    ImportCommands import_;
    UserCommands user_;
    std::vector<std::string> variables_;
    Work chosen_;
    bool minds_logs_ = false;
};

Program::Program() {
    app_.require_subcommand(1);
    app_.set_version_flag("--version", "bypuls 0.1.0");
    add_serve();
    add_token();
    add_decode();
    const auto adding = [this](CLI::App& parent, const std::string& name, const std::string& what,
                               Work work) -> CLI::App& { return add(parent, name, what, std::move(work)); };
    operator_.add_to(app_, common_.listen, adding);
    demo_.add_to(app_, {common_.listen, common_.mqtt_listen}, adding);
    import_.add_to(app_, adding);
    user_.add_to(app_, adding);
    // They are run before these are read (run_counting); here they stand for --help.
    app_.add_subcommand("count", "count an election in a Pabulib file; `bypuls count --help`");
    app_.add_subcommand("compare", "winners under several rules side by side; `bypuls compare --help`");
}

CLI::App& Program::add(CLI::App& parent, const std::string& name, const std::string& what, Work work) {
    CLI::App& command = *parent.add_subcommand(name, what);
    add_common(command, common_);
    command.callback(
        [this, work = std::move(work), minds = std::ranges::find(leave_logs_alone, name) == leave_logs_alone.end()] {
            chosen_ = work;
            minds_logs_ = minds;
        });
    return command;
}

void Program::add_serve() {
    CLI::App& command = add(app_, "serve", "run the town: take readings in and serve pages and data", serve);
    command.add_option("--listen", common_.listen, "address and port (default: 127.0.0.1:8080)")->check(not_empty);
    command.add_option("--mqtt-listen", common_.mqtt_listen, "address and port for MQTT, or none (default: none)")
        ->check(not_empty);
    command.add_option("--plane", common_.plane, "both, or public: the anonymous side alone, on its own store")
        ->check(CLI::IsMember({"both", "public"}));
    command.add_flag(
        "--anonymous-writes", common_.anonymous_writes,
        "for suites and tutorials: SensorThings reads and changes the internal plane without a key; only on an "
        "address of this machine alone");
    command.add_option("--accept-loss", common_.accept_loss,
                       "a damaged log, such as internal/registry.db-wal: start without the changes that it has lost, "
                       "and keep it beside; may be given again");
}

void Program::add_token() {
    CLI::App& token = *app_.add_subcommand("token", "API keys for devices, gateways and programs");
    token.require_subcommand(1);
    CLI::App& create = add(token, "create", "make a key; it is printed last, and only this once",
                           [this](const Settings& settings) { return token_create(settings, token_); });
    create.add_option("--name", token_.name, "what it is for")->required();
    create.add_option("--scope", token_.scopes, "ingest, read, admin; several with commas between");
    create.add_option("--expires", token_.expires, "a time such as 2027-01-01T00:00:00Z (default: never)");
    create.add_flag("--json", token_.json, "answer in JSON");
    CLI::App& list = add(token, "list", "all keys, without their secrets",
                         [this](const Settings& settings) { return token_list(settings, token_); });
    list.add_flag("--json", token_.json, "answer in JSON");
    CLI::App& revoke = add(token, "revoke", "make a key useless at once",
                           [this](const Settings& settings) { return token_revoke(settings, token_); });
    revoke.add_option("id", token_.id, "the number that `token list` shows")->required();
}

void Program::add_decode() {
    CLI::App& decode = *app_.add_subcommand("decode", "decode one payload, to try a codec");
    decode.require_subcommand(1);
    CLI::App& lorawan = add(decode, "lorawan", "run a LoRaWAN codec in the sandbox", [this](const Settings&) {
        for (const std::string& variable : variables_) {
            const auto equals = variable.find('=');
            decode_.variables[variable.substr(0, equals)] =
                equals == std::string::npos ? "" : variable.substr(equals + 1);
        }
        decode_.received = SystemClock{}.now();
        return ingest::codecs::decode_command(decode_, std::cout, std::cerr);
    });
    lorawan.add_option("--codec", decode_.codec_file, "JavaScript file")->required();
    lorawan.add_option("--fport", decode_.f_port, "LoRaWAN port, 1 to 223")->required();
    lorawan.add_option("--variable", variables_, "NAME=VALUE, may be given again");
    lorawan.add_option("hex", decode_.payload_hex, "the payload in hexadecimal")->required();
}

int Program::run(int argc, char** argv) {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (const auto told = unknown_command(app_, words)) {
        std::cerr << *told << "\n";
        return exit_arguments;
    }
    try {
        app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app_.exit(error) == 0 ? exit_ok : exit_arguments;
    }
    Settings settings;
    if (!settings_from(common_, settings)) {
        return exit_arguments;
    }
    if (minds_logs_) {
        if (const auto minded = mind_logs(settings.data, settings.planes, common_.accept_loss); !minded) {
            std::cerr << minded.error().what << "\n";
            return exit_failed;
        }
    }
    return chosen_(settings);
}

}  // namespace

/// The counting commands read their own arguments. Nothing when it is another command.
static std::optional<int> run_counting(const std::vector<std::string>& words) {
    namespace counting = participation::explanation;
    const counting::Surroundings surroundings{
        .read_file = [](const std::string& path) { return read_text_file(path, 1U << 30U); },
        .out = std::cout,
        .err = std::cerr,
        .watched = isatty(STDERR_FILENO) == 1};
    const std::span<const std::string> all(words);
    if (!words.empty() && words[0] == "count") {
        return counting::count_command(all.subspan(1), surroundings);
    }
    if (!words.empty() && words[0] == "compare") {
        return counting::compare_command(all.subspan(1), surroundings);
    }
    if (words.size() > 1 && words[0] == "verify" && words[1] == "count") {
        return counting::verify_count_command(all.subspan(2), surroundings);
    }
    return std::nullopt;
}

int run_program(int argc, char** argv) {
    // The worker shuts itself in, so it comes before anything that opens a file or starts a thread.
    if (argc > 1 && std::string_view(argv[1]) == "codec-worker") {
        return ingest::codecs::codec_worker_main();
    }
    if (const auto counted = run_counting({argv + 1, argv + argc})) {
        return *counted;
    }
    // Before any file is opened, so that every connection to it goes the same way, and none moves a log unguarded.
    database::use_page_checksums();
    return Program().run(argc, argv);
}

}  // namespace bypuls::apps
