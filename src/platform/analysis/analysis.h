#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "platform/observations/store.h"
#include "platform/registry/registry.h"

/// Questions in SQL over everything that was observed, answered by DuckDB in the process. It keeps nothing: the tables
/// are read out of the store and the registry while the question runs.
namespace bypuls::analysis {

/// What a question may cost.
struct Limits {
    std::uint64_t memory_bytes = 512U << 20U;  ///< of all questions together; beyond it Errc::exhausted
    int threads = 2;                           ///< 1 to 256
    std::chrono::milliseconds time{30'000};    ///< of one question; beyond it Errc::timed_out
};

struct Column {
    enum class Kind : std::uint8_t { text, number, boolean };
    std::string name;
    Kind kind = Kind::text;
};

/// A cell as text; nothing stands for SQL's NULL.
using Cell = std::optional<std::string_view>;

/// Takes an answer, row by row. An error ends the question and becomes its result.
class Sink {
public:
    virtual ~Sink() = default;
    /// Once, before any row.
    virtual Result<void> columns(std::span<const Column> columns) = 0;
    /// The cells live until it returns.
    virtual Result<void> row(std::span<const Cell> cells) = 0;
    /// Once, after the last row of a whole answer.
    virtual Result<void> finish() = 0;
};

struct Answer {
    std::uint64_t rows = 0;
    std::vector<observations::Damage> damaged;  ///< stored spans that could not be read and are missing from the answer
};

enum class FileFormat : std::uint8_t { parquet, csv };

/// What to write to a file.
struct Export {
    observations::Selection datastreams;
    Interval interval{observations::earliest_time, observations::latest_time};
    FileFormat format = FileFormat::parquet;
    std::string path;  ///< must not exist; appears when it is whole
};

/// Two tables, of the datastreams that the asker may see:
///
///     observations(datastream BIGINT, time TIMESTAMPTZ, value DOUBLE, text VARCHAR, quality UTINYINT, usable BOOLEAN)
///     datastreams(id BIGINT, name, thing BIGINT, thing_name, property, unit, result_type, access VARCHAR)
///
/// `value` holds numbers, integers (exact below 2^53) and booleans as 0 and 1; `text` holds categories and JSON.
/// `quality` is observations::Quality's bits. Conditions of the form `datastream = …`, `datastream in (…)` and bounds
/// on `time` are handed to the store, so that only those blocks are read. Days and hours are those of Europe/Oslo.
///
/// A question is one SELECT or EXPLAIN. It reads no file, no network and no extension, and can change nothing.
/// Thread-safe; questions run side by side and share Limits::memory_bytes and the threads.
class Analysis {
public:
    /// `store` and `registry` must outlive it.
    static Result<std::unique_ptr<Analysis>> open(const observations::Store& store, registry::Registry& registry,
                                                  const Limits& limits);
    ~Analysis();
    Analysis(const Analysis&) = delete;
    Analysis& operator=(const Analysis&) = delete;

    /// Answers for someone who may see `visible`; no other datastream can be named, counted or inferred from a plan.
    /// Errc::malformed: the SQL is wrong or asks for what a question may not do. exhausted, timed_out: the limits.
    /// damaged: the store could not be read. After an error the sink may have had some of the rows.
    Result<Answer> query(std::string_view sql, const observations::Selection& visible, Sink& sink);

    /// Writes observations to a file, by datastream and time, in constant memory, without the time limit. Parquet is
    /// compressed with zstd. Errc::conflict when the file exists.
    Result<Answer> write_file(const Export& what);

private:
    struct Engine;
    explicit Analysis(std::unique_ptr<Engine> engine);
    std::unique_ptr<Engine> engine_;
};

}  // namespace bypuls::analysis
