#include "tests/fault/audit.h"

#include <map>
#include <optional>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/clock.h"
#include "core/files.h"
#include "platform/database/database.h"
#include "platform/ingest/pipeline/ledger.h"
#include "platform/journal/journal.h"
#include "platform/observations/blocks/block_store.h"
#include "platform/registry/relational/relational_registry.h"

namespace bypuls::fault {
namespace {

using observations::DatastreamId;

constexpr Interval always{observations::earliest_time, observations::latest_time};

/// The rows of one sensor, as numbers of readings. Checks that each is a reading that was sent, and stands once.
void check_rows(const observations::Columns& rows, std::int64_t sensor, const Sent& sent,
                std::set<std::int64_t>& seen) {
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto number = number_of({sensor, rows.times[i], rows.integers[i]});
        ASSERT_TRUE(number.has_value()) << "sensor " << sensor
                                        << " holds a value that nobody sent: " << rows.integers[i];
        ASSERT_GE(*number, 1);
        ASSERT_LT(*number, sent.next()) << "stored, but never sent";
        ASSERT_TRUE(seen.insert(*number).second) << "stored twice";
    }
}

/// Sums over hours, days and months are those of the rows.
void check_rollups(const observations::Store& store, DatastreamId id, const observations::Columns& rows) {
    using observations::Step;
    for (const Step step : {Step::hour, Step::day, Step::month}) {
        observations::Rollup again(step);
        again.add(observations::view(id, rows, 0, rows.size()));
        const auto should = again.take();
        const auto kept = store.rollup(id, always, step);
        ASSERT_TRUE(kept.has_value()) << kept.error();
        ASSERT_EQ(kept->size(), should.size());
        for (std::size_t i = 0; i < should.size(); ++i) {
            EXPECT_EQ((*kept)[i].span, should[i].span);
            EXPECT_EQ((*kept)[i].values, should[i].values);
        }
    }
    const auto whole = store.aggregate(id, always);
    ASSERT_TRUE(whole.has_value()) << whole.error();
    EXPECT_EQ(whole->count, rows.size());
}

/// What came by lines, held against what the sender wrote down of its requests.
void check_against_sender(const ingest::Counts& counts, const Sent& sent, std::uint64_t stored, Losses losses) {
    EXPECT_EQ(counts.quarantined + counts.rejected, 0U);
    EXPECT_LE(counts.received, static_cast<std::uint64_t>(sent.readings_tried)) << "more came in than was sent";
    if (losses == Losses::none) {
        EXPECT_GE(counts.received, static_cast<std::uint64_t>(sent.readings_acknowledged))
            << "readings were acknowledged and are not in the account";
        EXPECT_EQ(counts.stored, stored);
    }
}

using Account = std::map<std::string, ingest::Counts, std::less<>>;

std::optional<Account> read_account(const Town& town, Losses losses) {
    const auto database = database::Database::open({.url = "sqlite:" + town.observations()});
    if (!database) {
        ADD_FAILURE() << database.error();
        return std::nullopt;
    }
    const SystemClock clock;
    const auto ledger = ingest::pipeline::Ledger::open(**database, clock);
    if (!ledger) {
        // Damage may be in the account's own pages, and is said to be.
        EXPECT_EQ(losses, Losses::reported) << ledger.error();
        return std::nullopt;
    }
    return (*ledger)->counts();
}

void check_law(const Account& account) {
    for (const auto& [source, counts] : account) {
        EXPECT_EQ(counts.in_flight(), 0U) << source;
        EXPECT_EQ(counts.received,
                  counts.stored + counts.duplicate + counts.quarantined + counts.rejected + counts.damaged)
            << source;
    }
}

}  // namespace

void check_account(const Town& town, Losses losses) {
    const auto account = read_account(town, losses);
    if (account) {
        check_law(*account);
    }
    if (losses == Losses::none) {
        const auto store = observations::open_block_store({.path = town.observations()});
        const auto journal = journal::verify(posix_files(), town.journal());
        ASSERT_TRUE(store.has_value() && journal.has_value());
        EXPECT_EQ((*store)->settled(), journal->last) << "records of the journal were not applied";
    }
}

Found audit(const Town& town, const Sent& sent, Losses losses) {
    Found found;
    const auto store = observations::open_block_store({.path = town.observations()});
    const auto database = database::Database::open({.url = fmt::format("sqlite:{}/internal/registry.db", town.data())});
    if (!store || !database) {
        ADD_FAILURE() << (store ? database.error() : store.error());
        return found;
    }
    const SystemClock clock;
    const auto registry = registry::open_relational_registry(**database, clock);
    if (!registry) {
        ADD_FAILURE() << registry.error();
        return found;
    }
    std::set<std::int64_t> numbers;
    for (std::int64_t sensor = 0; sensor < sensors; ++sensor) {
        const auto streams = (*registry)->streams();
        const auto* stream = streams->find(fmt::format("line:ledger,sensor={}:value", sensor));
        if (stream == nullptr || (*store)->count(stream->id) == 0) {
            continue;
        }
        const auto series = (*store)->range(stream->id, always, {.limit = 100'000'000});
        if (!series) {
            EXPECT_EQ(losses, Losses::reported) << series.error();
            found.damaged += 1;
            continue;
        }
        found.damaged += series->damaged.size();
        check_rows(series->columns, sensor, sent, numbers);
        if (series->damaged.empty()) {
            check_rollups(**store, stream->id, series->columns);
        }
        if (losses == Losses::none) {
            EXPECT_EQ((*store)->count(stream->id), series->columns.size());
        }
    }
    found.stored = numbers.size();
    for (const Batch& batch : sent.acknowledged) {
        for (std::int64_t number = batch.first; number < batch.first + batch.count; ++number) {
            found.missing += numbers.contains(number) ? 0 : 1;
        }
    }
    if (losses == Losses::none) {
        EXPECT_EQ(found.missing, 0U) << "acknowledged readings are lost";
        EXPECT_EQ(found.damaged, 0U);
        const auto journal = journal::verify(posix_files(), town.journal());
        EXPECT_TRUE(journal.has_value() && journal->records_damaged == 0)
            << (journal ? journal->summary() : journal.error().what);
        EXPECT_TRUE(journal.has_value() && (*store)->settled() == journal->last)
            << "records of the journal were not applied";
    }
    if (const auto account = read_account(town, losses)) {
        check_law(*account);
        if (const auto lines = account->find("lines"); lines != account->end()) {
            check_against_sender(lines->second, sent, found.stored, losses);
        } else {
            EXPECT_EQ(sent.readings_acknowledged, 0) << "nothing is in the account";
        }
    }
    return found;
}

}  // namespace bypuls::fault
