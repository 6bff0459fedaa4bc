#include "city/participation/explanation/report.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "city/participation/counting/fingerprint.h"
#include "city/participation/counting/refuse.h"
#include "core/json_members.h"
#include "core/text.h"

namespace bypuls::participation::explanation {

using counting::CountResult;
using counting::Election;
using counting::Exact;
using counting::format_money;
using counting::ProjectIndex;
using counting::refuse;
using counting::Round;

namespace {

/// Writes JSON with two spaces of indentation; keys in the order given.
class Writer {
public:
    void open(char bracket) {
        text_ += bracket;
        ++depth_;
        empty_ = true;
    }
    void close(char bracket) {
        --depth_;
        if (!empty_) {
            line();
        }
        text_ += bracket;
        empty_ = false;
    }
    void item() {
        if (!empty_) {
            text_ += ',';
        }
        line();
        empty_ = false;
    }
    void key(std::string_view name) {
        item();
        append_json_string(text_, name);
        text_ += ": ";
    }
    void text(std::string_view value) { append_json_string(text_, value); }
    void raw(std::string_view value) { text_ += value; }

    void field(std::string_view name, std::string_view value) {
        key(name);
        text(value);
    }
    void number(std::string_view name, std::int64_t value) {
        key(name);
        raw(std::to_string(value));
    }
    void real(std::string_view name, double value) {
        key(name);
        raw(fmt::format("{:.6g}", value));
    }
    void boolean(std::string_view name, bool value) {
        key(name);
        raw(value ? "true" : "false");
    }
    /// {"fraction": "100/3", "value": 33.3333}
    void exact(std::string_view name, const Exact& value) {
        key(name);
        raw("{\"fraction\": ");
        text(value.fraction);
        raw(fmt::format(", \"value\": {:.12g}}}", value.value));
    }
    void ids(const Election& election, const std::vector<ProjectIndex>& projects) {
        raw("[");
        for (std::size_t i = 0; i < projects.size(); ++i) {
            raw(i == 0 ? "" : ", ");
            text(election.projects[projects[i]].id);
        }
        raw("]");
    }
    void ids(std::string_view name, const Election& election, const std::vector<ProjectIndex>& projects) {
        key(name);
        ids(election, projects);
    }

    /// A list of objects, each filled by `write`.
    template <typename Items, typename Write>
    void objects(std::string_view name, const Items& items, Write write) {
        key(name);
        open('[');
        for (const auto& one : items) {
            item();
            open('{');
            write(one);
            close('}');
        }
        close(']');
    }

    std::string finish() {
        text_ += '\n';
        return std::move(text_);
    }

private:
    void line() {
        text_ += '\n';
        text_.append(static_cast<std::size_t>(depth_) * 2, ' ');
    }

