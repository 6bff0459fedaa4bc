#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "platform/database/migrations.h"
#include "platform/ingest/lorawan/uplink.h"
#include "platform/ingest/message.h"
#include "platform/ingest/pipeline/device_event.h"
#include "platform/ingest/pipeline/same_frame.h"
#include "platform/ingest/pipeline/why.h"
#include "platform/observations/store.h"

namespace soci {
class row;
}  // namespace soci

namespace bypuls::ingest::pipeline {

/// A unit that could not be used, kept for thirty days so that a person can see why and try it again.
struct DeadLetter {
    std::int64_t id = 0;
    journal::Position position;  ///< of its message; 0 when it was refused and never kept
    Instant received{};
    std::string source;
    Reason reason = Reason::none;
    std::string sentence;  ///< in English
    std::string saying;    ///< saying_of() the reason; empty in letters of before there was one
    std::string field;
    std::string device;         ///< DevEui text, or empty
    std::int64_t line = 0;      ///< in the codec; 0 when it does not apply
    std::string codec_version;  ///< that failed, or empty
    std::string payload;        ///< at most the first 4 KiB of the message
    std::int64_t payload_bytes = 0;
    bool replayed = false;
};

/// A device that sends but that nobody has adopted.
struct UnknownDevice {
    std::string dev_eui;
    std::string name_hint;
    std::string profile_hint;
    std::string source;
    Instant first_seen{};
    Instant last_seen{};
    std::int64_t frames = 0;
};

/// One of a device's last frames, adopted or not.
struct Frame {
    std::string dev_eui;
    journal::Position position;  ///< of the message that brought it, also when that was tried again
    Instant time{};              ///< when it was heard; of receipt when its stamp lies ahead
    std::int64_t f_cnt = 0;
    std::int64_t f_port = 0;
    std::string payload_hex;
    double rssi_dbm = 0;
    double snr_db = 0;
    std::int64_t gateways = 0;
    std::string decoded;  ///< JSON, or empty
    std::string outcome;  ///< "stored", "duplicate", or a reason
};

struct DeadLetterQuery {
    std::vector<std::string> words;  ///< each must occur in sentence, payload, device or field
    std::string source;
    std::string reason;
    std::string device;
    std::optional<bool> replayed;
    std::int64_t before = INT64_MAX;  ///< key of paging: only smaller ids
    std::size_t limit = 50;
};

/// How often the ledger keeps what.
struct Retention {
    std::chrono::days frames_seen{7};  ///< radio frames, to recognise them again; counted from when they came
    std::chrono::days dead_letters{30};
    /// Newest of them, whoever sent the others: a gigabyte, should each have 4 KiB of payload.
    std::int64_t dead_letters_max = 200'000;
    std::chrono::days raw_messages{400};  ///< to decode again with a mended codec
    std::size_t last_frames = 50;         ///< for each device
    /// Newest of each kind for each device, so that a downlink every minute does not push out what is known of the
    /// battery, which a server asks for once a day.
    std::size_t last_events = 50;
    std::chrono::days device_events{400};  ///< by when they happened; no longer than the messages that brought them
};

/// What the pipeline remembers beside observations: frames it has seen, other events of devices, dead letters, unknown
/// devices, raw messages and the account of every source. New facts wait in memory and are written in the transaction
/// that moves the journal's cursor, so they are there exactly once whatever crashes.
///
/// Thread-safe: one applies and freezes, one settles beside it, any number read.
class Ledger final : public observations::Companion {
public:
    using Seen = pipeline::Seen;
    /// Where a device was, which an event may say. Only of those that somebody has adopted is it ours to know.
    enum class Spots : std::uint8_t { kept, left_out };

    static const database::Component& schema();
    /// `database` is the one that the observation store settles into. Its schema must have been migrated.
    static Result<std::unique_ptr<Ledger>> open(database::Database& database, const Clock& clock,
                                                Retention retention = {});

