#include "apps/bypuls/site.h"

#include <filesystem>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/files.h"
#include "platform/policy/policy.h"
#include "platform/publish/about/about_pages.h"
#include "platform/publish/search/search_page.h"

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

/// What the maps lie on.
struct Borders {
    pages::Basemap basemap;
    std::string path;
    std::string source;
    std::vector<http::Route> routes;
};

constexpr const char* shipped_path = "/basemap/drammen.geojson";
constexpr const char* shipped_source = "Kartverket, CC BY 4.0";  // web/public/basemap/README.md
constexpr const char* own_path = "/basemap/kommune.geojson";

http::Route route_of(const pages::Basemap& basemap) {
    return {.method = http::Method::get,
            .pattern = own_path,
            .handler = [body = basemap.geojson()](http::Request& request) -> Task<http::Response> {
                auto response = http::content("application/geo+json", body);
                response.headers.set("Cache-Control", "no-cache");
                co_return http::with_etag(request, std::move(response));
            },
            .permission = std::string(policy::anyone)};
}

/// The town's own, as it is configured. The shipped one is Drammen's, and stands in the demonstration alone: a map of
/// another town's borders is worse than none.
Result<Borders> borders_of(const Settings& settings, const std::string& web_folder) {
    Borders borders;
    const bool own = !settings.map_boundary.empty();
    if (!own && !settings.demonstration) {
        return borders;
    }
    const std::string file = own ? settings.map_boundary : web_folder + shipped_path;
    TRY(const std::string text, read_text_file(file));
    if (text.size() > map_boundary_bytes_max) {
        return fail(Errc::malformed, fmt::format("map.boundary: {} is larger than {} MiB; simplify it, for instance "
                                                 "with `ogr2ogr -simplify 0.0005`",
                                                 file, map_boundary_bytes_max >> 20U));
    }
    auto basemap = pages::Basemap::parse(text);
    if (!basemap) {
        return fail(Errc::malformed, fmt::format("map.boundary: {}: {}", file, basemap.error().what));
    }
    borders.basemap = std::move(*basemap);
    borders.path = own ? own_path : shipped_path;
    borders.source = own ? settings.map_boundary_source : shipped_source;
    if (own) {
        borders.routes.push_back(route_of(borders.basemap));
    }
    return borders;
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
        TRY(auto borders, borders_of(settings, folder));
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
                     .privacy_contact = settings.privacy_contact,
                     .search = publish::search::search_path,
                     .contact_page = publish::about::contact_path,
                     .accessibility_page = publish::about::accessibility_path,
                     .privacy = publish::about::privacy_path,
                     .sources = publish::about::sources_path,
                     .developers = "/utviklere",
                     .source_code = settings.source_code,
                     .status = "/status",
                     .map_tiles = settings.map_tiles,
                     .map_attribution = settings.map_attribution,
                     .basemap = std::move(borders.basemap),
                     .basemap_path = std::move(borders.path),
                     .basemap_source = std::move(borders.source),
                     .demonstration = settings.demonstration,
                     .assets = std::move(assets)},
            .files = std::move(files),
            .routes = std::move(borders.routes)};
    }
    return fail(Errc::not_found, fmt::format("the built web app is in none of: {}", fmt::join(folders, ", ")));
}

}  // namespace bypuls::apps
