#include "platform/analysis/analysis.h"

#include <condition_variable>
#include <filesystem>
#include <thread>

#include <duckdb.hpp>
#include <duckdb/common/vector_operations/vector_operations.hpp>
#include <fmt/format.h>

#include "core/check.h"
#include "core/files.h"
#include "platform/analysis/tables.h"

namespace bypuls::analysis {
namespace {

/// Ends a question that has run too long, from a thread of its own.
class Deadline {
public:
    Deadline(duckdb::Connection& connection, std::chrono::milliseconds time)
        : watch_([this, &connection, time](const std::stop_token& stop) {
              std::unique_lock lock(mutex_);
              if (!wake_.wait_for(lock, stop, time, [&] { return stop.stop_requested(); })) {
                  passed_ = true;
                  connection.Interrupt();
              }
          }) {}
    bool passed() const {
        const std::scoped_lock lock(mutex_);
        return passed_;
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable_any wake_;
    bool passed_ = false;
    std::jthread watch_;  // last, so that it ends before what it uses
};

Error error_of(const duckdb::ErrorData& data) {
    switch (data.Type()) {
        case duckdb::ExceptionType::OUT_OF_MEMORY:
            return {Errc::exhausted, "the question needs more memory than it may use: ask for less at once"};
        case duckdb::ExceptionType::INTERRUPT: return {Errc::timed_out, "the question was stopped"};
        case duckdb::ExceptionType::PERMISSION:
            return {Errc::malformed, "a question may not read files, networks or settings: " + data.RawMessage()};
        default: return {Errc::malformed, data.RawMessage()};
    }
}

/// Runs `work`, which returns a Result; what DuckDB throws becomes an error.
template <typename Work>
std::invoke_result_t<Work&> guarded(Work&& work) {
    try {
        return work();
    } catch (const std::bad_alloc&) {
        return std::unexpected(Error{Errc::exhausted, "the question needs more memory than there is"});
    } catch (const std::exception& thrown) {
        return std::unexpected(error_of(duckdb::ErrorData(thrown)));
    }
}

Column::Kind kind_of(const duckdb::LogicalType& type) {
    if (type.id() == duckdb::LogicalTypeId::BOOLEAN) {
        return Column::Kind::boolean;
    }
    return type.IsNumeric() ? Column::Kind::number : Column::Kind::text;
}

/// One statement that only reads. The tables would bear more; other people's connections would not.
Result<duckdb::unique_ptr<duckdb::SQLStatement>> read_question(duckdb::Connection& connection, std::string_view sql) {
    auto statements = connection.ExtractStatements(std::string(sql));
    if (statements.size() != 1) {
        return fail(Errc::malformed, fmt::format("a question is one statement, and this has {}", statements.size()));
    }
    const auto type = statements[0]->type;
    if (type != duckdb::StatementType::SELECT_STATEMENT && type != duckdb::StatementType::EXPLAIN_STATEMENT) {
        return fail(Errc::malformed, fmt::format("a question begins with SELECT, FROM, WITH or EXPLAIN; {} is refused",
                                                 duckdb::StatementTypeToString(type)));
    }
    return std::move(statements[0]);
}

/// Passes an answer on as text, a chunk at a time.
Result<std::uint64_t> pour(duckdb::Connection& connection, duckdb::QueryResult& result, Sink& sink) {
    std::vector<Column> columns;
    for (std::size_t i = 0; i < result.names.size(); ++i) {
        columns.push_back({result.names[i], kind_of(result.types[i])});
    }
    TRY_DO(sink.columns(columns));
    std::uint64_t rows = 0;
    std::vector<Cell> cells(columns.size());
    while (const auto chunk = result.Fetch()) {
        if (chunk->size() == 0) {
            break;
        }
        duckdb::DataChunk texts;
        texts.Initialize(duckdb::Allocator::DefaultAllocator(),
                         duckdb::vector<duckdb::LogicalType>(columns.size(), duckdb::LogicalType::VARCHAR),
                         chunk->size());
        for (std::size_t i = 0; i < columns.size(); ++i) {
            duckdb::VectorOperations::Cast(*connection.context, chunk->data[i], texts.data[i], chunk->size());
            texts.data[i].Flatten(chunk->size());
        }
        for (std::size_t row = 0; row < chunk->size(); ++row) {
            for (std::size_t i = 0; i < columns.size(); ++i) {
                const bool null = duckdb::FlatVector::IsNull(texts.data[i], row);
                const auto& text = duckdb::FlatVector::GetData<duckdb::string_t>(texts.data[i])[row];
                cells[i] = null ? Cell() : Cell(std::string_view(text.GetData(), text.GetSize()));
            }
            TRY_DO(sink.row(cells));
        }
        rows += chunk->size();
    }
    if (result.HasError()) {
        return std::unexpected(error_of(result.GetErrorObject()));
    }
    TRY_DO(sink.finish());
    return rows;
}

/// A database in memory that reaches nothing outside, except one file when `writable` names it.
duckdb::unique_ptr<duckdb::DuckDB> open_closed(const Limits& limits, const std::string& writable) {
    duckdb::DBConfig config;
    config.options.maximum_memory = limits.memory_bytes;
    config.options.maximum_threads = static_cast<duckdb::idx_t>(limits.threads);
    config.options.use_temporary_directory = false;
    config.options.temporary_directory = "";
    config.options.autoload_known_extensions = false;
    config.options.autoinstall_known_extensions = false;
    config.options.allow_community_extensions = false;
    config.options.enable_external_access = false;
    auto opened = duckdb::make_uniq<duckdb::DuckDB>(nullptr, &config);
    if (!writable.empty()) {
        duckdb::DBConfig::GetConfig(*opened->instance).AddAllowedPath(writable);
    }
    return opened;
}

Result<void> set_up(duckdb::DuckDB& database) {
    duckdb::Connection connection(database);
    look_through(connection, std::make_shared<View>(observations::Selection::of({}), Interval{}));
    for (const auto* statement :
         {"SET GLOBAL TimeZone = 'Europe/Oslo'", "CREATE VIEW observations AS SELECT * FROM bypuls_observations()",
          "CREATE VIEW datastreams AS SELECT * FROM bypuls_datastreams()", "SET GLOBAL lock_configuration = true"}) {
        const auto done = connection.Query(statement);
        if (done->HasError()) {
            return std::unexpected(error_of(done->GetErrorObject()));
        }
    }
    return {};
}

std::string sql_text(std::string_view text) {
    std::string out = "'";
    for (const char c : text) {
        out += c == '\'' ? "''" : std::string(1, c);
    }
    return out + "'";
}

}  // namespace

struct Analysis::Engine {
    Engine(const observations::Store& store_in, registry::Registry& registry_in, const Limits& limits_in)
        : store(store_in), registry(registry_in), limits(limits_in) {}

