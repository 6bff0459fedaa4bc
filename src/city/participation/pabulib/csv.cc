// Elections as two tables, for offices that have neither voter ids nor Pabulib files.
#include <algorithm>
#include <charconv>
#include <unordered_map>

#include <fmt/format.h>

#include "city/participation/pabulib/numbers.h"
#include "city/participation/pabulib/pabulib.h"
#include "core/text.h"

namespace bypuls::participation::pabulib {

using counting::BallotKind;
using counting::Choice;
using counting::Election;
using counting::ProjectIndex;

namespace {

constexpr std::int64_t points_max = 1'000'000'000;

Result<Table> read_table(std::string_view csv, std::string_view what) {
    auto table = parse_table(csv);
    return table ? std::move(table) : Result<Table>(fail(table.error(), what));
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

    Result<Election> run() {
        election_.budget = csv_.budget;
        election_.kind = csv_.kind.value_or(BallotKind::approval);
        election_.pots = csv_.pots;
        TRY(const Table projects, read_table(csv_.projects, "projects"));
        TRY_DO(read_projects(projects));
        TRY(const Table ballots, read_table(csv_.ballots, "ballots"));
        TRY_DO(read_ballots(ballots));
        election_.ballots.group();
        TRY_DO(counting::validate(election_));
        return std::move(election_);
    }

private:
    static std::string place(std::string_view what, const Table& table, std::size_t row, std::size_t column) {
        return fmt::format("{}, line {}, column {}", what, table.line(row), column + 1);
    }

    Result<void> read_projects(const Table& table);
    Result<void> read_ballots(const Table& table);
    Result<void> read_ballot(const Table& table, std::size_t row);

    const CsvElection& csv_;
    Election election_;
    std::unordered_map<std::string, ProjectIndex> index_;
};

Result<void> CsvReader::read_projects(const Table& table) {
    const auto id = table.column("id");
    const auto cost = table.column("cost");
    const auto name = table.column("name");
    const auto pot = table.column("pot");
    const auto part = table.column("partial_from");
    const auto exclusive = table.column("exclusive");
    if (!id || !cost) {
        return fail(Errc::malformed, "projects: the columns id and cost are needed");
    }
    std::vector<std::pair<std::string, std::vector<ProjectIndex>>> groups;
    for (std::size_t row = 0; row < table.rows(); ++row) {
        counting::Project project{.id = std::string(trim(table.at(row, *id))),
                                  .name = name ? std::string(trim(table.at(row, *name))) : ""};
        const auto money = counting::parse_money(table.at(row, *cost));
        if (!money) {
            return fail(money.error(), place("projects", table, row, *cost));
        }
        project.cost = *money;
        project.pot = pot ? trim(table.at(row, *pot)) : std::string_view{};
        if (part && !trim(table.at(row, *part)).empty()) {
            const auto least = counting::parse_money(table.at(row, *part));
            if (!least) {
                return fail(least.error(), place("projects", table, row, *part));
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

Result<void> CsvReader::read_ballot(const Table& table, std::size_t row) {
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
            return fail(Errc::malformed,
                        fmt::format("{}: there is no project '{}'", place("ballots", table, row, vote), named[i]));
        }
        Choice choice{known->second, 1};
        if (csv_.kind == BallotKind::ranking) {
            choice.value = static_cast<std::int64_t>(i) + 1;
        }
        if (csv_.kind == BallotKind::points) {
            const auto value = i < given.size() ? points_of(given[i], election_.points_per_one) : std::nullopt;
            if (!value || *value < 1 || *value > points_max) {
                return fail(Errc::malformed,
                            fmt::format("{}: '{}' has no number of points above 0",
                                        place("ballots", table, row, points.value_or(vote)), named[i]));
            }
            choice.value = *value;
        }
        if (std::ranges::find(choices, choice.project, &Choice::project) != choices.end()) {
            return fail(Errc::malformed,
                        fmt::format("{}: '{}' is named twice", place("ballots", table, row, vote), named[i]));
        }
        choices.push_back(choice);
    }
    std::optional<std::int64_t> count = 1;
    if (weight && !trim(table.at(row, *weight)).empty()) {
        count = positive(table.at(row, *weight));
    }
    if (!count || *count > 100'000'000) {
        return fail(Errc::malformed,
                    fmt::format("{}: a weight is a whole number from 1", place("ballots", table, row, *weight)));
    }
    election_.ballots.add(choices, *count);
    return {};
}

Result<void> CsvReader::read_ballots(const Table& table) {
    if (!table.column("vote")) {
        return fail(Errc::malformed, "ballots: the column vote is needed");
    }
    if (!csv_.kind && table.column("points")) {
        return fail(
            Errc::malformed,
            "ballots: there is a column points, but it is not said whether the points count; say it with the kind "
            "of ballot (points, or approval if they do not)");
    }
    const auto points = election_.kind == BallotKind::points ? table.column("points") : std::nullopt;
    for (std::size_t row = 0; points && row < table.rows(); ++row) {
        if (table.at(row, *points).contains('.')) {
            election_.points_per_one = 1000;
        }
    }
    for (std::size_t row = 0; row < table.rows(); ++row) {
        TRY_DO(read_ballot(table, row));
    }
    return {};
}

}  // namespace

Result<Election> read_csv(const CsvElection& csv) {
    return CsvReader(csv).run();
}

}  // namespace bypuls::participation::pabulib
