#include "platform/notify/webhooks/outbox.h"

#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <soci/soci.h>

#include "core/text.h"

namespace bypuls::webhooks {
namespace {

constexpr std::size_t fault_bytes_max = 500;

long long micros(Instant t) {
    return t.time_since_epoch().count();
}
Instant instant(long long count) {
    return Instant{Duration{count}};
}

/// Lists of numbers and slugs are kept as one text each: they are read and
/// written whole.
std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) {
        out += out.empty() ? "" : ",";
        out += word;
    }
    return out;
}

std::vector<std::string> words_of(const std::string& text) {
    std::vector<std::string> out;
    for (const std::string_view word : split(text, ',')) {
        if (!word.empty()) {
            out.emplace_back(word);
        }
    }
    return out;
}

std::string joined(const std::vector<DatastreamId>& ids) {
    std::vector<std::string> words;
    for (const DatastreamId id : ids) {
        words.push_back(fmt::format("{}", id.value));
    }
    return joined(words);
}

Result<std::vector<DatastreamId>> ids_of(const std::string& text) {
    std::vector<DatastreamId> out;
    for (const std::string& word : words_of(text)) {
        std::int64_t id = 0;
        if (std::from_chars(word.data(), word.data() + word.size(), id).ec != std::errc{}) {
            return fail(Errc::damaged, "webhooks_subscriptions: datastreams are not numbers");
        }
        out.push_back(DatastreamId{id});
    }
    return out;
}

/// The first of `count` new values of a counter.
long long take(soci::session& sql, const std::string& name, long long count = 1) {
    long long last = 0;
    sql << "UPDATE webhooks_state SET value = value + :step WHERE name = :name "
           "RETURNING value",
        soci::use(count), soci::use(name), soci::into(last);
    return last - count + 1;
}

/// Into the account (account.h), in the transaction that changes what it
/// counts.
void note(soci::session& sql, const std::string& name, long long count = 1) {
    if (count != 0) {
        sql << "UPDATE webhooks_state SET value = value + :step WHERE name = :name", soci::use(count), soci::use(name);
    }
}

/// SOCI's affected rows differ between engines after RETURNING; what a
/// statement returns does not.
bool changed(soci::session& sql, const std::string& statement, long long id) {
    long long found = 0;
    sql << statement + " RETURNING id", soci::use(id), soci::into(found);
    return sql.got_data();
}

std::string shortened(std::string text) {
    if (text.size() > fault_bytes_max) {
        text.resize(fault_bytes_max);
    }
    while (!text.empty() && !is_utf8(text)) {
        text.pop_back();
    }
    return text;
}

struct FailureRow {
    long long status = 0;
    std::string reason;
    std::string what;

    void bind(soci::statement& into) {
        into.exchange(soci::into(status));
        into.exchange(soci::into(reason));
        into.exchange(soci::into(what));
    }
    Failure read() const { return {.reason = reason, .status = static_cast<int>(status), .what = what}; }
};

struct MessageRow {
    long long id = 0;
    long long subscription = 0;
    std::string event;
    std::string body;
    long long created = 0;
    long long next_attempt = 0;
    long long attempts = 0;
    FailureRow failure;

    void bind(soci::statement& into) {
        for (long long* number : {&id, &subscription}) {
            into.exchange(soci::into(*number));
        }
        into.exchange(soci::into(event));
        into.exchange(soci::into(body));
        for (long long* number : {&created, &next_attempt, &attempts}) {
            into.exchange(soci::into(*number));
        }
        failure.bind(into);
    }
    Message read() const {
        return {.id = MessageId{id},
                .subscription = SubscriptionId{subscription},
                .event_id = event,
                .body = body,
                .created = instant(created),
                .next_attempt = instant(next_attempt),
                .attempts = static_cast<int>(attempts),
                .failure = failure.read()};
    }
};

struct AttemptRow {
    std::string event;
    long long at = 0;
    FailureRow outcome;

    void bind(soci::statement& into) {
        into.exchange(soci::into(event));
        into.exchange(soci::into(at));
        outcome.bind(into);
    }
    Attempt read() const {
        Failure failure = outcome.read();
        return {.event_id = event,
                .at = instant(at),
                .status = failure.status,
                .failure = failure.what.empty() ? std::nullopt : std::optional(std::move(failure))};
    }
};

