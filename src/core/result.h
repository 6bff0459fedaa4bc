#pragma once

#include <concepts>
#include <cstdint>
#include <expected>
#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>

namespace bypuls {

/// What kind of trouble the outside world gave us. The code decides what a caller does; the sentence is for people.
enum class Errc : std::uint8_t {
    malformed,    ///< the input does not follow its format; sending it again will not help
    not_found,    ///< what was asked for does not exist, or the asker may not know that it does
    conflict,     ///< contradicts what is already there
    forbidden,    ///< the asker may not do this
    unavailable,  ///< a part we depend on cannot be reached; worth trying again
    timed_out,    ///< a deadline passed; worth trying again
    exhausted,    ///< a bound was reached: size, count, memory, disk
    damaged,      ///< stored bytes fail their checksum; they are named and never served
};

std::string_view name_of(Errc code);

/// An expected failure, as a value.
struct Error {
    Errc code = Errc::malformed;
    /// One English sentence for the log and the API, with the place: "line 3: field 'temp' is not a number".
    std::string what;

    friend bool operator==(const Error&, const Error&) = default;
};

std::ostream& operator<<(std::ostream& out, const Error& error);

/// A value, or the reason why there is none.
template <typename T>
using Result = std::expected<T, Error>;

/// `return fail(Errc::malformed, "frame shorter than its header");`
inline std::unexpected<Error> fail(Errc code, std::string what) {
    return std::unexpected<Error>(Error{code, std::move(what)});
}

/// Puts the place in front of a failure on its way up: "journal/000001.log: No space left on device".
inline std::unexpected<Error> fail(Error error, std::string_view place) {
    error.what = std::string(place) + ": " + error.what;
    return std::unexpected<Error>(std::move(error));
}

}  // namespace bypuls

#define BYPULS_CONCAT_(a, b) a##b
#define BYPULS_CONCAT(a, b) BYPULS_CONCAT_(a, b)
#define BYPULS_TRY_(ret, tmp, decl, ...)                               \
    auto&& tmp = (__VA_ARGS__);                                        \
    if (!tmp) {                                                        \
        ret std::unexpected(std::forward<decltype(tmp)>(tmp).error()); \
    }                                                                  \
    decl = *std::forward<decltype(tmp)>(tmp)
#define BYPULS_CHECKED_(ret, tmp, ...)                                 \
    if (auto&& tmp = (__VA_ARGS__); !tmp) {                            \
        ret std::unexpected(std::forward<decltype(tmp)>(tmp).error()); \
    }

/// TRY(const auto header, read_header(bytes)): takes the value or returns the error.
#define TRY(decl, ...) BYPULS_TRY_(return, BYPULS_CONCAT(result_, __LINE__), decl, __VA_ARGS__)
/// The same inside a coroutine.
#define CO_TRY(decl, ...) BYPULS_TRY_(co_return, BYPULS_CONCAT(result_, __LINE__), decl, __VA_ARGS__)
/// TRY_DO(file.sync()): for a Result<void>, or a value nobody needs.
#define TRY_DO(...) BYPULS_CHECKED_(return, BYPULS_CONCAT(result_, __LINE__), __VA_ARGS__)
#define CO_TRY_DO(...) BYPULS_CHECKED_(co_return, BYPULS_CONCAT(result_, __LINE__), __VA_ARGS__)
