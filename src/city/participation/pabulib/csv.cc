// Elections as two tables, for offices that have neither voter ids nor Pabulib files.
#include <algorithm>
#include <charconv>
#include <unordered_map>

#include <fmt/format.h>

#include "city/participation/counting/refuse.h"
#include "city/participation/pabulib/limits.h"
#include "city/participation/pabulib/numbers.h"
#include "city/participation/pabulib/pabulib.h"
#include "core/text.h"

namespace bypuls::participation::pabulib {

using counting::Attempt;
using counting::BallotKind;
using counting::Choice;
using counting::Election;
using counting::ProjectIndex;
using counting::put_at;
using counting::refuse;

namespace {

constexpr std::int64_t points_max = 1'000'000'000;

constexpr std::string_view of_projects = words::Key("fault.table_projects").text();
constexpr std::string_view of_ballots = words::Key("fault.table_ballots").text();

Attempt<Table> read_table(std::string_view csv, std::string_view which) {
    auto table = parse_table(csv);
    return table ? std::move(table) : Attempt<Table>(put_at(table.error(), {.table = which}));
}

std::optional<std::int64_t> positive(std::string_view text) {
    text = trim(text);
    std::int64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool all = problem == std::errc{} && end == text.data() + text.size();
    return all && value >= 1 && value <= 1'000'000'000 ? std::optional(value) : std::nullopt;
}

class CsvReader {
public:
    explicit CsvReader(const CsvElection& csv) : csv_(csv) {}

    /// What was odd but harmless.
    const std::vector<counting::Finding>& remarks() const { return remarks_; }

    Attempt<Election> run() {
        election_.budget = csv_.budget;
        election_.kind = csv_.kind.value_or(BallotKind::approval);
        election_.pots = csv_.pots;
        TRY(const Table projects, read_table(csv_.projects, of_projects));
        TRY_DO(read_projects(projects));
        TRY(const Table ballots, read_table(csv_.ballots, of_ballots));
        TRY_DO(read_ballots(ballots));
        election_.ballots.group();
        TRY_DO(counting::validate(election_));
        return std::move(election_);
    }

private:
    static counting::Place place(std::string_view which, const Table& table, std::size_t row, std::size_t column) {
        return {.line = table.line(row), .column = column + 1, .table = which};
    }

    Attempt<void> read_projects(const Table& table);
    Attempt<void> read_ballots(const Table& table);
    Attempt<void> read_ballot(const Table& table, std::size_t row);

