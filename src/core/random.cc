#include "core/random.h"

#include <cmath>
#include <cstring>
#include <numbers>

#include <sys/random.h>

#include "core/check.h"

namespace bypuls {

std::uint64_t Random::below(std::uint64_t bound) {
    check(bound > 0, "a random number below zero was asked for");
    const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;  // rejection keeps the spread even
    std::uint64_t drawn = next();
    while (drawn >= limit) {
        drawn = next();
    }
    return drawn % bound;
}

double Random::unit() {
    return static_cast<double>(next() >> 11) * 0x1.0p-53;
}

double Random::normal(double mean, double deviation) {
    const double radius = std::sqrt(-2.0 * std::log(1.0 - unit()));
    return mean + deviation * radius * std::cos(2.0 * std::numbers::pi * unit());
}

void Random::fill(std::span<std::byte> out) {
    while (!out.empty()) {
        const std::uint64_t drawn = next();
        const std::size_t count = out.size() < sizeof drawn ? out.size() : sizeof drawn;
        std::memcpy(out.data(), &drawn, count);
        out = out.subspan(count);
    }
}

std::uint64_t SystemRandom::next() {
    std::uint64_t drawn = 0;
    check(getrandom(&drawn, sizeof drawn, 0) == static_cast<ssize_t>(sizeof drawn), "getrandom gives eight bytes");
    return drawn;
}

}  // namespace bypuls
