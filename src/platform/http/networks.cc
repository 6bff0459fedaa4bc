#include "platform/http/networks.h"

#include <algorithm>
#include <optional>
#include <ranges>

#include <boost/asio/ip/address.hpp>
#include <fmt/format.h>

#include "core/host.h"
#include "core/text.h"

namespace bypuls::http {
namespace {

namespace ip = boost::asio::ip;

ip::address plain(ip::address address) {
    return address.is_v6() && address.to_v6().is_v4_mapped() ? ip::make_address_v4(ip::v4_mapped, address.to_v6())
                                                             : address;
}

/// "10.0.0.7", "10.0.0.7:4711", "::1", "[::1]:4711".
std::optional<ip::address> address_in(std::string_view text) {
    boost::system::error_code trouble;
    auto address = ip::make_address(text, trouble);
    if (trouble) {
        std::string_view host = host_in(text);
        host = host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
        address = ip::make_address(host, trouble);
    }
    return trouble ? std::nullopt : std::optional(plain(address));
}

}  // namespace

Result<Networks> Networks::parse(const std::vector<std::string>& texts) {
    Networks networks;
    for (const std::string& text : texts) {
        boost::system::error_code trouble;
        if (!text.contains('/')) {
            const ip::address address = plain(ip::make_address(text, trouble));
            if (!trouble && address.is_v4()) {
                networks.v4_.emplace_back(address.to_v4(), 32);
            } else if (!trouble) {
                networks.v6_.emplace_back(address.to_v6(), 128);
            }
        } else if (text.contains(':')) {
            if (const auto network = ip::make_network_v6(text, trouble); !trouble) {
                networks.v6_.push_back(network.canonical());
            }
        } else if (const auto network = ip::make_network_v4(text, trouble); !trouble) {
            networks.v4_.push_back(network.canonical());
        }
        if (trouble) {
            return fail(
                Errc::malformed,
                fmt::format("'{}' is neither an address such as 10.0.0.7 nor a network such as 10.0.0.0/8", text));
        }
    }
    return networks;
}

bool Networks::contains(std::string_view text) const {
    boost::system::error_code trouble;
    const ip::address address = plain(ip::make_address(text, trouble));
    if (trouble) {
        return false;
    }
    if (address.is_v4()) {
        return std::ranges::any_of(v4_, [&](const ip::network_v4& network) {
            return ip::network_v4(address.to_v4(), network.prefix_length()).canonical() == network;
        });
    }
    return std::ranges::any_of(v6_, [&](const ip::network_v6& network) {
        return ip::network_v6(address.to_v6(), network.prefix_length()).canonical() == network;
    });
}

std::string sender_behind(std::span<const std::string_view> forwarded, const Networks& proxies) {
    std::string sender = "unknown";
    for (const std::string_view list : std::views::reverse(forwarded)) {
        for (const std::string_view one : std::views::reverse(split(list, ','))) {
            const auto address = address_in(trim(one));
            if (!address) {
                return "unknown";
            }
            sender = address->to_string();
            if (!proxies.contains(sender)) {
                return sender;
            }
        }
    }
    return sender;
}

}  // namespace bypuls::http
