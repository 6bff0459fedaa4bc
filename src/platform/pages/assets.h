#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"

namespace bypuls::pages {

/// Where the built script and style are: what Vite wrote into `.vite/manifest.json`, as paths under `/`.
class Assets {
public:
    struct Entry {
        std::string script;                ///< "/assets/page-3f2a.js"
        std::vector<std::string> styles;   ///< "/assets/page-91bc.css"
        std::vector<std::string> preload;  ///< scripts that it imports
    };

    /// A page without script and style, readable all the same.
    static Assets none() { return {}; }
    /// Errc::malformed for text that is not Vite's manifest.
    static Result<Assets> parse(std::string_view manifest_json);

    /// Of an entry named by its source ("src/page.ts"); null when it was not built.
    const Entry* find(std::string_view source) const;
    /// Of the island whose source is `<name>.island.tsx`, in whichever room; null when there is none.
    const Entry* find_island(std::string_view name) const;
    bool empty() const { return entries_.empty(); }

private:
    std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace bypuls::pages
