#include "apps/bypuls/import_target.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "apps/bypuls/data_folder.h"
#include "apps/bypuls/town.h"
#include "core/percent.h"
#include "core/words/format.h"
#include "platform/http/client.h"
#include "platform/publication/plane/plane.h"

namespace bypuls::apps {
namespace {

using nlohmann::json;

constexpr std::string_view source = "observations";
/// What is on disk in the journal is applied in seconds; longer than this, something keeps it, and says what.
constexpr std::chrono::minutes patience{5};

registry::ResultType result_type_of(ingest::csv::ValueType type) {
    switch (type) {
        case ingest::csv::ValueType::number: return registry::ResultType::number;
        case ingest::csv::ValueType::integer: return registry::ResultType::integer;
        case ingest::csv::ValueType::boolean: return registry::ResultType::boolean;
        case ingest::csv::ValueType::category: return registry::ResultType::category;
    }
    return registry::ResultType::number;
}

std::vector<const ingest::csv::Column*> missing_columns(const registry::Registry& registry,
                                                        const ingest::csv::Map& map) {
    const auto streams = registry.streams();
    std::vector<const ingest::csv::Column*> missing;
    for (const auto& column : map.columns) {
        if (streams->find(column.datastream) == nullptr) {
            missing.push_back(&column);
        }
    }
    return missing;
}

registry::Unit unit_of(const ingest::csv::Column& column) {
    if (column.unit.empty()) {
        return {.name = "unknown", .symbol = "", .definition = "1"};
    }
    return {.name = column.unit, .symbol = std::string(words::unit_symbol(column.unit)), .definition = column.unit};
}

/// Of the property that the datastream's name ends in, "blektjern/water_temperature", so that its rules apply; a new
/// one when there is none of that name.
Result<registry::NewDatastream> datastream_for(registry::Registry& registry, const ingest::csv::Column& column) {
    registry::NewDatastream made{
        .datastream = {.name = column.datastream,
                       .description = fmt::format("Brought in from the column '{}' of a file.", column.name),
                       .unit = unit_of(column),
                       .result_type = result_type_of(column.type),
                       .external_keys = {column.datastream}},
        .sensor = registry::Sensor{.name = "CSV file",
                                   .description = "Whatever wrote the file.",
                                   .encoding_type = "text/plain",
                                   .metadata = "-"}};
    const std::string property = column.datastream.substr(column.datastream.rfind('/') + 1);
    TRY(const auto known, registry.observed_properties().find_by_name(property));
    if (known.empty()) {
        made.observed_property = registry::ObservedProperty{.name = property,
                                                            .definition = "urn:bypuls:property:" + property,
                                                            .description = "Made when a file was brought in."};
    } else {
        made.datastream.observed_property = known.front().id;
    }
    return made;
}

Result<void> make_missing(registry::Registry& registry, const ingest::csv::Map& map, const std::string& create) {
    const auto missing = missing_columns(registry, map);
    if (missing.empty()) {
        return {};
    }
    if (create.empty()) {
        std::string names;
        for (const auto* column : missing) {
            names += (names.empty() ? "'" : ", '") + column->datastream + "'";
        }
        return fail(
            Errc::not_found,
            fmt::format("there is no datastream {}; name others in --map, or make them with --create THING", names));
    }
    registry::NewThing thing{.thing = {.name = create, .description = "Made when a file was brought in."}};
    for (const auto* column : missing) {
        TRY(auto made, datastream_for(registry, *column));
        thing.datastreams.push_back(std::move(made));
    }
    TRY_DO(registry.insert(thing));
    return {};
}

std::string other_unit(const ingest::csv::Column& column, std::string_view own) {
    return fmt::format("the column '{}' is said to be in '{}', but the datastream '{}' is in '{}'", column.name,
                       column.unit, column.datastream, own);
}

Result<void> units_checked(const std::vector<std::string>& faults) {
    return faults.empty() ? Result<void>{}
                          : fail(Errc::malformed, fmt::format("{}. Nothing is converted", fmt::join(faults, "; ")));
}

/// Nothing is converted, so a unit that is not the datastream's own would make wrong readings of right ones.
Result<void> check_units(registry::Registry& registry, const ingest::csv::Map& map) {
    const auto streams = registry.streams();
    std::vector<std::string> faults;
    for (const auto& column : map.columns) {
        const auto* stream = streams->find(column.datastream);
        if (stream == nullptr || column.unit.empty() || !stream->components.empty()) {
            continue;
        }
        TRY(const auto datastream, registry.datastreams().get(stream->id));
        if (column.unit != datastream.unit.definition) {
            faults.push_back(other_unit(column, datastream.unit.definition));
        }
    }
    return units_checked(faults);
}

class FolderTarget final : public ImportTarget {
public:
    explicit FolderTarget(const Settings& settings) : settings_(settings) {}

