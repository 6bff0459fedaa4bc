#include <fmt/format.h>

#include "city/participation/counting/count.h"

namespace bypuls::participation::counting {
namespace {

std::string told(const std::optional<Exact>& value) {
    return value ? value->fraction : "nothing";
}

/// Fractions stand for themselves; the decimals beside them are for people.
bool same(const std::optional<Exact>& a, const std::optional<Exact>& b) {
    return a.has_value() == b.has_value() && (!a || a->fraction == b->fraction);
}

std::optional<std::string> round_differs(const Election& election, std::size_t i, const Round& round,
                                         const PlainRound& plain) {
    const auto say = [&](std::string_view what, const auto& first, const auto& second) {
        return fmt::format("rounds[{}] ('{}'), {}: {} against {}", i, election.projects[round.project].id, what, first,
                           second);
    };
    if (round.paid != plain.paid) {
        return say("paid", format_money(round.paid), format_money(plain.paid));
    }
    if (!same(round.share, plain.share)) {
        return say("share", told(round.share), told(plain.share));
    }
    if (!same(round.price, plain.price)) {
        return say("price", told(round.price), told(plain.price));
    }
    if (round.paid_all_they_had != plain.paid_all_they_had) {
        return say("paid_all_they_had", round.paid_all_they_had, plain.paid_all_they_had);
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::string> disagreement(const Election& election, const CountResult& result,
                                        const PlainOutcome& plain) {
    const auto ids = [&](const std::vector<ProjectIndex>& projects) {
        std::string text;
        for (const ProjectIndex project : projects) {
            text += (text.empty() ? "" : " ") + election.projects[project].id;
        }
        return text;
    };
    if (result.winners != plain.winners) {
        return fmt::format("winners: {} against {}", ids(result.winners), ids(plain.winners));
    }
    if (result.spent != plain.spent) {
        return fmt::format("spent: {} against {}", format_money(result.spent), format_money(plain.spent));
    }
    for (std::size_t i = 0; i < result.rounds.size() && i < plain.rounds.size(); ++i) {
        if (auto differs = round_differs(election, i, result.rounds[i], plain.rounds[i])) {
            return differs;
        }
    }
    std::size_t next = 0;
    for (const std::optional<Exact>& share : plain.shares) {
        if (!share) {
            continue;
        }
        if (next == result.endowments.size() || result.endowments[next].share.fraction != share->fraction) {
            return fmt::format("endowments[{}]: {} against {}", next,
                               next == result.endowments.size() ? "none" : result.endowments[next].share.fraction,
                               share->fraction);
        }
        ++next;
    }
    return next == result.endowments.size() ? std::nullopt
                                            : std::optional(fmt::format("endowments[{}]: one against none", next));
}

}  // namespace bypuls::participation::counting
