#include "platform/pages/assets.h"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

namespace bypuls::pages {

namespace {

std::string path_of(const nlohmann::json& chunk) {
    return "/" + chunk.value("file", std::string());
}

/// The chunks that `source` imports, itself last, each once.
void walk_imports(const nlohmann::json& manifest, const std::string& source, std::set<std::string>& seen,
                  std::vector<const nlohmann::json*>& chunks) {
    const auto found = manifest.find(source);
    if (found == manifest.end() || !found->is_object() || !seen.insert(source).second) {
        return;
    }
    for (const auto& import : found->value("imports", nlohmann::json::array())) {
        if (import.is_string()) {
            walk_imports(manifest, import.get<std::string>(), seen, chunks);
        }
    }
    chunks.push_back(&*found);
}

}  // namespace

Result<Assets> Assets::parse(std::string_view manifest_json) {
    const auto manifest = nlohmann::json::parse(manifest_json, nullptr, false);
    if (!manifest.is_object()) {
        return fail(Errc::malformed, "Vite's manifest is not a JSON object");
    }
    Assets assets;
    for (const auto& [source, chunk] : manifest.items()) {
        if (!chunk.is_object() || !chunk.contains("file") || !chunk["file"].is_string()) {
            return fail(Errc::malformed, "Vite's manifest: '" + source + "' has no file");
        }
        if (!chunk.value("isEntry", false) && !chunk.value("isDynamicEntry", false)) {
            continue;
        }
        std::set<std::string> seen;
        std::vector<const nlohmann::json*> chunks;
        walk_imports(manifest, source, seen, chunks);
        Entry entry;
        for (const nlohmann::json* const part : chunks) {
            for (const auto& style : part->value("css", nlohmann::json::array())) {
                entry.styles.push_back("/" + style.get<std::string>());
            }
            if (part != chunks.back()) {
                entry.preload.push_back(path_of(*part));
            }
        }
        entry.script = path_of(chunk);
        assets.entries_.emplace(source, std::move(entry));
    }
    return assets;
}

const Assets::Entry* Assets::find(std::string_view source) const {
    const auto found = entries_.find(source);
    return found == entries_.end() ? nullptr : &found->second;
}

const Assets::Entry* Assets::find_island(std::string_view name) const {
    const std::string ending = "/" + std::string(name) + ".island.tsx";
    const auto found = std::ranges::find_if(entries_, [&](const auto& entry) { return entry.first.ends_with(ending); });
    return found == entries_.end() ? nullptr : &found->second;
}

}  // namespace bypuls::pages