    Result<void> open(const ingest::csv::Map& map, const std::string& create) {
        if (create.empty()) {
            // Opening would make a town; without --create it could only hold nothing that the file goes to.
            TRY_DO(check_holds_town(settings_.data));
        }
        TRY(plane_, publication::PlaneFiles::open(settings_.public_folder()));
        TRY(internal_, InternalPlane::open(settings_, clock_, random_, *plane_, [](const auto&) {}));
        TRY_DO(check_units(internal_->registry(), map));
        TRY_DO(make_missing(internal_->registry(), map, create));
        TRY_DO(internal_->gate().follow_registry());
        internal_->start();
        before_ = internal_->pipeline().counts()[std::string(source)];
        return {};
    }

    Result<void> send(std::string rows) override {
        auto receipt = submit(rows);
        if (!receipt && receipt.error().code == Errc::exhausted && !internal_->pipeline().disk_full()) {
            // As much as may be in flight is in flight: so a large file needs no more memory than a small one.
            TRY_DO(internal_->pipeline().flush_within(patience));
            receipt = submit(rows);
        }
        if (!receipt) {
            return std::unexpected(std::move(receipt).error());
        }
        delivered_.accepted += receipt->accepted;
        delivered_.rejected += receipt->rejected;
        return {};
    }

    Result<Delivered> finish() override {
        TRY_DO(internal_->pipeline().flush_within(patience));
        TRY_DO(internal_->gate().settle());
        const auto after = internal_->pipeline().counts()[std::string(source)];
        delivered_.stored = after.stored - before_.stored;
        delivered_.duplicate = after.duplicate - before_.duplicate;
        delivered_.quarantined = after.quarantined - before_.quarantined;
        delivered_.is_final = true;
        return delivered_;
    }

    std::string name() const override { return "folder " + settings_.data; }

private:
    Result<ingest::pipeline::Receipt> submit(const std::string& rows) {
        return internal_->pipeline().submit_and_wait({.way = ingest::Way::batch_ndjson,
                                                      .sender = "bypuls import",
                                                      .detail = std::string(ingest::history_detail),
                                                      .received = clock_.now(),
                                                      .body = rows});
    }

    Settings settings_;
    SystemClock clock_;
    SystemRandom random_;
    std::unique_ptr<publication::PlaneFiles> plane_;
    std::unique_ptr<InternalPlane> internal_;
    ingest::Counts before_;
    Delivered delivered_;
};

class ServerTarget final : public ImportTarget {
public:
    ServerTarget(std::string origin, std::string key) : origin_(std::move(origin)), key_(std::move(key)) {
        while (origin_.ends_with('/')) {
            origin_.pop_back();
        }
    }

    Result<void> check_units(const ingest::csv::Map& map, const std::function<void(std::string_view)>& warn) const {
        std::vector<std::string> faults;
        for (const auto& column : map.columns) {
            if (column.unit.empty()) {
                continue;
            }
            TRY(const auto own, unit_of_stream(column.datastream));
            if (own.unknown) {
                warn(fmt::format("the unit of '{}' was not compared with the datastream's: {}", column.datastream,
                                 own.why));
                continue;
            }
            if (own.unit && *own.unit != column.unit) {
                faults.push_back(other_unit(column, *own.unit));
            }
        }
        return units_checked(faults);
    }