struct SubscriptionRow {
    long long id = 0;
    std::string url;
    std::string description;
    std::string datastreams;
    std::string places;
    std::string secret;
    long long active = 0;
    long long created = 0;
    long long refused = 0;
    long long waiting = 0;
    long long dead = 0;

    void bind(soci::statement& into) {
        into.exchange(soci::into(id));
        for (std::string* text : {&url, &description, &datastreams, &places, &secret}) {
            into.exchange(soci::into(*text));
        }
        for (long long* number : {&active, &created, &refused, &waiting, &dead}) {
            into.exchange(soci::into(*number));
        }
    }
    SubscriptionRow read() const { return *this; }
    Result<Subscription> subscription() const {
        TRY(auto parsed, Secret::parse(secret));
        TRY(auto ids, ids_of(datastreams));
        return Subscription{.id = SubscriptionId{id},
                            .url = url,
                            .description = description,
                            .wanted = {std::move(ids), words_of(places)},
                            .secret = std::move(parsed),
                            .active = active != 0,
                            .created = instant(created),
                            .waiting = static_cast<std::size_t>(waiting),
                            .dead = static_cast<std::size_t>(dead),
                            .refused = static_cast<std::size_t>(refused)};
    }
};

/// All rows of a question, with at most one bound number.
template <typename Row>
auto select(soci::session& sql, const std::string& question, const long long* bound = nullptr) {
    Row row;
    soci::statement statement(sql);
    if (bound != nullptr) {
        statement.exchange(soci::use(*bound));
    }
    row.bind(statement);
    statement.alloc();
    statement.prepare(question);
    statement.define_and_bind();
    statement.execute();
    std::vector<decltype(row.read())> out;
    while (statement.fetch()) {
        out.push_back(row.read());
    }
    return out;
}

constexpr std::string_view message_columns =
    "m.id, m.subscription, m.event, m.body, m.created, m.next_attempt, "
    "m.attempts, m.status, m.reason, m.fault";

/// The oldest waiting message of each active subscription.
constexpr std::string_view heads =
    "FROM webhooks_subscriptions s JOIN webhooks_messages m ON m.id = (SELECT "
    "MIN(w.id) FROM webhooks_messages w WHERE "
    "w.subscription = s.id AND w.dead = 0) WHERE s.active = 1";

constexpr std::string_view subscriptions_question =
    "SELECT s.id, s.url, s.description, s.datastreams, s.places, s.secret, "
    "s.active, s.created, s.refused, "
    "(SELECT COUNT(*) FROM webhooks_messages m WHERE m.subscription = s.id AND "
    "m.dead = 0), "
    "(SELECT COUNT(*) FROM webhooks_messages m WHERE m.subscription = s.id AND "
    "m.dead = 1) "
    "FROM webhooks_subscriptions s ORDER BY s.id";

Result<void> not_there(std::string_view what, std::int64_t id) {
    return fail(Errc::not_found, fmt::format("there is no {} {}", what, id));
}

}  // namespace

Result<SubscriptionId> Outbox::subscribe(const NewSubscription& subscription) {
    TRY_DO(validate(subscription, options_.plain_http));
    return database_.write("webhooks", [&](soci::session& sql) -> Result<SubscriptionId> {
        long long count = 0;
        sql << "SELECT COUNT(*) FROM webhooks_subscriptions", soci::into(count);
        if (static_cast<std::size_t>(count) >= subscriptions_max) {
            return fail(Errc::exhausted, fmt::format("there are already {} webhooks", count));
        }
        const long long id = take(sql, "subscriptions");
        const std::string datastreams = joined(subscription.wanted.datastreams);
        const std::string places = joined(subscription.wanted.places);
        const std::string secret = subscription.secret.text();
        const long long created = micros(clock_.now());
        sql << "INSERT INTO webhooks_subscriptions (id, url, description, "
               "datastreams, places, secret, active, "
               "created, "
               "refused) VALUES (:id, :url, :description, :datastreams, "
               ":places, :secret, 1, :created, 0)",
            soci::use(id), soci::use(subscription.url), soci::use(subscription.description), soci::use(datastreams),
            soci::use(places), soci::use(secret), soci::use(created);
        return SubscriptionId{id};
    });
}