    const CsvElection& csv_;
    Election election_;
    std::unordered_map<std::string, ProjectIndex> index_;
    std::vector<counting::Finding> remarks_;
    std::optional<BallotLimits> limits_;
};

Attempt<void> CsvReader::read_projects(const Table& table) {
    const auto id = table.column("id");
    const auto cost = table.column("cost");
    const auto name = table.column("name");
    const auto pot = table.column("pot");
    const auto part = table.column("partial_from");
    const auto exclusive = table.column("exclusive");
    if (!id || !cost) {
        return refuse(Errc::malformed, "fault.csv_project_columns", {}, {.table = of_projects});
    }
    std::vector<std::pair<std::string, std::vector<ProjectIndex>>> groups;
    for (std::size_t row = 0; row < table.rows(); ++row) {
        counting::Project project{.id = std::string(trim(table.at(row, *id))),
                                  .name = name ? std::string(trim(table.at(row, *name))) : ""};
        const auto money = counting::parse_money(table.at(row, *cost));
        if (!money) {
            return put_at(money.error(), place(of_projects, table, row, *cost));
        }
        project.cost = *money;
        project.pot = pot ? trim(table.at(row, *pot)) : std::string_view{};
        if (part && !trim(table.at(row, *part)).empty()) {
            const auto least = counting::parse_money(table.at(row, *part));
            if (!least) {
                return put_at(least.error(), place(of_projects, table, row, *part));
            }
            project.partial_from = *least;
        }
        const auto number = static_cast<ProjectIndex>(row);
        index_.emplace(project.id, number);
        election_.projects.push_back(std::move(project));
        for (std::string_view label : split(exclusive ? table.at(row, *exclusive) : std::string_view{}, '|')) {
            label = trim(label);
            const auto known =
                std::ranges::find(groups, label, [](const auto& one) { return std::string_view(one.first); });
            if (label.empty()) {
                continue;
            }
            if (known == groups.end()) {
                groups.push_back({std::string(label), {number}});
            } else if (known->second.back() != number) {
                known->second.push_back(number);
            }
        }
    }
    for (auto& [label, members] : groups) {
        election_.exclusive.push_back(std::move(members));
    }
    return {};
}

Attempt<void> CsvReader::read_ballot(const Table& table, std::size_t row) {
    const std::size_t vote = *table.column("vote");
    const auto points = table.column("points");
    const auto weight = table.column("weight");
    std::vector<Choice> choices;
    const std::string_view text = trim(table.at(row, vote));
    const std::vector<std::string_view> named = text.empty() ? std::vector<std::string_view>{} : split(text, '|');
    const std::vector<std::string_view> given =
        points ? split(trim(table.at(row, *points)), '|') : std::vector<std::string_view>{};
    for (std::size_t i = 0; i < named.size(); ++i) {
        const auto known = index_.find(std::string(trim(named[i])));
        if (known == index_.end()) {
            return refuse(Errc::malformed, "recount.fault.unknown_project", {{"id", std::string(trim(named[i]))}},
                          place(of_ballots, table, row, vote));
        }
        Choice choice{known->second, 1};
        if (csv_.kind == BallotKind::ranking) {
            choice.value = static_cast<std::int64_t>(i) + 1;
        }
        if (csv_.kind == BallotKind::points) {
            const auto value = i < given.size() ? points_of(given[i], election_.points_per_one) : std::nullopt;
            if (!value || *value < 1 || *value > points_max) {
                return refuse(Errc::malformed, "fault.no_points", {{"id", std::string(trim(named[i]))}},
                              place(of_ballots, table, row, points.value_or(vote)));
            }
            choice.value = *value;
        }
        if (std::ranges::find(choices, choice.project, &Choice::project) != choices.end()) {
            return refuse(Errc::malformed, "fault.twice_on_ballot", {{"id", std::string(trim(named[i]))}},
                          place(of_ballots, table, row, vote));
        }
        choices.push_back(choice);
    }
    std::optional<std::int64_t> count = 1;
    if (weight && !trim(table.at(row, *weight)).empty()) {
        count = positive(table.at(row, *weight));
    }
    if (!count || *count > 100'000'000) {
        return refuse(Errc::malformed, "fault.csv_weight", {}, place(of_ballots, table, row, *weight));
    }
    if (!limits_ || limits_->look({.line = table.line(row), .table = of_ballots}, choices)) {
        election_.ballots.add(choices, *count);
    }
    return {};
}

Attempt<void> CsvReader::read_ballots(const Table& table) {
    if (!table.column("vote")) {
        return refuse(Errc::malformed, "fault.csv_vote_column", {}, {.table = of_ballots});
    }
    if (!csv_.kind && table.column("points")) {
        return refuse(Errc::malformed, "fault.csv_points_kind", {}, {.table = of_ballots});
    }
    const auto points = election_.kind == BallotKind::points ? table.column("points") : std::nullopt;
    for (std::size_t row = 0; points && row < table.rows(); ++row) {
        if (table.at(row, *points).contains('.')) {
            election_.points_per_one = 1000;
        }
    }
    if (csv_.invalid == InvalidBallots::refuse) {
        limits_.emplace(Lengths{.least = csv_.min_length, .most = csv_.max_length}, election_, csv_.invalid, remarks_);
    }
    for (std::size_t row = 0; row < table.rows(); ++row) {
        TRY_DO(read_ballot(table, row));
    }
    if (limits_) {
        limits_->finish();
    }
    return {};
}

}  // namespace

Attempt<Election> read_csv(const CsvElection& csv, std::vector<counting::Finding>* remarks) {
    CsvReader reader(csv);
    auto election = reader.run();
    if (remarks != nullptr) {
        remarks->insert(remarks->end(), reader.remarks().begin(), reader.remarks().end());
    }
    return election;
}

}  // namespace bypuls::participation::pabulib
