#include <charconv>

#include <fmt/format.h>
#include <soci/soci.h>

#include "core/bytes.h"
#include "platform/mqtt/codec.h"
#include "platform/mqtt/store.h"

namespace bypuls::mqtt {
namespace {

/// A message as text: base64 of when it expires, who published it, and its PUBLISH in MQTT 5. Empty: none.
std::string packed(const MessagePtr& message) {
    if (message == nullptr) {
        return {};
    }
    Bytes out;
    put_u64(out, static_cast<std::uint64_t>(message->expires.time_since_epoch().count()));
    put_varint(out, message->publisher.size());
    const ByteView publisher = as_bytes(message->publisher);
    out.insert(out.end(), publisher.begin(), publisher.end());
    encode(Publish{.qos = message->qos,
                   .retain = message->retain,
                   .topic = message->topic,
                   .packet_id = static_cast<std::uint16_t>(message->qos == QoS::at_most_once ? 0 : 1),
                   .payload = message->payload,
                   .properties = message->properties},
           Version::v5, out);
    return to_base64(out);
}

Result<MessagePtr> unpacked(const std::string& text) {
    if (text.empty()) {
        return nullptr;
    }
    TRY(const auto bytes, from_base64(text));
    ByteReader in(bytes);
    TRY(const auto expires, in.u64());
    TRY(const auto length, in.varint());
    if (length > in.remaining()) {
        return fail(Errc::damaged, "mqtt: a kept message ends too early");
    }
    TRY(const auto publisher, in.take(static_cast<std::size_t>(length)));
    TRY(const auto packet, in.take(in.remaining()));
    const auto whole = packet_length(packet);
    if (!whole || *whole != packet.size()) {
        return fail(Errc::damaged, "mqtt: a kept message is not whole");
    }
    auto read = decode(packet, Version::v5);
    auto* publish = read ? std::get_if<Publish>(&*read) : nullptr;
    if (publish == nullptr) {
        return fail(Errc::damaged, "mqtt: a kept message cannot be read");
    }
    return std::make_shared<const Message>(Message{.topic = std::move(publish->topic),
                                                   .payload = std::move(publish->payload),
                                                   .qos = publish->qos,
                                                   .retain = publish->retain,
                                                   .properties = std::move(publish->properties),
                                                   .publisher = std::string(as_text(publisher)),
                                                   .expires = Instant{Duration{static_cast<std::int64_t>(expires)}}});
}

/// As bits: 1 read, 2 observe, 4 change.
long long packed(const Grants& grants) {
    return (grants.read ? 1 : 0) + (grants.observe ? 2 : 0) + (grants.change ? 4 : 0);
}
Grants grants_of(long long bits) {
    return {.read = (bits & 1) != 0, .observe = (bits & 2) != 0, .change = (bits & 4) != 0};
}

/// "3,17"
std::string joined(const std::vector<std::uint32_t>& ids) {
    return fmt::format("{}", fmt::join(ids, ","));
}

Result<std::vector<std::uint32_t>> split_ids(std::string_view text) {
    std::vector<std::uint32_t> ids;
    while (!text.empty()) {
        std::uint32_t id = 0;
        const auto [end, trouble] = std::from_chars(text.data(), text.data() + text.size(), id);
        if (trouble != std::errc{}) {
            return fail(Errc::damaged, "mqtt: a kept list of subscription identifiers cannot be read");
        }
        ids.push_back(id);
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        text.remove_prefix(text.starts_with(',') ? 1 : 0);
    }
    return ids;
}

/// The options byte of SUBSCRIBE (§3.8.3.1).
long long options_of(const SubscriptionRequest& request) {
    return static_cast<long long>(request.qos) | (request.no_local ? 4 : 0) | (request.retain_as_published ? 8 : 0) |
           static_cast<long long>(request.retain_handling) << 4;
}

SubscriptionRequest request_from(std::string filter, long long options) {
    return {.filter = std::move(filter),
            .qos = static_cast<QoS>(options & 3),
            .no_local = (options & 4) != 0,
            .retain_as_published = (options & 8) != 0,
            .retain_handling = static_cast<RetainHandling>((options >> 4) & 3)};
}

class RelationalStore final : public Store {
public:
    explicit RelationalStore(database::Database& database) : database_(database) {}

    Result<Kept> load() override {
        return database_.read("mqtt: reading sessions", [&](soci::session& sql) -> Result<Kept> {
            Kept kept;
            TRY_DO(load_sessions(sql, kept));
            load_subscriptions(sql, kept);
            TRY_DO(load_messages(sql, kept));
            load_received(sql, kept);
            TRY_DO(load_retained(sql, kept));
            return kept;
        });
    }

