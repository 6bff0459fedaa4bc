#include "platform/publish/sensorthings/read/topics.h"

#include <fmt/format.h>

#include "platform/publish/sensorthings/read/fit.h"
#include "platform/query/parse.h"

namespace bypuls::sensorthings {

std::optional<Topic> topic_of(std::string_view text) {
    Topic topic{.v1_0 = text.starts_with("v1.0"), .path = {}, .query = std::nullopt};
    if (!topic.v1_0 && !text.starts_with("v1.1")) {
        return std::nullopt;
    }
    constexpr std::size_t version = 4;
    text.remove_prefix(version);
    if (!text.empty() && text.front() != '/' && text.front() != '?') {
        return std::nullopt;
    }
    const auto question = text.find('?');
    topic.path = text.substr(0, question);
    if (question != std::string_view::npos) {
        topic.query = text.substr(question + 1);
    }
    if (!topic.path.empty()) {
        topic.path.remove_prefix(1);
    }
    return topic;
}

namespace {

/// Options of pages and forms make no sense for what comes one by one.
Result<void> check_options(const query::Options& options, Subject::What what) {
    const bool of_pages = !options.order.empty() || options.top || options.skip > 0 || options.count ||
                          options.distinct || !options.skip_token.empty() ||
                          options.format != query::ResultFormat::entities;
    if (of_pages) {
        return fail(Errc::malformed,
                    "a topic may have $filter, $select and $expand; what comes one by one has no pages");
    }
    if (options.filter && what != Subject::What::set) {
        return fail(Errc::malformed, "$filter is for sets; this topic is about one entity");
    }
    if (what == Subject::What::property && (!options.select.empty() || !options.expand.empty())) {
        return fail(Errc::malformed, "a topic of one property has no $select and no $expand");
    }
    return {};
}

}  // namespace

Result<Subject> subject_of(const Topic& topic) {
    if (topic.path.size() + topic.query.value_or("").size() > topic_bytes_max) {
        return fail(Errc::malformed, fmt::format("a topic has at most {} bytes", topic_bytes_max));
    }
    if (topic.path.find_first_of("+#") != std::string_view::npos) {
        return fail(Errc::malformed,
                    "topics of SensorThings have no wildcards; subscribe to the set, such as "
                    "v1.1/Observations");
    }
    Subject subject{.v1_0 = topic.v1_0};
    TRY(subject.path, parse_path(topic.path));
    if (subject.path.reference || subject.path.count || subject.path.value) {
        return fail(Errc::malformed,
                    "a topic ends with a set, an entity or a property; not with $ref, $count or $value");
    }
    subject.what = !subject.path.property.empty() ? Subject::What::property
                   : subject.path.last().single() ? Subject::What::entity
                                                  : Subject::What::set;
    if (topic.v1_0 && subject.path.last().kind == Kind::multi_datastream) {
        return fail(Errc::not_found, "version 1.0 has no MultiDatastreams");
    }
    query::Places places;
    TRY(auto options, query::parse_options(topic.query.value_or(""), {}, &places));
    TRY_DO(check_options(options, subject.what));
    TRY(subject.options, fit(subject.path.last().kind, std::move(options), places));
    return subject;
}

Result<void> check_publishable(const Topic& topic) {
    const auto path = parse_path(topic.path);
    const bool leads_to_observations = path && !topic.query && topic.path.size() <= topic_bytes_max &&
                                       path->last().kind == Kind::observation && !path->last().single() &&
                                       !path->reference && !path->count;
    if (!leads_to_observations) {
        return fail(
            Errc::not_found,
            "what is published here makes an Observation (18-088 §14.2): publish to Observations, or to those "
            "of a Datastream, a MultiDatastream or a FeatureOfInterest, such as v1.1/Datastreams(1)/Observations");
    }
    return {};
}

}  // namespace bypuls::sensorthings
