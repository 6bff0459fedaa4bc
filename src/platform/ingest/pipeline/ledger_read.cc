// What staff pages and replays ask the ledger. Rows that wait for the next settle are seen a few seconds later.
#include <algorithm>
#include <typeinfo>

#include <fmt/format.h>
#include <soci/soci.h>
#include <zstd.h>

#include "core/log.h"
#include "core/text.h"
#include "platform/ingest/pipeline/ledger.h"
#include "platform/ingest/pipeline/letters.h"

namespace bypuls::ingest::pipeline {
namespace {

constexpr std::string_view letter_columns =
    "id, position, received, source, reason, sentence, field, device, line, codec_version, payload, payload_bytes, "
    "replayed, saying, checksum";
/// Damaged letters that are remembered, and stepped over in one search.
constexpr std::size_t damaged_max = 1'000;

Instant from_micros(long long micros) {
    return Instant{Duration{micros}};
}

Result<DeadLetter> letter_from(const soci::row& row) {
    DeadLetter letter;
    letter.id = row.get<long long>(0);
    letter.position = {static_cast<std::uint64_t>(row.get<long long>(1))};
    letter.received = from_micros(row.get<long long>(2));
    letter.source = row.get<std::string>(3);
    TRY(letter.reason, reason_named(row.get<std::string>(4)));
    letter.sentence = row.get<std::string>(5);
    letter.field = row.get<std::string>(6);
    letter.device = row.get<std::string>(7);
    letter.line = row.get<long long>(8);
    letter.codec_version = row.get<std::string>(9);
    letter.payload = row.get<std::string>(10);
    letter.payload_bytes = row.get<long long>(11);
    letter.replayed = row.get<long long>(12) != 0;
    letter.saying = row.get<std::string>(13);
    // One of before there were checksums has none.
    if (row.get_indicator(14) != soci::i_null && row.get<long long>(14) != checksum_of(letter)) {
        return fail(Errc::damaged, "it does not hold its checksum");
    }
    return letter;
}

/// Errc::damaged when it is not what was written.
Result<DeadLetter> whole_letter(const soci::row& row) {
    try {
        auto letter = letter_from(row);
        return letter ? std::move(letter) : fail(Errc::damaged, letter.error().what);
    } catch (const soci::soci_error&) {
        return fail(Errc::damaged, "a column of it is missing");
    } catch (const std::bad_cast&) {
        return fail(Errc::damaged, "a column of it is of another type");
    }
}

/// Of a damaged letter, as far as it can be told.
std::optional<journal::Position> position_of(const soci::row& row) {
    try {
        return journal::Position{static_cast<std::uint64_t>(row.get<long long>(1))};
    } catch (const soci::soci_error&) {
        return std::nullopt;
    } catch (const std::bad_cast&) {
        return std::nullopt;
    }
}

/// Text with the wildcards of LIKE made harmless.
std::string like_pattern(std::string_view word) {
    std::string pattern = "%";
    for (const char c : word) {
        if (c == '%' || c == '_' || c == '\\') {
            pattern += '\\';
        }
        pattern += c;
    }
    return pattern + "%";
}

Result<Bytes> decompress(std::string_view chunk) {
    constexpr unsigned long long plain_max = 1ULL << 30U;
    const unsigned long long size = ZSTD_getFrameContentSize(chunk.data(), chunk.size());
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN || size > plain_max) {
        return fail(Errc::damaged, "a chunk of raw messages cannot be unpacked");
    }
    Bytes plain(size);
    const std::size_t got = ZSTD_decompress(plain.data(), plain.size(), chunk.data(), chunk.size());
    if (ZSTD_isError(got) != 0 || got != size) {
        return fail(Errc::damaged, "a chunk of raw messages cannot be unpacked");
    }
    return plain;
}

Result<Message> find_in_chunk(ByteView plain, journal::Position wanted) {
    ByteReader in(plain);
    std::uint64_t position = 0;
    std::int64_t received = 0;
    while (in.remaining() > 0) {
        TRY(const auto step, in.varint());
        TRY(const auto later, in.varint());
        TRY(const auto length, in.varint());
        TRY(const auto payload, in.take(static_cast<std::size_t>(length)));
        position += step;
        received += unzigzag(later);
        if (position == wanted.value) {
            return decode(payload, from_micros(received));
        }
    }
    return fail(Errc::not_found, "that message is no longer kept");
}

/// What the query asks for, beside paging, as SQL; its values are left in `bound`, to be used as :v1, :v2, …
std::string conditions_of(const DeadLetterQuery& query, std::vector<std::string>& bound) {
    std::string text;
    const auto condition = [&](std::string_view column, std::string_view value) {
        if (!value.empty()) {
            bound.emplace_back(value);
            text += fmt::format(" AND {} = :v{}", column, bound.size());
        }
    };
    condition("source", query.source);
    condition("reason", query.reason);
    condition("device", query.device);
    if (query.replayed) {
        text += *query.replayed ? " AND replayed = 1" : " AND replayed = 0";
    }
    for (const std::string& word : query.words) {
        bound.push_back(like_pattern(word));
        text += fmt::format(" AND (sentence || ' ' || device || ' ' || field || ' ' || payload) LIKE :v{} ESCAPE '\\'",
                            bound.size());
    }
    return text;
}

}  // namespace