    Result<void> send(std::string rows) override {
        http::Headers headers;
        headers.set("Content-Type", "application/x-ndjson");
        headers.set("Authorization", "Bearer " + key_);
        const http::FetchRequest request{.method = http::Method::post,
                                         .url = origin_ + "/ingest/observations?history=true",
                                         .headers = headers,
                                         .body = std::move(rows)};
        constexpr int attempts_max = 6;
        for (int attempt = 1;; ++attempt) {
            const auto answer =
                http::fetch(request, {.deadline = std::chrono::seconds{60}, .reach = http::Reach::anywhere});
            if (answer && answer->status == 200) {
                return take(answer->body);
            }
            const bool busy =
                answer ? answer->status == 503 || answer->status == 429 : answer.error().code == Errc::unavailable;
            if (!busy || attempt == attempts_max) {
                return answer ? fail(Errc::unavailable, fmt::format("{} answered {}: {}", origin_, answer->status,
                                                                    answer->body.substr(0, 500)))
                              : std::unexpected(answer.error());
            }
            std::this_thread::sleep_for(std::chrono::milliseconds{200 << attempt});
        }
    }

    Result<Delivered> finish() override { return delivered_; }
    std::string name() const override { return "server " + origin_; }

private:
    static constexpr std::size_t asked_for = 200;        // as many as one page of the answer has
    static constexpr std::size_t asked_bytes_max = 200;  // of `q`

    struct Own {
        bool unknown = false;
        std::string_view why;             ///< it is unknown
        std::optional<std::string> unit;  ///< none: no such datastream, or one of several values
    };

    Result<Own> unit_of_stream(const std::string& name) const {
        http::Headers headers;
        headers.set("Authorization", "Bearer " + key_);
        if (name.size() > asked_bytes_max) {
            return Own{.unknown = true, .why = "its name is too long to ask for", .unit = {}};
        }
        const auto answer =
            http::fetch({.url = origin_ + "/api/v1/staff/datastreams?limit=" + std::to_string(asked_for) +
                                "&q=" + percent_encode(name),
                         .headers = headers},
                        {.deadline = std::chrono::seconds{60}, .reach = http::Reach::anywhere});
        if (!answer) {
            return std::unexpected(answer.error());
        }
        if (answer->status == 403) {
            return Own{.unknown = true, .why = "the key may not read", .unit = {}};
        }
        const json found = json::parse(answer->body, nullptr, false);
        if (answer->status != 200 || !found.is_object() || !found.contains("items")) {
            return fail(Errc::unavailable, fmt::format("{} answered {} when asked for the datastream '{}': {}", origin_,
                                                       answer->status, name, answer->body.substr(0, 500)));
        }
        for (const json& stream : found.at("items")) {
            if (!stream.is_object()) {
                continue;
            }
            const json keys = stream.value("keys", json::array());
            for (const json& key : keys) {
                if (key == name && stream.value("unit", json()).is_string()) {
                    return Own{.unknown = false, .why = {}, .unit = stream.at("unit").get<std::string>()};
                }
            }
        }
        // More hold the name than one answer tells of, and the one of that name is not among them.
        const bool more = found.at("items").size() >= asked_for;
        return Own{.unknown = more, .why = "too many have such a name", .unit = {}};
    }

    Result<void> take(const std::string& body) {
        const json receipt = json::parse(body, nullptr, false);
        if (!receipt.is_object() || !receipt.contains("accepted") || !receipt.contains("rejected")) {
            return fail(Errc::malformed, origin_ + " gave no receipt; is it a town's address?");
        }
        delivered_.accepted += receipt.value("accepted", std::uint64_t{0});
        delivered_.rejected += receipt.value("rejected", std::uint64_t{0});
        return {};
    }

    std::string origin_;
    std::string key_;
    Delivered delivered_;
};

}  // namespace

Result<std::unique_ptr<ImportTarget>> open_folder_target(const Settings& settings, const ingest::csv::Map& map,
                                                         const std::string& create) {
    auto target = std::make_unique<FolderTarget>(settings);
    TRY_DO(target->open(map, create));
    return target;
}

Result<std::unique_ptr<ImportTarget>> open_server_target(std::string origin, std::string key,
                                                         const ingest::csv::Map& map,
                                                         const std::function<void(std::string_view)>& warn) {
    auto target = std::make_unique<ServerTarget>(std::move(origin), std::move(key));
    TRY_DO(target->check_units(map, warn));
    return target;
}

}  // namespace bypuls::apps
