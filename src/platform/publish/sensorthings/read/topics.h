#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "platform/publish/sensorthings/model/path.h"
#include "platform/query/expression.h"

/// Topics of the SensorThings MQTT extension (18-088 §14). Pure.
namespace bypuls::sensorthings {

/// "v1.1/Things(1)/name", taken apart but not yet understood.
struct Topic {
    bool v1_0 = false;
    std::string_view path;                  ///< "Things(1)/name"
    std::optional<std::string_view> query;  ///< what follows "?"
};

/// Nothing when it does not begin with "v1.0" or "v1.1" as its first level: not SensorThings' own.
std::optional<Topic> topic_of(std::string_view text);

/// What a subscription asks to be told of.
struct Subject {
    enum class What : std::uint8_t {
        set,       ///< each entity that is made or changed
        entity,    ///< the entity when it changes
        property,  ///< one of its properties when that changes
    };

    bool v1_0 = false;
    What what = What::set;
    ResourcePath path;
    query::Options options{};  ///< fitted: of a set $filter, $select and $expand, of an entity the latter two
};

/// The longest topic that is read, in bytes.
constexpr std::size_t topic_bytes_max = 16U << 10U;

/// 18-088 §14.3: sets, entities and properties, with $select; and beyond it, as FROST has it, $filter and $expand. An
/// error says what is wrong with the topic: malformed, or not_found for a path that leads nowhere.
Result<Subject> subject_of(const Topic& topic);

/// 18-088 §14.2: "Observations", "Datastreams(1)/Observations" and what else leads to a set of observations.
/// Errc::not_found for everything else.
Result<void> check_publishable(const Topic& topic);

}  // namespace bypuls::sensorthings
