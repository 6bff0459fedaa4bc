#pragma once

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>

#include "apps/bypuls/import_target.h"
#include "apps/bypuls/settings.h"

namespace CLI {
class App;
}  // namespace CLI

namespace bypuls::apps {

struct ImportArguments {
    std::string file;
    std::string map;       ///< words such as "time=tid,water=temperatur", or a TOML file's name
    std::string rejects;   ///< file for the rows that could not be read; empty: they are only counted
    std::string progress;  ///< file that remembers how far an import came; empty: beside `file`, as "FILE.progress"
    std::string create;    ///< name of the thing whose datastreams are made when they are missing; empty: none are made
    std::string to;        ///< origin of a running town; empty: the data folder
    std::string key;       ///< of the running town, with the scope ingest
    bool preview = false;
    bool restart = false;  ///< from the beginning, whatever the progress file says
    bool json = false;
    std::size_t batch_rows = 5000;  ///< readings that are sent and acknowledged at once
};

/// What a command needs of its surroundings.
struct Console {
    std::ostream& out;
    std::ostream& err;
    bool terminal = false;                                     ///< someone looks at `err`: a bar is drawn there
    std::function<bool()> interrupted = [] { return false; };  ///< asked between batches
};

/// Opened when file and map are known to be good, and not for a preview.
using OpenTarget = std::function<Result<std::unique_ptr<ImportTarget>>(const ingest::csv::Map& map)>;

/// `bypuls import observations`: history from a CSV file, through the same journal and pipeline as everything else.
/// What was acknowledged is remembered, so an import that was stopped goes on where it was; a row that is sent twice is
/// a duplicate. Returns an exit code: exit_failed also when rows were refused.
int import_observations(const ImportArguments& arguments, const Console& console, const OpenTarget& open);

/// The command on the command line.
class ImportCommands {
public:
    using Work = std::function<int(const Settings&)>;
    using Add = std::function<CLI::App&(CLI::App& parent, const std::string& name, const std::string& what, Work work)>;
    void add_to(CLI::App& app, const Add& add);

private:
    ImportArguments import_;
};

}  // namespace bypuls::apps
