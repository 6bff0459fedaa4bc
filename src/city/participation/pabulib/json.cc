// Elections as JSON.
#include <algorithm>
#include <array>
#include <unordered_map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "city/participation/counting/refuse.h"
#include "city/participation/pabulib/limits.h"
#include "city/participation/pabulib/pabulib.h"
#include "core/json_members.h"
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

using Json = nlohmann::json;

counting::Place at_path(std::string_view path) {
    return {.path = std::string(path)};
}

Attempt<std::string> text_in(const Json& object, const char* key, std::string_view where) {
    const auto at = object.find(key);
    if (at == object.end() || !at->is_string()) {
        return refuse(Errc::malformed, "fault.json_text", {{"key", key}}, at_path(where));
    }
    return at->get<std::string>();
}

Attempt<std::int64_t> number_in(const Json& value, std::string_view where) {
    if (!value.is_number_integer() || value < 1 || value > 100'000'000) {
        return refuse(Errc::malformed, "fault.json_number", {}, at_path(where));
    }
    return value.get<std::int64_t>();
}

/// Line and column of a byte.
counting::Place place_of(std::string_view text, std::size_t at) {
    const std::string_view before = text.substr(0, at);
    const auto line = static_cast<std::size_t>(std::ranges::count(before, '\n')) + 1;
    const std::size_t feed = before.rfind('\n');
    return {.line = line, .column = feed == std::string_view::npos ? at + 1 : at - feed};
}

Attempt<Json> parse_json(std::string_view text) {
    TwiceNamed twice;
    Json json;
    try {
        json = Json::parse(text, [&](int, Json::parse_event_t event, const Json& part) {
            twice.see(event, part);
            return true;
        });
    } catch (const Json::parse_error& problem) {
        // The byte is the last one read, counted from 1; the sentence behind the second colon says what was met.
        const std::string_view what = problem.what();
        const std::size_t colon = what.find(": ", what.find("column"));
        return refuse(Errc::malformed, "fault.not_json",
                      {{"why", std::string(colon == std::string_view::npos ? what : what.substr(colon + 2))}},
                      place_of(text, problem.byte > 0 ? problem.byte - 1 : 0));
    }
    if (twice.found()) {
        return refuse(Errc::malformed, "fault.key_twice", {{"key", std::string(*twice.found())}});
    }
    return json;
}

/// An object may have these keys and no other: a misspelt one would be passed over, and others win.
template <std::size_t n>
Attempt<void> only(const Json& object, const std::array<std::string_view, n>& known, std::string_view where) {
    for (const auto& [key, value] : object.items()) {
        if (std::ranges::find(known, key) != known.end()) {
            continue;
        }
        const auto nearest =
            *std::ranges::min_element(known, {}, [&](std::string_view one) { return edit_distance(one, key); });
        const counting::Place place =
            at_path(fmt::format("{}{}{}", where, where.empty() ? "" : ".", beginning(key, 60)));
        return edit_distance(nearest, key) <= 3
                   ? refuse(Errc::malformed, "fault.unknown_key_near", {{"nearest", std::string(nearest)}}, place)
                   : refuse(Errc::malformed, "fault.unknown_key", {}, place);
    }
    return {};
}

Attempt<counting::Money> money_in(const Json& object, const char* key, std::string_view where) {
    TRY(const std::string text, text_in(object, key, where));
    auto money = counting::parse_money(text);
    return money ? money : Attempt<counting::Money>(put_at(money.error(), at_path(fmt::format("{}.{}", where, key))));
}

class JsonReader {
public:
    /// What was odd but harmless.
    const std::vector<counting::Finding>& remarks() const { return remarks_; }

