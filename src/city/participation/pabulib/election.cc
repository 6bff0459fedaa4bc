#include <algorithm>
#include <array>
#include <numeric>
#include <span>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "city/participation/counting/refuse.h"
#include "city/participation/pabulib/limits.h"
#include "city/participation/pabulib/numbers.h"
#include "city/participation/pabulib/pabulib.h"
#include "core/text.h"

namespace bypuls::participation::pabulib {
namespace {

using counting::Attempt;
using counting::BallotKind;
using counting::Choice;
using counting::Money;
using counting::Project;
using counting::ProjectIndex;
using counting::put_at;
using counting::refuse;

class Reader {
public:
    explicit Reader(const Document& document) : document_(document) {}

    Attempt<Reading> run() {
        TRY_DO(read_meta());
        TRY_DO(read_projects());
        TRY_DO(read_votes());
        reading_.election.ballots.group();
        compare_counts();
        look_at_full_funding();
        TRY_DO(counting::validate(reading_.election));
        return std::move(reading_);
    }

private:
    static counting::Place place(const Table& table, std::size_t row, std::size_t column) {
        return {.line = table.line(row), .column = column + 1};
    }

    Attempt<void> read_meta();
    Attempt<void> read_pots();
    Attempt<void> read_projects();
    Attempt<void> read_extensions(std::size_t row, Project& project);
    void read_groups(std::size_t row, std::string_view labels);
    Attempt<void> read_published(std::size_t row);
    Attempt<void> read_paid(std::size_t row);
    Attempt<void> read_votes();
    /// The choices into choices_; gives how many voters cast the ballot.
    Attempt<std::int64_t> read_vote(std::size_t row, std::string_view vote, std::string_view points);
    Attempt<std::int64_t> read_weight(std::size_t row) const;
    counting::Place ballot(std::size_t row) const;
    void look_at_voters();
    void compare_counts();
    void look_at_full_funding();

