#pragma once

// What the counting commands share; for commands.cc and verify_command.cc only.
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "city/participation/explanation/commands.h"
#include "city/participation/explanation/report.h"
#include "city/participation/explanation/sentences.h"
#include "city/participation/pabulib/pabulib.h"
#include "city/participation/pabulib/voter_groups.h"
#include "core/words/catalogue.h"

namespace bypuls::participation::explanation {

/// What a command says, in the language that was asked for; numbers as that language writes them, in English plainly.
class Voice {
public:
    explicit Voice(Language language);

    std::string operator()(words::Key key, words::Arguments arguments = {}) const { return say_(key, arguments); }
    std::string lookup(std::string_view key) const { return say_.lookup(key); }
    const words::Words& words() const { return say_; }
    std::string number(std::int64_t value) const;
    /// "1000.50", "1 000,50"
    std::string money(counting::Money amount) const;
    std::string points(std::int64_t points, std::int64_t points_per_one) const;
    /// "1.27", "1,27"
    std::string decimal(double value, int decimals) const;
    /// "12.5%", "12,5 %"
    std::string percent(double share, int decimals) const;

private:
    words::Words say_;
};

struct Arguments {
    std::vector<std::string> files;
    std::optional<std::string> rule;
    std::vector<std::string> rules;
    std::vector<std::string> what_if;
    std::optional<Language> language;
    bool json = false;
    bool pb = false;
    bool keep_voters = false;
    bool keep_meta = false;
    bool explain = false;
    bool which_rule = false;
    bool quick = false;
    bool thorough = false;
    // A table of projects as CSV needs what is not in it.
    std::optional<std::string> ballots;
    std::optional<counting::Money> budget;
    std::vector<counting::Pot> pots;
    std::optional<counting::BallotKind> kind;
    std::optional<std::int64_t> min_length;
    std::optional<std::int64_t> max_length;
    std::optional<pabulib::InvalidBallots> invalid;

    /// English where no language is asked for: tables, faults and the story of a count alike.
    Language tongue() const { return language.value_or(Language::english); }
    Voice voice() const { return Voice(tongue()); }
};

struct Usage {
    std::string_view text;
    std::string_view details;
    std::size_t files = 1;
    std::vector<std::string_view> options;
};

counting::Attempt<Arguments> read_arguments(std::span<const std::string> given, const Usage& usage);
/// The language of --language, for what is wrong with the rest; nothing where it is not asked for, or not known.
std::optional<Language> language_asked_for(std::span<const std::string> given);

/// An election from a file, with the document if it was Pabulib.
struct Loaded {
    counting::Election election;
    std::optional<pabulib::Document> document;
    pabulib::Published published;
    std::vector<counting::Finding> remarks;

    /// The ballots by what the file says of the voters.
    std::vector<pabulib::VoterGroup> groups() const {
        return document ? pabulib::voter_groups(*document) : std::vector<pabulib::VoterGroup>();
    }
    /// True if the file says something of the voters, from which there could be groups.
    bool tells_of_voters() const;
};
counting::Attempt<Loaded> load(const std::string& path, const Arguments& arguments, const Surroundings& around);

/// What was odd about the file, on the side.
void tell_remarks(const Loaded& loaded, const Arguments& arguments, const Surroundings& around);

/// A built-in rule as `--rule NAME` means it: counts everyone and breaks ties by cost, votes and id, which is what a
/// file without its own rule text can mean.
counting::Attempt<counting::Rule> builtin(std::string_view name);
/// The rule that the file itself names; its faults say which file that is.
counting::Attempt<counting::Rule> own_rule(const Loaded& loaded, const std::string& path);
/// The rule of --rule, or the one the file names.
counting::Attempt<counting::Rule> rule_for(const Arguments& arguments, const Loaded& loaded,
                                           const Surroundings& around);

/// What each of these changes leads to, by itself; `rule=` is read as --rule is.
counting::Attempt<std::vector<Supposed>> suppose(const std::vector<std::string>& changes, const Arguments& arguments,
                                                 const Loaded& loaded, const counting::Rule& rule,
                                                 const counting::CountResult& result, const Surroundings& around);

/// The bytes of a file that somebody named, unpacked if it is packed.
counting::Attempt<std::string> read_file(const std::string& path, const Surroundings& around);

/// Ids with a space between.
std::string ids(const counting::Election& election, const std::vector<counting::ProjectIndex>& projects);
/// Counting options that write how far a long count has come, where somebody watches.
counting::CountOptions telling(const Surroundings& around);
/// What begins now, where the election is large and somebody watches.
void tell_progress(const counting::Election& election, const std::string& what, const Surroundings& around);
/// True if a count may take long enough for one to wonder.
bool is_large(const counting::Election& election);

counting::Attempt<int> run_verify(const Arguments& arguments, const Surroundings& around);

}  // namespace bypuls::participation::explanation
