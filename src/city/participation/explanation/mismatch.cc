// A published result beside one counted again.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "city/participation/counting/refuse.h"
#include "city/participation/explanation/report.h"

namespace bypuls::participation::explanation {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t told_max = 120;

using counting::Finding;

/// As it stands, in whatever language.
Finding plainly(std::string text) {
    return {.key = {}, .given = {{"what", std::move(text)}}};
}

Finding told(const Json& value) {
    std::string text = value.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (text.size() > told_max) {
        text = text.substr(0, told_max) + "…";
    }
    return plainly(std::move(text));
}

Finding nothing() {
    return counting::finding("command.nothing");
}

/// What a member of a result holds, in words.
Finding what_at(std::string_view path) {
    const std::string_view member = path.substr(0, path.find_first_of(".["));
    struct Member {
        std::string_view name;
        words::Key key;
    };
    static constexpr std::array<Member, 26> members = {{{"format", "command.differs_format"},
                                                        {"election", "command.differs_election"},
                                                        {"currency", "command.differs_currency"},
                                                        {"rule", "command.differs_rule"},
                                                        {"rule_text", "command.differs_rule_text"},
                                                        {"rule_sha256", "command.differs_rule_sha256"},
                                                        {"ballots_sha256", "command.differs_ballots_sha256"},
                                                        {"budget", "command.differs_budget"},
                                                        {"spent", "command.differs_spent"},
                                                        {"voters", "command.differs_voters"},
                                                        {"blank", "command.differs_blank"},
                                                        {"winners", "command.differs_winners"},
                                                        {"greedy_preferred", "command.differs_greedy_preferred"},
                                                        {"endowments", "command.differs_endowments"},
                                                        {"ties", "command.differs_ties"},
                                                        {"rounds", "command.differs_rounds"},
                                                        {"projects", "command.differs_projects"},
                                                        {"exclusive", "command.differs_exclusive"},
                                                        {"partial_left_out", "command.differs_partial_left_out"},
                                                        {"remarks", "command.differs_remarks"},
                                                        {"not_applicable", "command.differs_not_applicable"},
                                                        {"losers", "command.differs_losers"},
                                                        {"margins", "command.differs_margins"},
                                                        {"metrics", "command.differs_metrics"},
                                                        {"beside", "command.differs_beside"},
                                                        {"what_if", "command.differs_what_if"}}};
    const auto known = std::ranges::find(members, member, &Member::name);
    return counting::finding(known == members.end() ? words::Key("command.differs_unknown") : known->key);
}

/// Of "rounds[2].paid" 3; 0 where the member is no list.
std::size_t number_at(std::string_view path) {
    const std::size_t bracket = path.find_first_of(".[");
    std::size_t index = 0;
    if (bracket == std::string_view::npos || path[bracket] != '[') {
        return 0;
    }
    std::from_chars(path.data() + bracket + 1, path.data() + path.size(), index);
    return index + 1;
}

Mismatch differs(const std::string& path, Finding published, Finding counted) {
    return {.path = path,
            .what = what_at(path),
            .published = std::move(published),
            .counted = std::move(counted),
            .number = number_at(path)};
}

/// What a published result may leave out: what is told beside the outcome, where it is asked for, and what earlier
/// versions did not tell.
bool may_be_missing(std::string_view key) {
    static constexpr std::array<std::string_view, 15> optional = {
        "rule_sha256", "ballots_sha256", "remarks",   "not_applicable", "losers",
        "margins",     "metrics",        "what_if",   "beside",         "tenths",
        "prices",      "groups",         "exclusive", "shut_out_by",    "partial_left_out"};
    return std::ranges::find(optional, key) != optional.end();
}

bool same_number(const Json& a, const Json& b) {
    if (a.is_number_integer() && b.is_number_integer()) {
        return a == b;
    }
    const double x = a.get<double>();
    const double y = b.get<double>();
    return std::abs(x - y) <= 1e-9 * std::max(std::abs(x), std::abs(y));
}

bool same_rule(const Json& published, const Json& counted) {
    if (!published.is_string() || !counted.is_string()) {
        return false;
    }
    const auto a = counting::parse_rule(published.get<std::string>());
    const auto b = counting::parse_rule(counted.get<std::string>());
    return a && b && *a == *b;
}

/// What remarks say without the lines that they name, since the same ballots stand in other files at other lines.
std::vector<std::string> without_lines(const Json& remarks) {
    std::vector<std::string> said;
    for (const Json& remark : remarks) {
        std::string text = remark.is_string() ? remark.get<std::string>() : remark.dump();
        for (std::size_t at = text.find("line "); at != std::string::npos; at = text.find("line ", at + 1)) {
            const std::size_t number = at + std::string_view("line ").size();
            text.erase(number, std::min(text.find_first_not_of("0123456789", number), text.size()) - number);
        }
        said.push_back(std::move(text));
    }
    std::ranges::sort(said);
    return said;
}

std::optional<Mismatch> compare(const Json& published, const Json& counted, const std::string& path);

std::optional<Mismatch> compare_objects(const Json& published, const Json& counted, const std::string& path) {
    const auto at = [&](const std::string& key) { return path.empty() ? key : path + "." + key; };
    for (const auto& [key, value] : counted.items()) {
        const auto theirs = published.find(key);
        if (theirs == published.end()) {
            if (may_be_missing(key)) {
                continue;
            }
            return differs(at(key), nothing(), told(value));
        }
        if (path.empty() && key == "rule_text" && same_rule(*theirs, value)) {
            continue;
        }
        if (path.empty() && key == "remarks" && theirs->is_array() && without_lines(*theirs) == without_lines(value)) {
            continue;
        }
        if (auto difference = compare(*theirs, value, at(key))) {
            return difference;
        }
    }
    for (const auto& [key, value] : published.items()) {
        if (!counted.contains(key)) {
            return differs(at(key), told(value), nothing());
        }
    }
    return std::nullopt;
}

std::optional<Mismatch> compare_lists(const Json& published, const Json& counted, const std::string& path) {
    for (std::size_t i = 0; i < std::max(published.size(), counted.size()); ++i) {
        const std::string at = fmt::format("{}[{}]", path, i);
        if (i >= published.size() || i >= counted.size()) {
            return differs(at, i < published.size() ? told(published[i]) : nothing(),
                           i < counted.size() ? told(counted[i]) : nothing());
        }
        if (auto difference = compare(published[i], counted[i], at)) {
            return difference;
        }
    }
    return std::nullopt;
}

std::optional<Mismatch> compare(const Json& published, const Json& counted, const std::string& path) {
    if (published.is_object() && counted.is_object()) {
        return compare_objects(published, counted, path);
    }
    if (published.is_array() && counted.is_array()) {
        return compare_lists(published, counted, path);
    }
    const bool same =
        published.is_number() && counted.is_number() ? same_number(published, counted) : published == counted;
    return same ? std::nullopt : std::optional(differs(path, told(published), told(counted)));
}

/// Looks at the figures of a result: those of its own rule and of the rules beside it.
template <typename Object, typename Look>
void each_metrics(Object& result, Look look) {
    const auto look_in = [&](auto& object) {
        const auto at = object.find("metrics");
        if (at != object.end() && at->is_object()) {
            look(*at);
        }
    };
    look_in(result);
    const auto beside = result.find("beside");
    if (beside != result.end() && beside->is_array()) {
        for (auto& one : *beside) {
            look_in(one);
        }
    }
}

}  // namespace

