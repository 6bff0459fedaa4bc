#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/words/catalogue.h"
#include "platform/pages/assets.h"
#include "platform/pages/html.h"
#include "platform/pages/sketch.h"

/// Whole pages, as text. Rooms write the body; this room writes everything around it, in every language, so that a page
/// is readable before and without script. Pure: knows neither HTTP nor files.
namespace bypuls::pages {

/// An errand in the navigation.
struct Errand {
    std::string id;    ///< "bathing": the page says which one it belongs to; the label is the message "nav.<id>"
    std::string path;  ///< "/bading"; empty while the town does not offer it, and then it is not shown
};

/// What is the same on every page of a town.
struct Site {
    std::string town = "Drammen";
    std::string owner = "Drammen kommune";
    /// Absolute address without a slash at the end, for canonical links and posters; empty leaves them out.
    std::string origin = {};
    /// In the order of the navigation.
    std::vector<Errand> errands = {};
    /// How people reach the owner: mailto or https, a telephone number, an address for letters. Empty ones are not
    /// told.
    std::string contact = {};
    std::string phone = {};
    std::string postal_address = {};
    /// The town's own declaration at uustatus.no; empty when there is none.
    std::string accessibility_statement = {};
    /// How people reach the town's data protection officer: mailto or https; empty when nobody has said.
    std::string privacy_contact = {};
    /// Where the header's search leads, a path of ours that reads `q`; empty: there is none.
    std::string search = {};
    /// Links of the footer; an empty one is left out. Paths of ours. The first two stand in place of `contact` and of a
    /// missing declaration.
    std::string contact_page = {};
    std::string accessibility_page = {};
    std::string privacy = {};
    std::string sources = {};
    std::string developers = {};
    std::string source_code = {};
    std::string status = {};
    /// Background tiles of maps, "https://cache.kartverket.no/…/{z}/{y}/{x}.png", and who is named for them; without,
    /// the borders are all there is.
    std::string map_tiles = {};
    std::string map_attribution = {};
    /// The town's border and its neighbours', for drawings in the page itself; empty: places stand alone.
    Basemap basemap = {};
    /// Where a map in the browser fetches them, a path of ours, and who drew them: "Kartverket, CC BY 4.0".
    std::string basemap_path = {};
    std::string basemap_source = {};
    /// The whole town is a demonstration: every page wears the banner.
    bool demonstration = false;
    Assets assets = {};
    /// Must outlive the site; null is Catalogue::built_in().
    const words::Catalogue* catalogue = nullptr;

    words::Words words(words::Language language) const;
};

enum class Robots : std::uint8_t { index, hide };

/// One page of the town.
struct Page {
    words::Language language = words::Language::nb;
    /// "Landfalltjern"; the town's name is added.
    std::string title;
    /// One sentence, for search engines and link previews. May be empty.
    std::string description = {};
    /// Path of the page without query, for the language links and the canonical address: "/bading/landfalltjern".
    std::string path = "/";
    /// The query that the language links must keep, encoded, without `lang` and without '?'.
    std::string query = {};
    /// Id of the errand it belongs to; empty for none.
    std::string errand = {};
    /// What stands inside <main>. Has the page's one <h1>.
    Html body;
    /// Added at the end of <head>: links to feeds and alternate forms.
    Html head = {};
    /// Shows simulated data and wears the banner.
    bool simulated = false;
    Robots robots = Robots::index;
    /// Names of the islands in the body ("curve"); their scripts are fetched early. See island().
    std::vector<std::string> islands = {};
    /// Widens the column for a map beside a list.
    bool wide = false;
};

/// The whole document, from <!doctype html>.
///
/// Language links are `?lang=nn`; the server remembers the choice in the cookie `lang`, since pages do not repeat it.
std::string document(const Site& site, const Page& page);

/// An error as a page for people: 400, 401, 403, 404, 405, 413, 429, 500, 503, 504, 507; others read as 500.
struct Failure {
    int status = 500;
    words::Language language = words::Language::nb;
    /// The path asked for, for the language links.
    std::string path = "/";
    /// What happened, if there is more to say than the status says: a sentence in the reader's language.
    std::string detail = {};
    /// The request's id in the log.
    std::string id = {};
    /// A page that the reader may have meant.
    std::optional<std::string> suggestion = {};
    /// What that page is called; empty: its path is shown.
    std::string suggestion_name = {};
};
std::string error_document(const Site& site, const Failure& failure);

/// One line of the health page.
struct HealthCheck {
    enum class State : std::uint8_t { ok, warning, failing };
    std::string name;
    State state = State::ok;
    /// Why it is not well, for everyone: `health.why_…` of the messages; empty when it is well.
    std::string why = {};
    /// The system's own words, for staff alone: they may name folders and addresses.
    std::string sentence = {};
};
/// Body of the status page that everyone may read.
Html health_body(const words::Words& say, const std::vector<HealthCheck>& checks);

}  // namespace bypuls::pages
