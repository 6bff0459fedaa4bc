#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace bypuls {

/// An identifier that cannot be mistaken for another kind's: `using ThingId = Id<struct ThingTag>;`
/// Ids are positive; 0 stands for "not stored yet".
template <typename Tag>
struct Id {
    std::int64_t value = 0;

    friend auto operator<=>(const Id&, const Id&) = default;
    explicit operator bool() const { return value != 0; }
};

}  // namespace bypuls

template <typename Tag>
struct std::hash<bypuls::Id<Tag>> {
    std::size_t operator()(const bypuls::Id<Tag>& id) const noexcept {
        // Fibonacci hashing: consecutive ids spread over the table.
        return static_cast<std::size_t>(static_cast<std::uint64_t>(id.value) * 0x9E3779B97F4A7C15ULL);
    }
};
