#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "platform/publish/sensorthings/model/schema.h"

namespace bypuls::sensorthings {

/// One step of a resource path: a set or a single relation, perhaps with a key.
struct Step {
    Kind kind = Kind::thing;
    std::string_view navigation;  ///< how the step before leads here; the set's name for the first; static
    bool many = false;            ///< the navigation leads to a set
    std::optional<std::int64_t> id;

    /// Does the path up to here stand for one entity?
    bool single() const { return !many || id.has_value(); }
    friend bool operator==(const Step&, const Step&) = default;
};

/// A resource path of 18-088 §9.2: entities, then perhaps a property, perhaps further into its JSON.
struct ResourcePath {
    std::vector<Step> steps;
    std::string_view property;      ///< of the last step's entity; empty for none; static
    std::vector<std::string> into;  ///< "/properties/owner/name": owner, name
    bool value = false;             ///< /$value
    bool reference = false;         ///< /$ref
    bool count = false;             ///< /$count, as FROST has it

    const Step& last() const { return steps.back(); }
    friend bool operator==(const ResourcePath&, const ResourcePath&) = default;
};

/// "/Things(1)/Datastreams(3)/Observations", decoded, without the service's root; slashes at the ends do not count.
/// Errc::not_found names the step that does not exist; keys are integers, also in quotes.
Result<ResourcePath> parse_path(std::string_view path);

}  // namespace bypuls::sensorthings
