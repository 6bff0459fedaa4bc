#pragma once

#include <algorithm>
#include <cmath>
#include <compare>
#include <cstdint>
#include <limits>
#include <optional>

namespace bypuls::participation::counting {

/// A number known to lie between two doubles: the filter before exact arithmetic. Every operation rounds outwards, so
/// that what compare() says is certain. Zero and whole numbers up to 2^53 are held exactly, and zero stays so.
class Interval {
public:
    Interval() = default;
    explicit Interval(std::int64_t whole) : low_(static_cast<double>(whole)), high_(low_) {
        if (whole > exact_max || whole < -exact_max) {
            low_ = less(low_);
            high_ = more(high_);
        }
    }

    friend Interval operator+(const Interval& a, const Interval& b) {
        if (a.is_zero() || b.is_zero()) {
            return a.is_zero() ? b : a;
        }
        return {less(a.low_ + b.low_), more(a.high_ + b.high_)};
    }
    friend Interval operator-(const Interval& a, const Interval& b) { return a + Interval(-b.high_, -b.low_); }
    friend Interval operator*(const Interval& a, const Interval& b) {
        if (a.is_zero() || b.is_zero()) {
            return {};
        }
        const auto [low, high] = std::minmax({a.low_ * b.low_, a.low_ * b.high_, a.high_ * b.low_, a.high_ * b.high_});
        return {less(low), more(high)};
    }
    /// `n` is not negative.
    friend Interval times(const Interval& a, std::int64_t n) {
        if (n > exact_max) {
            return a * Interval(n);
        }
        const auto factor = static_cast<double>(n);
        return n == 0 || a.is_zero() ? Interval() : Interval(less(a.low_ * factor), more(a.high_ * factor));
    }
    /// The divisor is certainly more than nothing.
    friend Interval operator/(const Interval& a, const Interval& b) {
        if (a.is_zero()) {
            return {};
        }
        return {less(a.low_ / (a.low_ < 0 ? b.low_ : b.high_)), more(a.high_ / (a.high_ < 0 ? b.high_ : b.low_))};
    }
    Interval& operator+=(const Interval& other) { return *this = *this + other; }
    Interval& operator*=(const Interval& other) { return *this = *this * other; }

    /// Certainly nothing.
    bool is_zero() const { return low_ == 0 && high_ == 0; }
    /// Nothing where the doubles cannot tell.
    friend std::optional<std::strong_ordering> compare(const Interval& a, const Interval& b) {
        if (a.high_ < b.low_) {
            return std::strong_ordering::less;
        }
        if (a.low_ > b.high_) {
            return std::strong_ordering::greater;
        }
        const bool same = a.low_ == a.high_ && b.low_ == b.high_ && a.low_ == b.low_;
        return same ? std::optional(std::strong_ordering::equal) : std::nullopt;
    }

private:
    static constexpr std::int64_t exact_max = std::int64_t{1} << 53;

    Interval(double low, double high) : low_(low), high_(high) {}
    // An operation is off by half a unit in the last place at most, and a unit is no more than this.
    static double unit(double x) { return std::abs(x) * 0x1p-52 + std::numeric_limits<double>::denorm_min(); }
    static double less(double x) { return x - unit(x); }
    static double more(double x) { return x + unit(x); }

    double low_ = 0;
    double high_ = 0;
};

}  // namespace bypuls::participation::counting
