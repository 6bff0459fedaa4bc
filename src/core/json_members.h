#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace bypuls {

/// Finds a member that stands twice in one object while nlohmann's parser reads: which of the two counts is anyone's
/// guess (RFC 8259 §4), so whoever takes JSON from outside refuses both. Hand it each event of the parser's callback.
class TwiceNamed {
public:
    template <typename Json>
    void see(typename Json::parse_event_t event, const Json& part) {
        if (event == Json::parse_event_t::object_start) {
            members_.emplace_back();
        } else if (event == Json::parse_event_t::object_end) {
            members_.pop_back();
        } else if (event == Json::parse_event_t::key) {
            const auto& name = part.template get_ref<const std::string&>();
            if (!members_.back().insert(name).second) {
                found_ = name;
            }
        }
    }
    const std::optional<std::string>& found() const { return found_; }

private:
    std::vector<std::set<std::string>> members_;  // of the objects that are open
    std::optional<std::string> found_;
};

}  // namespace bypuls
