#include "core/host.h"

namespace bypuls {

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

}  // namespace bypuls
