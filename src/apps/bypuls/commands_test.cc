// The command line as a person types it: what is told when it cannot be meant.
#include "apps/bypuls/commands.h"

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <sstream>

#include <gmock/gmock.h>

#include "apps/bypuls/open_identity.h"
#include "core/files.h"
#include "core/testing/folder.h"

namespace bypuls::apps {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class CommandLine : public ::testing::Test {
protected:
    int run(std::vector<std::string> words) {
        words.insert(words.begin(), "bypuls");
        std::vector<char*> arguments;
        for (std::string& word : words) {
            arguments.push_back(word.data());
        }
        arguments.push_back(nullptr);
        std::ostringstream out;
        std::ostringstream err;
        auto* const cout = std::cout.rdbuf(out.rdbuf());
        auto* const cerr = std::cerr.rdbuf(err.rdbuf());
        std::istringstream in(typed_);
        auto* const cin = std::cin.rdbuf(in.rdbuf());
        std::cin.clear();
        const int code = run_program(static_cast<int>(words.size()), arguments.data());
        std::cin.rdbuf(cin);
        std::cout.rdbuf(cout);
        std::cerr.rdbuf(cerr);
        out_ = out.str();
        err_ = err.str();
        return code;
    }

    const TestFolder own_;
    const std::string folder_ = own_.path();
    std::string typed_;  ///< on standard input
    std::string out_;
    std::string err_;
};

TEST_F(CommandLine, AWordThatIsNoCommandIsNamedWithThoseThatAreNear) {
    EXPECT_EQ(run({"bogus"}), exit_arguments);
    EXPECT_THAT(err_, AllOf(HasSubstr("there is no command 'bypuls bogus'"), HasSubstr("`bypuls --help`"),
                            Not(HasSubstr("did you mean"))));
    EXPECT_EQ(run({"sevre", "--listen", "127.0.0.1:0"}), exit_arguments);
    EXPECT_THAT(err_, HasSubstr("did you mean 'serve'?"));
    EXPECT_EQ(run({"token", "lits"}), exit_arguments);
    EXPECT_THAT(err_, AllOf(HasSubstr("there is no command 'bypuls token lits'; did you mean 'list'?"),
                            HasSubstr("`bypuls token --help`")));
    EXPECT_EQ(run({"query"}), exit_arguments);
    EXPECT_THAT(err_, HasSubstr("sql"));
    EXPECT_EQ(run({}), exit_arguments);
    EXPECT_EQ(run({"--help"}), exit_ok);
}

TEST_F(CommandLine, AnEmptyOptionIsNotTheDefault) {
    for (const auto* option : {"--listen", "--mqtt-listen", "--data", "--config"}) {
        EXPECT_EQ(run({"serve", option, ""}), exit_arguments) << option;
        EXPECT_THAT(err_, AllOf(HasSubstr(option), HasSubstr("is empty"))) << option;
    }
    EXPECT_EQ(run({"demo", "--listen", ""}), exit_arguments);
    EXPECT_EQ(run({"doctor", "--listen", ""}), exit_arguments);
}

TEST_F(CommandLine, WhatOnlyLooksMakesNoTownInAMisspeltFolder) {
    const std::string misspelt = folder_ + "/misspelt";
    const std::vector<std::vector<std::string>> looking = {
        {"token", "list"},
        {"token", "revoke", "1"},
        {"user", "list"},
        {"user", "disable", "kari@drammen.no"},
        {"query", "select 1"},
        {"export", "observations", "--out", folder_ + "/out"},
        {"backup", "--to", folder_ + "/backup"},
        {"verify"},
    };
    for (auto words : looking) {
        words.insert(words.end(), {"--data", misspelt});
        EXPECT_EQ(run(words), exit_failed) << words[0];
        EXPECT_THAT(err_ + out_, HasSubstr(misspelt)) << words[0];
        EXPECT_FALSE(fs::exists(misspelt)) << words[0];
    }
}

TEST_F(CommandLine, TheDoctorIsToldWhereTheTownListensAsServeIs) {
    run({"doctor", "--data", folder_ + "/town", "--listen", "127.0.0.1:0"});
    EXPECT_THAT(out_, HasSubstr("127.0.0.1:0 is free"));
    EXPECT_EQ(run({"doctor", "--listen", "8080"}), exit_arguments);
    EXPECT_THAT(err_, HasSubstr("--listen: "));
}

TEST_F(CommandLine, AKeyMayBeMadeBeforeTheFirstStartAndIsThenThere) {
    const std::string town = folder_ + "/town";
    EXPECT_EQ(run({"token", "create", "--name", "gateway", "--data", town}), exit_ok) << err_;
    EXPECT_THAT(err_, HasSubstr("holds no town yet"));
    EXPECT_EQ(run({"token", "list", "--data", town}), exit_ok) << err_;
    EXPECT_THAT(out_, HasSubstr("gateway"));
    EXPECT_EQ(run({"token", "revoke", "1", "--data", town}), exit_ok) << err_;
}

TEST_F(CommandLine, AForgottenPasswordIsReplacedAndAnotherAccountIsMade) {
    const std::string town = folder_ + "/town";
    ASSERT_EQ(run({"token", "create", "--name", "gateway", "--data", town}), exit_ok) << err_;
    const auto user = [&](std::vector<std::string> words) {
        words.insert(words.begin(), "user");
        words.insert(words.end(), {"--data", town});
        return run(std::move(words));
    };
    typed_ = "correct horse battery\n";
    EXPECT_EQ(user({"create", "kari@drammen.no", "--name", "Kari"}), exit_ok) << err_;
    EXPECT_EQ(user({"list"}), exit_ok) << err_;
    EXPECT_THAT(out_, AllOf(HasSubstr("kari@drammen.no"), HasSubstr("Kari"), Not(HasSubstr("disabled"))));
    typed_ = "quite another sentence\n";
    EXPECT_EQ(user({"password", "Kari@drammen.no"}), exit_ok) << err_;
    typed_ = "";
    EXPECT_EQ(user({"password", "kari@drammen.no"}), exit_arguments) << "nothing was typed";
    EXPECT_EQ(user({"password", "ola@drammen.no"}), exit_failed);
    EXPECT_THAT(err_, HasSubstr("there is no account 'ola@drammen.no'"));
    Settings settings;
    settings.data = town;
    {
        const auto opened = open_identity(settings);
        ASSERT_TRUE(opened) << opened.error();
        EXPECT_FALSE((*opened)->identity->log_in("kari@drammen.no", "correct horse battery", "10.0.0.1"));
        EXPECT_TRUE((*opened)->identity->log_in("kari@drammen.no", "quite another sentence", "10.0.0.1"));
    }
    EXPECT_EQ(user({"disable", "kari@drammen.no"}), exit_ok) << err_;
    EXPECT_EQ(user({"list"}), exit_ok);
    EXPECT_THAT(out_, HasSubstr("disabled"));
}

TEST_F(CommandLine, AFileOfTlsThatIsNotThereIsNamedAndNothingIsMade) {
    const std::string config = folder_ + "/town.toml";
    const std::string town = folder_ + "/town";
    ASSERT_TRUE(write_text_file(config, "[server]\ntls_certificate = \"/none/a\"\ntls_key = \"/none/b\"\n"));
    EXPECT_EQ(run({"serve", "--config", config, "--listen", "127.0.0.1:0", "--data", town}), exit_arguments);
    EXPECT_THAT(err_, AllOf(HasSubstr("server.tls_certificate: there is no file /none/a"),
                            HasSubstr("server.tls_key: there is no file /none/b"), Not(HasSubstr("--listen"))));
    EXPECT_FALSE(fs::exists(town));
}

}  // namespace
}  // namespace bypuls::apps
