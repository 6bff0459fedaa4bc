#include "apps/bypuls/user.h"

#include <iostream>
#include <optional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include "apps/bypuls/commands.h"
#include "apps/bypuls/open_identity.h"
#include "core/text.h"
#include "core/time/iso8601.h"

namespace bypuls::apps {
namespace {

int trouble(const Error& error) {
    std::cerr << error.what << "\n";
    return error.code == Errc::malformed ? exit_arguments : exit_failed;
}

/// What is typed is not shown, until it goes away.
class Unseen {
public:
    Unseen() : is_terminal_(isatty(STDIN_FILENO) == 1 && tcgetattr(STDIN_FILENO, &before_) == 0) {
        if (is_terminal_) {
            termios silent = before_;
            silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
        }
    }
    ~Unseen() {
        if (is_terminal_) {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
            std::cerr << "\n";
        }
    }
    Unseen(const Unseen&) = delete;
    Unseen& operator=(const Unseen&) = delete;
    bool is_terminal() const { return is_terminal_; }

private:
    termios before_{};
    bool is_terminal_;
};

Result<std::string> read_password() {
    const Unseen unseen;
    if (unseen.is_terminal()) {
        std::cerr << "Password: " << std::flush;
    }
    std::string line;
    if (!std::getline(std::cin, line) || line.empty()) {
        return fail(Errc::malformed, "no password: it is read as one line from standard input");
    }
    return line;
}

Result<identity::Account> account_of(const identity::Identity& identity, std::string_view email) {
    TRY(const auto accounts, identity.accounts());
    for (const identity::Account& account : accounts) {
        if (equal_ignoring_ascii_case(account.email, email)) {
            return account;
        }
    }
    return fail(Errc::not_found,
                fmt::format("there is no account '{}'; `bypuls user list` shows those there are", email));
}

Result<void> create(const Settings& settings, const UserArguments& arguments) {
    TRY(const auto scopes, identity::parse_scopes(arguments.scopes));
    TRY(const auto opened, open_identity(settings));
    TRY(const auto password, read_password());
    TRY_DO(opened->identity->create_account(arguments.email, arguments.name, password, scopes));
    std::cout << fmt::format("{} may sign in.\n", arguments.email);
    return {};
}

Result<void> set_password(const Settings& settings, const UserArguments& arguments) {
    TRY(const auto opened, open_identity(settings));
    TRY(const auto account, account_of(*opened->identity, arguments.email));
    TRY(const auto password, read_password());
    TRY_DO(opened->identity->set_password(account.id, password));
    std::cout << fmt::format("{} has a new password, and is signed out everywhere.\n", account.email);
    return {};
}

Result<void> disable(const Settings& settings, const UserArguments& arguments) {
    TRY(const auto opened, open_identity(settings));
    TRY(const auto account, account_of(*opened->identity, arguments.email));
    TRY_DO(opened->identity->disable_account(account.id));
    std::cout << fmt::format("{} no longer gets in.\n", account.email);
    return {};
}

int ended(const Result<void>& done) {
    return done ? exit_ok : trouble(done.error());
}

}  // namespace

int user_create(const Settings& settings, const UserArguments& arguments) {
    return ended(create(settings, arguments));
}

int user_password(const Settings& settings, const UserArguments& arguments) {
    return ended(set_password(settings, arguments));
}

int user_disable(const Settings& settings, const UserArguments& arguments) {
    return ended(disable(settings, arguments));
}

int user_list(const Settings& settings) {
    const auto opened = open_identity(settings);
    if (!opened) {
        return trouble(opened.error());
    }
    const auto accounts = (*opened)->identity->accounts();
    if (!accounts) {
        return trouble(accounts.error());
    }
    for (const identity::Account& account : *accounts) {
        std::cout << fmt::format("{:<40} {:<30} {:<18} last signed in {:<20} {}\n", account.email, account.name,
                                 identity::to_string(account.scopes),
                                 account.last_login ? format_instant(*account.last_login) : "-",
                                 account.disabled ? "disabled" : "");
    }
    return exit_ok;
}

void UserCommands::add_to(CLI::App& app, const Add& add) {
    CLI::App& user = *app.add_subcommand("user", "accounts of the staff pages; a password is read from standard input");
    user.require_subcommand(1);
    const auto about = [this](CLI::App& command) {
        command.add_option("email", user_.email, "the address that the account signs in with")->required();
    };
    CLI::App& create = add(user, "create", "make an account",
                           [this](const Settings& settings) { return user_create(settings, user_); });
    about(create);
    create.add_option("--name", user_.name, "the person's name")->required();
    create.add_option("--scope", user_.scopes, "ingest, read, admin; several with commas between (default: all)");
    add(user, "list", "all accounts", user_list);
    about(add(user, "password", "set a new password, in place of a forgotten one",
              [this](const Settings& settings) { return user_password(settings, user_); }));
    about(add(user, "disable", "let nobody in with the account any more",
              [this](const Settings& settings) { return user_disable(settings, user_); }));
}

}  // namespace bypuls::apps
