#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "city/participation/counting/count.h"
#include "city/participation/pabulib/document.h"

namespace bypuls::participation::pabulib {

/// What a file says came out.
struct Published {
    bool present = false;                              ///< the file has a column "selected"
    std::vector<counting::ProjectIndex> winners;       ///< selected = 1, in order of the file
    std::vector<counting::ProjectIndex> reserved;      ///< selected = 2: won, but not by the rule alone
    std::vector<std::int64_t> votes;                   ///< empty if the file does not say
    std::vector<std::int64_t> scores;                  ///< in thousandths of a point; empty if the file does not say
    std::vector<std::optional<counting::Money>> paid;  ///< by project, from the column "paid"; empty without it

    friend bool operator==(const Published&, const Published&) = default;
};

/// What happens to ballots against the election's own limits.
enum class InvalidBallots : std::uint8_t {
    count,   ///< they are counted as published, and remarked upon
    refuse,  ///< they are not counted, which is remarked upon
};

/// A file read as something to count.
struct Reading {
    counting::Election election;
    Published published;
    /// What was odd but harmless. In English they are a part of what is published.
    std::vector<counting::Finding> remarks;
};

/// The election in a document. Beyond Pabulib's own, META may have `pots` (a JSON list of {"name", "budget"}) and
/// PROJECTS the columns `pot`, `partial_from` and `exclusive` (labels of groups, parted by commas). Ballots against the
/// limits in META, and a voter's second one, are read as they are and remarked upon with their line; with META's
/// `invalid_ballots` "refuse", those against the limits are left out. Errors name line and column, those of META too.
/// Errc::malformed.
counting::Attempt<Reading> read_election(const Document& document);

/// The rule the file itself names, as far as it defines one: META's keys `rule.KEY`, each a line of a rule's TOML, or
/// else `rule`, Pabulib's names, the built-in rules' and other_names(), with min_project_score_threshold and
/// fully_funded. Errc::not_found with a sentence for names that define no rule ("greedy-custom", "greedy-exclusive"
/// without groups) and for none at all; Errc::malformed for a rule in full that cannot be read or is not what `rule`
/// says.
counting::Attempt<counting::Rule> rule_of(const Document& document);

/// What `name` means for this election where somebody asks for it: a built-in rule's name, one of other_names(), or
/// "greedy-threshold" and "greedy-exclusive", which mean something only with the file's threshold (META's
/// min_project_score_threshold; null: none) or the election's groups. All count every ballot, and their ties are broken
/// as a file's that does not say how.
counting::Attempt<counting::Rule> rule_asked_for(std::string_view name, const counting::Election& election,
                                                 const Document* document);

/// Makes the document name this rule: by name if that says it all, or else in full. rule_of() gives it back.
void set_rule(Document& document, const counting::Rule& rule);

/// The document with a result: its rule, the column `selected`, `votes` and `score` as counted where it has
/// them, and `paid` if a project is only partly funded.
Document with_result(const Document& document, const counting::Election& election, const counting::Rule& rule,
                     const counting::CountResult& result);

/// Ballots with their election as a document: projects and ballots numbered, nothing about voters. Ballots are written
/// in sorted order so that no order of arrival can be read from the file. read_election() gives back the same election.
Document to_document(const counting::Election& election);

/// A document that may be shown to everybody.
struct Publication {
    Document document;
    std::vector<std::string> left_out;       ///< columns, as "VOTES age"
    std::vector<std::string> left_out_meta;  ///< keys of META
};

/// Which keys of META are published.
enum class KeepMeta : std::uint8_t {
    known,  ///< Pabulib's own, the sub-budgets and the rule's: what else stands there might hold anything
    all,
};

/// The document without what counting it again does not need: of VOTES only the vote, points where they count and
/// weights where there are any; voters numbered, ballots in the order of their contents, choices in that of their ids
/// (a ranking's by preference), so that nothing tells who voted or when. No rule asks for a voter's age or place. Of
/// PROJECTS Pabulib's columns about projects and ours; of META what `keep` says. The election must be the one that
/// read_election() gave, and is what it gives again.
Publication for_publication(const Document& document, const counting::Election& election,
                            KeepMeta keep = KeepMeta::known);

/// Projects as CSV (id, cost, optional name, pot, partial_from, exclusive) and ballots as CSV (vote, optional points,
/// weight), `,` or `;`; fields of a ballot, and labels of exclusive groups, are parted by `|`. A project's pot must be
/// among `pots`. Errors name file part, line and column.
struct CsvElection {
    std::string_view projects;
    std::string_view ballots;
    counting::Money budget = 0;
    /// Not said: approval, but refused where the ballots have points, which would then count for nothing.
    std::optional<counting::BallotKind> kind = std::nullopt;
    std::vector<counting::Pot> pots = {};
    /// How many projects a ballot may hold. With InvalidBallots::count neither says anything.
    std::optional<std::int64_t> min_length = std::nullopt;
    std::optional<std::int64_t> max_length = std::nullopt;
    InvalidBallots invalid = InvalidBallots::count;
};
/// Ballots that are refused are told among `remarks`, if there is such a list.
counting::Attempt<counting::Election> read_csv(const CsvElection& csv,
                                               std::vector<counting::Finding>* remarks = nullptr);

/// {"budget": "3000000", "kind": "approval", "projects": [{"id","name","cost",…}], "ballots": [{"choices": ["a"],
/// "points": [1], "count": 1}], "pots": […], "exclusive": [["a","b"]]}. Schema: docs/formats/election.schema.json. A
/// key that is not in it is refused, and one that stands twice: a typo could change who wins. Errors name line and
/// column of what is not JSON, else the path ("projects[3].cost"). Errc::malformed.
/// With "invalid_ballots": "refuse", ballots with fewer projects than "min_length" or more than "max_length" are left
/// out, and told among `remarks`, if there is such a list.
counting::Attempt<counting::Election> read_json(std::string_view json,
                                                std::vector<counting::Finding>* remarks = nullptr);
std::string print_json(const counting::Election& election);

}  // namespace bypuls::participation::pabulib
