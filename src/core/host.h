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

}  // namespace bypuls