    std::string text_;
    int depth_ = 0;
    bool empty_ = true;
};

void write_rounds(Writer& out, const Election& election, const CountResult& result) {
    out.objects("rounds", result.rounds, [&](const Round& round) {
        out.field("project", election.projects[round.project].id);
        out.field("phase", name_of(round.phase));
        out.field("paid", format_money(round.paid));
        out.number("supporters", round.supporters);
        if (round.share) {
            out.exact("share", *round.share);
        }
        if (round.effective_votes) {
            out.exact("effective_votes", *round.effective_votes);
            out.number("could_pay", round.could_pay);
            out.number("paid_all_they_had", round.paid_all_they_had);
        }
        if (round.price) {
            out.exact("price", *round.price);
        }
        if (!round.pot.empty()) {
            out.field("pot", round.pot);
        }
    });
}

void write_ties(Writer& out, const Election& election, const CountResult& result) {
    out.objects("ties", result.ties, [&](const counting::Tie& tie) {
        out.number("round", static_cast<std::int64_t>(tie.round));
        out.ids("tied", election, tie.tied);
        out.field("chosen", election.projects[tie.chosen].id);
        out.field("broken_by", name_of(tie.broken_by));
        out.boolean("on_the_way", tie.on_the_way);
        out.boolean("explored", tie.explored);
        if (tie.explored || !tie.alternatives.empty()) {
            out.boolean("changed_outcome", !tie.alternatives.empty());
            out.key("alternatives");
            out.open('[');
            for (const auto& set : tie.alternatives) {
                out.item();
                out.ids(election, set);
            }
            out.close(']');
        }
    });
}

void write_projects(Writer& out, const Election& election, const CountResult& result) {
    out.key("projects");
    out.open('[');
    for (ProjectIndex project = 0; project < election.projects.size(); ++project) {
        out.item();
        out.open('{');
        out.field("id", election.projects[project].id);
        out.field("name", election.projects[project].name);
        out.field("cost", format_money(election.projects[project].cost));
        out.number("votes", result.votes[project]);
        out.key("score");
        out.raw(counting::format_points(result.scores[project], election.points_per_one));
        out.boolean("won", result.won(project));
        for (const counting::Excluded& excluded : result.excluded) {
            if (excluded.project == project) {
                out.field("excluded", name_of(excluded.why));
            }
        }
        for (const counting::ShutOut& shut_out : result.shut_out) {
            if (shut_out.project == project) {
                out.field("shut_out_by", election.projects[shut_out.by].id);
            }
        }
        out.close('}');
    }
    out.close(']');
}

/// The groups of which at most one project is built: they are the election's, so no rule's name tells of them.
void write_exclusive(Writer& out, const Election& election) {
    if (election.exclusive.empty()) {
        return;
    }
    out.key("exclusive");
    out.open('[');
    for (const auto& group : election.exclusive) {
        out.item();
        out.ids(election, group);
    }
    out.close(']');
}

void write_change(Writer& out, std::string_view name, const std::optional<Change>& change, bool money) {
    if (!change) {
        return;
    }
    out.key(name);
    out.raw(change->enough ? "{\"amount\": " : "{\"more_than\": ");
    out.raw(money ? fmt::format("\"{}\"", format_money(change->amount)) : std::to_string(change->amount));
    if (!change->enough) {
        out.raw("}");
        return;
    }
    out.raw(change->smallest ? ", \"smallest\": true}" : ", \"smallest\": false}");
}

/// Why measures are missing that are missing for every project.
void write_not_applicable(Writer& out, const Election& election) {
    if (additions_apply(election.kind)) {
        return;
    }
    const std::string_view why = election.kind == counting::BallotKind::choose_one
                                     ? "a ballot has one choice, so nobody can choose a project beside it"
                                 : election.kind == counting::BallotKind::points
                                     ? "with points it would depend on how many are given"
                                     : "in a ranking it would depend on the place that is given";
    out.key("not_applicable");
    out.open('{');
    for (const std::string_view measure : {"optimist_add", "pessimist_add", "random_add"}) {
        out.field(measure, why);
    }
    out.close('}');
}

void write_distances(Writer& out, const Election& election, const Distances& distances) {
    write_not_applicable(out, election);
    out.objects("losers", distances.losers, [&](const LoserDistance& loser) {
        out.field("project", election.projects[loser.project].id);
        write_change(out, "cost_reduction", loser.cost_reduction, true);
        write_change(out, "singleton_add", loser.singleton_add, false);
        write_change(out, "optimist_add", loser.optimist_add, false);
        write_change(out, "pessimist_add", loser.pessimist_add, false);
        write_change(out, "random_add", loser.random_add, false);
        write_change(out, "rivalry_reduction", loser.rivalry_reduction, false);
    });
    out.objects("margins", distances.winners, [&](const WinnerMargin& winner) {
        out.field("project", election.projects[winner.project].id);
        write_change(out, "margin", winner.margin, false);
        out.ids("instead", election, winner.instead);
    });
}

void write_pots(Writer& out, const Metrics& metrics) {
    out.objects("pots", metrics.pots, [&](const PotShare& pot) {
        out.field("pot", pot.pot);
        out.real("of_cost", pot.of_cost);
        out.real("of_votes", pot.of_votes);
    });
}

void write_underserved(Writer& out, const Election& election, const Metrics& metrics) {
    out.objects("underserved", metrics.underserved, [&](const Underserved& one) {
        out.field("project", election.projects[one.project].id);
        out.number("supporters", one.supporters);
        out.field("got", format_money(one.got));
        out.field("share", format_money(one.share));
    });
}

void write_prices(Writer& out, const Election& election, const Metrics& metrics) {
    out.objects("prices", metrics.prices, [&](const counting::PriceSystem& system) {
        out.field("pot", system.pot);
        out.boolean("holds", system.holds);
        out.exact("share", system.share);
        out.objects("left", system.left, [&](const counting::PriceSystem::Left& left) {
            out.field("project", election.projects[left.project].id);
            out.exact("left", left.left);
        });
    });
}

void write_groups(Writer& out, const Metrics& metrics) {
    out.objects("groups", metrics.groups, [&](const GroupFigures& group) {
        out.field("by", group.by);
        out.field("name", group.name);
        out.number("voters", group.voters);
        out.real("with_a_winner", group.with_a_winner);
        out.real("mean_winners", group.mean_winners);
        out.real("mean_kroner", group.mean_kroner);
    });
}

void write_metrics(Writer& out, const Election& election, const Metrics& metrics) {
    out.key("metrics");
    out.open('{');
    out.real("spent_share", metrics.spent_share);
    out.real("voters_with_a_winner", metrics.voters_with_a_winner);
    out.real("excluded_voters", metrics.excluded_voters);
    out.real("mean_winners", metrics.mean_winners);
    out.real("median_winners", metrics.median_winners);
    out.real("mean_kroner", metrics.mean_kroner);
    out.real("median_kroner", metrics.median_kroner);
    out.real("gini_kroner", metrics.gini_kroner);
    out.key("tenths");
    out.raw("[");
    for (std::size_t i = 0; i < metrics.tenths.size(); ++i) {
        out.raw(fmt::format("{}{:.6g}", i == 0 ? "" : ", ", metrics.tenths[i]));
    }
    out.raw("]");
    write_pots(out, metrics);
    write_underserved(out, election, metrics);
    write_prices(out, election, metrics);
    if (!metrics.groups.empty()) {
        write_groups(out, metrics);
    }
    out.close('}');
}

void write_beside(Writer& out, const Election& election, const std::vector<Beside>& beside) {
    out.objects("beside", beside, [&](const Beside& one) {
        out.field("rule", one.difference.result.rule);
        out.field("rule_text", print_rule(one.rule));
        out.field("spent", format_money(one.difference.result.spent));
        out.ids("winners", election, one.difference.result.winners);
        out.ids("gained", election, one.difference.gained);
        out.ids("lost", election, one.difference.lost);
        write_metrics(out, election, one.metrics);
    });
}

void write_what_if(Writer& out, const Election& election, const std::vector<Supposed>& supposed) {
    out.objects("what_if", supposed, [&](const Supposed& one) {
        out.field("change", one.change);
        out.field("rule", one.difference.result.rule);
        out.field("budget", format_money(one.difference.result.budget));
        out.field("spent", format_money(one.difference.result.spent));
        out.ids("winners", election, one.difference.result.winners);
        out.ids("gained", election, one.difference.gained);
        out.ids("lost", election, one.difference.lost);
    });
}

}  // namespace

std::string print_result(const Election& election, const counting::Rule& rule, const CountResult& result,
                         const ReportParts& parts) {
    Writer out;
    out.open('{');
    out.field("format", "bypuls-count-1");
    out.field("election", election.title);
    out.field("currency", election.currency);
    out.field("rule", result.rule);
    out.field("rule_text", print_rule(rule));
    out.field("rule_sha256", counting::rule_sha256(rule));
    out.field("ballots_sha256",
              parts.ballots_sha256.empty() ? counting::ballots_sha256(election) : parts.ballots_sha256);
    out.field("budget", format_money(result.budget));
    out.field("spent", format_money(result.spent));
    out.number("voters", result.voters);
    out.number("blank", result.blank);
    out.ids("winners", election, result.winners);
    out.boolean("greedy_preferred", result.greedy_preferred);
    out.objects("endowments", result.endowments, [&](const counting::Endowment& endowment) {
        out.exact("share", endowment.share);
        out.number("raises", endowment.raises);
        out.boolean("exhaustive", endowment.exhaustive);
        out.field("pot", endowment.pot);
    });
    write_ties(out, election, result);
    write_rounds(out, election, result);
    write_projects(out, election, result);
    write_exclusive(out, election);
    if (!result.partial_left_out.empty()) {
        out.ids("partial_left_out", election, result.partial_left_out);
    }
    if (parts.remarks != nullptr && !parts.remarks->empty()) {
        out.key("remarks");
        out.open('[');
        for (const counting::Finding& remark : *parts.remarks) {
            out.item();
            out.text(remark.in_english());
        }
        out.close(']');
    }
    if (parts.distances != nullptr) {
        write_distances(out, election, *parts.distances);
    }
    if (parts.metrics != nullptr) {
        write_metrics(out, election, *parts.metrics);
    }
    if (parts.beside != nullptr) {
        write_beside(out, election, *parts.beside);
    }
    if (!parts.what_if.empty()) {
        write_what_if(out, election, parts.what_if);
    }
    out.close('}');
    return out.finish();
}

counting::Attempt<PublishedResult> read_result(std::string_view text) {
    // No result is nearly as deep, and whoever looks for what differs goes as deep as it is.
    constexpr int depth_max = 64;
    bool too_deep = false;
    TwiceNamed twice;
    const auto see = [&](int depth, nlohmann::json::parse_event_t event, const nlohmann::json& part) {
        twice.see(event, part);
        too_deep = too_deep || depth > depth_max;
        return !too_deep;
    };
    const auto json = nlohmann::json::parse(text, see, false);
    if (twice.found()) {
        return refuse(Errc::malformed, "fault.key_twice", {{"key", std::string(*twice.found())}});
    }
    if (too_deep || !json.is_object() || json.value("format", nlohmann::json()) != "bypuls-count-1") {
        return refuse(Errc::malformed, "recount.fault.not_result");
    }
    const auto text_at = [&](const char* key) -> counting::Attempt<std::string> {
        const auto at = json.find(key);
        if (at == json.end() || !at->is_string()) {
            return refuse(Errc::malformed, "recount.fault.result_lacks", {{"key", key}});
        }
        return at->get<std::string>();
    };
    PublishedResult result;
    TRY(const std::string rule, text_at("rule_text"));
    auto parsed = counting::parse_rule(rule);
    if (!parsed) {
        return put_at(std::move(parsed.error()), {.path = "rule_text"});
    }
    result.rule = *parsed;
    TRY(const std::string spent, text_at("spent"));
    TRY(result.spent, counting::parse_money(spent));
    const auto winners = json.find("winners");
    if (winners == json.end() || !winners->is_array()) {
        return refuse(Errc::malformed, "recount.fault.result_lacks", {{"key", "winners"}});
    }
    for (const auto& winner : *winners) {
        if (!winner.is_string()) {
            return refuse(Errc::malformed, "recount.fault.result_lacks", {{"key", "winners"}});
        }
        result.winners.push_back(winner.get<std::string>());
    }
    return result;
}

}  // namespace bypuls::participation::explanation
