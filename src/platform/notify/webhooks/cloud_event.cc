#include "platform/notify/webhooks/cloud_event.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/check.h"
#include "core/text.h"
#include "core/time/iso8601.h"

namespace bypuls::webhooks {
namespace {

using nlohmann::json;

constexpr int depth_max = 64;
constexpr std::array<std::string_view, 9> own_names{"specversion", "id",   "source",          "type",      "subject",
                                                    "time",        "data", "datacontenttype", "dataschema"};

/// §3.1: lower-case letters and digits; 20 characters is what is said to be safe everywhere.
bool is_extension_name(std::string_view name) {
    const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return !name.empty() && name.size() <= 20 && std::ranges::all_of(name, allowed) &&
           std::ranges::find(own_names, name) == own_names.end();
}

void append_member(std::string& out, std::string_view name, std::string_view text) {
    out += out.size() == 1 ? "" : ",";
    append_json_string(out, name);
    out += ':';
    append_json_string(out, text);
}

Result<std::string> text_of(const json& event, const char* name, bool required) {
    const auto found = event.find(name);
    if (found == event.end() || found->is_null()) {
        return required ? Result<std::string>(fail(Errc::malformed, fmt::format("{}: is missing", name)))
                        : std::string();
    }
    if (!found->is_string() || found->get_ref<const std::string&>().empty()) {
        return fail(Errc::malformed, fmt::format("{}: must be a text that is not empty", name));
    }
    return found->get<std::string>();
}

Result<json> parse_bounded(std::string_view text) {
    if (text.size() > cloud_event_bytes_max) {
        return fail(Errc::malformed, fmt::format("an event is at most {} bytes", cloud_event_bytes_max));
    }
    bool too_deep = false;
    auto event = json::parse(
        text,
        [&too_deep](int depth, json::parse_event_t, const json&) {
            too_deep = too_deep || depth > depth_max;
            return !too_deep;
        },
        false);
    if (event.is_discarded() || too_deep || !event.is_object()) {
        return fail(Errc::malformed, "an event is a JSON object");
    }
    return event;
}

Result<void> read_extensions(const json& event, CloudEvent& into) {
    for (const auto& [name, value] : event.items()) {
        if (std::ranges::find(own_names, name) != own_names.end()) {
            continue;
        }
        if (!is_extension_name(name) || !value.is_string()) {
            return fail(Errc::malformed, fmt::format("{}: is no extension attribute with a text", name.substr(0, 40)));
        }
        into.extensions.emplace(name, value.get<std::string>());
    }
    return {};
}

}  // namespace

std::string to_json(const CloudEvent& event) {
    check(!event.id.empty() && !event.source.empty() && !event.type.empty(), "an event has id, source and type");
    std::string out = "{";
    append_member(out, "specversion", "1.0");
    append_member(out, "id", event.id);
    append_member(out, "source", event.source);
    append_member(out, "type", event.type);
    if (!event.subject.empty()) {
        append_member(out, "subject", event.subject);
    }
    if (event.time) {
        append_member(out, "time", format_instant(*event.time));
    }
    for (const auto& [name, value] : event.extensions) {
        append_member(out, name, value);
    }
    if (!event.data.empty()) {
        append_member(out, "datacontenttype", "application/json");
        out += ",\"data\":" + event.data;
    }
    return out + '}';
}

Result<CloudEvent> cloud_event_from_json(std::string_view text) {
    TRY(const json read, parse_bounded(text));
    TRY(const auto version, text_of(read, "specversion", true));
    if (version != "1.0") {
        return fail(Errc::malformed, fmt::format("specversion: {} is not 1.0", version.substr(0, 20)));
    }
    CloudEvent event;
    TRY(event.id, text_of(read, "id", true));
    TRY(event.source, text_of(read, "source", true));
    TRY(event.type, text_of(read, "type", true));
    TRY(event.subject, text_of(read, "subject", false));
    TRY(const auto time, text_of(read, "time", false));
    if (!time.empty()) {
        TRY(event.time, parse_instant(time));
    }
    TRY(const auto content, text_of(read, "datacontenttype", false));
    if (!content.empty() && content != "application/json" && !content.ends_with("+json")) {
        return fail(Errc::malformed, fmt::format("datacontenttype: {} is not JSON", content.substr(0, 60)));
    }
    if (const auto data = read.find("data"); data != read.end()) {
        event.data = data->dump(-1, ' ', false, json::error_handler_t::replace);
    }
    TRY_DO(read_extensions(read, event));
    return event;
}

}  // namespace bypuls::webhooks
