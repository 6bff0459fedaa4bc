#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "platform/http/message.h"
#include "platform/pages/page.h"

namespace bypuls::pages {

/// A page that is the same for every reader of its language, with a validator; caches may keep it for so long. A reader
/// who asks for a language with `?lang=` is remembered by the cookie `lang` for a year, since pages do not repeat the
/// choice in every link, and that answer is kept by nobody.
http::Response answer(const Site& site, const http::Request& request, const Page& page, std::chrono::seconds fresh);

/// The permanent address of a page that was asked for in capitals, with a slash at its end or with empty segments.
/// Nothing when it is that already, or has letters that no address of a page has.
std::optional<std::string> permanent_path(std::string_view path);
/// 301 to a path of ours; the query goes along.
http::Response moved(const http::Request& request, const std::string& path);

}  // namespace bypuls::pages