    Result<duckdb::unique_ptr<duckdb::DuckDB>> open(const Limits& within, const std::string& writable) const {
        return guarded([&]() -> Result<duckdb::unique_ptr<duckdb::DuckDB>> {
            auto opened = open_closed(within, writable);
            register_tables(*opened, store, registry);
            TRY_DO(set_up(*opened));
            return opened;
        });
    }

    const observations::Store& store;
    registry::Registry& registry;
    Limits limits;
    duckdb::unique_ptr<duckdb::DuckDB> database;
};

Analysis::Analysis(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}
Analysis::~Analysis() = default;

Result<std::unique_ptr<Analysis>> Analysis::open(const observations::Store& store, registry::Registry& registry,
                                                 const Limits& limits) {
    check(limits.threads >= 1 && limits.threads <= 256, "1 to 256 threads");
    auto engine = std::make_unique<Engine>(store, registry, limits);
    TRY(engine->database, engine->open(limits, ""));
    return std::unique_ptr<Analysis>(new Analysis(std::move(engine)));
}

Result<Answer> Analysis::query(std::string_view sql, const observations::Selection& visible, Sink& sink) {
    const auto view = std::make_shared<View>(visible, Interval{observations::earliest_time, observations::latest_time});
    duckdb::Connection connection(*engine_->database);
    look_through(connection, view);
    Deadline deadline(connection, engine_->limits.time);
    auto rows = guarded([&]() -> Result<std::uint64_t> {
        TRY(auto question, read_question(connection, sql));
        const auto result = connection.context->Query(std::move(question), true);
        if (result->HasError()) {
            return std::unexpected(error_of(result->GetErrorObject()));
        }
        return pour(connection, *result, sink);
    });
    if (!rows) {
        if (deadline.passed()) {
            return fail(Errc::timed_out,
                        fmt::format("the question took longer than {} ms", engine_->limits.time.count()));
        }
        return std::unexpected(view->failure().value_or(rows.error()));
    }
    return Answer{*rows, view->take_damage()};
}

Result<Answer> Analysis::write_file(const Export& what) {
    std::error_code ignored;
    const std::string path = std::filesystem::absolute(what.path, ignored).lexically_normal().string();
    if (std::filesystem::exists(path, ignored)) {
        return fail(Errc::conflict, fmt::format("{} exists already", what.path));
    }
    const std::string part = path + ".part";
    // Several threads would gather what they have read until it is its turn to be written: one needs constant memory.
    Limits within = engine_->limits;
    within.threads = 1;
    TRY(const auto database, engine_->open(within, part));
    duckdb::Connection connection(*database);
    const auto view = std::make_shared<View>(what.datastreams, what.interval);
    look_through(connection, view);
    const std::string format =
        what.format == FileFormat::parquet ? "FORMAT parquet, COMPRESSION zstd" : "FORMAT csv, HEADER true";
    const auto rows = guarded([&]() -> Result<std::uint64_t> {
        const auto done = connection.Query(
            fmt::format("COPY (SELECT * FROM observations) TO {} ({}, USE_TMP_FILE false)", sql_text(part), format));
        if (done->HasError()) {
            return std::unexpected(error_of(done->GetErrorObject()));
        }
        return static_cast<std::uint64_t>(done->GetValue(0, 0).GetValue<std::int64_t>());
    });
    if (!rows) {
        std::filesystem::remove(part, ignored);
        return std::unexpected(view->failure().value_or(rows.error()));
    }
    TRY(const auto file, posix_files().open(part, OpenMode::write));
    TRY_DO(file->sync());
    TRY_DO(posix_files().rename(part, path));
    TRY_DO(posix_files().sync_folder(std::filesystem::path(path).parent_path().string()));
    return Answer{*rows, view->take_damage()};
}

}  // namespace bypuls::analysis
