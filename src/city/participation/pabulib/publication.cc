// What of a file is published.
#include <algorithm>
#include <array>
#include <functional>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <fmt/format.h>

#include "city/participation/pabulib/numbers.h"
#include "city/participation/pabulib/pabulib.h"

namespace bypuls::participation::pabulib {
namespace {

using counting::BallotKind;

/// Of PROJECTS: Pabulib's own columns about a project, and ours. A column `proposer` names a resident.
constexpr std::array<std::string_view, 19> project_columns = {
    "project_id", "cost",     "votes",        "score",         "name",     "category",     "target",
    "selected",   "latitude", "longitude",    "beneficiaries", "district", "neighborhood", "subunit",
    "public_id",  "pot",      "partial_from", "exclusive",     "paid"};

/// Of META: what Pabulib's format has (pabulib.org/format) or its files do, and ours beside the rule's.
constexpr std::array<std::string_view, 47> meta_keys = {
    // About the vote.
    "description", "country", "unit", "district", "subunit", "subdistricts", "instance", "edition", "language",
    "currency", "date_begin", "date_end", "num_projects", "num_votes", "budget", "leftover_budget", "comment",
    "acknowledgments", "experimental", "categories", "neighborhoods", "neighbourhoods",
    // What a ballot may hold, and what it counts.
    "vote_type", "min_length", "max_length", "min_sum_cost", "max_sum_cost", "min_points", "max_points",
    "min_sum_points", "max_sum_points", "invalid_ballots", "default_score", "scoring_fn", "max_sum_cost_per_category",
    "min_sum_cost_per_category", "min_length_per_category", "max_length_per_category",
    // The rule, and what it is applied to.
    "rule", "fully_funded", "min_project_score_threshold", "min_project_cost", "max_project_cost",
    "budget_per_category", "budget_per_neighborhood", "budget_per_neighbourhood", "pots"};
constexpr std::string_view rule_prefix = "rule.";

bool is_known_meta(std::string_view key) {
    return equal_ignoring_ascii_case(key.substr(0, rule_prefix.size()), rule_prefix) ||
           std::ranges::any_of(meta_keys,
                               [&](std::string_view known) { return equal_ignoring_ascii_case(known, key); });
}

bool is_published(std::string_view column) {
    return std::ranges::any_of(project_columns,
                               [&](std::string_view known) { return equal_ignoring_ascii_case(known, column); });
}

/// A ballot by its contents.
struct Row {
    std::string vote;
    std::string points;
    std::int64_t weight = 1;
    std::string_view voter;  ///< not written; only tells who stands twice

