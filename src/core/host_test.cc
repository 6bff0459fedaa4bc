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

TEST(Host, AnAddressIsNoName) {
    for (const char* address :
         {"127.0.0.1", "0.0.0.0", "::", "::1", "2001:db8::7", "::ffff:10.0.0.1", "fe80::1%eth0"}) {
        EXPECT_TRUE(is_ip_address(address)) << address;
    }
    for (const char* other :
         {"", "nope", "localhost", "127.0.0.1:80", "[::1]", "127.1", "1.2.3.4%eth0", "10.0.0.0/8"}) {
        EXPECT_FALSE(is_ip_address(other)) << other;
    }
}

TEST(Host, AnOriginIsSchemeHostAndPortAlone) {
    for (const char* origin : {"https://data.drammen.no", "http://localhost:8080", "https://xn--tnsberg-q1a.no:8443",
                               "http://[::1]:8080", "http://127.0.0.1", "https://[2001:db8::7]"}) {
        EXPECT_TRUE(is_web_origin(origin)) << origin;
    }
    for (const char* other : {"",
                              "data.drammen.no",
                              "https://",
                              "https://data.drammen.no/",
                              "http://x/y?z",
                              "http://x?z",
                              "http://x#y",
                              "ftp://x",
                              "http://x:",
                              "http://x:0",
                              "http://x:70000",
                              "http://x:80a",
                              "http://user@x",
                              "http://tønsberg.no",
                              "http://[::1",
                              "http://[]",
                              "http://[x]",
                              "http://::1",
                              "http://a b",
                              "http://.no",
                              "https://https://x"}) {
        EXPECT_FALSE(is_web_origin(other)) << other;
    }
}

}  // namespace
}  // namespace bypuls
