#include "platform/publish/sensorthings/read/observation_plan.h"

#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "platform/publish/sensorthings/read/fit.h"
#include "platform/publish/sensorthings/read/pages.h"

namespace bypuls::sensorthings {
namespace {

using observations::DatastreamId;
using query::Expression;
using query::Operator;

/// Of more features than this it is not asked beforehand which datastreams have observations about them.
constexpr std::size_t narrowing_features_max = 32;

/// `path op literal`, whichever side the path stood on.
struct Comparison {
    const query::Path* path = nullptr;
    Operator op = Operator::eq;
    const query::Value* literal = nullptr;
};

Operator turned(Operator op) {
    switch (op) {
        case Operator::gt: return Operator::lt;
        case Operator::ge: return Operator::le;
        case Operator::lt: return Operator::gt;
        case Operator::le: return Operator::ge;
        default: return op;
    }
}

std::optional<Comparison> comparison_of(const Expression& e) {
    const bool compares = e.kind == Expression::Kind::operation && e.op >= Operator::eq && e.op <= Operator::le;
    if (!compares || e.arguments.size() != 2) {
        return std::nullopt;
    }
    const Expression& a = e.arguments[0];
    const Expression& b = e.arguments[1];
    if (a.kind == Expression::Kind::path && b.kind == Expression::Kind::literal) {
        return Comparison{&a.path, e.op, &b.literal};
    }
    if (b.kind == Expression::Kind::path && a.kind == Expression::Kind::literal) {
        return Comparison{&b.path, turned(e.op), &a.literal};
    }
    return std::nullopt;
}

std::optional<double> number_of(const query::Value& value) {
    if (const auto* number = std::get_if<double>(&value)) {
        return *number;
    }
    const auto* integer = std::get_if<std::int64_t>(&value);
    constexpr std::int64_t exact = std::int64_t{1} << 53;
    return integer != nullptr && *integer >= -exact && *integer <= exact ? std::optional(static_cast<double>(*integer))
                                                                         : std::nullopt;
}

void narrow(Interval& interval, Operator op, Instant t) {
    constexpr Duration tick{1};
    if (op == Operator::gt || op == Operator::ge || op == Operator::eq) {
        interval.from = std::max(interval.from, op == Operator::gt ? t + tick : t);
    }
    if (op == Operator::lt || op == Operator::le || op == Operator::eq) {
        interval.to = std::min(interval.to, op == Operator::lt ? t : t + tick);
    }
}

/// Where a result is compared with a text, whatever it is itself, its text is: "result gt '3'" is what OGC's suite asks
/// of numbers, and how FROST answers it.
void compare_as_texts(Expression& e) {
    for (Expression& argument : e.arguments) {
        compare_as_texts(argument);
    }
    const auto compared = comparison_of(e);
    if (!compared || compared->path->steps != std::vector<std::string>{"result"} ||
        !std::holds_alternative<std::string>(*compared->literal)) {
        return;
    }
    for (Expression& argument : e.arguments) {
        if (argument.kind == Expression::Kind::path) {
            argument.path.steps.front() = result_as_text;
        }
    }
}

/// What a filter sees of an observation that is about no feature, or of none of this kind of datastream.
class NothingThere final : public query::Record {
public:
    std::optional<query::Value> property(std::string_view /*name*/) const override { return std::nullopt; }
    Result<std::optional<Related>> navigate(std::string_view /*name*/, std::size_t /*limit*/) const override {
        return Related{.many = false, .records = {}};
    }
};

class Planner {
public:
    explicit Planner(Session& session) : session_(session) {}

    Result<ObservationPlan> plan(const std::optional<Origin>& of, const query::Options& options) {
        if (of) {
            TRY_DO(begin_at(*of));
        }
        if (options.filter) {
            for (const Expression* part : query::conjuncts(*options.filter)) {
                TRY_DO(take(*part));
            }
        }
        plan_.rest = query::conjunction(rest_);
        if (plan_.rest) {
            compare_as_texts(*plan_.rest);
        }
        plan_.rest_of_detailed = query::conjunction(rest_of_detailed_);
        plan_.result_filter = query::conjunction(results_);
        if (streams_) {
            plan_.datastreams.assign(streams_->begin(), streams_->end());
        } else {
            plan_.datastreams = session_.data().store.datastreams();
            plan_.all_datastreams = true;
        }
        return std::move(plan_);
    }

private:
    Result<void> begin_at(const Origin& of) {
        if (of.kind == Kind::datastream || of.kind == Kind::multi_datastream) {
            only({DatastreamId{of.id}});
            return {};
        }
        return only_about({of.id});
    }

    Result<void> only_about(std::set<std::int64_t> features) {
        if (plan_.features) {
            std::erase_if(features, [this](std::int64_t feature) { return !plan_.features->contains(feature); });
        }
        plan_.features = std::move(features);
        if (plan_.features->size() > narrowing_features_max) {
            return {};
        }
        std::set<DatastreamId> found;
        for (const std::int64_t feature : *plan_.features) {
            TRY_DO(add_streams_of(feature, found));
        }
        only(std::move(found));
        return {};
    }