    bool operator<(const Row& other) const {
        return std::tie(vote, points, weight) < std::tie(other.vote, other.points, other.weight);
    }
};

std::string joined(const std::vector<std::string_view>& parts) {
    std::string text;
    for (const std::string_view part : parts) {
        text += text.empty() ? "" : ",";
        text += part;
    }
    return text;
}

/// "a,b," is a and b, and "," nothing.
std::vector<std::string_view> parts_of(std::string_view cell) {
    std::vector<std::string_view> parts = split(cell, ',');
    for (std::string_view& part : parts) {
        part = trim(part);
    }
    while (!parts.empty() && parts.back().empty()) {
        parts.pop_back();
    }
    return parts;
}

/// In order of preference. What stands a second time holds a place but is not counted.
std::string ranking_of(const std::vector<std::string_view>& given) {
    std::vector<std::string_view> ranked;
    std::unordered_set<std::string_view> seen;
    std::size_t counted = 0;
    for (const std::string_view id : given) {
        const bool again = !seen.insert(id).second;
        ranked.push_back(again ? ranked.back() : id);
        counted = again ? counted : ranked.size();
    }
    ranked.resize(counted);
    return joined(ranked);
}

/// The shortest form of what the reader took.
std::string points_text(std::string_view cell) {
    if (const auto points = whole(cell)) {
        return std::to_string(*points);
    }
    return counting::format_points(thousandths(cell).value_or(0), 1000);
}

/// In the order of their ids, each once. Nobody is told in which order a voter chose.
Row choices_of(const std::vector<std::string_view>& ids, std::string_view points, bool by_points) {
    const std::vector<std::string_view> given = split(points, ',');
    std::vector<std::pair<std::string_view, std::string>> choices;
    std::unordered_set<std::string_view> seen;
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (!seen.insert(ids[i]).second) {
            continue;
        }
        std::string value = by_points ? points_text(i < given.size() ? given[i] : "") : "1";
        if (value != "0") {
            choices.emplace_back(ids[i], std::move(value));
        }
    }
    std::ranges::sort(choices);
    Row row;
    for (const auto& [id, value] : choices) {
        row.vote += row.vote.empty() ? "" : ",";
        row.vote += id;
        row.points += row.points.empty() ? "" : ",";
        row.points += by_points ? value : "";
    }
    return row;
}

std::vector<Row> sorted_rows(const Table& votes, BallotKind kind) {
    const auto vote = votes.column("vote");
    const auto points = votes.column("points");
    const auto weight = votes.column("weight");
    const auto voter = votes.column("voter_id");
    std::vector<Row> rows;
    rows.reserve(votes.rows());
    for (std::size_t i = 0; i < votes.rows(); ++i) {
        const auto cell = [&](const std::optional<std::size_t>& column) {
            return column ? votes.at(i, *column) : std::string_view{};
        };
        const std::vector<std::string_view> ids = parts_of(cell(vote));
        Row row = kind == BallotKind::ranking ? Row{.vote = ranking_of(ids)}
                                              : choices_of(ids, cell(points), kind == BallotKind::points);
        row.weight = whole(cell(weight)).value_or(1);
        row.voter = cell(voter);
        rows.push_back(std::move(row));
    }
    std::ranges::stable_sort(rows, std::less<>{});
    return rows;
}

Table published_votes(const Table& before, BallotKind kind) {
    const std::vector<Row> rows = sorted_rows(before, kind);
    const bool points = kind == BallotKind::points;
    const bool weights = std::ranges::any_of(rows, [](const Row& row) { return row.weight != 1; });
    Table table;
    table.columns = {"voter_id", "vote"};
    if (points) {
        table.columns.emplace_back("points");
    }
    if (weights) {
        table.columns.emplace_back("weight");
    }
    // A voter who stands twice does so in what is published too, under a number that tells nothing else.
    std::unordered_map<std::string_view, std::size_t> numbers;
    std::size_t voters = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const bool is_known = !rows[i].voter.empty() && numbers.contains(rows[i].voter);
        const std::size_t number = is_known ? numbers[rows[i].voter] : ++voters;
        if (!rows[i].voter.empty()) {
            numbers.emplace(rows[i].voter, number);
        }
        table.add_cell(std::to_string(number));
        table.add_cell(rows[i].vote);
        if (points) {
            table.add_cell(rows[i].points);
        }
        if (weights) {
            table.add_cell(std::to_string(rows[i].weight));
        }
        table.end_row();
    }
    return table;
}

Table published_projects(const Table& before) {
    Table table;
    std::vector<std::size_t> kept;
    for (std::size_t column = 0; column < before.columns.size(); ++column) {
        if (is_published(before.columns[column])) {
            kept.push_back(column);
            table.columns.push_back(before.columns[column]);
        }
    }
    for (std::size_t row = 0; row < before.rows(); ++row) {
        for (const std::size_t column : kept) {
            table.add_cell(before.at(row, column));
        }
        table.end_row();
    }
    return table;
}

/// The columns that the second table lacks.
void tell_missing(std::string_view section, const Table& before, const Table& after, std::vector<std::string>& told) {
    for (const std::string& column : before.columns) {
        if (!after.column(column)) {
            told.push_back(fmt::format("{} {}", section, column));
        }
    }
}

}  // namespace

Publication for_publication(const Document& document, const counting::Election& election, KeepMeta keep) {
    Publication publication;
    std::vector<std::pair<std::string, std::string>> meta;
    for (const auto& [key, value] : document.meta) {
        if (keep == KeepMeta::all || is_known_meta(key)) {
            meta.emplace_back(key, value);
        } else {
            publication.left_out_meta.push_back(key);
        }
    }
    publication.document = {.meta = std::move(meta),
                            .projects = published_projects(document.projects),
                            .votes = published_votes(document.votes, election.kind)};
    tell_missing("PROJECTS", document.projects, publication.document.projects, publication.left_out);
    tell_missing("VOTES", document.votes, publication.document.votes, publication.left_out);
    return publication;
}

}  // namespace bypuls::participation::pabulib
