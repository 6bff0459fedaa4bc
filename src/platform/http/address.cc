#include <algorithm>
#include <array>
#include <cstdint>

#include <arpa/inet.h>

#include "platform/http/client.h"

namespace bypuls::http {
namespace {

struct Block4 {
    std::uint32_t first;
    int bits;
};

/// IANA's special-purpose registry (RFC 6890 and later): what is not the public internet.
constexpr std::array<Block4, 16> special4 = {{
    {0x00000000U, 8},   // this network
    {0x0A000000U, 8},   // private
    {0x64400000U, 10},  // shared, RFC 6598
    {0x7F000000U, 8},   // loopback
    {0xA9FE0000U, 16},  // link-local, and where clouds keep their metadata
    {0xAC100000U, 12},  // private
    {0xC0000000U, 24},  // protocol assignments
    {0xC0000200U, 24},  // documentation
    {0xC0586300U, 24},  // 6to4 relays
    {0xC0A80000U, 16},  // private
    {0xC6120000U, 15},  // benchmarking
    {0xC6336400U, 24},  // documentation
    {0xCB007100U, 24},  // documentation
    {0xE0000000U, 4},   // multicast
    {0xF0000000U, 4},   // reserved, broadcast
    {0xC01FC400U, 24},  // AS112
}};

bool is_public4(std::uint32_t address) {
    return std::ranges::none_of(special4,
                                [&](const Block4& block) { return (address ^ block.first) >> (32 - block.bits) == 0; });
}

std::uint32_t four(const std::array<std::uint8_t, 16>& bytes, std::size_t at) {
    return std::uint32_t{bytes[at]} << 24U | std::uint32_t{bytes[at + 1]} << 16U | std::uint32_t{bytes[at + 2]} << 8U |
           bytes[at + 3];
}

bool is_public6(const std::array<std::uint8_t, 16>& bytes) {
    const std::uint32_t first = four(bytes, 0);
    const bool zeros_until_80 = std::ranges::all_of(bytes.begin(), bytes.begin() + 10, [](auto b) { return b == 0; });
    if (zeros_until_80 && bytes[10] == 0xFF && bytes[11] == 0xFF) {
        return is_public4(four(bytes, 12));  // ::ffff:a.b.c.d
    }
    if (first == 0x0064FF9BU && four(bytes, 4) == 0 && four(bytes, 8) == 0) {
        return is_public4(four(bytes, 12));  // NAT64, RFC 6052
    }
    if (first >> 16U == 0x2002U) {
        return is_public4(first << 16U | four(bytes, 4) >> 16U);  // 6to4, RFC 3056
    }
    // Global unicast is 2000::/3; of it, documentation, Teredo and the other protocol assignments are not public.
    return first >> 29U == 1 && first != 0x20010DB8U && first >> 9U != 0x20010000U >> 9U && first >> 20U != 0x3FFU;
}

}  // namespace

bool is_public_address(std::string_view address) {
    const std::string text(address);
    in_addr four_bytes{};
    if (inet_pton(AF_INET, text.c_str(), &four_bytes) == 1) {
        return is_public4(ntohl(four_bytes.s_addr));
    }
    std::array<std::uint8_t, 16> bytes{};
    return inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1 && is_public6(bytes);
}

}  // namespace bypuls::http
