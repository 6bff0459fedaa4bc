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
    bool present = false;                          ///< the file has a column "selected"
    std::vector<counting::ProjectIndex> winners;   ///< selected = 1, in order of the file
    std::vector<counting::ProjectIndex> reserved;  ///< selected = 2: won, but not by the rule alone
    std::vector<std::int64_t> votes;               ///< empty if the file does not say
    std::vector<std::int64_t> scores;              ///< empty if the file does not say

    friend bool operator==(const Published&, const Published&) = default;
};

/// A file read as something to count.
struct Reading {
    counting::Election election;
    Published published;
    std::vector<std::string> remarks;  ///< what was odd but harmless, one sentence each
};

/// The election in a document. Errors name line and column. Errc::malformed.
Result<Reading> read_election(const Document& document);

/// The rule the file itself names (META rule, thresholds, lengths), as far as it defines one.
/// Errc::not_found with a sentence for names that define no rule ("greedy-custom", "unknown") and for none at all.
Result<counting::Rule> rule_of(const Document& document);

/// The document with its column "selected" set to the winners of a count, added if missing.
Document with_result(const Document& document, const std::vector<counting::ProjectIndex>& winners);

/// Ballots with their election as a document: projects and ballots numbered, nothing about voters. Ballots are written
/// in sorted order so that no order of arrival can be read from the file.
Document to_document(const counting::Election& election);

/// Projects as CSV (id, cost, optional name, pot, partial_from, exclusive) and ballots as CSV (vote, optional points,
/// weight), `,` or `;`; fields of a ballot are parted by `|`. Errors name file part, line and column.
struct CsvElection {
    std::string_view projects;
    std::string_view ballots;
    counting::Money budget = 0;
    counting::BallotKind kind = counting::BallotKind::approval;
};
Result<counting::Election> read_csv(const CsvElection& csv);

/// {"budget": "3000000", "kind": "approval", "projects": [{"id","name","cost",…}], "ballots": [{"choices": ["a"],
/// "points": [1], "count": 1}], "pots": […], "exclusive": [["a","b"]]}. Schema: docs/formats/election.schema.json.
Result<counting::Election> read_json(std::string_view json);
std::string print_json(const counting::Election& election);

}  // namespace bypuls::participation::pabulib
