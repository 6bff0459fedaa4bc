#include "core/result.h"

#include <ostream>

namespace bypuls {

std::string_view name_of(Errc code) {
    switch (code) {
        case Errc::malformed: return "malformed";
        case Errc::not_found: return "not_found";
        case Errc::conflict: return "conflict";
        case Errc::forbidden: return "forbidden";
        case Errc::unavailable: return "unavailable";
        case Errc::timed_out: return "timed_out";
        case Errc::exhausted: return "exhausted";
        case Errc::damaged: return "damaged";
    }
    return "unknown";
}

std::ostream& operator<<(std::ostream& out, const Error& error) {
    return out << name_of(error.code) << ": " << error.what;
}

}  // namespace bypuls
