#include <algorithm>
#include <array>
#include <charconv>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "city/participation/pabulib/pabulib.h"
#include "core/text.h"

namespace bypuls::participation::pabulib {
namespace {

using counting::BallotKind;
using counting::Choice;
using counting::Money;
using counting::Project;
using counting::ProjectIndex;

std::optional<std::int64_t> whole(std::string_view text) {
    text = trim(text);
    std::int64_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || value < 0) {
        return std::nullopt;
    }
    // "12.0" is a whole number too.
    const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
    const bool zeros = rest.starts_with('.') && rest.find_first_not_of('0', 1) == std::string_view::npos;
    return rest.empty() || zeros ? std::optional(value) : std::nullopt;
}

/// Points with up to three decimals as thousandths.
std::optional<std::int64_t> thousandths(std::string_view text) {
    text = trim(text);
    const std::size_t dot = text.find('.');
    const auto head = whole(text.substr(0, dot));
    if (!head || *head > 1'000'000) {
        return std::nullopt;
    }
    std::int64_t value = *head * 1000;
    std::int64_t unit = 100;
    for (std::size_t i = dot; i != std::string_view::npos && i + 1 < text.size(); ++i, unit /= 10) {
        const char digit = text[i + 1];
        if (digit < '0' || digit > '9' || (unit == 0 && digit != '0')) {
            return std::nullopt;
        }
        value += (digit - '0') * unit;
    }
    return value;
}

class Reader {
public:
    explicit Reader(const Document& document) : document_(document) {}

    Result<Reading> run() {
        TRY_DO(read_meta());
        TRY_DO(read_projects());
        TRY_DO(read_votes());
        reading_.election.ballots.group();
        compare_counts();
        TRY_DO(counting::validate(reading_.election));
        return std::move(reading_);
    }

private:
    static std::string place(const Table& table, std::size_t row, std::size_t column) {
        return fmt::format("line {}, column {}", table.line(row), column + 1);
    }

    Result<void> read_meta();
    Result<void> read_projects();
    Result<void> read_published(std::size_t row);
    Result<void> read_votes();
    Result<void> read_vote(std::size_t row, std::string_view vote, std::string_view points);
    void compare_counts();

    const Document& document_;
    Reading reading_;
    std::unordered_map<std::string_view, ProjectIndex> index_;
    std::vector<Choice> choices_;
    std::vector<std::size_t> seen_in_;  // per project: the last row that named it, counted from 1
    std::size_t vote_column_ = 0;
    std::optional<std::size_t> points_column_;
    std::optional<std::size_t> weight_column_;
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
        fmt::format("META: vote_type '{}' is not approval, choose-1, cumulative, scoring, ordinal or knapsack", name));
}

Result<void> Reader::read_meta() {
    counting::Election& election = reading_.election;
    election.title = document_.meta_value("description");
    if (const auto currency = document_.meta_value("currency"); !currency.empty()) {
        election.currency = currency;
    }
    const auto budget = counting::parse_money(document_.meta_value("budget"));
    if (!budget) {
        return fail(budget.error(), "META, budget");
    }
    election.budget = *budget;
    TRY(election.kind, kind_named(document_.meta_value("vote_type")));
    election.ranking_length = whole(document_.meta_value("max_length")).value_or(0);
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
        reading_.election.projects.push_back(
            {.id = std::string(key), .name = name ? std::string(table.at(row, *name)) : std::string(), .cost = *money});
        TRY_DO(read_published(row));
    }
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
    const auto read = [&](std::string_view name, std::vector<std::int64_t>& into) -> Result<void> {
        const auto column = table.column(name);
        if (!column) {
            return {};
        }
        const auto value = whole(table.at(row, *column));
        if (!value) {
            return fail(Errc::malformed, fmt::format("{}: '{}' is not a whole number", place(table, row, *column),
                                                     table.at(row, *column)));
        }
        into.push_back(*value);
        return {};
    };
    TRY_DO(read("votes", published.votes));
    return read("score", published.scores);
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
    for (std::size_t row = 0; row < table.rows(); ++row) {
        const std::string_view points = points_column_ ? table.at(row, *points_column_) : std::string_view{};
        TRY_DO(read_vote(row, table.at(row, *vote), points));
    }
    return {};
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
            const auto given = reading_.election.points_per_one == 1 ? whole(text) : thousandths(text);
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
    std::int64_t weight = 1;
    if (weight_column_ && !trim(document_.votes.at(row, *weight_column_)).empty()) {
        const auto given = whole(document_.votes.at(row, *weight_column_));
        if (!given || *given < 1 || *given > 1'000'000) {
            return fail(Errc::malformed, fmt::format("{}: a ballot's weight is a whole number from 1 to a million",
                                                     place(document_.votes, row, *weight_column_)));
        }
        weight = *given;
    }
    if (!trim(points).empty() && kind == BallotKind::points) {
        return fail(Errc::malformed,
                    fmt::format("{}: more points than projects", place(document_.votes, row, *points_column_)));
    }
    reading_.election.ballots.add(choices_, weight);
    return {};
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

