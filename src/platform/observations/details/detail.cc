#include "platform/observations/details/detail.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/time/iso8601.h"

namespace bypuls::observations {
namespace {

using nlohmann::json;

std::unexpected<Error> bad(std::string_view member, std::string_view wanted) {
    return fail(Errc::malformed, fmt::format("'{}' must be {}", member, wanted));
}

Result<Instant> time_of(const json& value, std::string_view member) {
    const auto time = value.is_string() ? parse_instant(value.get_ref<const std::string&>())
                                        : Result<Instant>(fail(Errc::malformed, ""));
    if (!time) {
        return bad(member, "a time with a zone, like 2026-06-01T12:00:00Z");
    }
    return *time;
}

Result<Interval> span_of(const json& value, std::string_view member) {
    const std::string text = value.is_string() ? value.get<std::string>() : "";
    const std::size_t slash = text.find('/');
    const auto from = parse_instant(text.substr(0, slash));
    const auto to = slash == std::string::npos ? from : parse_instant(text.substr(slash + 1));
    if (!from || !to || *to < *from) {
        return bad(member, "two times with a zone, like 2026-06-01T12:00:00Z/2026-06-01T13:00:00Z");
    }
    return Interval{*from, *to};
}

Result<void> read_member(const std::string& member, const json& value, Detail& detail) {
    if (value.is_null()) {
        return {};
    }
    if (member == "phenomenonTimeEnd") {
        TRY(detail.phenomenon_end, time_of(value, member));
    } else if (member == "resultTime") {
        TRY(detail.result_time, time_of(value, member));
    } else if (member == "validTime") {
        TRY(detail.valid_time, span_of(value, member));
    } else if (member == "resultQuality") {
        detail.result_quality = value.dump();
    } else if (member == "parameters") {
        if (!value.is_object()) {
            return bad(member, "a JSON object");
        }
        detail.parameters = value.dump();
    } else if (member == "featureOfInterest") {
        if (!value.is_number_integer() || value.get<std::int64_t>() <= 0) {
            return bad(member, "the number of a feature");
        }
        detail.feature = value.get<std::int64_t>();
    } else {
        return fail(Errc::malformed, fmt::format("'{}' is no detail of an observation", member.substr(0, 64)));
    }
    return {};
}

}  // namespace

std::string to_json(const Detail& detail) {
    json out = json::object();
    if (detail.phenomenon_end) {
        out["phenomenonTimeEnd"] = format_instant(*detail.phenomenon_end);
    }
    if (detail.result_time) {
        out["resultTime"] = format_instant(*detail.result_time);
    }
    if (detail.valid_time) {
        out["validTime"] =
            fmt::format("{}/{}", format_instant(detail.valid_time->from), format_instant(detail.valid_time->to));
    }
    if (!detail.result_quality.empty()) {
        out["resultQuality"] = json::parse(detail.result_quality);
    }
    if (!detail.parameters.empty()) {
        out["parameters"] = json::parse(detail.parameters);
    }
    if (detail.feature != 0) {
        out["featureOfInterest"] = detail.feature;
    }
    return out.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<Detail> detail_from_json(std::string_view text) {
    if (text.size() > detail_bytes_max) {
        return fail(Errc::exhausted, fmt::format("details longer than {} bytes", detail_bytes_max));
    }
    const json parsed = json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!parsed.is_object()) {
        return fail(Errc::malformed, "details must be a JSON object");
    }
    Detail detail;
    for (const auto& [member, value] : parsed.items()) {
        TRY_DO(read_member(member, value, detail));
    }
    return detail;
}

}  // namespace bypuls::observations
