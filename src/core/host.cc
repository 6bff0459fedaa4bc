#include "core/host.h"

#include <array>
#include <charconv>
#include <cstdint>
#include <string>

#include <arpa/inet.h>

namespace bypuls {
namespace {

bool is_port(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, trouble] = std::from_chars(text.data(), text.data() + text.size(), port);
    return trouble == std::errc{} && end == text.data() + text.size() && port > 0;
}

/// RFC 1123 §2.1, with the underscore that some networks use.
bool is_host_name(std::string_view text) {
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    return !text.empty() && text.front() != '.' && text.front() != '-' && !text.contains("..") &&
           text.find_first_not_of(letters) == std::string_view::npos;
}

}  // namespace

std::string_view host_in(std::string_view address) {
    const auto scheme = address.find("://");
    address.remove_prefix(scheme == std::string_view::npos ? 0 : scheme + 3);
    address = address.substr(0, address.find('/'));
    return address.substr(0, address.starts_with('[') ? address.find(']') + 1 : address.find(':'));
}

bool is_loopback(std::string_view address) {
    if (address.starts_with("::ffff:")) {
        address.remove_prefix(std::string_view("::ffff:").size());
    }
    // "127.evil.example" is a name, which leads wherever its owner wants.
    return address == "::1" ||
           (address.starts_with("127.") && address.find_first_not_of("0123456789.") == std::string_view::npos);
}

bool is_this_machine(std::string_view authority) {
    const std::string_view host = host_in(authority);
    const std::string_view port = authority.substr(host.size());
    const bool is_port =
        port.empty() || (port.front() == ':' && port.find_first_not_of("0123456789", 1) == std::string_view::npos);
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    return authority.starts_with(host) && is_port &&
           (host == "localhost" || is_loopback(bracketed ? host.substr(1, host.size() - 2) : host));
}

bool is_ip_address(std::string_view text) {
    const auto zone = text.find('%');
    const std::string address(text.substr(0, zone));
    std::array<std::uint8_t, 16> bytes{};
    return inet_pton(AF_INET6, address.c_str(), bytes.data()) == 1 ||
           (zone == std::string_view::npos && inet_pton(AF_INET, address.c_str(), bytes.data()) == 1);
}

bool is_web_origin(std::string_view text) {
    const std::size_t scheme = text.starts_with("https://") ? 8 : text.starts_with("http://") ? 7 : 0;
    const std::string_view authority = text.substr(scheme);
    const std::string_view host = host_in(authority);
    const std::string_view port = authority.substr(host.size());
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    return scheme != 0 && (port.empty() || (port.front() == ':' && is_port(port.substr(1)))) &&
           (bracketed ? host.contains(':') && is_ip_address(host.substr(1, host.size() - 2)) : is_host_name(host));
}

}  // namespace bypuls
