#include "platform/http/networks.h"

#include <gmock/gmock.h>

namespace bypuls::http {
namespace {

TEST(Networks, HoldAddressesAndWholeNetworks) {
    const auto networks =
        Networks::parse({"192.168.1.7", "10.0.0.0/8", "172.16.5.9/12", "::1", "2001:db8::/32", "::ffff:192.0.2.1"});
    ASSERT_TRUE(networks) << networks.error().what;
    for (const char* in : {"192.168.1.7", "10.0.0.0", "10.255.255.255", "172.31.0.1", "::1", "0:0:0:0:0:0:0:1",
                           "2001:db8:ffff::1", "192.0.2.1", "::ffff:10.1.2.3"}) {
        EXPECT_TRUE(networks->contains(in)) << in;
    }
    for (const char* out : {"192.168.1.8", "11.0.0.0", "172.32.0.1", "::2", "2001:db9::1", "", "nope", "10.0.0.1/8"}) {
        EXPECT_FALSE(networks->contains(out)) << out;
    }
    EXPECT_FALSE(Networks::parse({}).value().contains("127.0.0.1"));
}

TEST(Networks, EveryAddressIsInTheWidestOnes) {
    const auto all = Networks::parse({"0.0.0.0/0", "::/0"}).value();
    EXPECT_TRUE(all.contains("203.0.113.9"));
    EXPECT_TRUE(all.contains("2001:db8::1"));
}

TEST(Networks, NameWhatIsNeither) {
    for (const char* wrong : {"nope", "", "10.0.0.0/33", "10.0.0.0/", "10.0.0/8", "::/129", "10.0.0.1:80", "localhost",
                              "/8", "10.0.0.0/8/8", "::1/x"}) {
        const auto networks = Networks::parse({"10.0.0.1", wrong});
        ASSERT_FALSE(networks) << wrong;
        EXPECT_EQ(networks.error().code, Errc::malformed);
        EXPECT_THAT(networks.error().what, testing::StartsWith("'" + std::string(wrong) + "' is neither")) << wrong;
    }
}

TEST(SenderBehind, IsTheFirstFromTheEndThatIsNoProxy) {
    const Networks proxies = Networks::parse({"127.0.0.1", "10.0.0.0/8"}).value();
    const auto sender = [&](std::vector<std::string_view> lists) { return sender_behind(lists, proxies); };
    EXPECT_EQ(sender({"8.8.8.8"}), "8.8.8.8");
    EXPECT_EQ(sender({"6.6.6.6, 8.8.8.8"}), "8.8.8.8") << "what stands before may be invented";
    EXPECT_EQ(sender({"8.8.8.8, 127.0.0.1"}), "8.8.8.8") << "two proxies on one machine";
    EXPECT_EQ(sender({"127.0.0.1, 8.8.8.8, 10.0.0.9, 127.0.0.1"}), "8.8.8.8");
    EXPECT_EQ(sender({"6.6.6.6", "8.8.8.8", "10.0.0.9"}), "8.8.8.8") << "one list, in several fields";
    EXPECT_EQ(sender({"10.0.0.7, 127.0.0.1"}), "10.0.0.7") << "someone inside";
    EXPECT_EQ(sender({"8.8.8.8:4711"}), "8.8.8.8");
    EXPECT_EQ(sender({"[2001:db8::7]:4711"}), "2001:db8::7");
    EXPECT_EQ(sender({"::ffff:8.8.8.8"}), "8.8.8.8");
}

TEST(SenderBehind, WhatCannotBeReadIsNobody) {
    const Networks proxies = Networks::parse({"127.0.0.1"}).value();
    for (const std::string_view list :
         {"8.8.8.8, junk", "", ",", "127.0.0.1,", "junk, 127.0.0.1", "_hidden", "localhost"}) {
        EXPECT_EQ(sender_behind(std::vector{list}, proxies), "unknown") << list;
    }
}

}  // namespace
}  // namespace bypuls::http