    /// Where observations about a feature can be: those of the things that were there, and those that name it.
    Result<void> add_streams_of(std::int64_t feature, std::set<DatastreamId>& found) {
        TRY(const auto featured, session_.data().registry.featured(registry::FeatureId{feature}));
        for (const auto& one : featured) {
            for (const Kind kind : {Kind::datastream, Kind::multi_datastream}) {
                TRY(const auto page,
                    session_.select(kind, {.of = registry::Related{registry::Kind::thing, one.thing.value},
                                           .limit = registry::page_max}));
                for (const Entity& stream : page.items) {
                    found.insert(DatastreamId{id_of(stream)});
                }
            }
        }
        if (session_.data().details != nullptr) {
            std::optional<observations::ObservationKey> after;
            while (true) {
                constexpr std::size_t at_once = 10'000;
                TRY(const auto named, session_.data().details->of_feature(feature, after, at_once));
                TRY_DO(session_.spend(named.size()));
                for (const auto& one : named) {
                    found.insert(one.key.datastream);
                }
                if (named.size() < at_once) {
                    break;
                }
                after = named.back().key;
            }
        }
        return {};
    }

    Result<void> take(const Expression& part) {
        if (all_paths_begin_with(part, "Datastream")) {
            return of_streams(Kind::datastream, part);
        }
        if (all_paths_begin_with(part, "MultiDatastream")) {
            return of_streams(Kind::multi_datastream, part);
        }
        if (all_paths_begin_with(part, "FeatureOfInterest")) {
            TRY(const bool of_none, query::matches(part, NothingThere(), session_.now()));
            if (!of_none) {
                return of_features(part);
            }
        }
        if (const auto compared = comparison_of(part); compared && compared->path->steps.size() == 1) {
            return take_comparison(*compared, part);
        }
        rest_.push_back(&part);
        return {};
    }

    Result<void> take_comparison(const Comparison& compared, const Expression& part) {
        const std::string& name = compared.path->steps.front();
        if (name == "phenomenonTime" && compared.op != Operator::ne) {
            if (const auto* t = std::get_if<Instant>(compared.literal)) {
                narrow(plan_.interval, compared.op, *t);
                rest_of_detailed_.push_back(&part);
                return {};
            }
        }
        if (const auto number = number_of(*compared.literal); number && name == "result") {
            plan_.results.push_back({compared.op, *number});
            results_.push_back(&part);
            return {};
        }
        if (const auto* id = std::get_if<std::int64_t>(compared.literal);
            id != nullptr && is_id(name) && compared.op == Operator::eq) {
            by_id(*id);
        }
        rest_.push_back(&part);
        return {};
    }

    void by_id(std::int64_t id) {
        const auto* moved = session_.data().moved;
        auto place = moved == nullptr ? std::nullopt : moved->place_of(id);
        Duration span{1};
        if (!place) {
            place = observation_place(id);
            span = std::chrono::milliseconds{1};
        }
        if (!place) {
            plan_.nothing = true;
            return;
        }
        only({place->datastream});
        plan_.interval.from = std::max(plan_.interval.from, place->time);
        plan_.interval.to = std::min(plan_.interval.to, place->time + span);
    }

    /// A filter that only asks about the datastream is answered once, not for each of its readings.
    Result<void> of_streams(Kind kind, const Expression& part) {
        TRY(const bool of_none, query::matches(part, NothingThere(), session_.now()));
        query::Options options;
        options.filter = without_first_step(part);
        options.top = session_.limits().page_max;
        std::set<DatastreamId> found;
        while (true) {
            TRY(const auto page, entity_page(session_, kind, std::nullopt, options));
            for (const auto& entity : page.items) {
                found.insert(DatastreamId{id_of(*entity)});
            }
            if (found.size() > session_.limits().datastreams_of_filter) {
                return fail(Errc::exhausted, fmt::format("$filter: more than {} datastreams fit; narrow it",
                                                         session_.limits().datastreams_of_filter));
            }
            if (!page.next) {
                break;
            }
            options.skip_token = to_token(*page.next);
        }
        if (of_none) {
            // It holds for observations of the other kind of datastream too, which have none of this.
            std::ranges::copy_if(session_.data().store.datastreams(), std::inserter(found, found.end()),
                                 [&](DatastreamId id) { return session_.is_multi(id) == (kind == Kind::datastream); });
        }
        only(std::move(found));
        return {};
    }

    /// A filter that only asks about the feature is answered once for each feature, of which there are fewer.
    Result<void> of_features(const Expression& part) {
        query::Options options;
        options.filter = without_first_step(part);
        options.top = session_.limits().page_max;
        std::set<std::int64_t> found;
        while (true) {
            TRY(const auto page, entity_page(session_, Kind::feature_of_interest, std::nullopt, options));
            for (const auto& entity : page.items) {
                found.insert(id_of(*entity));
            }
            if (!page.next) {
                return only_about(std::move(found));
            }
            options.skip_token = to_token(*page.next);
        }
    }

    void only(std::set<DatastreamId> wanted) {
        if (streams_) {
            std::erase_if(wanted, [this](DatastreamId id) { return !streams_->contains(id); });
        }
        streams_ = std::move(wanted);
    }

    Session& session_;
    ObservationPlan plan_;
    std::optional<std::set<DatastreamId>> streams_;
    std::vector<const Expression*> rest_;
    std::vector<const Expression*> rest_of_detailed_;
    std::vector<const Expression*> results_;
};

}  // namespace

bool ResultTest::passes(double value) const {
    switch (op) {
        case Operator::eq: return value == number;
        case Operator::ne: return value != number;
        case Operator::gt: return value > number;
        case Operator::ge: return value >= number;
        case Operator::lt: return value < number;
        default: return value <= number;
    }
}

bool ObservationPlan::whole_time() const {
    return interval == Interval{observations::earliest_time, observations::latest_time};
}

Result<ObservationPlan> make_plan(Session& session, const std::optional<Origin>& of, const query::Options& options) {
    return Planner(session).plan(of, options);
}

}  // namespace bypuls::sensorthings
