#include "apps/bypuls/verify.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "apps/bypuls/data_folder.h"
#include "core/files.h"
#include "core/time/iso8601.h"
#include "platform/database/database.h"
#include "platform/journal/journal.h"
#include "platform/observations/blocks/block_store.h"

namespace bypuls::apps {
namespace {

namespace fs = std::filesystem;
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

std::vector<std::string> databases(const std::string& data) {
    std::vector<std::string> found;
    for (const auto* folder : {"internal", "public"}) {
        std::error_code code;
        for (const auto& entry : fs::directory_iterator(data + "/" + folder, code)) {
            if (entry.path().extension() == ".db") {
                found.push_back(fmt::format("{}/{}", folder, entry.path().filename().string()));
            }
        }
    }
    std::ranges::sort(found);
    return found;
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

Result<Finding> read_all_blocks(const std::string& path, std::string what) {
    TRY(const auto store, observations::open_block_store({.path = path}));
    TRY(const auto scan,
        store->scan(observations::Selection::all(), {observations::earliest_time, observations::latest_time}));
    std::uint64_t readings = 0;
    while (true) {
        TRY(const auto rows, scan->next());
        if (!rows) {
            break;
        }
        readings += rows->size();
    }
    if (!scan->damaged().empty()) {
        const observations::Damage& first = scan->damaged().front();
        return Finding{
            std::move(what), State::fault,
            fmt::format("{} blocks cannot be read; the first is of datastream {}, from {}: {}", scan->damaged().size(),
                        first.datastream.value, format_instant(first.span.from), first.what)};
    }
    return Finding{std::move(what), State::ok, fmt::format("{} readings decode", readings)};
}

Finding blocks_finding(const std::string& path, std::string what) {
    auto found = read_all_blocks(path, what);
    return found ? *found : fault(std::move(what), found.error());
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
    for (const std::string& path : databases(data)) {
        findings.push_back(database_finding(data, path));
        if (path.ends_with("/observations.db") && findings.back().state == State::ok) {
            findings.push_back(blocks_finding(data + "/" + path, path + " blocks"));
        }
    }
    return findings;
}

}  // namespace bypuls::apps