Result<counting::Rule> rule_of(const Document& document) {
    const std::string_view name = trim(document.meta_value("rule"));
    counting::Rule rule;
    rule.electorate = counting::Electorate::everyone;
    // Files do not say how ties were broken; the last reason keeps a count from stopping, and every tie is reported.
    rule.ties = {counting::TieBreak::lower_cost, counting::TieBreak::more_votes, counting::TieBreak::alphabetical};
    rule.score_min = whole(document.meta_value("min_project_score_threshold")).value_or(0);
    if (name == "greedy" || name == "greedy-threshold" || name == "greedy-exclusive") {
        rule.method = counting::Method::greedy;
        return rule;
    }
    if (name == "greedy-no-skip") {
        rule.method = counting::Method::greedy;
        rule.misfit = counting::Misfit::stop;
        return rule;
    }
    rule.method = counting::Method::equal_shares;
    rule.utility = counting::Utility::cost;
    if (name == "equalshares" || name == "equalshares/none") {
        return rule;
    }
    if (name == "equalshares/add1") {
        rule.completion = counting::Completion::add1;
        return rule;
    }
    if (name == "equalshares/add1-comparison") {
        rule.completion = counting::Completion::add1;
        rule.comparison = counting::Comparison::majority;
        return rule;
    }
    if (name.empty()) {
        return fail(Errc::not_found, "the file names no rule; give one with --rule");
    }
    return fail(Errc::not_found,
                fmt::format("the file's rule '{}' is a name without a definition; give one with --rule, or see with "
                            "--which-rule which of the built-in rules lead to the published outcome",
                            name));
}

Document with_result(const Document& document, const std::vector<counting::ProjectIndex>& winners) {
    Document copy = document;
    const auto column = document.projects.column("selected");
    Table table;
    table.columns = document.projects.columns;
    if (!column) {
        table.columns.emplace_back("selected");
    }
    for (std::size_t row = 0; row < document.projects.rows(); ++row) {
        const bool won = std::ranges::find(winners, static_cast<ProjectIndex>(row)) != winners.end();
        for (std::size_t i = 0; i < table.columns.size(); ++i) {
            const bool here = column ? i == *column : i + 1 == table.columns.size();
            table.add_cell(here ? (won ? "1" : "0") : document.projects.at(row, i));
        }
        table.end_row(document.projects.line(row));
    }
    copy.projects = std::move(table);
    return copy;
}

namespace {

std::string_view vote_type_of(BallotKind kind) {
    switch (kind) {
        case BallotKind::points: return "cumulative";
        case BallotKind::ranking: return "ordinal";
        default: return name_of(kind);
    }
}

std::string points_text(std::int64_t points, std::int64_t per_one) {
    return points % per_one == 0 ? std::to_string(points / per_one)
                                 : fmt::format("{}.{:03}", points / per_one, points % per_one * 1000 / per_one);
}

}  // namespace

Document to_document(const counting::Election& election) {
    Document document;
    document.set_meta("description", election.title);
    document.set_meta("num_projects", std::to_string(election.projects.size()));
    document.set_meta("num_votes", std::to_string(election.ballots.total()));
    document.set_meta("budget", counting::format_money(election.budget));
    document.set_meta("vote_type", vote_type_of(election.kind));
    document.set_meta("currency", election.currency);
    if (election.ranking_length > 0) {
        document.set_meta("max_length", std::to_string(election.ranking_length));
    }
    document.projects.columns = {"project_id", "cost", "name"};
    for (const Project& project : election.projects) {
        document.projects.add_cell(project.id);
        document.projects.add_cell(counting::format_money(project.cost));
        document.projects.add_cell(project.name);
        document.projects.end_row();
    }
    const bool points = election.kind == BallotKind::points;
    document.votes.columns =
        points ? std::vector<std::string>{"voter_id", "vote", "points"} : std::vector<std::string>{"voter_id", "vote"};
    counting::Ballots sorted = election.ballots;
    sorted.group();
    std::int64_t number = 0;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
        const counting::BallotView ballot = sorted[i];
        std::vector<Choice> choices(ballot.choices.begin(), ballot.choices.end());
        if (election.kind == BallotKind::ranking) {
            std::ranges::sort(choices, {}, &Choice::value);
        }
        std::string vote;
        std::string values;
        for (const Choice& choice : choices) {
            vote += (vote.empty() ? "" : ",") + election.projects[choice.project].id;
            values += (values.empty() ? "" : ",") + points_text(choice.value, election.points_per_one);
        }
        for (std::int64_t voter = 0; voter < ballot.count; ++voter) {
            document.votes.add_cell(std::to_string(++number));
            document.votes.add_cell(vote);
            if (points) {
                document.votes.add_cell(values);
            }
            document.votes.end_row();
        }
    }
    return document;
}

}  // namespace bypuls::participation::pabulib
