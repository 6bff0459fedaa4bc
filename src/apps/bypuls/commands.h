#pragma once

#include <string>
#include <vector>

#include "apps/bypuls/settings.h"

namespace bypuls::apps {

/// Exit codes of every subcommand.
enum Exit : int {
    exit_ok = 0,
    exit_failed = 1,     ///< the work could not be done, or a check found something
    exit_arguments = 2,  ///< wrong arguments or configuration
    exit_interrupted = 130
};

/// `bypuls COMMAND …`: reads the arguments and runs the command.
int run_program(int argc, char** argv);

/// `bypuls serve`: runs until SIGINT or SIGTERM, then stops in order.
int serve(const Settings& settings);

struct TokenArguments {
    std::string name;
    std::string scopes = "ingest";
    std::string expires;  ///< an instant, or empty
    std::int64_t id = 0;
    bool json = false;
};
int token_create(const Settings& settings, const TokenArguments& arguments);
int token_list(const Settings& settings, const TokenArguments& arguments);
int token_revoke(const Settings& settings, const TokenArguments& arguments);

}  // namespace bypuls::apps
