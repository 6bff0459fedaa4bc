#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include "core/result.h"

namespace bypuls::http {

/// Some addresses and networks: "10.0.0.7", "10.0.0.0/8", "::1", "2001:db8::/32" (RFC 4632 §3.1, RFC 4291 §2.3). An
/// IPv4 address that is written as IPv6, "::ffff:10.0.0.7", is the IPv4 address.
class Networks {
public:
    /// Errc::malformed names the first text that is neither.
    static Result<Networks> parse(const std::vector<std::string>& texts);
    /// False too for what is no address.
    bool contains(std::string_view address) const;

private:
    std::vector<boost::asio::ip::network_v4> v4_;
    std::vector<boost::asio::ip::network_v6> v6_;
};

/// Who stands behind proxies, by the lists of X-Forwarded-For in the order they came. Every proxy adds who asked it to
/// the end, so they are read from there: the first that is no proxy itself is the sender, since what stands before it
/// may be anyone's invention. The farthest when all are proxies; "unknown" (RFC 7239 §6.2) for one that is no address,
/// which is then nobody's friend. A port is left out.
std::string sender_behind(std::span<const std::string_view> forwarded, const Networks& proxies);

}  // namespace bypuls::http
