#pragma once

#include <functional>
#include <iosfwd>
#include <span>
#include <string>

#include "core/result.h"

namespace bypuls::participation::explanation {

/// What a counting command needs from its surroundings.
struct Surroundings {
    std::function<Result<std::string>(const std::string& path)> read_file;
    std::ostream& out;     ///< the answer
    std::ostream& err;     ///< faults, and how far a long count has come
    bool watched = false;  ///< somebody watches `err`: only then is told how far a count has come
};

/// Exit codes of all three.
inline constexpr int exit_ok = 0;
inline constexpr int exit_differs = 1;  ///< verify: the result does not follow; compare and which-rule: none fits
inline constexpr int exit_usage = 2;    ///< arguments, files or rules that make no sense
inline constexpr int exit_once = 3;     ///< verify: it follows, but the second implementation did not count all of it
inline constexpr int exit_other_rule = 4;  ///< verify: it follows by its own rule, which is not the election's

/// All take --help. An election as two CSV files is FILE with the projects, --ballots FILE.csv, --budget KRONER,
/// --kind (approval if not given and the ballots have no points) and --pot NAME=KRONER for each sub-budget.
///
/// `bypuls count FILE.pb [--rule NAME|FILE.toml] [--json] [--pb [--keep-meta] [--keep-voters]] [--explain] [--language
/// nb|nn|en]
/// [--which-rule]`. FILE is Pabulib or JSON (.json). Without --rule the rule is the one the file names. With --pb the
/// file is fit for publication: nothing in it tells who voted or when, unless --keep-voters asks for all columns, and
/// of META only what is known to be about the vote, unless --keep-meta asks for all of it.
int count_command(std::span<const std::string> arguments, const Surroundings& surroundings);

/// `bypuls verify count ELECTION RESULT [--rule NAME|FILE.toml] [--quick | --thorough] [--language nb|nn|en]`: RESULT
/// is the JSON of count, or a .pb with `selected`. Compares everything in it and names the first difference. Counts
/// twice, by both implementations; with --quick only by the fast one, and how close it was is not compared. The second
/// gives up beyond a bound, and says what it did instead; with --thorough it has none. The rule is that of --rule, or
/// the one ELECTION names: a result by another has an exit code of its own. Where neither is there, the rule is
/// RESULT's, and where both leave a lot without its seed, the seed is; either is told.
int verify_count_command(std::span<const std::string> arguments, const Surroundings& surroundings);

/// `bypuls compare FILE.pb [--rules A,B,C] [--json] [--language nb|nn|en]`: winners and figures side by side.
int compare_command(std::span<const std::string> arguments, const Surroundings& surroundings);

}  // namespace bypuls::participation::explanation
