#pragma once

// For .cc files of this room only: the heavy header stays out of everybody else's.
#include <gmpxx.h>

#include "city/participation/counting/result.h"

namespace bypuls::participation::counting {

inline mpz_class to_mpz(__int128 value) {
    const bool negative = value < 0;
    const auto magnitude = negative ? -static_cast<unsigned __int128>(value) : static_cast<unsigned __int128>(value);
    mpz_class high{static_cast<unsigned long>(magnitude >> 64)};
    mpz_class result = (high << 64) + mpz_class{static_cast<unsigned long>(magnitude)};
    return negative ? mpz_class{-result} : result;
}

inline mpz_class to_mpz(std::int64_t value) {
    return mpz_class{static_cast<long>(value)};
}

inline mpq_class quotient(const mpz_class& numerator, const mpz_class& denominator) {
    mpq_class value(numerator, denominator);
    value.canonicalize();
    return value;
}

inline Exact to_exact(const mpq_class& value) {
    return {.fraction = value.get_str(), .value = value.get_d()};
}

/// An amount in øre as kroner.
inline Exact in_kroner(const mpq_class& amount) {
    return to_exact(mpq_class(amount / static_cast<long>(one_krone)));
}

}  // namespace bypuls::participation::counting
