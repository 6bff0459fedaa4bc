#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "platform/observations/details/detail.h"
#include "platform/publish/sensorthings/read/json.h"
#include "platform/query/expression.h"

namespace bypuls::sensorthings {

/// The query of a nextLink, encoded: the options without $skip, and with the token of where to go on.
std::string link_query(const query::Options& options, std::string_view token);
/// The same for a next page that begins after so many.
std::string link_query(const query::Options& options, std::uint64_t skip);

/// `,"resultQuality":…` and the like for what the detail has, beside the times.
void append_details(std::string& out, const observations::Detail& detail, json::TimeForm form);

}  // namespace bypuls::sensorthings