    const Document& document_;
    Reading reading_;
    std::unordered_map<std::string_view, ProjectIndex> index_;
    std::vector<Choice> choices_;
    std::vector<std::size_t> seen_in_;  // per project: the last row that named it, counted from 1
    std::size_t vote_column_ = 0;
    std::optional<std::size_t> points_column_;
    std::optional<std::size_t> weight_column_;
    std::optional<std::size_t> voter_column_;
    std::vector<std::string> groups_;  // labels of the exclusive groups, in order of the election's
};

Attempt<BallotKind> kind_named(std::string_view name) {
    struct Known {
        std::string_view name;
        BallotKind kind;
    };
    static constexpr std::array<Known, 8> kinds = {{{"approval", BallotKind::approval},
                                                    {"choose-1", BallotKind::choose_one},
                                                    {"cumulative", BallotKind::points},
                                                    {"scoring", BallotKind::points},
                                                    {"points", BallotKind::points},
                                                    {"ordinal", BallotKind::ranking},
                                                    {"ranking", BallotKind::ranking},
                                                    {"knapsack", BallotKind::knapsack}}};
    for (const Known& known : kinds) {
        if (equal_ignoring_ascii_case(known.name, trim(name))) {
            return known.kind;
        }
    }
    return refuse(Errc::malformed, "recount.fault.vote_type", {{"text", std::string(name)}});
}

Attempt<void> Reader::read_meta() {
    counting::Election& election = reading_.election;
    election.title = document_.meta_value("description");
    if (const auto currency = document_.meta_value("currency"); !currency.empty()) {
        election.currency = currency;
    }
    for (const std::string_view needed : {"budget", "vote_type"}) {
        if (!document_.has_meta(needed)) {
            return refuse(Errc::malformed, "recount.fault.meta_lacks", {{"key", std::string(needed)}});
        }
    }
    const auto budget = counting::parse_money(document_.meta_value("budget"));
    if (!budget) {
        return put_at(budget.error(), document_.meta_place("budget"));
    }
    election.budget = *budget;
    const auto kind = kind_named(document_.meta_value("vote_type"));
    if (!kind) {
        return put_at(kind.error(), document_.meta_place("vote_type"));
    }
    election.kind = *kind;
    election.ranking_length = whole(document_.meta_value("max_length")).value_or(0);
    return read_pots();
}

/// Not Pabulib's own: the sub-budgets, as docs/formats/election.schema.json has them.
Attempt<void> Reader::read_pots() {
    const std::string_view text = trim(document_.meta_value("pots"));
    if (text.empty()) {
        return {};
    }
    const auto json = nlohmann::json::parse(text, nullptr, false);
    const auto no_list = [&] {
        return refuse(Errc::malformed, "recount.fault.pots", {{"example", R"({"name": "nord", "budget": "1000"})"}},
                      document_.meta_place("pots"));
    };
    if (!json.is_array()) {
        return no_list();
    }
    for (const auto& one : json) {
        const bool whole_pot = one.is_object() && one.size() == 2 && one.contains("name") && one["name"].is_string() &&
                               one.contains("budget") && one["budget"].is_string();
        if (!whole_pot) {
            return no_list();
        }
        counting::Pot pot{.name = one["name"].get<std::string>()};
        const auto money = counting::parse_money(one["budget"].get<std::string>());
        if (!money) {
            return put_at(money.error(), document_.meta_place("pots"));
        }
        pot.budget = *money;
        const auto& others = reading_.election.pots;
        if (pot.name.empty() || std::ranges::find(others, pot.name, &counting::Pot::name) != others.end()) {
            return refuse(Errc::malformed, "recount.fault.pot_twice", {{"pot", pot.name}},
                          document_.meta_place("pots"));
        }
        reading_.election.pots.push_back(std::move(pot));
    }
    return {};
}

Attempt<void> Reader::read_projects() {
    const Table& table = document_.projects;
    const auto id = table.column("project_id");
    const auto cost = table.column("cost");
    if (!id || !cost) {
        return refuse(Errc::malformed, "recount.fault.project_columns");
    }
    const auto name = table.column("name");
    for (std::size_t row = 0; row < table.rows(); ++row) {
        const auto money = counting::parse_money(table.at(row, *cost));
        if (!money) {
            return put_at(money.error(), place(table, row, *cost));
        }
        const std::string_view key = trim(table.at(row, *id));
        if (key.empty() || !index_.emplace(key, static_cast<ProjectIndex>(row)).second) {
            return refuse(Errc::malformed, "recount.fault.project_twice", {{"id", std::string(key)}},
                          place(table, row, *id));
        }
        Project project{
            .id = std::string(key), .name = name ? std::string(table.at(row, *name)) : std::string(), .cost = *money};
        TRY_DO(read_extensions(row, project));
        reading_.election.projects.push_back(std::move(project));
        TRY_DO(read_published(row));
        TRY_DO(read_paid(row));
    }
    return {};
}

/// Not Pabulib's own: the columns pot, partial_from and exclusive (labels of groups, parted by commas).
Attempt<void> Reader::read_extensions(std::size_t row, Project& project) {
    const Table& table = document_.projects;
    if (const auto column = table.column("pot")) {
        project.pot = trim(table.at(row, *column));
        if (!project.pot.empty() && std::ranges::find(reading_.election.pots, project.pot, &counting::Pot::name) ==
                                        reading_.election.pots.end()) {
            return refuse(Errc::malformed, "recount.fault.unknown_pot", {{"pot", project.pot}},
                          place(table, row, *column));
        }
    }
    if (const auto column = table.column("partial_from"); column && !trim(table.at(row, *column)).empty()) {
        const auto least = counting::parse_money(table.at(row, *column));
        if (!least) {
            return put_at(least.error(), place(table, row, *column));
        }
        project.partial_from = *least;
    }
    if (const auto column = table.column("exclusive")) {
        read_groups(row, table.at(row, *column));
    }
    return {};
}

void Reader::read_groups(std::size_t row, std::string_view labels) {
    const auto project = static_cast<ProjectIndex>(row);
    for (std::string_view label : split(labels, ',')) {
        label = trim(label);
        if (label.empty()) {
            continue;
        }
        const auto known = static_cast<std::size_t>(std::ranges::find(groups_, label) - groups_.begin());
        if (known == groups_.size()) {
            groups_.emplace_back(label);
            reading_.election.exclusive.emplace_back();
        }
        std::vector<ProjectIndex>& members = reading_.election.exclusive[known];
        if (members.empty() || members.back() != project) {
            members.push_back(project);
        }
    }
}

/// Not Pabulib's own: what a winner was paid, where one is only partly funded.
Attempt<void> Reader::read_paid(std::size_t row) {
    const Table& table = document_.projects;
    const auto column = table.column("paid");
    if (!column) {
        return {};
    }
    std::optional<Money> paid;
    if (!trim(table.at(row, *column)).empty()) {
        const auto money = counting::parse_money(table.at(row, *column));
        if (!money) {
            return put_at(money.error(), place(table, row, *column));
        }
        paid = *money;
    }
    reading_.published.paid.push_back(paid);
    return {};
}

Attempt<void> Reader::read_published(std::size_t row) {
    const Table& table = document_.projects;
    Published& published = reading_.published;
    if (const auto column = table.column("selected")) {
        published.present = true;
        const std::string_view text = trim(table.at(row, *column));
        if (text == "1" || text == "2") {
            (text == "1" ? published.winners : published.reserved).push_back(static_cast<ProjectIndex>(row));
        } else if (text != "0" && !text.empty()) {
            return refuse(Errc::malformed, "recount.fault.selected", {{"text", std::string(text)}},
                          place(table, row, *column));
        }
    }
    const auto read = [&](std::string_view name, std::vector<std::int64_t>& into, auto number,
                          words::Key otherwise) -> Attempt<void> {
        const auto column = table.column(name);
        if (!column) {
            return {};
        }
        const std::optional<std::int64_t> value = number(table.at(row, *column));
        if (!value) {
            return refuse(Errc::malformed, otherwise, {{"text", std::string(table.at(row, *column))}},
                          place(table, row, *column));
        }
        into.push_back(*value);
        return {};
    };
    TRY_DO(read("votes", published.votes, whole, "recount.fault.not_whole"));
    const auto score = [](std::string_view text) { return thousandths(text, score_max); };
    return read("score", published.scores, score, "recount.fault.not_points");
}

Attempt<void> Reader::read_votes() {
    const Table& table = document_.votes;
    const auto vote = table.column("vote");
    if (!vote) {
        return refuse(Errc::malformed, "recount.fault.vote_column");
    }
    vote_column_ = *vote;
    points_column_ = table.column("points");
    weight_column_ = table.column("weight");
    voter_column_ = table.column("voter_id");
    if (reading_.election.kind == BallotKind::points && !points_column_) {
        return refuse(Errc::malformed, "recount.fault.points_column");
    }
    seen_in_.assign(reading_.election.projects.size(), 0);
    reading_.election.ballots.reserve(table.rows(), table.rows() * 4);
    if (reading_.election.kind == BallotKind::points) {
        for (std::size_t row = 0; row < table.rows(); ++row) {
            if (table.at(row, *points_column_).contains('.')) {
                reading_.election.points_per_one = 1000;
            }
        }
    }
    TRY(const InvalidBallots invalid, invalid_ballots(document_));
    BallotLimits limits(document_, reading_.election, invalid, reading_.remarks);
    for (std::size_t row = 0; row < table.rows(); ++row) {
        const std::string_view points = points_column_ ? table.at(row, *points_column_) : std::string_view{};
        TRY(const std::int64_t weight, read_vote(row, table.at(row, *vote), points));
        if (limits.look(ballot(row), choices_)) {
            reading_.election.ballots.add(choices_, weight);
        }
    }
    limits.finish();
    look_at_voters();
    return {};
}

/// One who stands twice is the first thing that somebody who checks a vote looks for. Both ballots count, since the
/// town counted them, and it is told.
void Reader::look_at_voters() {
    const Table& table = document_.votes;
    if (!voter_column_) {
        return;
    }
    const auto id = [&](std::size_t row) { return trim(table.at(row, *voter_column_)); };
    const auto goes_before = [&](std::size_t a, std::size_t b) {
        return std::pair(id(a).size(), id(a)) < std::pair(id(b).size(), id(b));
    };
    std::vector<std::size_t> rows(table.rows());
    std::iota(rows.begin(), rows.end(), 0U);
    if (!std::ranges::is_sorted(rows, goes_before)) {
        std::ranges::stable_sort(rows, goes_before);
    }
    std::vector<std::pair<std::size_t, std::size_t>> again;  // the row, and the one before it with the same voter
    for (std::size_t i = 1; i < rows.size(); ++i) {
        if (!id(rows[i]).empty() && id(rows[i]) == id(rows[i - 1])) {
            again.emplace_back(rows[i], rows[i - 1]);
        }
    }
    std::ranges::sort(again);
    constexpr std::size_t told_max = 20;
    for (const auto& [row, before] : std::span(again).first(std::min(again.size(), told_max))) {
        reading_.remarks.push_back(
            counting::finding("remark.voter_twice", {{"before", std::to_string(table.line(before))}}, ballot(row)));
    }
    if (again.size() > told_max) {
        reading_.remarks.push_back(
            counting::finding("remark.more_voters_twice", {{"found", std::to_string(again.size() - told_max)}}));
    }
}

counting::Place Reader::ballot(std::size_t row) const {
    // Remarks are published with the result: the line tells whoever has the file who it was, and nobody else.
    return {.line = document_.votes.line(row)};
}

/// Takes the part before the next comma off the text.
std::string_view next_part(std::string_view& text) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    return trim(part);
}

Attempt<std::int64_t> Reader::read_vote(std::size_t row, std::string_view vote, std::string_view points) {
    const BallotKind kind = reading_.election.kind;
    choices_.clear();
    std::int64_t rank = 0;
    while (!vote.empty()) {
        const std::string_view id = next_part(vote);
        std::int64_t value = 1;
        ++rank;
        if (kind == BallotKind::points) {
            const std::string_view text = next_part(points);
            const auto given = points_of(text, reading_.election.points_per_one);
            if (!given) {
                return refuse(Errc::malformed, "recount.fault.not_points", {{"text", std::string(text)}},
                              place(document_.votes, row, *points_column_));
            }
            value = *given;
        } else if (kind == BallotKind::ranking) {
            value = rank;
        }
        if (id.empty() && vote.empty()) {
            break;
        }
        const auto known = index_.find(id);
        if (known == index_.end()) {
            return refuse(Errc::malformed, "recount.fault.unknown_project", {{"id", std::string(id)}},
                          place(document_.votes, row, vote_column_));
        }
        if (std::exchange(seen_in_[known->second], row + 1) == row + 1) {
            // Two published files hold such ballots (and their own totals count the project twice).
            reading_.remarks.push_back(counting::finding("remark.named_twice", {{"id", std::string(id)}},
                                                         place(document_.votes, row, vote_column_)));
            continue;
        }
        if (value > 0) {
            choices_.push_back({known->second, value});
        }
    }
    TRY(const std::int64_t weight, read_weight(row));
    if (kind == BallotKind::choose_one && choices_.size() > 1) {
        return refuse(Errc::malformed, "recount.fault.one_choice", {}, place(document_.votes, row, vote_column_));
    }
    if (!trim(points).empty() && kind == BallotKind::points) {
        return refuse(Errc::malformed, "recount.fault.more_points", {}, place(document_.votes, row, *points_column_));
    }
    return weight;
}

/// How many voters cast the ballot. A part of a voter is not among them: it would change what a share of the budget is.
Attempt<std::int64_t> Reader::read_weight(std::size_t row) const {
    if (!weight_column_ || trim(document_.votes.at(row, *weight_column_)).empty()) {
        return 1;
    }
    const auto given = whole(document_.votes.at(row, *weight_column_));
    if (!given || *given < 1 || *given > 1'000'000) {
        return refuse(Errc::malformed, "recount.fault.weight", {}, place(document_.votes, row, *weight_column_));
    }
    return *given;
}

/// META fully_funded says that there was money for everything.
void Reader::look_at_full_funding() {
    const std::string_view text = trim(document_.meta_value("fully_funded"));
    if (text.empty() || text == "0") {
        return;
    }
    __int128 cost = 0;
    for (const Project& project : reading_.election.projects) {
        cost += project.cost;
    }
    __int128 money = reading_.election.budget;
    for (const counting::Pot& pot : reading_.election.pots) {
        money += pot.budget;
    }
    if (text != "1") {
        reading_.remarks.push_back(counting::finding("remark.odd_funding", {{"text", std::string(text)}}));
    } else if (cost > money) {
        reading_.remarks.push_back(counting::finding("remark.not_funded"));
    }
}

void Reader::compare_counts() {
    const auto remark = [&](std::string_view key, std::size_t rows) {
        const std::string_view text = document_.meta_value(key);
        if (const auto said = whole(text); !text.empty() && said != static_cast<std::int64_t>(rows)) {
            reading_.remarks.push_back(counting::finding(
                "remark.other_count",
                {{"key", std::string(key)}, {"said", std::string(text)}, {"found", std::to_string(rows)}}));
        }
    };
    remark("num_projects", document_.projects.rows());
    remark("num_votes", document_.votes.rows());
}

}  // namespace

Attempt<Reading> read_election(const Document& document) {
    return Reader(document).run();
}

}  // namespace bypuls::participation::pabulib
