// Elections as CSV and as JSON, for offices that have neither voter ids nor Pabulib files.
#include <algorithm>
#include <charconv>
#include <unordered_map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "city/participation/pabulib/pabulib.h"
#include "core/text.h"

namespace bypuls::participation::pabulib {

using counting::BallotKind;
using counting::Choice;
using counting::Election;
using counting::ProjectIndex;

namespace {

/// A CSV as the section of a Pabulib file, so that one parser knows about quotes and lines.
Result<Table> read_table(std::string_view csv, std::string_view what) {
    if (csv.starts_with("\xEF\xBB\xBF")) {
        csv.remove_prefix(3);
    }
    auto document = parse(fmt::format("PROJECTS\nproject_id\nVOTES\n{}", csv));
    if (!document) {
        return fail(document.error(), fmt::format("{} (three lines are counted before its first)", what));
    }
    return std::move(document->votes);
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
        election_.kind = csv_.kind;
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
        return fmt::format("{}, line {}, column {}", what, table.line(row) - 3, column + 1);
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
        const std::string group(exclusive ? trim(table.at(row, *exclusive)) : std::string_view{});
        if (group.empty()) {
            continue;
        }
        const auto known = std::ranges::find(groups, group, [](const auto& one) { return one.first; });
        if (known == groups.end()) {
            groups.push_back({group, {number}});
        } else {
            known->second.push_back(number);
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
            const auto value = i < given.size() ? positive(given[i]) : std::nullopt;
            if (!value) {
                return fail(Errc::malformed, fmt::format("{}: '{}' has no whole number of points",
                                                         place("ballots", table, row, vote), named[i]));
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
    for (std::size_t row = 0; row < table.rows(); ++row) {
        TRY_DO(read_ballot(table, row));
    }
    return {};
}

using Json = nlohmann::json;

Result<std::string> text_in(const Json& object, const char* key, std::string_view where) {
    const auto at = object.find(key);
    if (at == object.end() || !at->is_string()) {
        return fail(Errc::malformed, fmt::format("{}: '{}' is a text in quotes", where, key));
    }
    return at->get<std::string>();
}

Result<std::int64_t> number_in(const Json& value, std::string_view where) {
    if (!value.is_number_integer() || value < 1 || value > 100'000'000) {
        return fail(Errc::malformed, fmt::format("{}: expected a whole number from 1 to a hundred million", where));
    }
    return value.get<std::int64_t>();
}

class JsonReader {
public:
    Result<Election> run(std::string_view text) {
        const Json json = Json::parse(text, nullptr, false);
        if (!json.is_object()) {
            return fail(Errc::malformed, "an election is a JSON object");
        }
        TRY_DO(read_head(json));
        TRY_DO(each(json, "projects",
                    [&](const Json& one, const std::string& where) { return read_project(one, where); }));
        TRY_DO(
            each(json, "ballots", [&](const Json& one, const std::string& where) { return read_ballot(one, where); }));
        if (json.contains("exclusive")) {
            TRY_DO(each(json, "exclusive",
                        [&](const Json& one, const std::string& where) { return read_group(one, where); }));
        }
        election_.ballots.group();
        TRY_DO(counting::validate(election_));
        return std::move(election_);
    }

private:
    template <typename Read>
    Result<void> each(const Json& json, const char* key, Read read) {
        const auto list = json.find(key);
        if (list == json.end() || !list->is_array()) {
            return fail(Errc::malformed, fmt::format("'{}' is a list", key));
        }
        for (std::size_t i = 0; i < list->size(); ++i) {
            TRY_DO(read((*list)[i], fmt::format("{}[{}]", key, i)));
        }
        return {};
    }

    Result<void> read_head(const Json& json) {
        TRY(const std::string budget, text_in(json, "budget", "election"));
        TRY(election_.budget, counting::parse_money(budget));
        TRY(const std::string kind, text_in(json, "kind", "election"));
        bool known = false;
        for (std::uint8_t i = 0; i <= static_cast<std::uint8_t>(BallotKind::knapsack); ++i) {
            if (kind == name_of(static_cast<BallotKind>(i))) {
                election_.kind = static_cast<BallotKind>(i);
                known = true;
            }
        }
        if (!known) {
            return fail(Errc::malformed,
                        fmt::format("kind is approval, choose-1, points, ranking or knapsack, not '{}'", kind));
        }
        if (json.contains("title")) {
            TRY(election_.title, text_in(json, "title", "election"));
        }
        if (json.contains("currency")) {
            TRY(election_.currency, text_in(json, "currency", "election"));
        }
        if (json.contains("ranking_length")) {
            TRY(election_.ranking_length, number_in(json["ranking_length"], "ranking_length"));
        }
        if (json.contains("points_per_one")) {
            TRY(election_.points_per_one, number_in(json["points_per_one"], "points_per_one"));
        }
        if (json.contains("pots")) {
            return each(json, "pots", [&](const Json& one, const std::string& where) -> Result<void> {
                if (!one.is_object()) {
                    return fail(Errc::malformed, where + ": a pot is an object");
                }
                counting::Pot pot;
                TRY(pot.name, text_in(one, "name", where));
                TRY(const std::string money, text_in(one, "budget", where));
                TRY(pot.budget, counting::parse_money(money));
                election_.pots.push_back(std::move(pot));
                return {};
            });
        }
        return {};
    }

    Result<void> read_project(const Json& one, const std::string& where) {
        if (!one.is_object()) {
            return fail(Errc::malformed, where + ": a project is an object");
        }
        counting::Project project;
        TRY(project.id, text_in(one, "id", where));
        TRY(const std::string cost, text_in(one, "cost", where));
        const auto money = counting::parse_money(cost);
        if (!money) {
            return fail(money.error(), where);
        }
        project.cost = *money;
        if (one.contains("name")) {
            TRY(project.name, text_in(one, "name", where));
        }
        if (one.contains("pot")) {
            TRY(project.pot, text_in(one, "pot", where));
        }
        if (one.contains("partial_from")) {
            TRY(const std::string part, text_in(one, "partial_from", where));
            TRY(project.partial_from, counting::parse_money(part));
        }
        if (!index_.emplace(project.id, static_cast<ProjectIndex>(election_.projects.size())).second) {
            return fail(Errc::malformed, fmt::format("{}: '{}' is listed twice", where, project.id));
        }
        election_.projects.push_back(std::move(project));
        return {};
    }

    Result<ProjectIndex> find(const Json& id, const std::string& where) {
        const auto known = id.is_string() ? index_.find(id.get<std::string>()) : index_.end();
        if (known == index_.end()) {
            return fail(Errc::malformed, fmt::format("{}: names no project of the election", where));
        }
        return known->second;
    }

    Result<void> read_ballot(const Json& one, const std::string& where) {
        if (!one.is_object() || !one.contains("choices") || !one["choices"].is_array()) {
            return fail(Errc::malformed, where + ": a ballot is an object with a list 'choices'");
        }
        const Json points = one.value("points", Json::array());
        const Json& named = one["choices"];
        std::vector<Choice> choices;
        for (std::size_t i = 0; i < named.size(); ++i) {
            Choice choice;
            TRY(choice.project, find(named[i], where));
            if (election_.kind == BallotKind::ranking) {
                choice.value = static_cast<std::int64_t>(i) + 1;
            } else if (election_.kind == BallotKind::points) {
                if (!points.is_array() || points.size() != named.size()) {
                    return fail(Errc::malformed, where + ": 'points' has a number for each choice");
                }
                TRY(choice.value, number_in(points[i], where));
            }
            if (std::ranges::find(choices, choice.project, &Choice::project) != choices.end()) {
                return fail(Errc::malformed, where + ": names a project twice");
            }
            choices.push_back(choice);
        }
        std::int64_t count = 1;
        if (one.contains("count")) {
            TRY(count, number_in(one["count"], where));
        }
        election_.ballots.add(choices, count);
        return {};
    }

    Result<void> read_group(const Json& one, const std::string& where) {
        if (!one.is_array()) {
            return fail(Errc::malformed, where + ": an exclusive group is a list of project ids");
        }
        std::vector<ProjectIndex> group;
        for (const Json& id : one) {
            TRY(const ProjectIndex project, find(id, where));
            group.push_back(project);
        }
        election_.exclusive.push_back(std::move(group));
        return {};
    }

    Election election_;
    std::unordered_map<std::string, ProjectIndex> index_;
};

}  // namespace

Result<Election> read_csv(const CsvElection& csv) {
    return CsvReader(csv).run();
}

Result<Election> read_json(std::string_view json) {
    return JsonReader().run(json);
}

std::string print_json(const Election& election) {
    nlohmann::ordered_json json;
    json["title"] = election.title;
    json["currency"] = election.currency;
    json["budget"] = counting::format_money(election.budget);
    json["kind"] = name_of(election.kind);
    if (election.ranking_length > 0) {
        json["ranking_length"] = election.ranking_length;
    }
    if (election.points_per_one != 1) {
        json["points_per_one"] = election.points_per_one;
    }
    for (const counting::Pot& pot : election.pots) {
        json["pots"].push_back({{"name", pot.name}, {"budget", counting::format_money(pot.budget)}});
    }
    json["projects"] = nlohmann::ordered_json::array();
    for (const counting::Project& project : election.projects) {
        nlohmann::ordered_json one = {
            {"id", project.id}, {"name", project.name}, {"cost", counting::format_money(project.cost)}};
        if (project.partial_from) {
            one["partial_from"] = counting::format_money(*project.partial_from);
        }
        if (!project.pot.empty()) {
            one["pot"] = project.pot;
        }
        json["projects"].push_back(std::move(one));
    }
    for (const auto& group : election.exclusive) {
        nlohmann::ordered_json ids = nlohmann::ordered_json::array();
        for (const ProjectIndex project : group) {
            ids.push_back(election.projects[project].id);
        }
        json["exclusive"].push_back(std::move(ids));
    }
    json["ballots"] = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < election.ballots.size(); ++i) {
        std::vector<Choice> choices(election.ballots[i].choices.begin(), election.ballots[i].choices.end());
        if (election.kind == BallotKind::ranking) {
            std::ranges::sort(choices, {}, &Choice::value);
        }
        nlohmann::ordered_json one = {{"choices", nlohmann::ordered_json::array()}};
        for (const Choice& choice : choices) {
            one["choices"].push_back(election.projects[choice.project].id);
            if (election.kind == BallotKind::points) {
                one["points"].push_back(choice.value);
            }
        }
        one["count"] = election.ballots[i].count;
        json["ballots"].push_back(std::move(one));
    }
    return json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace bypuls::participation::pabulib
