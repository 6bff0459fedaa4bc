#include "platform/registry/streams.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/check.h"

namespace bypuls::registry {
namespace {

/// The layer is copied with every change and looked in first, so it stays small.
constexpr std::size_t recent_max = 512;

}  // namespace

Stream stream_of(const Datastream& datastream) {
    return {.id = datastream.id,
            .thing = datastream.thing,
            .sensor = datastream.sensor,
            .observed_property = datastream.observed_property,
            .result_type = datastream.result_type,
            .access = datastream.access,
            .simulated = datastream.simulated,
            .components = {},
            .external_keys = datastream.external_keys};
}

Stream stream_of(const MultiDatastream& datastream) {
    std::vector<ResultType> types;
    std::ranges::transform(datastream.components, std::back_inserter(types), &Component::result_type);
    return {.id = datastream.id,
            .thing = datastream.thing,
            .sensor = datastream.sensor,
            .observed_property = {},
            .result_type = ResultType::json,
            .access = datastream.access,
            .simulated = datastream.simulated,
            .components = std::move(types),
            .external_keys = datastream.external_keys};
}

bool fits(const nlohmann::json& value, ResultType type) {
    switch (type) {
        case ResultType::number: return value.is_number();
        case ResultType::integer:
            return value.is_number_integer() ||
                   (value.is_number_float() && std::trunc(value.get<double>()) == value.get<double>());
        case ResultType::boolean: return value.is_boolean();
        case ResultType::category: return value.is_string();
        case ResultType::json: return true;
    }
    return false;
}

Result<void> check_reading(std::span<const ResultType> components, const nlohmann::json& value) {
    if (!value.is_array() || value.size() != components.size()) {
        return fail(Errc::malformed,
                    fmt::format("a reading of this multi-datastream is a list of {} values", components.size()));
    }
    for (std::size_t i = 0; i < components.size(); ++i) {
        if (!value[i].is_null() && !fits(value[i], components[i])) {
            return fail(Errc::malformed,
                        fmt::format("value {} of the reading does not fit: the multi-datastream holds {} there", i + 1,
                                    observations::name_of(components[i])));
        }
    }
    return {};
}

void Streams::Layer::set(Held stream) {
    remove(stream->id);
    for (const auto& key : stream->external_keys) {
        // Not by_key[key]: an entry that is there already views the text of the stream that had the key before.
        by_key.erase(key);
        by_key.emplace(key, stream.get());
    }
    const DatastreamId id = stream->id;
    by_id[id] = std::move(stream);
}

void Streams::Layer::remove(DatastreamId id) {
    const auto found = by_id.find(id);
    if (found == by_id.end()) {
        by_id.emplace(id, nullptr);
        return;
    }
    if (found->second) {
        for (const auto& key : found->second->external_keys) {
            const auto entry = by_key.find(key);
            if (entry != by_key.end() && entry->second == found->second.get()) {
                by_key.erase(entry);
            }
        }
    }
    found->second = nullptr;
}

Streams::Streams() : base_(std::make_shared<const Layer>()) {}

Streams::Streams(Version version, std::vector<Stream> streams) : version_(version), size_(streams.size()) {
    auto base = std::make_shared<Layer>();
    base->by_id.reserve(streams.size());
    base->by_key.reserve(streams.size());
    for (auto& stream : streams) {
        base->set(std::make_shared<const Stream>(std::move(stream)));
    }
    check(base->by_id.size() == size_, "every datastream stands once");
    base_ = std::move(base);
}

const Stream* Streams::find(DatastreamId id) const {
    if (const auto found = recent_.by_id.find(id); found != recent_.by_id.end()) {
        return found->second.get();
    }
    const auto found = base_->by_id.find(id);
    return found == base_->by_id.end() ? nullptr : found->second.get();
}

const Stream* Streams::find(std::string_view external_key) const {
    if (const auto found = recent_.by_key.find(external_key); found != recent_.by_key.end()) {
        return found->second;
    }
    const auto found = base_->by_key.find(external_key);
    // What the base says of a stream that has changed since is no longer so.
    if (found == base_->by_key.end() || recent_.by_id.contains(found->second->id)) {
        return nullptr;
    }
    return found->second;
}

void Streams::for_each(const std::function<void(const Stream&)>& visit) const {
    for (const auto& [id, stream] : base_->by_id) {
        if (stream && !recent_.by_id.contains(id)) {
            visit(*stream);
        }
    }
    for (const auto& [id, stream] : recent_.by_id) {
        if (stream) {
            visit(*stream);
        }
    }
}

std::shared_ptr<const Streams> Streams::with(Version version, std::vector<Stream> changed,
                                             const std::vector<DatastreamId>& removed) const {
    auto next = std::make_shared<Streams>(*this);
    next->version_ = version;
    for (const DatastreamId id : removed) {
        next->size_ -= next->find(id) != nullptr ? 1U : 0U;
        next->recent_.remove(id);
    }
    for (auto& stream : changed) {
        next->size_ += next->find(stream.id) == nullptr ? 1U : 0U;
        next->recent_.set(std::make_shared<const Stream>(std::move(stream)));
    }
    if (next->recent_.by_id.size() > recent_max) {
        auto base = std::make_shared<Layer>(*base_);
        for (const auto& [id, stream] : next->recent_.by_id) {
            if (stream) {
                base->set(stream);
            } else {
                base->remove(id);
                base->by_id.erase(id);
            }
        }
        next->base_ = std::move(base);
        next->recent_ = {};
    }
    return next;
}

}  // namespace bypuls::registry
