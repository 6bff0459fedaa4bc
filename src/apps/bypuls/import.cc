#include "apps/bypuls/import.h"

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "apps/bypuls/commands.h"
#include "apps/bypuls/ending.h"
#include "apps/bypuls/import_progress.h"
#include "apps/bypuls/import_target.h"
#include "core/files.h"
#include "core/text.h"
#include "core/time/iso8601.h"
#include "platform/ingest/csv/reader.h"

namespace bypuls::apps {
namespace {

namespace csv = ingest::csv;
using nlohmann::json;

constexpr std::size_t piece_bytes = 64U << 10U;

json value_json(const csv::Value& value) {
    return std::visit([](const auto& held) { return json(held); }, value);
}

/// Words, or the name of a file that says the same in TOML. `text` is what was read.
Result<csv::Map> read_map(const std::string& given, std::string& text) {
    if (!given.ends_with(".toml")) {
        text = given;
        return csv::parse_map_words(given);
    }
    TRY(text, read_text_file(given, 1U << 20U));
    return csv::parse_map_toml(text);
}

/// Collects the rows of a batch, and writes down those that cannot be read.
class Rows final : public csv::Reader::Sink {
public:
    explicit Rows(const csv::Map& map) : map_(map) {}

    Result<void> open_rejects(const std::string& path, std::uint64_t bytes_kept) {
        path_ = path;
        if (path.empty()) {
            return {};
        }
        // What was written after the last acknowledged batch comes again.
        std::error_code trouble;
        if (bytes_kept > 0 && std::filesystem::file_size(path, trouble) >= bytes_kept) {
            std::filesystem::resize_file(path, bytes_kept, trouble);
        } else {
            bytes_kept = 0;
        }
        file_.open(path, std::ios::binary | (bytes_kept > 0 ? std::ios::app | std::ios::ate : std::ios::trunc));
        if (bytes_kept == 0) {
            file_ << "row,column,reason,line\n";
        }
        return check_file();
    }

    void row(const csv::Row& row) override {
        const std::string time = format_instant(row.time);
        for (const csv::Cell& cell : row.cells) {
            body_ += R"({"datastream":)";
            append_json_string(body_, map_.columns[cell.column].datastream);
            body_ += fmt::format(R"(,"time":"{}","value":)", time);
            body_ += value_json(cell.value).dump(-1, ' ', false, json::error_handler_t::replace);
            body_ += "}\n";
            ++readings_;
        }
        missing_ += row.missing;
    }

    void reject(const csv::Reject& reject) override {
        ++rejects_;
        if (file_.is_open()) {
            file_ << fmt::format("{},{},{},{}\n", reject.number, quoted(reject.column), quoted(reject.reason),
                                 quoted(reject.line));
        }
    }

    std::size_t waiting() const { return readings_ - sent_; }
    std::string take() {
        sent_ = readings_;
        return std::exchange(body_, {});
    }
    Result<std::uint64_t> flush_rejects() {
        if (!file_.is_open()) {
            return 0;
        }
        file_.flush();
        TRY_DO(check_file());
        return static_cast<std::uint64_t>(file_.tellp());
    }

    std::uint64_t readings() const { return readings_; }
    std::uint64_t missing() const { return missing_; }
    std::uint64_t rejects() const { return rejects_; }
    void set_rejects(std::uint64_t rejects) { rejects_ = rejects; }

private:
    static std::string quoted(std::string_view text) {
        std::string out = "\"";
        for (const char letter : text) {
            out.append(letter == '"' ? 2 : 1, letter);
        }
        return out + '"';
    }
    Result<void> check_file() const {
        return file_ ? Result<void>{} : fail(Errc::unavailable, fmt::format("{} cannot be written", path_));
    }

    const csv::Map& map_;
    std::string path_;
    std::ofstream file_;
    std::string body_;
    std::size_t readings_ = 0;
    std::size_t sent_ = 0;
    std::uint64_t missing_ = 0;
    std::uint64_t rejects_ = 0;
};

/// A line that is drawn over itself, for a person who watches; a few times a second at most.
class Bar {
public:
    Bar(const Console& console, std::uint64_t bytes) : console_(console), bytes_(std::max<std::uint64_t>(bytes, 1)) {}