Result<void> Outbox::unsubscribe(SubscriptionId id) {
    return database_.write("webhooks", [&](soci::session& sql) -> Result<void> {
        const long long number = id.value;
        long long messages = 0;
        sql << "SELECT COUNT(*) FROM webhooks_messages WHERE subscription = :id", soci::use(number),
            soci::into(messages);
        sql << "DELETE FROM webhooks_messages WHERE subscription = :id", soci::use(number);
        sql << "DELETE FROM webhooks_attempts WHERE subscription = :id", soci::use(number);
        note(sql, "forgotten", messages);
        return changed(sql, "DELETE FROM webhooks_subscriptions WHERE id = :id", id.value)
                   ? Result<void>{}
                   : not_there("webhook", id.value);
    });
}

Result<void> Outbox::set_active(SubscriptionId id, bool active) {
    return database_.write("webhooks", [&](soci::session& sql) -> Result<void> {
        return changed(sql,
                       fmt::format("UPDATE webhooks_subscriptions SET active = {} "
                                   "WHERE id = :id",
                                   active ? 1 : 0),
                       id.value)
                   ? Result<void>{}
                   : not_there("webhook", id.value);
    });
}

Result<std::vector<Subscription>> Outbox::subscriptions() {
    return database_.read("webhooks", [&](soci::session& sql) -> Result<std::vector<Subscription>> {
        std::vector<Subscription> out;
        for (const SubscriptionRow& row : select<SubscriptionRow>(sql, std::string(subscriptions_question))) {
            TRY(auto subscription, row.subscription());
            out.push_back(std::move(subscription));
        }
        return out;
    });
}

Result<journal::Position> Outbox::position() {
    return database_.read("webhooks", [](soci::session& sql) -> Result<journal::Position> {
        long long value = 0;
        sql << "SELECT value FROM webhooks_state WHERE name = 'position'", soci::into(value);
        return journal::Position{static_cast<std::uint64_t>(value)};
    });
}

namespace {

/// How many waiting messages a subscription has; nothing when it is gone.
std::optional<long long> waiting_of(soci::session& sql, long long subscription) {
    long long id = 0;
    sql << "SELECT id FROM webhooks_subscriptions WHERE id = :id", soci::use(subscription), soci::into(id);
    if (!sql.got_data()) {
        return std::nullopt;
    }
    long long waiting = 0;
    sql << "SELECT COUNT(*) FROM webhooks_messages WHERE subscription = :id AND "
           "dead = 0",
        soci::use(subscription), soci::into(waiting);
    return waiting;
}

/// Whether it is a new one. The same event put again has the newest word: a
/// record may correct what it said itself.
bool insert(soci::session& sql, const NewMessage& message, long long now) {
    const long long id = take(sql, "messages");
    const long long subscription = message.subscription.value;
    const long long datastream = message.datastream.value;
    const long long at = micros(message.time);
    long long kept = 0;
    sql << "INSERT INTO webhooks_messages (id, subscription, event, body, "
           "datastream, at, created, next_attempt, "
           "attempts, fault, dead) VALUES (:id, :subscription, :event, :body, "
           ":datastream, :at, :created, :next, 0, '', 0) "
           "ON CONFLICT (subscription, event) DO UPDATE SET body = excluded.body "
           "RETURNING id",
        soci::use(id), soci::use(subscription), soci::use(message.event_id), soci::use(message.body),
        soci::use(datastream), soci::use(at), soci::use(now), soci::use(now), soci::into(kept);
    return kept == id;
}

}  // namespace