    Result<void> apply(const Changes& changes) override {
        return database_.write("mqtt: writing sessions", [&](soci::session& sql) -> Result<void> {
            for (const std::string& client_id : changes.removed_sessions) {
                // What is theirs goes with them.
                sql << "DELETE FROM mqtt_sessions WHERE client_id = :id", soci::use(client_id);
            }
            for (const auto& [client_id, session] : changes.sessions) {
                put(sql, session);
            }
            for (const auto& [key, subscription] : changes.subscriptions) {
                put(sql, key, subscription);
            }
            for (const auto& [key, message] : changes.messages) {
                put(sql, key, message);
            }
            for (const auto& [key, is_received] : changes.received) {
                put(sql, key, is_received);
            }
            for (const auto& [topic, message] : changes.retained) {
                put(sql, topic, message);
            }
            return {};
        });
    }

private:
    static void put(soci::session& sql, const KeptSession& session) {
        const auto expiry = static_cast<long long>(session.expiry);
        const long long gone = session.disconnected ? session.disconnected->time_since_epoch().count() : 0;
        soci::indicator gone_state = session.disconnected ? soci::i_ok : soci::i_null;
        const std::string will = packed(session.will);
        const auto delay = static_cast<long long>(session.will_delay);
        const long long grants = packed(session.grants);
        sql << "INSERT INTO mqtt_sessions (client_id, owner, expiry, disconnected, will, will_delay, grants) "
               "VALUES (:id, :owner, :expiry, :gone, :will, :delay, :grants) ON CONFLICT (client_id) DO UPDATE SET "
               "owner = excluded.owner, expiry = excluded.expiry, disconnected = excluded.disconnected, "
               "will = excluded.will, will_delay = excluded.will_delay, grants = excluded.grants",
            soci::use(session.client_id), soci::use(session.owner), soci::use(expiry), soci::use(gone, gone_state),
            soci::use(will), soci::use(delay), soci::use(grants);
    }

    static void put(soci::session& sql, const std::pair<std::string, std::string>& key,
                    const std::optional<KeptSubscription>& subscription) {
        if (!subscription) {
            sql << "DELETE FROM mqtt_subscriptions WHERE client_id = :id AND filter = :filter", soci::use(key.first),
                soci::use(key.second);
            return;
        }
        const long long options = options_of(subscription->request);
        const auto id = static_cast<long long>(subscription->id);
        sql << "INSERT INTO mqtt_subscriptions (client_id, filter, options, subscription_id) "
               "VALUES (:id, :filter, :options, :number) ON CONFLICT (client_id, filter) DO UPDATE SET "
               "options = excluded.options, subscription_id = excluded.subscription_id",
            soci::use(key.first), soci::use(key.second), soci::use(options), soci::use(id);
    }

    static void put(soci::session& sql, const std::pair<std::string, std::uint64_t>& key,
                    const std::optional<KeptMessage>& message) {
        const auto number = static_cast<long long>(key.second);
        if (!message) {
            sql << "DELETE FROM mqtt_messages WHERE client_id = :id AND number = :number", soci::use(key.first),
                soci::use(number);
            return;
        }
        const auto qos = static_cast<long long>(message->qos);
        const long long retain = message->retain ? 1 : 0;
        const std::string ids = joined(message->subscription_ids);
        const auto packet_id = static_cast<long long>(message->packet_id);
        const long long released = message->released ? 1 : 0;
        const std::string text = packed(message->message);
        sql << "INSERT INTO mqtt_messages (client_id, number, qos, retain, subscription_ids, packet_id, released, "
               "message) VALUES (:id, :number, :qos, :retain, :ids, :packet_id, :released, :message) "
               "ON CONFLICT (client_id, number) DO UPDATE SET packet_id = excluded.packet_id, "
               "released = excluded.released",
            soci::use(key.first), soci::use(number), soci::use(qos), soci::use(retain), soci::use(ids),
            soci::use(packet_id), soci::use(released), soci::use(text);
    }

    static void put(soci::session& sql, const std::pair<std::string, std::uint16_t>& key, bool is_received) {
        const long long packet_id = key.second;
        if (is_received) {
            sql << "INSERT INTO mqtt_received (client_id, packet_id) VALUES (:id, :packet_id) ON CONFLICT DO NOTHING",
                soci::use(key.first), soci::use(packet_id);
        } else {
            sql << "DELETE FROM mqtt_received WHERE client_id = :id AND packet_id = :packet_id", soci::use(key.first),
                soci::use(packet_id);
        }
    }

    static void put(soci::session& sql, const std::string& topic, const MessagePtr& message) {
        if (message == nullptr) {
            sql << "DELETE FROM mqtt_retained WHERE topic = :topic", soci::use(topic);
            return;
        }
        const std::string text = packed(message);
        sql << "INSERT INTO mqtt_retained (topic, message) VALUES (:topic, :message) "
               "ON CONFLICT (topic) DO UPDATE SET message = excluded.message",
            soci::use(topic), soci::use(text);
    }

