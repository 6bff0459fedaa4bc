#include "platform/identity/passwords.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>

#include <fmt/format.h>
#include <sodium.h>

#include "core/check.h"
#include "core/text.h"

namespace bypuls::identity {
namespace {

// Common passwords of twelve characters and more, and the stems that people stretch to that length.
constexpr std::array<std::string_view, 42> common_passwords{
    "123456789012",     "1234567890123",    "12345678901234",
    "123456789012345",  "1234567890123456", "password1234",
    "passwordpassword", "password12345",    "password123456",
    "passord12345",     "passord123456",    "passordpassord",
    "qwertyuiop12",     "qwertyuiop123",    "qwertyuiopas",
    "qwertyuiopasdf",   "qwertyuiopå12",    "qwerty123456",
    "qwertyqwerty",     "asdfghjkl123",     "asdfghjkløæ1",
    "zxcvbnm12345",     "1q2w3e4r5t6y",     "1qaz2wsx3edc",
    "qazwsxedcrfv",     "letmeinletmein",   "adminadmin12",
    "administrator",    "administrator1",   "administrator123",
    "administrasjon",   "welcome12345",     "velkommen123",
    "velkommen1234",    "changeme1234",     "changemechangeme",
    "iloveyou1234",     "drammenkommune",   "drammen12345",
    "sommer202512",     "hemmelig1234",     "correcthorsebatterystaple"};

std::size_t characters_in(std::string_view utf8) {
    return static_cast<std::size_t>(
        std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// The same few characters again and again ("abcabcabcabc"), or a run ("abcdefghijkl", "987654321098").
bool is_repetitive(std::string_view text) {
    for (std::size_t period = 1; period <= 4; ++period) {
        if (std::equal(text.begin() + static_cast<std::ptrdiff_t>(period), text.end(), text.begin())) {
            return true;
        }
    }
    std::size_t steps = 0;
    for (std::size_t i = 1; i < text.size(); ++i) {
        const int step = text[i] - text[i - 1];
        const bool wraps = (text[i - 1] == '9' && text[i] == '0') || (text[i - 1] == '0' && text[i] == '9');
        steps += (step == 1 || step == -1 || wraps) ? 1U : 0U;
    }
    return steps + 2 >= text.size();
}

/// What is left when `part` is taken away is too little to be a password of its own.
bool is_built_on(const std::string& password, std::string_view part) {
    if (part.size() < 4) {
        return false;
    }
    std::string rest = password;
    for (auto at = rest.find(part); at != std::string::npos; at = rest.find(part)) {
        rest.erase(at, part.size());
    }
    return rest.size() < password.size() && characters_in(rest) < 8;
}

}  // namespace

Result<void> check_password(std::string_view password, std::string_view email) {
    if (password.size() > password_bytes_max) {
        return fail(Errc::malformed, fmt::format("the password is longer than {} bytes", password_bytes_max));
    }
    if (!is_utf8(password)) {
        return fail(Errc::malformed, "the password is not UTF-8 text");
    }
    if (characters_in(password) < password_characters_min) {
        return fail(Errc::malformed,
                    fmt::format("the password is shorter than {} characters; {} or more are advised, for instance four "
                                "words that have nothing to do with each other",
                                password_characters_min, password_characters_advised));
    }
    const std::string lower = to_lower_ascii(password);
    const std::string email_lower = to_lower_ascii(email);
    if (std::ranges::find(common_passwords, std::string_view(lower)) != common_passwords.end()) {
        return fail(Errc::malformed, "the password is among the most common ones, which are tried first");
    }
    if (is_repetitive(lower)) {
        return fail(Errc::malformed, "the password is a sequence or the same characters over and over");
    }
    const std::string_view mailbox = std::string_view(email_lower).substr(0, email_lower.find('@'));
    if (is_built_on(lower, email_lower) || is_built_on(lower, mailbox) || is_built_on(lower, "bypuls")) {
        return fail(Errc::malformed, "the password is little more than the e-mail address or the program's name");
    }
    return {};
}

struct PasswordHasher::Inside {
    HashCost cost;
    std::chrono::milliseconds wait_max;
    std::mutex mutex;
    std::condition_variable freed;
    std::size_t places;
    // Made when first needed: an argon2id hash of nothing that anyone knows.
    std::once_flag decoy_made;
    std::string decoy;

    Result<void> enter() {
        std::unique_lock lock(mutex);
        if (!freed.wait_for(lock, wait_max, [&] { return places > 0; })) {
            return fail(Errc::unavailable, "too many are signing in at once; try again in a few seconds");
        }
        --places;
        return {};
    }
    void leave() {
        {
            const std::lock_guard lock(mutex);
            ++places;
        }
        freed.notify_one();
    }
};

namespace {

template <typename Inside>
class Place {
public:
    explicit Place(Inside& inside) : inside_(inside) {}
    ~Place() { inside_.leave(); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

private:
    Inside& inside_;
};

Result<std::string> argon2id(std::string_view password, const HashCost& cost) {
    std::array<char, crypto_pwhash_STRBYTES> out{};
    if (crypto_pwhash_str_alg(out.data(), password.data(), password.size(), cost.operations, cost.memory_bytes,
                              crypto_pwhash_ALG_ARGON2ID13) != 0) {
        return fail(Errc::unavailable,
                    fmt::format("no {} MiB of memory to hash a password; try again", cost.memory_bytes >> 20U));
    }
    return std::string(out.data());
}

}  // namespace

PasswordHasher::PasswordHasher(HashCost cost, std::size_t parallel_max, std::chrono::milliseconds wait_max)
    : inside_(std::make_unique<Inside>()) {
    check(sodium_init() >= 0, "libsodium starts");
    check(parallel_max > 0, "at least one password can be hashed");
    inside_->cost = cost;
    inside_->wait_max = wait_max;
    inside_->places = parallel_max;
}

PasswordHasher::~PasswordHasher() = default;

Result<std::string> PasswordHasher::hash(std::string_view password) {
    TRY_DO(inside_->enter());
    const Place place(*inside_);
    return argon2id(password, inside_->cost);
}

Result<bool> PasswordHasher::verify(std::string_view password, const std::string& hash) {
    TRY_DO(inside_->enter());
    const Place place(*inside_);
    return hash.size() < crypto_pwhash_STRBYTES &&
           crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

Result<void> PasswordHasher::pretend(std::string_view password) {
    TRY_DO(inside_->enter());
    const Place place(*inside_);
    // The first time, making the decoy takes as long as checking one; afterwards it is checked.
    bool made_now = false;
    std::call_once(inside_->decoy_made, [&] {
        std::array<char, 32> nobody_knows{};
        randombytes_buf(nobody_knows.data(), nobody_knows.size());
        inside_->decoy = argon2id({nobody_knows.data(), nobody_knows.size()}, inside_->cost).value_or("");
        made_now = true;
    });
    if (!made_now) {
        std::ignore = crypto_pwhash_str_verify(inside_->decoy.c_str(), password.data(), password.size());
    }
    return {};
}

bool PasswordHasher::is_outdated(const std::string& hash) const {
    return hash.size() >= crypto_pwhash_STRBYTES ||
           crypto_pwhash_str_needs_rehash(hash.c_str(), inside_->cost.operations, inside_->cost.memory_bytes) != 0;
}

}  // namespace bypuls::identity
