#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "core/result.h"

namespace bypuls::identity {

constexpr std::size_t password_characters_min = 12;
constexpr std::size_t password_characters_advised = 15;
constexpr std::size_t password_bytes_max = 1024;  // hashing more would only help who wants to keep us busy

/// Is the password one that we accept for the account (OWASP ASVS 5.0, 6.2)? Length is what counts; there are no rules
/// on kinds of characters. Errc::malformed with a sentence for the person: too short, too long, not UTF-8, on the list
/// of common ones, one character or sequence over and over, or built on the e-mail address or the program's name.
Result<void> check_password(std::string_view password, std::string_view email);

/// argon2id's cost (RFC 9106).
struct HashCost {
    unsigned long long operations = 3;
    std::size_t memory_bytes = 256U << 20U;

    /// libsodium's MODERATE, above the floor of ASVS 5.0 §11.4.2. The default.
    static HashCost moderate() { return {}; }
    /// As little as argon2id allows; for tests.
    static HashCost least() { return {1, 8192}; }
};

/// Hashes passwords, a few at a time: each takes a quarter of a gibibyte for most of a second. Thread-safe; blocks.
class PasswordHasher {
public:
    /// At most `parallel_max` at once; others wait up to `wait_max`, then get Errc::unavailable.
    PasswordHasher(HashCost cost, std::size_t parallel_max, std::chrono::milliseconds wait_max);
    ~PasswordHasher();

    /// The hash with its salt and cost, as text. Errc::unavailable when it is too busy or memory is short.
    Result<std::string> hash(std::string_view password);
    /// False when it is another password, or the hash is not one of ours.
    Result<bool> verify(std::string_view password, const std::string& hash);
    /// As long as verify() takes, for an account that does not exist, so that the answer's time does not tell.
    Result<void> pretend(std::string_view password);
    /// Was the hash made at another cost than is asked for today?
    bool is_outdated(const std::string& hash) const;

private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace bypuls::identity
