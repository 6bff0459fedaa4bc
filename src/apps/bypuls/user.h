#pragma once

#include <functional>
#include <string>

#include "apps/bypuls/settings.h"

namespace CLI {
class App;
}  // namespace CLI

namespace bypuls::apps {

struct UserArguments {
    std::string email;
    std::string name;
    std::string scopes = "ingest,read,admin";
};

/// `bypuls user`: the accounts of the staff pages, also while the town runs. A password is read as one line from
/// standard input, unseen where that is a terminal, and never from the command line, which everybody on the machine
/// can read.
int user_create(const Settings& settings, const UserArguments& arguments);
int user_list(const Settings& settings);
/// A new password in place of a forgotten one; ends the account's sessions.
int user_password(const Settings& settings, const UserArguments& arguments);
/// Nobody gets in with it any more; ends its sessions.
int user_disable(const Settings& settings, const UserArguments& arguments);

/// The commands above on the command line.
class UserCommands {
public:
    using Work = std::function<int(const Settings&)>;
    /// Adds a command with the options that all commands share; `work` runs when it is chosen.
    using Add = std::function<CLI::App&(CLI::App& parent, const std::string& name, const std::string& what, Work work)>;

    void add_to(CLI::App& app, const Add& add);

private:
    UserArguments user_;
};

}  // namespace bypuls::apps