Result<std::int64_t> Ledger::count_dead_letters(const DeadLetterQuery& query) const {
    std::vector<std::string> bound;
    const std::string text = "SELECT COUNT(*) FROM ingest_dead_letter WHERE id > 0" + conditions_of(query, bound);
    return database_.read("counting dead letters", [&](soci::session& sql) -> Result<std::int64_t> {
        long long count = 0;
        soci::statement statement(sql);
        for (std::size_t i = 0; i < bound.size(); ++i) {
            statement.exchange(soci::use(bound[i], fmt::format("v{}", i + 1)));
        }
        statement.exchange(soci::into(count));
        statement.alloc();
        statement.prepare(text);
        statement.define_and_bind();
        statement.execute(true);
        return count;
    });
}

Result<std::vector<DeadLetter>> Ledger::dead_letters(const DeadLetterQuery& query) const {
    std::vector<std::string> bound;
    const std::string conditions = conditions_of(query, bound);
    return read_letters(conditions, bound, query.before, query.limit);
}

/// Newest first, one row after another until `look` has seen enough. `bound` are the conditions' values :v1, :v2, …
Result<void> Ledger::each_letter(const std::string& conditions, const std::vector<std::string>& bound,
                                 std::int64_t before, std::size_t limit,
                                 const std::function<bool(const soci::row&)>& look) const {
    const std::string text =
        fmt::format("SELECT {} FROM ingest_dead_letter WHERE id < :before{} ORDER BY id DESC LIMIT {}", letter_columns,
                    conditions, limit);
    return database_.read("searching dead letters", [&](soci::session& sql) -> Result<void> {
        const long long below = before;
        soci::statement statement(sql);
        statement.exchange(soci::use(below, "before"));
        for (std::size_t i = 0; i < bound.size(); ++i) {
            statement.exchange(soci::use(bound[i], fmt::format("v{}", i + 1)));
        }
        soci::row row;
        statement.exchange(soci::into(row));
        statement.alloc();
        statement.prepare(text);
        statement.define_and_bind();
        for (bool more = statement.execute(true); more && look(row); more = statement.fetch()) {
        }
        return {};
    });
}

Result<std::vector<DeadLetter>> Ledger::read_letters(const std::string& conditions,
                                                     const std::vector<std::string>& bound, std::int64_t before,
                                                     std::size_t limit) const {
    std::vector<DeadLetter> found;
    const auto look = [&](const soci::row& row) {
        if (auto letter = whole_letter(row)) {
            found.push_back(std::move(*letter));
        } else {
            note_damaged(row.get<long long>(0), letter.error());
        }
        return found.size() < limit;
    };
    if (limit > 0) {
        // More than are wanted, so that damaged ones make no page shorter.
        TRY_DO(each_letter(conditions, bound, before, limit + damaged_max, look));
    }
    return found;
}

void Ledger::note_damaged(std::int64_t letter, const Error& why) const {
    const std::lock_guard lock(mutex_);
    if (damaged_.size() < damaged_max && damaged_.insert(letter).second) {
        log::error("ingest", "a dead letter is damaged, and is left out",
                   {{"letter", std::to_string(letter)}, {"why", why.what}});
    }
}

std::size_t Ledger::damaged_letters() const {
    const std::lock_guard lock(mutex_);
    return damaged_.size();
}

Result<DeadLetter> Ledger::dead_letter(std::int64_t id) const {
    // What this read says of the row, and not what an earlier one did.
    Result<DeadLetter> found = fail(Errc::not_found, fmt::format("there is no dead letter {}", id));
    const std::vector<std::string> bound{std::to_string(id)};
    TRY_DO(each_letter(" AND id = CAST(:v1 AS BIGINT)", bound, INT64_MAX, 1, [&](const soci::row& row) {
        found = whole_letter(row);
        if (!found) {
            note_damaged(id, found.error());
            found = fail(Errc::damaged, fmt::format("dead letter {} is damaged", id));
        }
        return false;
    }));
    return found;
}

