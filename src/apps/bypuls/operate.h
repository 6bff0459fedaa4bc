#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "apps/bypuls/settings.h"

namespace CLI {
class App;
}  // namespace CLI

namespace bypuls::apps {

struct QueryArguments {
    std::string sql;
    std::string format = "table";
    std::int64_t seconds = 60;
    std::int64_t megabytes = 1024;
};
/// `bypuls query`: one question in SQL over what has settled.
int query(const Settings& settings, const QueryArguments& arguments);

struct ExportArguments {
    std::vector<std::int64_t> datastreams;  ///< none: all
    std::string from;
    std::string to;
    std::string format = "parquet";
    std::string out;
};
/// `bypuls export observations`: what has settled, to a file.
int export_observations(const Settings& settings, const ExportArguments& arguments);

/// `bypuls backup` and `bypuls restore`.
int backup(const Settings& settings, const std::string& to);
int restore(const Settings& settings, const std::string& from);

/// `bypuls verify`: reads everything that is kept and says what is damaged. exit_failed when something is.
int verify(const Settings& settings, bool json);

/// `bypuls doctor`: is this machine fit to run the town? exit_failed when there is a fault; warnings do not count.
int doctor(const Settings& settings, bool json);

/// The commands above on the command line.
class OperatorCommands {
public:
    using Work = std::function<int(const Settings&)>;
    /// Adds a command with the options that all commands share; `work` runs when it is chosen.
    using Add = std::function<CLI::App&(CLI::App& parent, const std::string& name, const std::string& what, Work work)>;

    /// `listen` is where `doctor` is told the address that the town is served on.
    void add_to(CLI::App& app, std::string& listen, const Add& add);

private:
    void add_questions(CLI::App& app, const Add& add);
    void add_care(CLI::App& app, std::string& listen, const Add& add);

    QueryArguments query_;
    ExportArguments export_;
    std::string backup_to_;
    std::string restore_from_;
    bool verify_json_ = false;
    bool doctor_json_ = false;
};

}  // namespace bypuls::apps
