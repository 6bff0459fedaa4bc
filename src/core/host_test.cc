#include "core/host.h"

#include <gtest/gtest.h>

namespace bypuls {
namespace {

TEST(Host, IsFoundInEveryFormOfAddress) {
    EXPECT_EQ(host_in("https://data.town.no:8443/sta/v1.1"), "data.town.no");
    EXPECT_EQ(host_in("http://[::1]:8080/sta"), "[::1]");
    EXPECT_EQ(host_in("[::1]"), "[::1]");
    EXPECT_EQ(host_in("localhost:8080"), "localhost");
    EXPECT_EQ(host_in("town.no/path:1"), "town.no");
    EXPECT_EQ(host_in("null"), "null");
    EXPECT_EQ(host_in(""), "");
    EXPECT_EQ(host_in("[::1"), "");
}

TEST(Host, OfThisMachineIsKnownByItsAddresses) {
    for (const char* here : {"localhost", "localhost:8080", "127.0.0.1:8080", "127.9.9.9", "[::1]", "[::1]:8443"}) {
        EXPECT_TRUE(is_this_machine(here)) << here;
    }
    for (const char* elsewhere :
         {"", "null", "evil.example", "localhost.evil.example", "127.evil.example", "10.0.0.1", "0.0.0.0", "[::2]",
          "http://localhost", "localhost:80@evil.example", "localhost:evil.example", "[::1].evil.example",
          "127.0.0.1.evil.example", "localhost/evil"}) {
        EXPECT_FALSE(is_this_machine(elsewhere)) << elsewhere;
    }
    for (const char* address : {"127.0.0.1", "::1", "::ffff:127.0.0.1"}) {
        EXPECT_TRUE(is_loopback(address)) << address;
    }
    for (const char* address : {"localhost", "127.evil.example", "::ffff:10.0.0.1", "0.0.0.0", ""}) {
        EXPECT_FALSE(is_loopback(address)) << address;
    }
}

}  // namespace
}  // namespace bypuls
