#pragma once

#include <chrono>

#include "platform/http/message.h"
#include "platform/pages/page.h"

namespace bypuls::pages {

/// A page that is the same for every reader of its language, with a validator; caches may keep it for so long. A reader
/// who asks for a language with `?lang=` is remembered by the cookie `lang` for a year, since pages do not repeat the
/// choice in every link, and that answer is kept by nobody.
http::Response answer(const Site& site, const http::Request& request, const Page& page, std::chrono::seconds fresh);

}  // namespace bypuls::pages
