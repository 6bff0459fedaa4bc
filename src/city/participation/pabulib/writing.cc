// Elections and results as Pabulib documents.
#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "city/participation/pabulib/pabulib.h"

namespace bypuls::participation::pabulib {

using counting::BallotKind;
using counting::Choice;
using counting::Project;
using counting::ProjectIndex;

namespace {

/// The table with a column set to a text for each row, added at the end if it is missing.
Table with_column(const Table& before, std::string_view name, const std::vector<std::string>& texts) {
    const auto column = before.column(name);
    Table table;
    table.columns = before.columns;
    if (!column) {
        table.columns.emplace_back(name);
    }
    for (std::size_t row = 0; row < before.rows(); ++row) {
        for (std::size_t i = 0; i < table.columns.size(); ++i) {
            const bool here = column ? i == *column : i + 1 == table.columns.size();
            table.add_cell(here ? std::string_view(texts[row]) : before.at(row, i));
        }
        table.end_row(before.line(row));
    }
    return table;
}

}  // namespace

Document with_result(const Document& document, const counting::Election& election, const counting::Rule& rule,
                     const counting::CountResult& result) {
    Document copy = document;
    set_rule(copy, rule);
    std::vector<std::string> selected(election.projects.size(), "0");
    std::vector<std::string> paid(election.projects.size());
    bool any_partly = false;
    for (const counting::Round& round : result.rounds) {
        selected[round.project] = "1";
        paid[round.project] = counting::format_money(round.paid);
        any_partly = any_partly || round.paid != election.projects[round.project].cost;
    }
    copy.projects = with_column(copy.projects, "selected", selected);
    // A file may have published other totals than its ballots give: the result has those that were counted.
    std::vector<std::string> votes;
    std::vector<std::string> scores;
    for (ProjectIndex project = 0; project < election.projects.size(); ++project) {
        votes.push_back(std::to_string(result.votes[project]));
        scores.push_back(counting::format_points(result.scores[project], election.points_per_one));
    }
    for (const auto& [name, counted] : {std::pair("votes", &votes), {"score", &scores}}) {
        if (document.projects.column(name)) {
            copy.projects = with_column(copy.projects, name, *counted);
        }
    }
    if (any_partly || document.projects.column("paid")) {
        copy.projects = with_column(copy.projects, "paid", paid);
    }
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

/// The labels of each project's exclusive groups. Groups are numbered by their members, so that the same groups are
/// written alike in whatever order they are held.
std::vector<std::string> group_labels(const counting::Election& election) {
    std::vector<std::vector<ProjectIndex>> groups = election.exclusive;
    for (std::vector<ProjectIndex>& group : groups) {
        std::ranges::sort(group);
    }
    std::ranges::sort(groups);
    std::vector<std::string> labels(election.projects.size());
    for (std::size_t i = 0; i < groups.size(); ++i) {
        for (const ProjectIndex project : groups[i]) {
            labels[project] += fmt::format("{}{}", labels[project].empty() ? "" : ",", i + 1);
        }
    }
    return labels;
}

void write_pots(Document& document, const counting::Election& election) {
    if (election.pots.empty()) {
        return;
    }
    nlohmann::ordered_json pots = nlohmann::ordered_json::array();
    for (const counting::Pot& pot : election.pots) {
        pots.push_back({{"name", pot.name}, {"budget", counting::format_money(pot.budget)}});
    }
    document.set_meta("pots", pots.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

/// Pabulib's columns, and those of ours that the election needs.
void write_projects(Table& table, const counting::Election& election) {
    const bool pots = !election.pots.empty();
    const bool parts =
        std::ranges::any_of(election.projects, [](const Project& p) { return p.partial_from.has_value(); });
    const bool groups = !election.exclusive.empty();
    table.columns = {"project_id", "cost", "name"};
    for (const auto& [needed, name] : {std::pair(pots, "pot"), {parts, "partial_from"}, {groups, "exclusive"}}) {
        if (needed) {
            table.columns.emplace_back(name);
        }
    }
    const std::vector<std::string> labels = group_labels(election);
    for (std::size_t i = 0; i < election.projects.size(); ++i) {
        const Project& project = election.projects[i];
        table.add_cell(project.id);
        table.add_cell(counting::format_money(project.cost));
        table.add_cell(project.name);
        if (pots) {
            table.add_cell(project.pot);
        }
        if (parts) {
            table.add_cell(project.partial_from ? counting::format_money(*project.partial_from) : "");
        }
        if (groups) {
            table.add_cell(labels[i]);
        }
        table.end_row();
    }
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
    write_pots(document, election);
    write_projects(document.projects, election);
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
            values += (values.empty() ? "" : ",") + counting::format_points(choice.value, election.points_per_one);
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