Result<void> Outbox::put(std::span<const NewMessage> messages, journal::Position upto) {
    return database_.write("webhooks", [&](soci::session& sql) -> Result<void> {
        const auto value = static_cast<long long>(upto.value);
        long long kept = 0;
        sql << "UPDATE webhooks_state SET value = :value WHERE name = 'position' "
               "AND value < :value2 RETURNING value",
            soci::use(value), soci::use(value), soci::into(kept);
        if (!sql.got_data()) {
            return {};
        }
        const long long now = micros(clock_.now());
        std::map<std::int64_t, std::optional<long long>> waiting;
        for (const NewMessage& message : messages) {
            const auto [known, first] = waiting.try_emplace(message.subscription.value);
            if (first) {
                known->second = waiting_of(sql, message.subscription.value);
            }
            if (!known->second) {
                continue;
            }
            if (static_cast<std::size_t>(*known->second) >= options_.waiting_max) {
                const long long id = message.subscription.value;
                sql << "UPDATE webhooks_subscriptions SET refused = refused + 1 WHERE "
                       "id = :id",
                    soci::use(id);
                note(sql, "refused");
                continue;
            }
            if (insert(sql, message, now)) {
                ++*known->second;
                note(sql, "taken");
            }
        }
        return {};
    });
}

Result<std::vector<Message>> Outbox::due(std::size_t limit) {
    return database_.read("webhooks", [&](soci::session& sql) -> Result<std::vector<Message>> {
        const long long now = micros(clock_.now());
        return select<MessageRow>(sql,
                                  fmt::format("SELECT {} {} AND m.next_attempt <= :now ORDER BY "
                                              "m.next_attempt, m.id LIMIT {}",
                                              message_columns, heads, limit),
                                  &now);
    });
}

Result<std::optional<Instant>> Outbox::next_due() {
    return database_.read("webhooks", [&](soci::session& sql) -> Result<std::optional<Instant>> {
        long long next = 0;
        soci::indicator there = soci::i_null;
        sql << fmt::format("SELECT MIN(m.next_attempt) {}", heads), soci::into(next, there);
        return there == soci::i_ok ? std::optional(instant(next)) : std::nullopt;
    });
}

namespace {

/// Before the message is changed or removed; one that is gone has no attempts. `failure` is nothing when it was
/// received.
void note_attempt(soci::session& sql, MessageId id, Instant now, int status, const Failure* failure) {
    const long long number = id.value;
    const long long at = micros(now);
    const long long answered = status;
    const std::string reason = failure == nullptr ? "" : failure->reason;
    const std::string fault = failure == nullptr ? "" : failure->what;
    const long long attempt = take(sql, "attempts");
    long long subscription = 0;
    sql << "INSERT INTO webhooks_attempts (id, subscription, event, datastream, reading_at, at, status, reason, fault) "
           "SELECT :attempt, subscription, event, datastream, at, :now, :status, :reason, :fault FROM "
           "webhooks_messages WHERE id = :id RETURNING subscription",
        soci::use(attempt), soci::use(at), soci::use(answered), soci::use(reason), soci::use(fault), soci::use(number),
        soci::into(subscription);
    if (sql.got_data()) {
        sql << fmt::format(
            "DELETE FROM webhooks_attempts WHERE subscription = :a AND id <= (SELECT id FROM webhooks_attempts WHERE "
            "subscription = :b ORDER BY id DESC LIMIT 1 OFFSET {})",
            attempts_kept),
            soci::use(subscription), soci::use(subscription);
    }
}

/// The attempt, and on its message: `change` sets more than that.
void note_failure(soci::session& sql, MessageId id, Instant now, const Failure& failure, std::string_view change) {
    const Failure told{.reason = failure.reason,
                       .status = failure.status,
                       .what = failure.what.empty() ? "not received" : shortened(failure.what)};
    note_attempt(sql, id, now, told.status, &told);
    const long long number = id.value;
    const long long status = told.status;
    sql << fmt::format(
        "UPDATE webhooks_messages SET attempts = attempts + 1, status = :status, reason = :reason, "
        "fault = :fault, {} WHERE id = :id",
        change),
        soci::use(status), soci::use(told.reason), soci::use(told.what), soci::use(number);
}

}  // namespace

