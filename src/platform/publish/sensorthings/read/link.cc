#include "platform/publish/sensorthings/read/link.h"

#include "platform/query/parse.h"

namespace bypuls::sensorthings {

std::string link_query(const query::Options& options, std::string_view token) {
    query::Options next = options;
    next.skip = 0;
    next.skip_token = token;
    return query::to_query(next);
}

std::string link_query(const query::Options& options, std::uint64_t skip) {
    query::Options next = options;
    next.skip = skip;
    return query::to_query(next);
}

void append_details(std::string& out, const observations::Detail& detail, json::TimeForm form) {
    if (!detail.result_quality.empty()) {
        out += R"(,"resultQuality":)" + detail.result_quality;
    }
    if (detail.valid_time) {
        out += R"(,"validTime":)";
        json::append_span_text(out, {detail.valid_time->from, detail.valid_time->to}, form);
    }
    if (!detail.parameters.empty()) {
        out += R"(,"parameters":)" + detail.parameters;
    }
}

}  // namespace bypuls::sensorthings
