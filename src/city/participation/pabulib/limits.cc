#include "city/participation/pabulib/limits.h"

#include <algorithm>

#include <fmt/format.h>

#include "city/participation/counting/refuse.h"
#include "city/participation/pabulib/numbers.h"

namespace bypuls::participation::pabulib {

using counting::BallotKind;
using counting::Choice;

namespace {

constexpr std::int64_t told_max = 20;

}  // namespace

counting::Attempt<InvalidBallots> invalid_ballots(const Document& document) {
    const std::string_view text = trim(document.meta_value("invalid_ballots"));
    if (text.empty() || text == "count") {
        return InvalidBallots::count;
    }
    if (text == "refuse") {
        return InvalidBallots::refuse;
    }
    return counting::refuse(Errc::malformed, "recount.fault.invalid_ballots", {{"text", std::string(text)}},
                            document.meta_place("invalid_ballots"));
}

BallotLimits::BallotLimits(const Lengths& lengths, const counting::Election& election, InvalidBallots invalid,
                           std::vector<counting::Finding>& remarks)
    : election_(election), invalid_(invalid), remarks_(remarks) {
    if (lengths.least) {
        limits_.push_back({.name = "min_length", .what = What::length, .at_most = false, .value = *lengths.least});
    }
    if (lengths.most) {
        limits_.push_back({.name = "max_length", .what = What::length, .at_most = true, .value = *lengths.most});
    }
}

BallotLimits::BallotLimits(const Document& document, const counting::Election& election, InvalidBallots invalid,
                           std::vector<counting::Finding>& remarks)
    : election_(election), invalid_(invalid), remarks_(remarks) {
    add(document, "min_length", What::length, false);
    add(document, "max_length", What::length, true);
    add(document, "min_sum_cost", What::cost, false);
    add(document, "max_sum_cost", What::cost, true);
    if (election.kind == BallotKind::points) {
        add(document, "min_points", What::points_each, false);
        add(document, "max_points", What::points_each, true);
        add(document, "min_sum_points", What::points, false);
        add(document, "max_sum_points", What::points, true);
    }
    if (election.kind == BallotKind::knapsack && trim(document.meta_value("max_sum_cost")).empty()) {
        limits_.push_back({.name = "", .what = What::cost, .at_most = true, .value = election.budget});
    }
}

void BallotLimits::add(const Document& document, std::string_view name, What what, bool at_most) {
    const std::string_view text = trim(document.meta_value(name));
    if (text.empty()) {
        return;
    }
    std::optional<std::int64_t> value;
    if (what == What::cost) {
        const auto money = counting::parse_money(text);
        value = money ? std::optional(*money) : std::nullopt;
    } else if (what == What::length) {
        value = whole(text);
    } else if (const auto points = thousandths(text)) {
        // A limit between two parts of a point is the one that such a ballot can still keep to.
        const std::int64_t part = 1000 / election_.points_per_one;
        value = at_most ? *points / part : (*points + part - 1) / part;
    }
    if (!value) {
        remarks_.push_back(
            counting::finding("remark.no_limit", {{"limit", std::string(name)}, {"text", std::string(text)}}));
        return;
    }
    limits_.push_back({.name = std::string(name), .what = what, .at_most = at_most, .value = *value});
}

std::int64_t BallotLimits::of(const Limit& limit, std::span<const Choice> choices) const {
    const auto worse = [&](std::int64_t a, std::int64_t b) { return limit.at_most ? std::max(a, b) : std::min(a, b); };
    std::int64_t sum = 0;
    std::int64_t farthest = choices.front().value;
    for (const Choice& choice : choices) {
        switch (limit.what) {
            case What::length: ++sum; break;
            case What::cost: sum += election_.projects[choice.project].cost; break;
            case What::points: sum += choice.value; break;
            case What::points_each: farthest = worse(farthest, choice.value); break;
        }
    }
    return limit.what == What::points_each ? farthest : sum;
}

counting::Finding BallotLimits::told(const Limit& limit, std::int64_t has) const {
    const auto as_money = [&](std::int64_t value) {
        return fmt::format("{} {}", counting::format_money(value), election_.currency);
    };
    const auto as_points = [&](std::int64_t value) { return counting::format_points(value, election_.points_per_one); };
    const auto compared = [&](words::Key key, const auto& text) {
        return counting::finding(key, {{"limit", limit.name}, {"found", text(has)}, {"said", text(limit.value)}});
    };
    const auto plainly = [](std::int64_t value) { return std::to_string(value); };
    switch (limit.what) {
        case What::length:
            return compared(has == 1           ? words::Key("remark.under_length_one")
                            : limit.value == 1 ? words::Key("remark.over_length_one")
                                               : words::Key("remark.over_length"),
                            plainly);
        case What::cost:
            return compared(limit.name.empty() ? words::Key("remark.over_budget") : words::Key("remark.over_cost"),
                            as_money);
        case What::points:
        case What::points_each: return compared("remark.over_points", as_points);
    }
    return {};
}

bool BallotLimits::look(const counting::Place& place, std::span<const Choice> choices) {
    bool counts = true;
    for (Limit& limit : choices.empty() ? std::span<Limit>() : std::span(limits_)) {
        const std::int64_t has = of(limit, choices);
        const bool kept = limit.at_most ? has <= limit.value : has >= limit.value;
        if (kept) {
            continue;
        }
        const bool refused = invalid_ == InvalidBallots::refuse;
        if (++limit.broken <= told_max) {
            remarks_.push_back(refused ? counting::finding(limit.name.empty() ? words::Key("remark.refused_budget")
                                                                              : words::Key("remark.refused"),
                                                           {{"limit", limit.name}})
                                       : told(limit, has));
            remarks_.back().place = place;
        }
        // One reason is enough.
        if (refused) {
            counts = false;
            break;
        }
    }
    return counts;
}

void BallotLimits::finish() {
    const bool refused = invalid_ == InvalidBallots::refuse;
    const words::Key more_budget =
        refused ? words::Key("remark.more_refused_budget") : words::Key("remark.more_over_budget");
    const words::Key more = refused ? words::Key("remark.more_refused") : words::Key("remark.more_over_limit");
    for (const Limit& limit : limits_) {
        if (limit.broken > told_max) {
            remarks_.push_back(
                counting::finding(limit.name.empty() ? more_budget : more,
                                  {{"found", std::to_string(limit.broken - told_max)}, {"limit", limit.name}}));
        }
    }
}

}  // namespace bypuls::participation::pabulib
