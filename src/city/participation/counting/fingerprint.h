#pragma once

#include <span>
#include <string>

#include "city/participation/counting/election.h"
#include "city/participation/counting/rule.h"

namespace bypuls::participation::counting {

/// One ballot as text, the same whatever file it came from and in whatever order the file has projects and choices:
/// ids in the order of their bytes, parted by commas; with points ";" and the points in the same order behind them; a
/// ranking's in order of preference, a place that counts for nobody with the project before it once more. Before a
/// comma, semicolon, backslash or line break in an id stands a backslash, and a line break is "n" or "r".
/// docs/formats/count-fingerprint.md.
std::string ballot_text(const Election& election, std::span<const Choice> choices);

/// What a fingerprint of ballots is taken of: a line for each different ballot, how many there are (each times its
/// weight), a space and the ballot, in the order of the ballots' bytes; as `sort | uniq -c` writes them. A hundred
/// thousand ballots are some megabytes.
std::string ballots_text(const Election& election);
/// What a fingerprint of a rule is taken of: print_rule() without its comments.
std::string rule_text(const Rule& rule);

/// SHA-256 of these as 64 lower-case hexadecimal digits: two counts with the same were of the same ballots, by the same
/// rule.
std::string ballots_sha256(const Election& election);
std::string rule_sha256(const Rule& rule);

}  // namespace bypuls::participation::counting
