#include "apps/bypuls/site.h"

#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/files.h"
#include "platform/publish/about/about_pages.h"

namespace bypuls::apps {
namespace {

std::vector<std::string> folders_to_try(const Settings& settings) {
    if (!settings.web.empty()) {
        return {settings.web};
    }
    std::error_code trouble;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", trouble).parent_path();
    // Installed: beside the program or under share. In a checkout: build/<preset>/bypuls.
    return {(program / "web").string(), (program / "../share/bypuls/web").string(),
            (program / "../../web/dist").string(), "web/dist"};
}

}  // namespace

Result<Web> open_web(const Settings& settings) {
    const auto folders = folders_to_try(settings);
    for (const std::string& folder : folders) {
        const auto manifest = read_text_file(folder + "/.vite/manifest.json");
        if (!manifest) {
            continue;
        }
        TRY(auto assets, pages::Assets::parse(*manifest));
        pages::Basemap basemap;
        if (const auto borders = read_text_file(folder + "/basemap/drammen.geojson")) {
            TRY(basemap, pages::Basemap::parse(*borders));
        }
        TRY(auto files, http::StaticFiles::open(folder, {.fallback = ""}));
        return Web{
            .site = {.town = settings.town,
                     .owner = settings.owner,
                     .origin = settings.origin,
                     .errands = {{"bathing", "/bading"}, {"data", "/utviklere"}, {"participation", "/medvirkning"}},
                     .contact = settings.contact,
                     .phone = settings.contact_phone,
                     .postal_address = settings.contact_address,
                     .accessibility_statement = settings.accessibility_statement,
                     .contact_page = publish::about::contact_path,
                     .accessibility_page = publish::about::accessibility_path,
                     .privacy = publish::about::privacy_path,
                     .sources = publish::about::sources_path,
                     .status = "/status",
                     .map_tiles = settings.map_tiles,
                     .map_attribution = settings.map_attribution,
                     .basemap = std::move(basemap),
                     .demonstration = settings.demonstration,
                     .assets = std::move(assets)},
            .files = std::move(files)};
    }
    return fail(Errc::not_found, fmt::format("the built web app is in none of: {}", fmt::join(folders, ", ")));
}

}  // namespace bypuls::apps