    Attempt<Election> run(std::string_view text) {
        TRY(const Json json, parse_json(text));
        if (!json.is_object()) {
            return refuse(Errc::malformed, "fault.json_election");
        }
        TRY_DO(only(json,
                    std::array<std::string_view, 13>{"title", "currency", "budget", "kind", "ranking_length",
                                                     "points_per_one", "pots", "projects", "exclusive", "ballots",
                                                     "min_length", "max_length", "invalid_ballots"},
                    ""));
        TRY_DO(read_head(json));
        TRY_DO(read_limits(json));
        TRY_DO(each(json, "projects",
                    [&](const Json& one, const std::string& where) { return read_project(one, where); }));
        TRY_DO(
            each(json, "ballots", [&](const Json& one, const std::string& where) { return read_ballot(one, where); }));
        if (limits_) {
            limits_->finish();
        }
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
    Attempt<void> each(const Json& json, const char* key, Read read) {
        const auto list = json.find(key);
        if (list == json.end() || !list->is_array()) {
            return refuse(Errc::malformed, "fault.json_list", {{"key", key}});
        }
        for (std::size_t i = 0; i < list->size(); ++i) {
            TRY_DO(read((*list)[i], fmt::format("{}[{}]", key, i)));
        }
        return {};
    }

    Attempt<void> read_head(const Json& json) {
        TRY(election_.budget, money_in(json, "budget", "election"));
        TRY(const std::string kind, text_in(json, "kind", "election"));
        bool known = false;
        for (std::uint8_t i = 0; i <= static_cast<std::uint8_t>(BallotKind::knapsack); ++i) {
            if (kind == name_of(static_cast<BallotKind>(i))) {
                election_.kind = static_cast<BallotKind>(i);
                known = true;
            }
        }
        if (!known) {
            return refuse(Errc::malformed, "fault.json_kind", {{"text", kind}});
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
            return each(json, "pots", [&](const Json& one, const std::string& where) -> Attempt<void> {
                if (!one.is_object()) {
                    return refuse(Errc::malformed, "fault.json_pot", {}, at_path(where));
                }
                TRY_DO(only(one, std::array<std::string_view, 2>{"name", "budget"}, where));
                counting::Pot pot;
                TRY(pot.name, text_in(one, "name", where));
                TRY(pot.budget, money_in(one, "budget", where));
                election_.pots.push_back(std::move(pot));
                return {};
            });
        }
        return {};
    }

    Attempt<void> read_limits(const Json& json) {
        Lengths lengths;
        for (const auto& [key, into] :
             {std::pair("min_length", &lengths.least), std::pair("max_length", &lengths.most)}) {
            if (json.contains(key)) {
                TRY(*into, number_in(json[key], key));
            }
        }
        std::string invalid = "count";
        if (json.contains("invalid_ballots")) {
            TRY(invalid, text_in(json, "invalid_ballots", "election"));
        }
        if (invalid == "refuse") {
            limits_.emplace(lengths, election_, InvalidBallots::refuse, remarks_);
        } else if (invalid != "count") {
            return refuse(Errc::malformed, "recount.fault.invalid_ballots", {{"text", invalid}},
                          at_path("invalid_ballots"));
        }
        return {};
    }

    Attempt<void> read_project(const Json& one, const std::string& where) {
        if (!one.is_object()) {
            return refuse(Errc::malformed, "fault.json_project", {}, at_path(where));
        }
        TRY_DO(only(one, std::array<std::string_view, 5>{"id", "name", "cost", "pot", "partial_from"}, where));
        counting::Project project;
        TRY(project.id, text_in(one, "id", where));
        TRY(project.cost, money_in(one, "cost", where));
        if (one.contains("name")) {
            TRY(project.name, text_in(one, "name", where));
        }
        if (one.contains("pot")) {
            TRY(project.pot, text_in(one, "pot", where));
        }
        if (one.contains("partial_from")) {
            TRY(project.partial_from, money_in(one, "partial_from", where));
        }
        if (!index_.emplace(project.id, static_cast<ProjectIndex>(election_.projects.size())).second) {
            return refuse(Errc::malformed, "recount.fault.project_twice", {{"id", project.id}}, at_path(where));
        }
        election_.projects.push_back(std::move(project));
        return {};
    }

    Attempt<ProjectIndex> find(const Json& id, const std::string& where) {
        const auto known = id.is_string() ? index_.find(id.get<std::string>()) : index_.end();
        if (known == index_.end()) {
            return refuse(Errc::malformed, "fault.json_names_none", {}, at_path(where));
        }
        return known->second;
    }

    Attempt<void> read_ballot(const Json& one, const std::string& where) {
        if (!one.is_object() || !one.contains("choices") || !one["choices"].is_array()) {
            return refuse(Errc::malformed, "fault.json_ballot", {}, at_path(where));
        }
        TRY_DO(only(one, std::array<std::string_view, 3>{"choices", "points", "count"}, where));
        const Json points = one.value("points", Json::array());
        if (one.contains("points") && election_.kind != BallotKind::points) {
            return refuse(Errc::malformed, "fault.json_idle_points", {}, at_path(where + ".points"));
        }
        const Json& named = one["choices"];
        std::vector<Choice> choices;
        for (std::size_t i = 0; i < named.size(); ++i) {
            Choice choice;
            TRY(choice.project, find(named[i], fmt::format("{}.choices[{}]", where, i)));
            if (election_.kind == BallotKind::ranking) {
                choice.value = static_cast<std::int64_t>(i) + 1;
            } else if (election_.kind == BallotKind::points) {
                if (!points.is_array() || points.size() != named.size()) {
                    return refuse(Errc::malformed, "fault.json_points", {}, at_path(where));
                }
                TRY(choice.value, number_in(points[i], fmt::format("{}.points[{}]", where, i)));
            }
            if (std::ranges::find(choices, choice.project, &Choice::project) != choices.end()) {
                return refuse(Errc::malformed, "fault.twice_on_ballot", {{"id", named[i].get<std::string>()}},
                              at_path(where));
            }
            choices.push_back(choice);
        }
        std::int64_t count = 1;
        if (one.contains("count")) {
            TRY(count, number_in(one["count"], where + ".count"));
        }
        if (!limits_ || limits_->look(at_path(where), choices)) {
            election_.ballots.add(choices, count);
        }
        return {};
    }

    Attempt<void> read_group(const Json& one, const std::string& where) {
        if (!one.is_array()) {
            return refuse(Errc::malformed, "fault.json_group", {}, at_path(where));
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
    std::vector<counting::Finding> remarks_;
    std::optional<BallotLimits> limits_;
};

}  // namespace

Attempt<Election> read_json(std::string_view json, std::vector<counting::Finding>* remarks) {
    JsonReader reader;
    auto election = reader.run(json);
    if (remarks != nullptr) {
        remarks->insert(remarks->end(), reader.remarks().begin(), reader.remarks().end());
    }
    return election;
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
