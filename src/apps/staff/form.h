#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/words/language.h"
#include "platform/http/message.h"
#include "platform/http/problem.h"

namespace bypuls::staff {

/// One sentence in every language.
struct Said {
    std::string_view nb;
    std::string_view nn;
    std::string_view en;

    std::string in(words::Language language) const;
};

/// A JSON body, read strictly: each member is asked for by name, every fault is collected, and whatever was not asked
/// for is a fault too. A member that is at fault reads as empty or zero; look at refusal() before acting.
class Form {
public:
    explicit Form(const http::Request& request);

    /// One line of `min` to `max` characters, without control characters and without white space at its ends.
    std::string line(const std::string& name, std::size_t min, std::size_t max);
    /// Any text of at most `max` bytes, such as a script or a password.
    std::string text(const std::string& name, std::size_t max);
    std::int64_t whole(const std::string& name, std::int64_t low, std::int64_t high);
    double number(const std::string& name, double low, double high);
    bool flag(const std::string& name, bool otherwise);
    /// One line, or nothing when it is null or absent.
    std::optional<std::string> line_or_null(const std::string& name, std::size_t max);
    /// Is there such a member, whatever it says?
    bool has(const std::string& name) { return find(name) != nullptr; }
    /// Null when absent; the caller looks at the rest.
    nlohmann::json any(const std::string& name);

    void fault(const std::string& name, const Said& what);
    void fault(const std::string& name, std::string what);
    /// The problem that names every fault, or nothing.
    std::optional<http::Response> refusal();

private:
    const nlohmann::json* find(const std::string& name);

    const http::Request& request_;
    nlohmann::json body_ = nlohmann::json::object();
    std::set<std::string, std::less<>> known_;
    std::vector<http::Fault> faults_;
    bool wrong_type_ = false;
};

}  // namespace bypuls::staff