    /// Has this radio frame, or other event of a device, come before? The same frame with another payload is a
    /// conflict, and with the same one long after it is repeated, unless it is borne out that the device's counter
    /// began anew: then frames that were put aside meanwhile are due. docs/concepts/data-path.md tells the rule. An
    /// event that is no frame, and fresh, is kept for last_events().
    Result<Seen> see_frame(const lorawan::Event& event, Instant received, journal::Position position,
                           Spots spots = Spots::kept);
    /// Messages that are to be tried again, oldest first: each is handed out once, and again after a restart, until
    /// mark_replayed() or forget_due().
    std::vector<journal::Position> take_due();
    /// It could not be tried just now.
    void give_back_due(journal::Position position);
    /// It cannot be tried: the message is no longer kept.
    void forget_due(journal::Position position);
    /// Has this message, which the sender says it may have sent before, come already? Known are a sender's last keyed
    /// messages, as many as it can have under way, for as long as frames. Notes it for next time. Only under the key of
    /// a request another content is a conflict.
    Result<Seen> see_key(const Message& message, journal::Position position);
    /// Our own broker lets no client have more under way.
    static constexpr std::int64_t keys_per_sender = 256;
    /// Another broker may heed no receive maximum: mosquitto 2.0.11 sends all that it has, over and over while
    /// connections break. A quarter of the packet identifiers, so that one that comes round again is another message.
    static constexpr std::int64_t keys_per_bridge = 16'384;
    /// Of one API key: a gateway that sends a batch every second and tries again for an hour.
    static constexpr std::int64_t keys_per_requester = 4'096;
    /// Twenty thousand letters wait to be written at most; what is beyond them is left out, and the account counts it
    /// all the same.
    void add_dead_letter(DeadLetter letter);
    /// Never left out. Settle first when there is no room for it.
    void keep_dead_letter(DeadLetter letter);
    bool has_room(std::size_t letters = 1) const;
    void note_unknown_device(UnknownDevice device);
    void note_frame(Frame frame);
    void keep_raw(journal::Position position, const Message& message);
    /// Units of the record at `position`, all of them decided.
    void count(std::string_view source, const Counts& counts);
    /// The letters of a message that has been tried again.
    void mark_replayed(journal::Position position);
    void forget_unknown_device(std::string_view dev_eui);

    void freeze() override;
    Result<void> write(observations::Transaction& transaction, journal::Position upto) override;
    void settled() override;
    /// Does so much wait in memory, beside what is being settled, that it is time to settle?
    bool wants_settle() const;
    /// Is there something to write that no record of the journal brings back, such as a refused message?
    bool waiting() const;

    std::map<std::string, Counts, std::less<>> counts() const;
    /// Newest first. A letter whose row does not hold its checksum is left out, named in the log and counted.
    Result<std::vector<DeadLetter>> dead_letters(const DeadLetterQuery& query) const;
    /// How many match, whatever `before` and `limit` say, damaged ones included.
    Result<std::int64_t> count_dead_letters(const DeadLetterQuery& query) const;
    /// Errc::damaged when its row does not hold its checksum.
    Result<DeadLetter> dead_letter(std::int64_t id) const;
    /// Letters that were found damaged and are still there, a thousand at most.
    std::size_t damaged_letters() const;
    /// Positions of messages of a device that still wait, for that reason, oldest first. A message with letters of
    /// several reasons is not among them, since trying it again would pass over the others.
    Result<std::vector<journal::Position>> waiting_of(std::string_view dev_eui, Reason reason) const;
    Result<std::vector<UnknownDevice>> unknown_devices() const;
    /// Newest first.
    Result<std::vector<Frame>> last_frames(std::string_view dev_eui) const;
    /// Newest first, of all kinds but frames.
    Result<std::vector<DeviceEvent>> last_events(std::string_view dev_eui) const;
    /// Errc::not_found when it is older than the retention.
    Result<Message> raw_message(journal::Position position) const;

private:
    struct FrameKey {
        std::string dev_eui;
        std::string session;
        std::int64_t epoch = 0;
        std::int64_t f_cnt = 0;
        std::int64_t f_port = 0;
        friend auto operator<=>(const FrameKey&, const FrameKey&) = default;
    };
    struct SeenKey {
        std::int64_t crc = 0;
        std::int64_t number = 0;  ///< counts the sender's messages
        journal::Position position;
        Instant received{};
    };
    /// What one sender sent since the last settle, by what follows the last slash of the key.
    struct Keys {
        std::int64_t last_number = 0;
        std::map<std::string, SeenKey, std::less<>> seen;
    };
    struct Raw {
        journal::Position position;
        Instant received{};
        Bytes payload;
    };
    /// What waits to be written.
    struct Pending {
        std::map<FrameKey, RadioFrame> frames_seen;
        std::unordered_map<std::string, RadioSession> sessions;  // by "dev_eui/session"; "dev_eui/" is the device's own
        std::map<std::string, Keys, std::less<>> keys;
        std::vector<DeadLetter> letters;
        std::map<std::string, UnknownDevice, std::less<>> unknown;
        std::vector<std::string> forgotten;  // unknown devices, before those in `unknown` came
        std::map<std::string, std::deque<Frame>, std::less<>> last_frames;
        std::vector<DeviceEvent> events;
        std::vector<Raw> raw;
        std::vector<journal::Position> replayed;
        std::vector<journal::Position> due;      // messages to try again
        std::vector<journal::Position> not_due;  // no longer, before those in `due` came
        std::size_t bytes = 0;                   // roughly, of letters, frames, events and raw messages
    };

