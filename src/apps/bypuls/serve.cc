#include <csignal>
#include <iostream>

#include <fmt/format.h>

#include "apps/bypuls/commands.h"
#include "apps/bypuls/ending.h"
#include "apps/bypuls/town_server.h"
#include "core/log.h"

namespace bypuls::apps {

int serve(const Settings& settings) {
    const sigset_t signals = ending_signals();
    auto town = Town::open(settings);
    if (!town) {
        std::cerr << town.error().what << "\n";
        return town.error().code == Errc::malformed ? exit_arguments : exit_failed;
    }
    log::info("town", "serving", {{"address", (*town)->server().origin()}});
    if (!(*town)->setup_code().empty()) {
        std::cout << fmt::format(
                         "First start. Make the first account at {}/staff with this code, within a day:\n  {}\n",
                         (*town)->server().origin(), (*town)->setup_code())
                  << std::flush;
    }
    int signal = 0;
    sigwait(&signals, &signal);
    log::info("town", "stopping", {{"signal", std::to_string(signal)}});
    end_at_next_signal();
    town->reset();
    return exit_ok;
}

}  // namespace bypuls::apps