    void draw(std::uint64_t done, std::uint64_t rows, std::uint64_t rejects, bool last = false) {
        const auto now = std::chrono::steady_clock::now();
        if (!console_.terminal || (!last && now < next_)) {
            return;
        }
        next_ = now + std::chrono::milliseconds{200};
        constexpr std::uint64_t width = 30;
        const std::uint64_t filled = std::min(width, width * done / bytes_);
        console_.err << fmt::format("\r[{:=<{}}{: <{}}] {:3} %  {} rows, {} refused", "", filled, "", width - filled,
                                    std::min<std::uint64_t>(100, 100 * done / bytes_), rows, rejects)
                     << (last ? "\n" : "") << std::flush;
    }

private:
    const Console& console_;
    std::uint64_t bytes_;
    std::chrono::steady_clock::time_point next_;
};

/// One import, from the file to the last acknowledged batch.
class Import {
public:
    Import(const ImportArguments& arguments, const Console& console, const csv::Map& map, std::string fingerprint)
        : arguments_(arguments),
          console_(console),
          map_(map),
          rows_(map),
          progress_path_(arguments.progress.empty() ? arguments.file + ".progress" : arguments.progress) {
        progress_.what = std::move(fingerprint);
    }

    Result<void> run(const File& file, ImportTarget& target) {
        TRY(auto reader, open_reader());
        TRY_DO(rows_.open_rejects(arguments_.rejects, progress_.reject_bytes));
        rows_.set_rejects(progress_.rejects);
        TRY(const auto size, file.size());
        if (progress_.position.bytes > size) {
            return fail(Errc::conflict, fmt::format("{} has become shorter since it was read; --restart reads it anew",
                                                    arguments_.file));
        }
        began_at_ = progress_.position.rows;
        Bar bar(console_, size);
        std::string piece(piece_bytes, '\0');
        std::uint64_t at = progress_.position.bytes;
        while (!stopped_) {
            TRY(const auto read, file.read_at(at, std::as_writable_bytes(std::span(piece))));
            at += read;
            if (read == 0) {
                break;
            }
            TRY_DO(reader.feed(std::string_view(piece).substr(0, read), rows_));
            if (rows_.waiting() >= arguments_.batch_rows) {
                TRY_DO(deliver(reader, target));
                stopped_ = console_.interrupted();
            }
            bar.draw(at, reader.position().rows, rows_.rejects());
        }
        if (!stopped_) {
            TRY_DO(reader.finish(rows_));
            TRY_DO(deliver(reader, target));
        }
        bar.draw(at, reader.position().rows, rows_.rejects(), true);
        TRY(delivered_, target.finish());
        return {};
    }

    bool stopped() const { return stopped_; }
    bool all_well() const { return rows_.rejects() == 0 && delivered_.rejected == 0 && delivered_.quarantined == 0; }
    void tell(double seconds) const;

private:
    Result<csv::Reader> open_reader() {
        if (!arguments_.restart) {
            TRY(const auto before, read_progress(progress_path_, progress_.what));
            if (before) {
                progress_ = *before;
                resumed_ = true;
                return csv::Reader::resume(map_, progress_.position);
            }
        }
        return csv::Reader::open(map_);
    }

    Result<void> deliver(const csv::Reader& reader, ImportTarget& target) {
        if (rows_.waiting() > 0) {
            TRY_DO(target.send(rows_.take()));
        }
        TRY(progress_.reject_bytes, rows_.flush_rejects());
        progress_.position = reader.position();
        progress_.rejects = rows_.rejects();
        return write_progress(progress_path_, progress_);
    }

