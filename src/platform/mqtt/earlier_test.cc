#include "platform/database/testing/earlier.h"

#include <gmock/gmock.h>

#include "platform/mqtt/store.h"

namespace bypuls::mqtt {
namespace {

using namespace std::chrono_literals;

const Instant morning = Instant{std::chrono::sys_days{std::chrono::year{2026} / 6 / 1}} + 10h;
const Instant far = Instant{std::chrono::sys_days{std::chrono::year{2036} / 1 / 1}};

Message kept(std::string topic, std::string payload, std::string publisher = "", bool retain = false) {
    return {.topic = std::move(topic),
            .payload = std::move(payload),
            .qos = QoS::at_least_once,
            .retain = retain,
            .publisher = std::move(publisher),
            .expires = far};
}

void expect_session(const Kept& found) {
    const KeptSession& session = found.sessions.at("display-torget");
    EXPECT_EQ(session.owner, "key:12");
    EXPECT_EQ(session.grants, Grants{}) << "a session from before grants sees what is public";
    EXPECT_EQ(session.expiry, 86'400U);
    EXPECT_EQ(session.disconnected, morning);
    EXPECT_EQ(session.will_delay, 5U);
    ASSERT_NE(session.will, nullptr);
    EXPECT_EQ(*session.will, kept("town/display", "gone", "display-torget"));
    const KeptSubscription wanted{.request = {.filter = "town/water/#",
                                              .qos = QoS::at_least_once,
                                              .retain_as_published = true,
                                              .retain_handling = static_cast<RetainHandling>(1)},
                                  .id = 3};
    EXPECT_EQ(found.subscriptions.at({"display-torget", "town/water/#"}), wanted);
}

void expect_messages(const Kept& found) {
    ASSERT_EQ(found.messages.size(), 2U);
    const KeptMessage& first = found.messages.at({"display-torget", 40});
    EXPECT_EQ(*first.message, kept("town/water/landfalltjern", "19.4"));
    EXPECT_EQ(first.subscription_ids, std::vector<std::uint32_t>{3});
    EXPECT_EQ(first.packet_id, 17);
    EXPECT_FALSE(first.released);
    const KeptMessage& second = found.messages.at({"display-torget", 41});
    EXPECT_EQ(*second.message, kept("town/water/blektjern", "18.1", "måler"));
    EXPECT_EQ(second.qos, QoS::exactly_once);
    EXPECT_TRUE(second.retain);
    EXPECT_TRUE(second.released);
    EXPECT_TRUE(found.received.contains({"display-torget", 99}));
    EXPECT_EQ(*found.retained.at("town/water/landfalltjern"), kept("town/water/landfalltjern", "19.4", "", true));
}

TEST(SessionsOfAnEarlierVersion, AreResumedAsTheyWere) {
    const auto done =
        database::for_every_version("platform/mqtt", mqtt_component(), [](int version, database::Database& today) {
            SCOPED_TRACE(version);
            const auto found = make_relational_store(today)->load();
            ASSERT_TRUE(found) << found.error();
            expect_session(*found);
            expect_messages(*found);
            if (version >= 2) {
                EXPECT_EQ(found->sessions.at("reader").grants, (Grants{.read = true, .change = true}));
            }
        });
    EXPECT_TRUE(done) << done.error();
}

}  // namespace
}  // namespace bypuls::mqtt
