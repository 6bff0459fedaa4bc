#pragma once

#include <string>
#include <vector>

#include "platform/pages/page.h"
#include "platform/publish/search/search.h"

namespace bypuls::publish::search {

inline constexpr const char* search_path = "/sok";

/// What a resident writes; more is told as too long.
inline constexpr std::size_t query_letters_max = 100;
/// More are not shown; one who looks for something writes another word.
inline constexpr std::size_t shown_max = 50;

bool is_too_long(std::string_view query);

/// `query` is as it was written, and may be empty. Pure.
pages::Page search_page(const pages::Site& site, words::Language language, const std::vector<Entry>& entries,
                        const std::string& query);

}  // namespace bypuls::publish::search
