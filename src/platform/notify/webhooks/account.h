#pragma once

#include <cstdint>
#include <string>

#include "core/result.h"
#include "platform/database/database.h"

namespace bypuls::webhooks {

/// What has become of all messages since the outbox was made. Kept in the
/// transactions that change them, so that taken = delivered + forgotten +
/// waiting + dead always, whenever the program was killed.
struct Account {
    std::uint64_t taken = 0;      ///< put; the same event put again does not count
    std::uint64_t delivered = 0;  ///< the target said so, and it was noted
    std::uint64_t forgotten = 0;  ///< removed undelivered: with their subscription
                                  ///< or readings, or dead too long
    std::uint64_t waiting = 0;    ///< now
    std::uint64_t dead = 0;       ///< now
    std::uint64_t retried = 0;    ///< attempts that failed and will be made again
    std::uint64_t given_up = 0;   ///< became dead letters, some perhaps revived since
    std::uint64_t refused = 0;    ///< never taken, since too many waited

    bool balances() const { return taken == delivered + forgotten + waiting + dead; }
    friend bool operator==(const Account&, const Account&) = default;
};

/// Of the outbox in this database, all of one moment. Blocks.
Result<Account> account_of(database::Database& database);

/// As Prometheus reads it, `bypuls_webhooks_…`.
void append_metrics(std::string& out, const Account& account);

}  // namespace bypuls::webhooks
