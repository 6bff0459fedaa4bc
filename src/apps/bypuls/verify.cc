#include "apps/bypuls/verify.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "apps/bypuls/data_folder.h"
#include "apps/bypuls/logs.h"
#include "core/clock.h"
#include "core/files.h"
#include "core/time/iso8601.h"
#include "platform/database/database.h"
#include "platform/database/migrations.h"
#include "platform/database/write_ahead_log.h"
#include "platform/ingest/pipeline/ledger.h"
#include "platform/journal/journal.h"
#include "platform/observations/blocks/block_store.h"
#include "platform/observations/details/details.h"
#include "platform/publication/plane/catalogue.h"

namespace bypuls::apps {
namespace {

using State = Finding::State;

Finding fault(std::string what, const Error& error) {
    return {std::move(what), State::fault, error.what};
}

Finding journal_finding(const std::string& data) {
    const std::string folder = data + "/internal/journal";
    const auto there = is_there(folder);
    if (!there || !*there) {
        return {"journal", State::fault, there ? folder + " is not there" : there.error().what};
    }
    const auto report = journal::verify(posix_files(), folder);
    if (!report) {
        return fault("journal", report.error());
    }
    if (report->records_damaged > 0) {
        return {"journal", State::fault,
                fmt::format("{} records are damaged or missing: {}", report->records_damaged, report->summary())};
    }
    return {"journal", State::ok, report->summary()};
}

/// A log that has lost something, or may have: then the database is not opened, for SQLite would complete the loss.
std::optional<Finding> log_finding(const std::string& data, const std::string& path) {
    using Log = database::LogReport::State;
    const auto report = database::look_at_log(posix_files(), data + "/" + path);
    if (!report) {
        return fault(path + "-wal", report.error());
    }
    if (report->state != Log::damaged && report->state != Log::in_doubt) {
        return std::nullopt;
    }
    return Finding{path + "-wal", report->state == Log::damaged ? State::fault : State::warning,
                   database::sentence_of(*report, data + "/" + path) + "; the database itself has not been looked at"};
}

Finding database_finding(const std::string& data, const std::string& path) {
    const auto open = database::Database::open({.url = "sqlite:" + data + "/" + path});
    if (!open) {
        return fault(path, open.error());
    }
    if (const auto whole = (*open)->verify(); !whole) {
        return fault(path, whole.error());
    }
    return {path, State::ok, "every page is whole and every reference holds"};
}

/// Nothing when there is none yet.
std::optional<Finding> catalogue_finding(const std::string& data) {
    const std::string name = "public/catalogue.json";
    const auto text = read_text_file(data + "/" + name);
    if (!text) {
        return text.error().code == Errc::not_found ? std::nullopt : std::optional(fault(name, text.error()));
    }
    const auto read = publication::catalogue_from_json(*text);
    return read ? Finding{name, State::ok, fmt::format("{} places", read->places.size())}
                : Finding{name, State::fault,
                          fmt::format("it is damaged ({}); the next start of the whole town makes it anew",
                                      read.error().what)};
}

/// What the blocks of some datastreams hold, and which of these have a row beside their blocks that says otherwise.
struct Read {
    std::uint64_t readings = 0;
    std::vector<observations::Damage> damaged;
    std::vector<observations::DatastreamId> differing;
};

/// Whether `held`, what would be answered without looking, is older or other than what was read. It may be newer: that
/// reading was in a block that is damaged.
bool differs(const std::optional<observations::Observation>& held,
             const std::optional<observations::Observation>& read) {
    if (!read) {
        return false;
    }
    return !held || held->time < read->time ||
           (held->time == read->time && (held->value != read->value || held->quality != read->quality));
}

Result<Read> read_blocks(const observations::Store& store, const observations::Selection& selection) {
    TRY(const auto scan, store.scan(selection, {observations::earliest_time, observations::latest_time}));
    Read out;
    std::optional<observations::DatastreamId> at;
    std::optional<observations::Observation> newest;
    std::optional<observations::Observation> usable;
    const auto look = [&] {
        if (at && (differs(store.latest(*at), newest) || differs(store.latest_usable(*at), usable))) {
            out.differing.push_back(*at);
        }
    };
    while (true) {
        TRY(const auto rows, scan->next());
        if (!rows || rows->datastream != at) {
            look();
            newest.reset();
            usable.reset();
        }
        if (!rows) {
            break;
        }
        at = rows->datastream;
        out.readings += rows->size();
        const auto reading = [&](std::size_t row) {
            return observations::Observation{rows->times[row], rows->value(row), rows->quality_of(row)};
        };
        newest = reading(rows->size() - 1);
        for (std::size_t row = rows->size(); row-- > 0;) {
            if (rows->quality_of(row).usable()) {
                usable = reading(row);
                break;
            }
        }
    }
    out.damaged.assign(scan->damaged().begin(), scan->damaged().end());
    return out;
}

/// Of those that differ, who still does once opened again: beside a running town readings come while we read.
Result<std::vector<observations::DatastreamId>> still_differing(const std::string& path,
                                                                std::vector<observations::DatastreamId> ids) {
    constexpr int looks_max = 3;
    for (int look = 0; look < looks_max && !ids.empty(); ++look) {
        TRY(const auto store, observations::open_block_store({.path = path, .mend = false}));
        TRY(Read again, read_blocks(*store, observations::Selection::of(std::move(ids))));
        ids = std::move(again.differing);
    }
    return ids;
}

Result<Finding> read_all_blocks(const std::string& path, std::string what) {
    TRY(const auto store, observations::open_block_store({.path = path, .mend = false}));
    const auto rows = store->statistics().damaged;
    if (!rows.empty()) {
        return Finding{
            std::move(what), State::fault,
            fmt::format("{} rows beside the blocks are damaged, the first of datastream {}; the next start reads "
                        "them from the blocks again",
                        rows.size(), rows.front().datastream.value)};
    }
    TRY(const Read read, read_blocks(*store, observations::Selection::all()));
    if (!read.damaged.empty()) {
        const observations::Damage& first = read.damaged.front();
        return Finding{
            std::move(what), State::fault,
            fmt::format("{} blocks cannot be read; the first is of datastream {}, from {}: {}", read.damaged.size(),
                        first.datastream.value, format_instant(first.span.from), first.what)};
    }
    TRY(const auto differing, still_differing(path, read.differing));
    if (!differing.empty()) {
        return Finding{
            std::move(what), State::fault,
            fmt::format("the newest readings of {} datastreams are not those of their blocks; the first is {}",
                        differing.size(), differing.front().value)};
    }
    return Finding{std::move(what), State::ok, fmt::format("{} readings decode", read.readings)};
}

Finding blocks_finding(const std::string& path, std::string what) {
    auto found = read_all_blocks(path, what);
    return found ? *found : fault(std::move(what), found.error());
}

/// What stands beside the readings and has checksums of its own. Nothing of a file of an earlier version.
Result<std::optional<Finding>> read_all_rows(const std::string& path, std::string what) {
    TRY(const auto open, database::Database::open({.url = "sqlite:" + path}));
    const database::Component& letters_schema = ingest::pipeline::Ledger::schema();
    const database::Component& details_schema = observations::Details::schema();
    TRY(const auto details_pending, database::pending_migrations(*open, {details_schema}));
    TRY(const auto letters_pending, database::pending_migrations(*open, {letters_schema}));
    std::uint64_t rows = 0;
    std::size_t damaged = 0;
    if (details_pending.empty()) {
        const auto details = observations::Details::open(open.get(), observations::Details::Role::reader);
        TRY(rows, details->read_all());
        damaged += details->damaged();
    }
    if (letters_pending.empty()) {
        const SystemClock clock;
        TRY(const auto ledger, ingest::pipeline::Ledger::open(*open, clock));
        ingest::pipeline::DeadLetterQuery page{.limit = 1'000};
        for (;;) {
            TRY(const auto letters, ledger->dead_letters(page));
            rows += letters.size();
            if (letters.size() < page.limit) {
                break;
            }
            page.before = letters.back().id;
        }
        damaged += ledger->damaged_letters();
    }
    if (damaged > 0) {
        return Finding{std::move(what), State::fault,
                       fmt::format("{} do not hold their checksums, and are left out of what is shown", damaged)};
    }
    return rows == 0 ? std::nullopt : std::optional(Finding{std::move(what), State::ok, fmt::format("{} hold", rows)});
}

std::optional<Finding> rows_finding(const std::string& path, std::string what) {
    auto found = read_all_rows(path, what);
    return found ? std::move(*found) : fault(std::move(what), found.error());
}

}  // namespace

std::string_view name_of(Finding::State state) {
    switch (state) {
        case State::ok: return "ok";
        case State::warning: return "warning";
        case State::fault: break;
    }
    return "fault";
}

bool any_fault(const std::vector<Finding>& findings) {
    return std::ranges::any_of(findings, [](const Finding& finding) { return finding.state == State::fault; });
}

std::vector<Finding> verify_data(const std::string& data) {
    if (const auto town = check_holds_town(data); !town) {
        return {fault("data", town.error())};
    }
    std::vector<Finding> findings{journal_finding(data)};
    for (const std::string& path : databases_of(data)) {
        if (auto found = log_finding(data, path)) {
            findings.push_back(std::move(*found));
            continue;
        }
        findings.push_back(database_finding(data, path));
        if (path.ends_with("/observations.db") && findings.back().state == State::ok) {
            findings.push_back(blocks_finding(data + "/" + path, path + " blocks"));
            if (auto found = rows_finding(data + "/" + path, path + " dead letters and details")) {
                findings.push_back(std::move(*found));
            }
        }
    }
    if (auto found = catalogue_finding(data)) {
        findings.push_back(std::move(*found));
    }
    return findings;
}

}  // namespace bypuls::apps