    Ledger(database::Database& database, const Clock& clock, Retention retention)
        : database_(database), clock_(clock), retention_(retention) {}
    Result<void> load();
    Result<Seen> see_uplink(const lorawan::Event& event, FrameKey key, const RadioFrame& frame);
    Result<void> make_room_for(FrameKey key, const RadioFrame& frame);
    Result<Seen> see_other_event(const lorawan::Event& event, FrameKey key, const RadioFrame& frame, Spots spots);
    /// Under the lock.
    void note_event(const lorawan::Event& event, const FrameKey& key, const RadioFrame& frame, Spots spots);
    Result<std::optional<RadioFrame>> find_frame(const FrameKey& key) const;
    Result<std::vector<RadioFrame>> repeated_frames(const FrameKey& key, Instant after) const;
    /// `session_key` is "dev_eui/session".
    Result<RadioSession*> session_of(const std::string& session_key);
    Result<RadioSession> read_session(const std::string& session_key) const;
    void forget_due_locked(journal::Position position);

    bool has_room_locked(std::size_t letters) const;
    void keep_locked(DeadLetter letter);
    static std::int64_t keys_kept(std::string_view sender);
    void note_damaged(std::int64_t letter, const Error& why) const;
    Result<void> each_letter(const std::string& conditions, const std::vector<std::string>& bound, std::int64_t before,
                             std::size_t limit, const std::function<bool(const soci::row&)>& look) const;
    Result<std::vector<DeadLetter>> read_letters(const std::string& conditions, const std::vector<std::string>& bound,
                                                 std::int64_t before, std::size_t limit) const;
    Result<std::int64_t> last_key_number(const std::string& sender) const;
    Result<std::optional<SeenKey>> find_key(const std::string& sender, const std::string& key) const;

    static void note_unknown_device(Pending& into, UnknownDevice device);
    void note_frames(Pending& into, const std::string& dev_eui, std::deque<Frame> frames) const;
    /// What came later into what could not be written.
    void add_later(Pending& into, Pending later) const;

    // Of what is frozen, and without the lock: it does not change until settled().
    Result<void> write_frames(observations::Transaction& transaction) const;
    Result<void> write_sessions(observations::Transaction& transaction) const;
    Result<void> write_keys(observations::Transaction& transaction) const;
    Result<void> write_letters(observations::Transaction& transaction) const;
    Result<void> write_devices(observations::Transaction& transaction) const;
    Result<void> write_events(observations::Transaction& transaction) const;
    Result<void> write_raw(observations::Transaction& transaction) const;
    Result<void> write_counts(observations::Transaction& transaction) const;
    Result<void> purge(observations::Transaction& transaction);
    Result<void> purge_events(observations::Transaction& transaction, Instant now) const;
    Result<void> purge_letters(observations::Transaction& transaction, Instant now);

    database::Database& database_;
    const Clock& clock_;
    Retention retention_;

    mutable std::mutex mutex_;
    Pending pending_;
    Pending frozen_;                                     // of the records up to the cursor that is to be written
    std::map<std::string, Counts, std::less<>> counts_;  // totals of all time
    std::map<std::string, Counts, std::less<>> frozen_counts_;
    std::int64_t next_letter_ = 1;
    std::set<journal::Position> due_;         // not handed out yet
    mutable std::set<std::int64_t> damaged_;  // letters
    std::vector<std::int64_t> purged_;        // letters, by the settle that is under way
};

}  // namespace bypuls::ingest::pipeline