    static Result<void> load_sessions(soci::session& sql, Kept& kept) {
        KeptSession row;
        long long expiry = 0;
        long long gone = 0;
        soci::indicator gone_state = soci::i_null;
        std::string will;
        long long delay = 0;
        long long grants = 0;
        soci::statement statement =
            (sql.prepare
                 << "SELECT client_id, owner, expiry, disconnected, will, will_delay, grants FROM mqtt_sessions",
             soci::into(row.client_id), soci::into(row.owner), soci::into(expiry), soci::into(gone, gone_state),
             soci::into(will), soci::into(delay), soci::into(grants));
        statement.execute();
        while (statement.fetch()) {
            row.expiry = static_cast<std::uint32_t>(expiry);
            row.disconnected = gone_state == soci::i_ok ? std::optional(Instant{Duration{gone}}) : std::nullopt;
            TRY(row.will, unpacked(will));
            row.will_delay = static_cast<std::uint32_t>(delay);
            row.grants = grants_of(grants);
            kept.sessions.insert_or_assign(row.client_id, row);
        }
        return {};
    }

    static void load_subscriptions(soci::session& sql, Kept& kept) {
        std::string client_id;
        std::string filter;
        long long options = 0;
        long long id = 0;
        soci::statement statement =
            (sql.prepare << "SELECT client_id, filter, options, subscription_id FROM mqtt_subscriptions",
             soci::into(client_id), soci::into(filter), soci::into(options), soci::into(id));
        statement.execute();
        while (statement.fetch()) {
            kept.subscriptions[{client_id, filter}] = {request_from(filter, options), static_cast<std::uint32_t>(id)};
        }
    }

    static Result<void> load_messages(soci::session& sql, Kept& kept) {
        std::string client_id;
        long long number = 0;
        long long qos = 0;
        long long retain = 0;
        std::string ids;
        long long packet_id = 0;
        long long released = 0;
        std::string text;
        soci::statement statement = (sql.prepare << "SELECT client_id, number, qos, retain, subscription_ids, "
                                                    "packet_id, released, message FROM mqtt_messages",
                                     soci::into(client_id), soci::into(number), soci::into(qos), soci::into(retain),
                                     soci::into(ids), soci::into(packet_id), soci::into(released), soci::into(text));
        statement.execute();
        while (statement.fetch()) {
            KeptMessage message{.qos = static_cast<QoS>(qos),
                                .retain = retain != 0,
                                .packet_id = static_cast<std::uint16_t>(packet_id),
                                .released = released != 0};
            TRY(message.message, unpacked(text));
            if (message.message == nullptr) {
                return fail(Errc::damaged, "mqtt: a kept message is empty");
            }
            TRY(message.subscription_ids, split_ids(ids));
            kept.messages.emplace(std::pair{client_id, static_cast<std::uint64_t>(number)}, std::move(message));
        }
        return {};
    }

    static void load_received(soci::session& sql, Kept& kept) {
        std::string client_id;
        long long packet_id = 0;
        soci::statement statement = (sql.prepare << "SELECT client_id, packet_id FROM mqtt_received",
                                     soci::into(client_id), soci::into(packet_id));
        statement.execute();
        while (statement.fetch()) {
            kept.received.emplace(client_id, static_cast<std::uint16_t>(packet_id));
        }
    }

    static Result<void> load_retained(soci::session& sql, Kept& kept) {
        std::string topic;
        std::string text;
        soci::statement statement =
            (sql.prepare << "SELECT topic, message FROM mqtt_retained", soci::into(topic), soci::into(text));
        statement.execute();
        while (statement.fetch()) {
            TRY(kept.retained[topic], unpacked(text));
        }
        return {};
    }

    database::Database& database_;
};

}  // namespace

database::Component mqtt_component() {
    const std::string theirs = "client_id TEXT NOT NULL REFERENCES mqtt_sessions (client_id) ON DELETE CASCADE, ";
    return {
        "mqtt",
        {{1,
          "sessions, their subscriptions and messages, and retained messages",
          {"CREATE TABLE mqtt_sessions (client_id TEXT NOT NULL PRIMARY KEY, owner TEXT NOT NULL, "
           "expiry BIGINT NOT NULL, disconnected BIGINT, will TEXT NOT NULL, will_delay BIGINT NOT NULL)",
           "CREATE TABLE mqtt_subscriptions (" + theirs +
               "filter TEXT NOT NULL, options BIGINT NOT NULL, subscription_id BIGINT NOT NULL, "
               "PRIMARY KEY (client_id, filter))",
           "CREATE TABLE mqtt_messages (" + theirs +
               "number BIGINT NOT NULL, qos BIGINT NOT NULL, retain BIGINT NOT NULL, "
               "subscription_ids TEXT NOT NULL, packet_id BIGINT NOT NULL, released BIGINT NOT NULL, "
               "message TEXT NOT NULL, PRIMARY KEY (client_id, number))",
           "CREATE TABLE mqtt_received (" + theirs + "packet_id BIGINT NOT NULL, PRIMARY KEY (client_id, packet_id))",
           "CREATE TABLE mqtt_retained (topic TEXT NOT NULL PRIMARY KEY, message TEXT NOT NULL)"}},
         {2,
          "what a session's client may see",
          {"ALTER TABLE mqtt_sessions ADD COLUMN grants BIGINT NOT NULL DEFAULT 0"}}}};
}

std::unique_ptr<Store> make_relational_store(database::Database& database) {
    return std::make_unique<RelationalStore>(database);
}

}  // namespace bypuls::mqtt