Result<void> Outbox::delivered(MessageId id, int status) {
    return database_.write("webhooks", [&](soci::session& sql) -> Result<void> {
        note_attempt(sql, id, clock_.now(), status, nullptr);
        if (changed(sql, "DELETE FROM webhooks_messages WHERE id = :id", id.value)) {
            note(sql, "delivered");
        }
        return {};
    });
}

Result<void> Outbox::put_off(MessageId id, Instant next_attempt, const Failure& failure) {
    return database_.write("webhooks", [&](soci::session& sql) -> Result<void> {
        note_failure(sql, id, clock_.now(), failure, fmt::format("next_attempt = {}", micros(next_attempt)));
        note(sql, "retried");
        return {};
    });
}

Result<void> Outbox::give_up(MessageId id, const Failure& failure) {
    return database_.write("webhooks", [&](soci::session& sql) -> Result<void> {
        note_failure(sql, id, clock_.now(), failure, "dead = 1");
        note(sql, "given_up");
        return {};
    });
}

Result<std::vector<Attempt>> Outbox::attempts(SubscriptionId subscription) {
    return database_.read("webhooks", [&](soci::session& sql) -> Result<std::vector<Attempt>> {
        const long long id = subscription.value;
        return select<AttemptRow>(sql,
                                  fmt::format("SELECT event, at, status, reason, fault FROM webhooks_attempts WHERE "
                                              "subscription = :id ORDER BY id DESC LIMIT {}",
                                              attempts_kept),
                                  &id);
    });
}

Result<std::vector<Message>> Outbox::dead_letters(SubscriptionId subscription, std::size_t limit) {
    return database_.read("webhooks", [&](soci::session& sql) -> Result<std::vector<Message>> {
        const long long id = subscription.value;
        return select<MessageRow>(sql,
                                  fmt::format("SELECT {} FROM webhooks_messages m WHERE "
                                              "m.subscription = :id AND m.dead = 1 "
                                              "ORDER BY m.id LIMIT {}",
                                              message_columns, limit),
                                  &id);
    });
}

Result<void> Outbox::revive(MessageId id) {
    return database_.write("webhooks", [&](soci::session& sql) -> Result<void> {
        return changed(sql,
                       fmt::format("UPDATE webhooks_messages SET dead = 0, "
                                   "attempts = 0, next_attempt = {} WHERE dead = 1 "
                                   "AND id = :id",
                                   micros(clock_.now())),
                       id.value)
                   ? Result<void>{}
                   : not_there("dead letter", id.value);
    });
}

Result<std::size_t> Outbox::forget(DatastreamId datastream, std::span<const Interval> intervals) {
    return database_.write("webhooks", [&](soci::session& sql) -> Result<std::size_t> {
        const long long id = datastream.value;
        long long forgotten = 0;
        for (const Interval& interval : intervals) {
            const long long from = micros(interval.from);
            const long long to = micros(interval.to);
            long long count = 0;
            sql << "SELECT COUNT(*) FROM webhooks_messages WHERE datastream = :id "
                   "AND at >= :from AND at < :to",
                soci::use(id), soci::use(from), soci::use(to), soci::into(count);
            sql << "DELETE FROM webhooks_messages WHERE datastream = :id AND at >= "
                   ":from AND at < :to",
                soci::use(id), soci::use(from), soci::use(to);
            sql << "DELETE FROM webhooks_attempts WHERE datastream = :id AND reading_at >= :from AND reading_at < :to",
                soci::use(id), soci::use(from), soci::use(to);
            forgotten += count;
        }
        note(sql, "forgotten", forgotten);
        return static_cast<std::size_t>(forgotten);
    });
}

Result<std::size_t> Outbox::forget_dead() {
    return database_.write("webhooks", [&](soci::session& sql) -> Result<std::size_t> {
        const long long before = micros(clock_.now() - options_.dead_kept);
        long long count = 0;
        sql << "SELECT COUNT(*) FROM webhooks_messages WHERE dead = 1 AND "
               "created < :before",
            soci::use(before), soci::into(count);
        sql << "DELETE FROM webhooks_messages WHERE dead = 1 AND created < "
               ":before",
            soci::use(before);
        note(sql, "forgotten", count);
        return static_cast<std::size_t>(count);
    });
}

}  // namespace bypuls::webhooks