    const ImportArguments& arguments_;
    const Console& console_;
    const csv::Map& map_;
    Rows rows_;
    std::string progress_path_;
    ImportProgress progress_;
    Delivered delivered_;
    std::uint64_t began_at_ = 0;
    bool resumed_ = false;
    bool stopped_ = false;
};

void Import::tell(double seconds) const {
    const std::uint64_t read = progress_.position.rows - began_at_;
    if (arguments_.json) {
        json summary{{"rows", read},
                     {"rows_in_all", progress_.position.rows},
                     {"rejects", rows_.rejects()},
                     {"readings", rows_.readings()},
                     {"missing", rows_.missing()},
                     {"accepted", delivered_.accepted},
                     {"refused", delivered_.rejected},
                     {"stored", nullptr},
                     {"duplicate", nullptr},
                     {"quarantined", nullptr},
                     {"resumed", resumed_},
                     {"finished", !stopped_},
                     {"seconds", seconds}};
        if (delivered_.is_final) {
            summary["stored"] = delivered_.stored;
            summary["duplicate"] = delivered_.duplicate;
            summary["quarantined"] = delivered_.quarantined;
        }
        console_.out << summary.dump() << "\n";
        return;
    }
    if (resumed_) {
        console_.out << fmt::format("Went on after row {}.\n", began_at_);
    }
    console_.out << fmt::format("{} rows read with {} readings and {} empty cells; {} rows could not be read{}\n", read,
                                rows_.readings(), rows_.missing(), rows_.rejects(),
                                rows_.rejects() == 0         ? "."
                                : arguments_.rejects.empty() ? " (--rejects FILE tells which)."
                                                             : " (" + arguments_.rejects + " tells why).");
    if (delivered_.is_final) {
        console_.out << fmt::format("{} stored, {} there already, {} put aside as dead letters.\n", delivered_.stored,
                                    delivered_.duplicate, delivered_.quarantined);
    } else {
        console_.out << fmt::format("{} accepted, {} refused; the town's staff page shows what was put aside.\n",
                                    delivered_.accepted, delivered_.rejected);
    }
    if (stopped_) {
        console_.out << "Stopped. The same command goes on from here.\n";
    }
}

Result<std::string> beginning_of(const File& file, std::size_t bytes_max) {
    std::string text(bytes_max, '\0');
    TRY(const auto read, file.read_at(0, std::as_writable_bytes(std::span(text))));
    text.resize(read);
    return text;
}

int show_preview(const csv::Map& map, const std::string& beginning, bool whole, const ImportArguments& arguments,
                 const Console& console) {
    const auto preview = csv::preview(beginning, whole ? csv::Extent::whole : csv::Extent::beginning, map);
    if (!preview) {
        console.err << preview.error().what << "\n";
        return exit_failed;
    }
    json rows = json::array();
    for (const csv::Row& row : preview->rows) {
        json values = json::object();
        for (const csv::Cell& cell : row.cells) {
            values[map.columns[cell.column].datastream] = value_json(cell.value);
        }
        rows.push_back({{"row", row.number}, {"time", format_instant(row.time)}, {"values", std::move(values)}});
    }
    json rejects = json::array();
    for (const csv::Reject& reject : preview->rejects) {
        rejects.push_back({{"row", reject.number}, {"column", reject.column}, {"reason", reject.reason}});
    }
    if (arguments.json) {
        const json all{{"separator", std::string(1, preview->separator)},
                       {"heading", preview->heading},
                       {"rows", rows},
                       {"rejects", rejects}};
        console.out << all.dump(-1, ' ', false, json::error_handler_t::replace) << "\n";
        return exit_ok;
    }
    console.out << fmt::format("Columns, separated by '{}': {}\n",
                               preview->separator == '\t' ? "tab" : std::string(1, preview->separator),
                               fmt::join(preview->heading, ", "));
    for (const json& row : rows) {
        console.out << fmt::format("  row {}: {}  {}\n", row["row"].get<std::uint64_t>(),
                                   row["time"].get<std::string>(), row["values"].dump());
    }
    for (const csv::Reject& reject : preview->rejects) {
        console.out << fmt::format("  row {} is refused: {}{}\n", reject.number,
                                   reject.column.empty() ? "" : reject.column + ": ", reject.reason);
    }
    console.out << "Nothing has been stored; leave --preview off to bring the file in.\n";
    return exit_ok;
}

Result<int> work(const ImportArguments& arguments, const Console& console, const OpenTarget& open) {
    // A key alone is no fault: the environment may have one for the next command.
    if (!arguments.to.empty() && arguments.key.empty()) {
        return fail(Errc::malformed,
                    "--to needs --key, or the key in BYPULS_KEY, which others on the machine cannot see");
    }
    if (!arguments.to.empty() && !arguments.create.empty()) {
        return fail(Errc::malformed, "--create makes datastreams in a data folder; in a running town staff make them");
    }
    std::string map_text;
    TRY(const csv::Map map, read_map(arguments.map, map_text));
    TRY(const auto file, posix_files().open(arguments.file, OpenMode::read));
    TRY(const std::string beginning, beginning_of(*file, piece_bytes));
    if (arguments.preview) {
        return show_preview(map, beginning, beginning.size() < piece_bytes, arguments, console);
    }
    const auto began = std::chrono::steady_clock::now();
    TRY(const auto target, open(map));
    // A logger's file grows, so its first line is what it is known by.
    const auto known_by = std::string_view(beginning).substr(0, beginning.find('\n'));
    Import import(arguments, console, map, import_fingerprint(known_by, map_text, target->name()));
    TRY_DO(import.run(*file, *target));
    import.tell(std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    return import.stopped() ? exit_interrupted : import.all_well() ? exit_ok : exit_failed;
}

}  // namespace

int import_observations(const ImportArguments& arguments, const Console& console, const OpenTarget& open) {
    const auto done = work(arguments, console, open);
    if (done) {
        return *done;
    }
    console.err << (console.terminal ? "\n" : "") << done.error().what << "\n";
    return done.error().code == Errc::malformed ? exit_arguments : exit_failed;
}

/// `bypuls import observations` with the operating system around it.
static int import_command(const Settings& settings, const ImportArguments& arguments) {
    const sigset_t signals = ending_signals();
    const Console console{
        .out = std::cout, .err = std::cerr, .terminal = isatty(STDERR_FILENO) == 1, .interrupted = [&signals] {
            const timespec none{};
            return sigtimedwait(&signals, nullptr, &none) > 0;
        }};
    return import_observations(arguments, console, [&](const csv::Map& map) -> Result<std::unique_ptr<ImportTarget>> {
        return arguments.to.empty() ? open_folder_target(settings, map, arguments.create)
                                    : open_server_target(arguments.to, arguments.key, map,
                                                         [&](std::string_view what) { console.err << what << "\n"; });
    });
}

void ImportCommands::add_to(CLI::App& app, const Add& add) {
    CLI::App& import = *app.add_subcommand("import", "bring data in from files");
    import.require_subcommand(1);
    CLI::App& command = add(import, "observations", "history from a CSV file; docs/guides/import.md",
                            [this](const Settings& settings) { return import_command(settings, import_); });
    command.add_option("file", import_.file, "CSV file in UTF-8")->required();
    command
        .add_option("--map", import_.map,
                    "what the columns mean: \"time=tid,water=temperatur:number:Cel\", or a TOML file with the same")
        ->required();
    command.add_flag("--preview", import_.preview, "show how the first rows are understood, and store nothing");
    command.add_option("--rejects", import_.rejects, "file for the rows that cannot be read, each with its reason");
    command.add_option("--create", import_.create,
                       "make datastreams that are missing, at a thing of this name; internal until someone opens them");
    command.add_option("--to", import_.to, "a running town, http://127.0.0.1:8080, instead of a data folder");
    command
        .add_option("--key", import_.key,
                    "key of the running town, with the scope ingest; or BYPULS_KEY in the environment")
        ->envname("BYPULS_KEY");
    command.add_option("--progress", import_.progress, "file that remembers how far it came (default: FILE.progress)");
    command.add_flag("--restart", import_.restart, "read the file from its start, whatever was remembered");
    command.add_flag("--json", import_.json, "answer in JSON, one line");
}

}  // namespace bypuls::apps
