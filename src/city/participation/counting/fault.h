#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"

namespace bypuls::words {
class Words;
}  // namespace bypuls::words

namespace bypuls::participation::counting {

/// Where in what was given something stands.
struct Place {
    std::string file = {};
    std::size_t line = 0;    ///< 1 is the first; 0 where there is no single line
    std::size_t column = 0;  ///< 1 is the first; 0 where only the line is known
    /// Which of several tables, as the name of a message; empty where there is one.
    std::string_view table = {};
    /// Where there are no lines: "projects[3].cost", "META, budget".
    std::string path = {};

    friend bool operator==(const Place&, const Place&) = default;
};

/// "line 12, column 3" in English, as Place tells it; empty for nowhere.
std::string told(const Place& place);

/// One thing to tell of what was given, in no language yet: a message and what is put into it. See refuse.h.
struct Finding {
    std::string_view key;  ///< of a message in `messages/`; empty for what is told in English alone, given as "what"
    std::vector<std::pair<std::string_view, std::string>> given = {};
    Place place = {};

    /// With its place in front: "linje 12, kolonne 3: …".
    std::string in(const words::Words& say) const;
    std::string in_english() const;

    friend bool operator==(const Finding&, const Finding&) = default;
};

/// Why something cannot be counted. As an Error it tells it in English; in() tells it in any language.
struct Fault : Error {
    Fault(Errc code, std::vector<Finding> findings);
    /// What others tell in English alone.
    // NOLINTNEXTLINE(google-explicit-constructor): so that TRY hands both up.
    Fault(Error error);

    std::vector<Finding> findings;

    /// Every finding on its line.
    std::string in(const words::Words& say) const;
};

/// A value, or why there is none in what was given.
template <typename T>
using Attempt = std::expected<T, Fault>;

/// Puts each finding there, as far as it does not tell more exactly where it is.
std::unexpected<Fault> put_at(Fault fault, const Place& place);

}  // namespace bypuls::participation::counting