Result<std::vector<journal::Position>> Ledger::waiting_of(std::string_view dev_eui, Reason reason) const {
    // The letters themselves are looked at, for an index has no checksum; none is kept, for there may be many.
    std::map<journal::Position, bool> alone;
    const auto look = [&](const soci::row& row) {
        const auto letter = whole_letter(row);
        if (!letter) {
            note_damaged(row.get<long long>(0), letter.error());
        }
        const auto position = letter ? std::optional(letter->position) : position_of(row);
        if (position) {
            bool& only = alone.try_emplace(*position, true).first->second;
            only = only && letter && letter->reason == reason;
        }
        return true;
    };
    TRY_DO(each_letter(" AND device = :v1 AND replayed = 0 AND position > 0", {std::string(dev_eui)}, INT64_MAX,
                       std::size_t{1} << 40U, look));
    std::vector<journal::Position> positions;
    for (const auto& [position, only] : alone) {
        if (only) {
            positions.push_back(position);
        }
    }
    return positions;
}

Result<std::vector<UnknownDevice>> Ledger::unknown_devices() const {
    return database_.read("listing unknown devices", [&](soci::session& sql) -> Result<std::vector<UnknownDevice>> {
        const soci::rowset<soci::row> rows =
            (sql.prepare << "SELECT dev_eui, name_hint, profile_hint, source, first_seen, last_seen, frames FROM "
                            "ingest_unknown_device ORDER BY last_seen DESC LIMIT 1000");
        std::vector<UnknownDevice> found;
        for (const soci::row& row : rows) {
            found.push_back({.dev_eui = row.get<std::string>(0),
                             .name_hint = row.get<std::string>(1),
                             .profile_hint = row.get<std::string>(2),
                             .source = row.get<std::string>(3),
                             .first_seen = from_micros(row.get<long long>(4)),
                             .last_seen = from_micros(row.get<long long>(5)),
                             .frames = row.get<long long>(6)});
        }
        return found;
    });
}

Result<std::vector<Frame>> Ledger::last_frames(std::string_view dev_eui) const {
    return database_.read("listing frames", [&](soci::session& sql) -> Result<std::vector<Frame>> {
        const std::string device(dev_eui);
        const soci::rowset<soci::row> rows =
            (sql.prepare << "SELECT position, time, f_cnt, f_port, payload_hex, rssi, snr, gateways, decoded, outcome "
                            "FROM ingest_last_frame WHERE dev_eui = :device ORDER BY position DESC",
             soci::use(device, "device"));
        std::vector<Frame> found;
        for (const soci::row& row : rows) {
            found.push_back({.dev_eui = device,
                             .position = {static_cast<std::uint64_t>(row.get<long long>(0))},
                             .time = from_micros(row.get<long long>(1)),
                             .f_cnt = row.get<long long>(2),
                             .f_port = row.get<long long>(3),
                             .payload_hex = row.get<std::string>(4),
                             .rssi_dbm = row.get<double>(5),
                             .snr_db = row.get<double>(6),
                             .gateways = row.get<long long>(7),
                             .decoded = row.get<std::string>(8),
                             .outcome = row.get<std::string>(9)});
        }
        return found;
    });
}

Result<Message> Ledger::raw_message(journal::Position position) const {
    {
        const std::lock_guard lock(mutex_);
        for (const Pending* waiting : {&pending_, &frozen_}) {
            const auto found = std::ranges::lower_bound(waiting->raw, position, {}, &Raw::position);
            if (found != waiting->raw.end() && found->position == position) {
                return decode(found->payload, found->received);
            }
        }
    }
    TRY(const auto chunk, database_.read("finding a raw message", [&](soci::session& sql) -> Result<std::string> {
        const auto wanted = static_cast<long long>(position.value);
        soci::blob blob(sql);
        sql << "SELECT chunk FROM ingest_raw WHERE first_position <= :wanted AND last_position >= :wanted2",
            soci::use(wanted, "wanted"), soci::use(wanted, "wanted2"), soci::into(blob);
        if (!sql.got_data()) {
            return fail(Errc::not_found, "that message is no longer kept");
        }
        std::string bytes(blob.get_len(), '\0');
        blob.read(0, bytes.data(), bytes.size());  // read_from_start() is not there for SQLite in SOCI 4.0
        return bytes;
    }));
    TRY(const Bytes plain, decompress(chunk));
    return find_in_chunk(plain, position);
}

}  // namespace bypuls::ingest::pipeline
