#include "platform/ingest/judging/rule_judge.h"

#include <algorithm>
#include <optional>
#include <variant>

#include "core/log.h"

namespace bypuls::ingest {
namespace {

using observations::DatastreamId;
using observations::Quality;
using quality::Reading;
using quality::Rule;

std::optional<double> number_of(const observations::Value& value) {
    const auto number = observations::as_type(value, observations::ResultType::number);
    return number ? std::optional(std::get<double>(*number)) : std::nullopt;
}

/// In order of time; another at the same time takes its place.
void put(std::vector<Reading>& readings, const Reading& reading) {
    const auto at = std::ranges::lower_bound(readings, reading.time, {}, &Reading::time);
    if (at != readings.end() && at->time == reading.time) {
        *at = reading;
    } else {
        readings.insert(at, reading);
    }
}

}  // namespace

void RuleJudge::next_message() {
    late_.clear();
    if (registry_.streams()->version() == version_) {
        return;
    }
    const auto changes = registry_.changes_since(version_);
    const bool named =
        changes && changes->complete && std::ranges::none_of(changes->changes, [](const registry::Change& change) {
            return change.kind == registry::Kind::observed_property;
        });
    if (!named) {
        // A property may have another name, and so all its datastreams another rule.
        pasts_.clear();
        without_rule_.clear();
    }
    if (!changes) {
        log::warning("ingest/judging", "the registry's changes could not be read", {{"why", changes.error().what}});
        return;
    }
    version_ = changes->version;
    for (const registry::Change& change : changes->changes) {
        if (change.kind == registry::Kind::datastream) {
            pasts_.erase(DatastreamId{change.id});
            without_rule_.erase(DatastreamId{change.id});
        }
    }
}

Quality RuleJudge::judge(DatastreamId id, const observations::Observation& reading, Instant received) {
    if (without_rule_.contains(id)) {
        return {};
    }
    const auto value = number_of(reading.value);
    if (!value) {
        return {};
    }
    Past& past = past_of(id, reading.time);
    if (past.rule == nullptr) {
        pasts_.erase(id);
        if (without_rule_.size() >= without_rule_max) {
            without_rule_.clear();
        }
        without_rule_.insert(id);
        return {};
    }
    const Reading next{reading.time, *value, reading.quality};
    const bool older = past.cut && !past.readings.empty() && reading.time <= past.readings.front().time;
    const auto assessment =
        older ? quality::assess(past_of_late(id, *past.rule, reading.time), next, received, *past.rule)
              : quality::assess(past.readings, next, received, *past.rule);
    const Reading judged{next.time, next.value, assessment.quality};
    if (older) {
        put(late_[id], judged);
    } else if (!assessment.future) {
        remember(past, judged);
    }
    return assessment.quality;
}

RuleJudge::Past& RuleJudge::past_of(DatastreamId id, Instant before) {
    if (const auto known = pasts_.find(id); known != pasts_.end()) {
        return known->second;
    }
    if (pasts_.size() >= datastreams_max) {
        pasts_.clear();
    }
    Past& past = pasts_[id];
    past.rule = rule_of(id);
    if (past.rule != nullptr) {
        // The newest reading may be later than this one, when this one is late: both pasts are wanted.
        const auto latest = store_.latest(id);
        past.readings = read(id, *past.rule, latest ? std::max(before, latest->time + Duration{1}) : before);
        past.cut = !past.readings.empty();
    }
    return past;
}

const Rule* RuleJudge::rule_of(DatastreamId id) const {
    const auto datastream = registry_.datastreams().get(id);
    if (!datastream) {
        return nullptr;
    }
    const auto property = registry_.observed_properties().get(datastream->observed_property);
    const Rule* rule = property ? rules_.find(property->name) : nullptr;
    return rule != nullptr && datastream->unit.definition == rule->unit ? rule : nullptr;
}

std::vector<Reading> RuleJudge::read(DatastreamId id, const Rule& rule, Instant before) const {
    const auto series = store_.range(id, {before - quality::window(rule), before},
                                     {.order = observations::Order::newest_first, .limit = readings_max});
    if (!series) {
        log::warning("ingest/judging", "the past of a datastream could not be read", {{"why", series.error().what}});
        return {};
    }
    std::vector<Reading> readings;
    for (std::size_t i = 0; i < series->columns.size(); ++i) {
        if (const auto value = number_of(series->columns.value(i))) {
            readings.push_back({series->columns.times[i], *value, series->columns.quality_of(i)});
        }
    }
    std::ranges::reverse(readings);
    return readings;
}

std::vector<Reading> RuleJudge::past_of_late(DatastreamId id, const Rule& rule, Instant before) const {
    auto past = read(id, rule, before);
    const auto late = late_.find(id);
    if (late == late_.end()) {
        return past;
    }
    const auto first = std::ranges::lower_bound(late->second, before - quality::window(rule), {}, &Reading::time);
    const auto last = std::ranges::lower_bound(late->second, before, {}, &Reading::time);
    const auto most = static_cast<std::ptrdiff_t>(readings_max);
    for (auto reading = last - first > most ? last - most : first; reading != last; ++reading) {
        put(past, *reading);
    }
    return past;
}

void RuleJudge::remember(Past& past, const Reading& reading) {
    auto& readings = past.readings;
    put(readings, reading);
    const Instant oldest = readings.back().time - quality::window(*past.rule);
    const auto keep = std::max(std::ranges::lower_bound(readings, oldest, {}, &Reading::time),
                               readings.end() - static_cast<std::ptrdiff_t>(std::min(readings.size(), readings_max)));
    past.cut = past.cut || keep != readings.begin();
    readings.erase(readings.begin(), keep);
}

}  // namespace bypuls::ingest
