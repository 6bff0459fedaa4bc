#pragma once

#include <string_view>

namespace bypuls {

/// The host in an address: "data.town.no" of "https://data.town.no:8443/sta", "[::1]" of "[::1]:8080".
std::string_view host_in(std::string_view address);

/// Is it an address that only this machine has (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3)? Names are none.
bool is_loopback(std::string_view address);

/// Is it the whole of an authority, "localhost", "127.0.0.1:8080" or "[::1]:8080", that leads to this machine wherever
/// it is looked up? Of a Host header (RFC 9110 §7.2), say, in which a stranger may write anything.
bool is_this_machine(std::string_view authority);

/// Is it an IP address as text, "127.0.0.1", "::1", "fe80::1%eth0" (RFC 4007 §11)? Without brackets and port.
bool is_ip_address(std::string_view text);

/// Is it an origin (RFC 6454 §6.2) of the web and nothing else: "https://data.drammen.no", "http://[::1]:8080"? No
/// path, not even the last slash; letters beyond ASCII in a name are written as they are sent (RFC 5891, "xn--").
bool is_web_origin(std::string_view text);

}  // namespace bypuls
