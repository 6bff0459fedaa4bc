#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "platform/observations/observation.h"

/// What kinds of devices there are, and which field of a decoded payload becomes which measured property.
namespace bypuls::ingest::devices {

/// One field of the decoded object that is kept.
struct FieldRule {
    std::string field;     ///< path in the decoded object: "water_temperature", "probe.0.temp"
    std::string property;  ///< observed property, such as "water_temperature"
    std::string unit;      ///< UCUM, such as "Cel"
    double scale = 1;      ///< the value is multiplied by it

    friend bool operator==(const FieldRule&, const FieldRule&) = default;
};

/// A kind of device: its codec, how often it sends, and what is kept of what it sends.
struct Profile {
    std::string id;  ///< stable, [a-z0-9-]
    std::string name;
    std::string codec;  ///< id of a codec; empty when the network server decodes
    std::chrono::seconds interval{3600};
    std::vector<FieldRule> fields;

    friend bool operator==(const Profile&, const Profile&) = default;
};

/// A value found by a rule.
struct Mapped {
    std::size_t rule = 0;  ///< index in Profile::fields
    observations::Value value;
};

/// What a decoded object holds of what the profile wants. Numbers are scaled; numbers from JSON are kept as number
/// whether they were written whole or not, so that a datastream keeps one type. Booleans and texts stay as they are;
/// null and absent fields are skipped; objects and arrays become JSON. Errc::malformed when `data` is no JSON object.
/// Pure.
Result<std::vector<Mapped>> map_fields(const Profile& profile, std::string_view data);

/// The members of one object in JSON, as the API and the demonstration's files write them. Unknown members, missing
/// members and values out of range are named in one sentence.
Result<Profile> profile_from_json(std::string_view id, std::string_view text);
std::string to_json(const Profile& profile);

/// Ids of profiles, codecs and the like: 1 to 64 of [A-Za-z0-9_-].
bool is_id(std::string_view text);

}  // namespace bypuls::ingest::devices
