#include <algorithm>
#include <array>
#include <numeric>
#include <span>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "city/participation/pabulib/limits.h"
#include "city/participation/pabulib/numbers.h"
#include "city/participation/pabulib/pabulib.h"
#include "core/text.h"

namespace bypuls::participation::pabulib {
namespace {

using counting::BallotKind;
using counting::Choice;
using counting::Money;
using counting::Project;
using counting::ProjectIndex;

class Reader {
public:
    explicit Reader(const Document& document) : document_(document) {}

    Result<Reading> run() {
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
    static std::string place(const Table& table, std::size_t row, std::size_t column) {
        return fmt::format("line {}, column {}", table.line(row), column + 1);
    }

    Result<void> read_meta();
    Result<void> read_pots();
    Result<void> read_projects();
    Result<void> read_extensions(std::size_t row, Project& project);
    void read_groups(std::size_t row, std::string_view labels);
    Result<void> read_published(std::size_t row);
    Result<void> read_paid(std::size_t row);
    Result<void> read_votes();
    Result<void> read_vote(std::size_t row, std::string_view vote, std::string_view points);
    Result<std::int64_t> read_weight(std::size_t row) const;
    std::string ballot(std::size_t row) const;
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

Result<BallotKind> kind_named(std::string_view name) {
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
    return fail(
        Errc::malformed,
        fmt::format("vote_type '{}' is not approval, choose-1, cumulative, scoring, ordinal or knapsack", name));
}

Result<void> Reader::read_meta() {
    counting::Election& election = reading_.election;
    election.title = document_.meta_value("description");
    if (const auto currency = document_.meta_value("currency"); !currency.empty()) {
        election.currency = currency;
    }
    for (const std::string_view needed : {"budget", "vote_type"}) {
        if (!document_.has_meta(needed)) {
            return fail(Errc::malformed, fmt::format("META has no {}, which is needed", needed));
        }
    }
    const auto budget = counting::parse_money(document_.meta_value("budget"));
    if (!budget) {
        return fail(budget.error(), document_.meta_place("budget") + ": budget");
    }
    election.budget = *budget;
    const auto kind = kind_named(document_.meta_value("vote_type"));
    if (!kind) {
        return fail(kind.error(), document_.meta_place("vote_type"));
    }
    election.kind = *kind;
    election.ranking_length = whole(document_.meta_value("max_length")).value_or(0);
    return read_pots();
}

/// Not Pabulib's own: the sub-budgets, as docs/formats/election.schema.json has them.
Result<void> Reader::read_pots() {
    const std::string_view text = trim(document_.meta_value("pots"));
    if (text.empty()) {
        return {};
    }
    const auto json = nlohmann::json::parse(text, nullptr, false);
    const auto refuse = [&] {
        return fail(Errc::malformed,
                    document_.meta_place("pots") +
                        ": pots: expected a list such as [{\"name\": \"north\", \"budget\": \"1000\"}]");
    };
    if (!json.is_array()) {
        return refuse();
    }
    for (const auto& one : json) {
        const bool whole_pot = one.is_object() && one.size() == 2 && one.contains("name") && one["name"].is_string() &&
                               one.contains("budget") && one["budget"].is_string();
        if (!whole_pot) {
            return refuse();
        }
        counting::Pot pot{.name = one["name"].get<std::string>()};
        const auto money = counting::parse_money(one["budget"].get<std::string>());
        if (!money) {
            return fail(money.error(), fmt::format("{}: pots, '{}'", document_.meta_place("pots"), pot.name));
        }
        pot.budget = *money;
        reading_.election.pots.push_back(std::move(pot));
    }
    return {};
}

Result<void> Reader::read_projects() {
    const Table& table = document_.projects;
    const auto id = table.column("project_id");
    const auto cost = table.column("cost");
    if (!id || !cost) {
        return fail(Errc::malformed, "PROJECTS: the columns project_id and cost are needed");
    }
    const auto name = table.column("name");
    for (std::size_t row = 0; row < table.rows(); ++row) {
        const auto money = counting::parse_money(table.at(row, *cost));
        if (!money) {
            return fail(money.error(), place(table, row, *cost));
        }
        const std::string_view key = trim(table.at(row, *id));
        if (key.empty() || !index_.emplace(key, static_cast<ProjectIndex>(row)).second) {
            return fail(Errc::malformed,
                        fmt::format("{}: the project '{}' is listed twice or has no id", place(table, row, *id), key));
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
Result<void> Reader::read_extensions(std::size_t row, Project& project) {
    const Table& table = document_.projects;
    if (const auto column = table.column("pot")) {
        project.pot = trim(table.at(row, *column));
    }
    if (const auto column = table.column("partial_from"); column && !trim(table.at(row, *column)).empty()) {
        const auto least = counting::parse_money(table.at(row, *column));
        if (!least) {
            return fail(least.error(), place(table, row, *column));
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
Result<void> Reader::read_paid(std::size_t row) {
    const Table& table = document_.projects;
    const auto column = table.column("paid");
    if (!column) {
        return {};
    }
    std::optional<Money> paid;
    if (!trim(table.at(row, *column)).empty()) {
        const auto money = counting::parse_money(table.at(row, *column));
        if (!money) {
            return fail(money.error(), place(table, row, *column));
        }
        paid = *money;
    }
    reading_.published.paid.push_back(paid);
    return {};
}

Result<void> Reader::read_published(std::size_t row) {
    const Table& table = document_.projects;
    Published& published = reading_.published;
    if (const auto column = table.column("selected")) {
        published.present = true;
        const std::string_view text = trim(table.at(row, *column));
        if (text == "1" || text == "2") {
            (text == "1" ? published.winners : published.reserved).push_back(static_cast<ProjectIndex>(row));
        } else if (text != "0" && !text.empty()) {
            return fail(Errc::malformed,
                        fmt::format("{}: selected is '{}', not 0, 1 or 2", place(table, row, *column), text));
        }
    }
    const auto read = [&](std::string_view name, std::vector<std::int64_t>& into, auto number,
                          std::string_view what) -> Result<void> {
        const auto column = table.column(name);
        if (!column) {
            return {};
        }
        const std::optional<std::int64_t> value = number(table.at(row, *column));
        if (!value) {
            return fail(Errc::malformed,
                        fmt::format("{}: '{}' is not {}", place(table, row, *column), table.at(row, *column), what));
        }
        into.push_back(*value);
        return {};
    };
    TRY_DO(read("votes", published.votes, whole, "a whole number"));
    const auto score = [](std::string_view text) { return thousandths(text, score_max); };
    return read("score", published.scores, score, "a number with at most three decimals");
}

Result<void> Reader::read_votes() {
    const Table& table = document_.votes;
    const auto vote = table.column("vote");
    if (!vote) {
        return fail(Errc::malformed, "VOTES: the column vote is needed");
    }
    vote_column_ = *vote;
    points_column_ = table.column("points");
    weight_column_ = table.column("weight");
    voter_column_ = table.column("voter_id");
    if (reading_.election.kind == BallotKind::points && !points_column_) {
        return fail(Errc::malformed, "VOTES: ballots with points need a column points");
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
    BallotLimits limits(document_, reading_.election, reading_.remarks);
    for (std::size_t row = 0; row < table.rows(); ++row) {
        const std::string_view points = points_column_ ? table.at(row, *points_column_) : std::string_view{};
        TRY_DO(read_vote(row, table.at(row, *vote), points));
        limits.look([&] { return ballot(row); }, choices_);
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
        reading_.remarks.push_back(fmt::format("{}: the same voter stands on line {} too; both ballots are counted",
                                               ballot(row), table.line(before)));
    }
    if (again.size() > told_max) {
        reading_.remarks.push_back(
            fmt::format("and {} more ballots of voters who stand more than once", again.size() - told_max));
    }
}

std::string Reader::ballot(std::size_t row) const {
    // Remarks are published with the result: the line tells whoever has the file who it was, and nobody else.
    return fmt::format("line {}", document_.votes.line(row));
}

/// Takes the part before the next comma off the text.
std::string_view next_part(std::string_view& text) {
    const std::size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    return trim(part);
}

Result<void> Reader::read_vote(std::size_t row, std::string_view vote, std::string_view points) {
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
                return fail(Errc::malformed, fmt::format("{}: '{}' is not a number of points",
                                                         place(document_.votes, row, *points_column_), text));
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
            return fail(Errc::malformed,
                        fmt::format("{}: there is no project '{}'", place(document_.votes, row, vote_column_), id));
        }
        if (std::exchange(seen_in_[known->second], row + 1) == row + 1) {
            // Two published files hold such ballots (and their own totals count the project twice).
            reading_.remarks.push_back(fmt::format("{}: the project '{}' is named twice on one ballot and counted once",
                                                   place(document_.votes, row, vote_column_), id));
            continue;
        }
        if (value > 0) {
            choices_.push_back({known->second, value});
        }
    }
    TRY(const std::int64_t weight, read_weight(row));
    if (kind == BallotKind::choose_one && choices_.size() > 1) {
        return fail(Errc::malformed, fmt::format("{}: {} projects where one may be chosen",
                                                 place(document_.votes, row, vote_column_), choices_.size()));
    }
    if (!trim(points).empty() && kind == BallotKind::points) {
        return fail(Errc::malformed,
                    fmt::format("{}: more points than projects", place(document_.votes, row, *points_column_)));
    }
    reading_.election.ballots.add(choices_, weight);
    return {};
}

/// How many voters cast the ballot. A part of a voter is not among them: it would change what a share of the budget is.
Result<std::int64_t> Reader::read_weight(std::size_t row) const {
    if (!weight_column_ || trim(document_.votes.at(row, *weight_column_)).empty()) {
        return 1;
    }
    const auto given = whole(document_.votes.at(row, *weight_column_));
    if (!given || *given < 1 || *given > 1'000'000) {
        return fail(Errc::malformed, fmt::format("{}: a ballot's weight is a whole number from 1 to a million",
                                                 place(document_.votes, row, *weight_column_)));
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
        reading_.remarks.push_back(fmt::format("META: fully_funded is '{}', not 0 or 1, and says nothing", text));
    } else if (cost > money) {
        reading_.remarks.push_back("META says fully_funded is 1, but the projects together cost more than the budget");
    }
}

void Reader::compare_counts() {
    const auto remark = [&](std::string_view key, std::size_t rows) {
        const std::string_view text = document_.meta_value(key);
        if (const auto said = whole(text); !text.empty() && said != static_cast<std::int64_t>(rows)) {
            reading_.remarks.push_back(fmt::format("META says {} is {}, the file has {}", key, text, rows));
        }
    };
    remark("num_projects", document_.projects.rows());
    remark("num_votes", document_.votes.rows());
}

}  // namespace

Result<Reading> read_election(const Document& document) {
    return Reader(document).run();
}

}  // namespace bypuls::participation::pabulib
