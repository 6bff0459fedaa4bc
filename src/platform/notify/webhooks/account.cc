#include "platform/notify/webhooks/account.h"

#include <string_view>
#include <tuple>

#include <fmt/format.h>
#include <soci/soci.h>

namespace bypuls::webhooks {

Result<Account> account_of(database::Database& database) {
    return database.read("webhooks", [](soci::session& sql) -> Result<Account> {
        const auto state = [](std::string_view name) {
            return fmt::format("(SELECT value FROM webhooks_state WHERE name = '{}')", name);
        };
        const auto messages = [](int dead) {
            return fmt::format("(SELECT COUNT(*) FROM webhooks_messages WHERE dead = {})", dead);
        };
        long long taken = 0;
        long long delivered = 0;
        long long forgotten = 0;
        long long waiting = 0;
        long long dead = 0;
        long long retried = 0;
        long long given_up = 0;
        long long refused = 0;
        sql << fmt::format("SELECT {}, {}, {}, {}, {}, {}, {}, {}", state("taken"), state("delivered"),
                           state("forgotten"), messages(0), messages(1), state("retried"), state("given_up"),
                           state("refused")),
            soci::into(taken), soci::into(delivered), soci::into(forgotten), soci::into(waiting), soci::into(dead),
            soci::into(retried), soci::into(given_up), soci::into(refused);
        const auto counted = [](long long value) { return static_cast<std::uint64_t>(value); };
        return Account{.taken = counted(taken),
                       .delivered = counted(delivered),
                       .forgotten = counted(forgotten),
                       .waiting = counted(waiting),
                       .dead = counted(dead),
                       .retried = counted(retried),
                       .given_up = counted(given_up),
                       .refused = counted(refused)};
    });
}

void append_metrics(std::string& out, const Account& account) {
    using Metric = std::tuple<std::string_view, std::string_view, std::uint64_t>;
    for (const auto& [name, kind, value] :
         {Metric{"taken_total", "counter", account.taken}, Metric{"delivered_total", "counter", account.delivered},
          Metric{"forgotten_total", "counter", account.forgotten}, Metric{"retried_total", "counter", account.retried},
          Metric{"given_up_total", "counter", account.given_up}, Metric{"refused_total", "counter", account.refused},
          Metric{"waiting", "gauge", account.waiting}, Metric{"dead", "gauge", account.dead}}) {
        out += fmt::format("# TYPE bypuls_webhooks_{0} {1}\nbypuls_webhooks_{0} {2}\n", name, kind, value);
    }
}

}  // namespace bypuls::webhooks
