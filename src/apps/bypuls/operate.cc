#include "apps/bypuls/operate.h"

#include <CLI/CLI.hpp>

#include "apps/bypuls/arguments.h"

namespace bypuls::apps {

void OperatorCommands::add_to(CLI::App& app, std::string& listen, const Add& add) {
    add_questions(app, add);
    add_care(app, listen, add);
}

void OperatorCommands::add_questions(CLI::App& app, const Add& add) {
    CLI::App& ask = add(app, "query", "ask in SQL over `observations` and `datastreams`; also while the town runs",
                        [this](const Settings& settings) { return query(settings, query_); });
    ask.add_option("sql", query_.sql, "one SELECT; sees the readings that have settled")->required();
    ask.add_option("--format", query_.format, "table, csv or json (an object a line)")
        ->check(CLI::IsMember({"table", "csv", "json"}));
    ask.add_option("--seconds", query_.seconds, "stop after this long (default: 60)")->check(CLI::Range(1, 86'400));
    ask.add_option("--megabytes", query_.megabytes, "memory it may use (default: 1024)")
        ->check(CLI::Range(16, 1'048'576));

    CLI::App& exports = *app.add_subcommand("export", "write data to files");
    exports.require_subcommand(1);
    CLI::App& observations = add(exports, "observations", "readings that have settled, by datastream and time",
                                 [this](const Settings& settings) { return export_observations(settings, export_); });
    observations.add_option("--datastream", export_.datastreams, "number; may be given again (default: all)");
    observations.add_option("--from", export_.from, "first instant, such as 2026-01-01T00:00:00Z");
    observations.add_option("--to", export_.to, "instant that the readings lie before");
    observations.add_option("--format", export_.format, "parquet or csv")->check(CLI::IsMember({"parquet", "csv"}));
    observations.add_option("--out", export_.out, "the file to make; it must not exist")->required();
}

void OperatorCommands::add_care(CLI::App& app, std::string& listen, const Add& add) {
    CLI::App& copy = add(app, "backup", "copy everything that is kept, also while the town runs",
                         [this](const Settings& settings) { return backup(settings, backup_to_); });
    copy.add_option("--to", backup_to_, "folder to make; it must not exist")->required();
    CLI::App& back = add(app, "restore", "lay a backup back into an empty data folder",
                         [this](const Settings& settings) { return restore(settings, restore_from_); });
    back.add_option("--from", restore_from_, "folder that `backup` made")->required();
    CLI::App& check = add(
        app, "verify", "read everything that is kept and tell what is damaged; `verify count` checks a published vote",
        [this](const Settings& settings) { return verify(settings, verify_json_); });
    check.add_flag("--json", verify_json_, "answer in JSON");
    CLI::App& look = add(app, "doctor", "is this machine fit to run the town?",
                         [this](const Settings& settings) { return doctor(settings, doctor_json_); });
    look.add_option("--listen", listen, "address and port that the town is served on (default: 127.0.0.1:8080)")
        ->check(not_empty);
    look.add_flag("--json", doctor_json_, "answer in JSON");
}

}  // namespace bypuls::apps
