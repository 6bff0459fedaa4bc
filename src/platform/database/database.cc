#include "platform/database/database.h"

#include "core/check.h"
#include "platform/database/engines.h"
#include "platform/database/session_pool.h"

namespace bypuls::database {

std::string_view name_of(Engine engine) {
    return engine == Engine::sqlite ? "sqlite" : "postgresql";
}

Transaction::Transaction(std::unique_ptr<HeldSession> held) : held_(std::move(held)) {}
Transaction::Transaction(Transaction&&) noexcept = default;
Transaction::~Transaction() = default;

soci::session& Transaction::sql() const {
    check(held_ != nullptr, "a transaction that was moved from is not used");
    return held_->sql();
}

Result<void> Transaction::commit() {
    check(held_ != nullptr, "a transaction that was moved from is not committed");
    return held_->commit();
}

std::string without_password(std::string_view url) {
    // Both ways libpq knows: user:secret@host and ?password=secret.
    std::string out(url);
    if (const auto scheme = out.find("://"); scheme != std::string::npos) {
        const auto from = scheme + 3;
        const auto authority_end = std::min(out.find_first_of("/?", from), out.size());
        const auto at = out.rfind('@', authority_end);
        const auto colon = out.find(':', from);
        if (at != std::string::npos && at > from && colon < at) {
            out.replace(colon + 1, at - colon - 1, "***");
        }
    }
    for (auto at = out.find("password="); at != std::string::npos; at = out.find("password=", at)) {
        at += std::string_view("password=").size();
        out.replace(at, std::min(out.find_first_of("&# ", at), out.size()) - at, "***");
    }
    return out;
}

Result<std::unique_ptr<Database>> Database::open(const Settings& settings) {
    const std::string_view url = settings.url;
    if (settings.sessions_max == 0 || settings.sessions_max > 1000) {
        return fail(Errc::malformed, "database: sessions_max must be between 1 and 1000");
    }
    if (url.starts_with("sqlite:")) {
        return open_sqlite(settings, std::string(url.substr(7)));
    }
    if (url.starts_with("postgresql://") || url.starts_with("postgres://")) {
        return open_postgresql(settings);
    }
    return fail(Errc::malformed, "database: the URL '" + without_password(url) +
                                     "' begins neither with 'sqlite:' nor with 'postgresql://'");
}

}  // namespace bypuls::database