counting::Attempt<std::optional<Mismatch>> first_mismatch(std::string_view published, std::string_view counted,
                                                          std::span<const std::string> left_out) {
    Json theirs = Json::parse(published, nullptr, false);
    const Json ours = Json::parse(counted, nullptr, false);
    if (!theirs.is_object() || !ours.is_object()) {
        return counting::refuse(Errc::malformed, "recount.fault.not_result");
    }
    for (const std::string& member : left_out) {
        theirs.erase(member);
    }
    if (std::ranges::find(left_out, "groups") != left_out.end()) {
        each_metrics(theirs, [](Json& metrics) { metrics.erase("groups"); });
    }
    return compare(theirs, ours, "");
}

std::vector<std::string> distances_told(std::string_view published) {
    const Json json = Json::parse(published, nullptr, false);
    std::vector<std::string> told;
    for (const char* member : {"losers", "margins", "not_applicable"}) {
        if (json.is_object() && json.contains(member)) {
            told.emplace_back(member);
        }
    }
    return told;
}

std::string ballots_told(std::string_view published) {
    const Json json = Json::parse(published, nullptr, false);
    const auto at = json.find("ballots_sha256");
    return at != json.end() && at->is_string() ? at->get<std::string>() : std::string();
}

bool tells_groups(std::string_view published) {
    const Json json = Json::parse(published, nullptr, false);
    bool any = false;
    each_metrics(json, [&](const Json& metrics) { any = any || metrics.contains("groups"); });
    return any;
}

bool tells_beside(std::string_view published) {
    const Json json = Json::parse(published, nullptr, false);
    return json.is_object() && json.contains("beside");
}

std::vector<std::string> changes_told(std::string_view published) {
    std::vector<std::string> changes;
    const Json json = Json::parse(published, nullptr, false);
    const Json supposed = json.is_object() ? json.value("what_if", Json::array()) : Json::array();
    for (const Json& one : supposed) {
        const auto change = one.is_object() ? one.find("change") : one.end();
        if (change != one.end() && change->is_string()) {
            changes.push_back(change->get<std::string>());
        }
    }
    return changes;
}

}  // namespace bypuls::participation::explanation
