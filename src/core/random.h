#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>

namespace bypuls {

/// Where chance comes from. Everything random is handed one, so that a seed replays it exactly.
class Random {
public:
    virtual ~Random() = default;
    virtual std::uint64_t next() = 0;

    /// Evenly spread over [0, bound); bound > 0.
    std::uint64_t below(std::uint64_t bound);
    /// Evenly spread over [0, 1).
    double unit();
    /// True with the given probability.
    bool chance(double probability) { return unit() < probability; }
    /// Normal distribution by Box-Muller: the same on every platform, unlike std::normal_distribution.
    double normal(double mean, double deviation);
    void fill(std::span<std::byte> out);
};

/// Same seed, same sequence, on every platform and compiler. Not for secrets.
class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
    std::uint64_t next() override { return engine_(); }

private:
    std::mt19937_64 engine_;
};

/// The operating system's generator, for tokens and salts. Thread-safe.
class SystemRandom final : public Random {
public:
    std::uint64_t next() override;
};

}  // namespace bypuls
