#include <algorithm>

#include "platform/pages/page.h"
#include "platform/pages/parts.h"

namespace bypuls::pages {

namespace {

using words::Language;
using words::Words;

constexpr std::string_view page_script = "src/page.ts";
constexpr std::string_view theme_script = "src/shell/theme.ts";

std::string address_in(const Page& page, Language language) {
    return page.query.empty() ? "?lang=" + std::string(tag_of(language))
                              : "?" + page.query + "&lang=" + std::string(tag_of(language));
}

/// Style and script. The colour scheme is set before the first paint, so that a dark page does not flash white.
Html scripts(const Site& site, const Page& page) {
    Html out;
    if (const auto* const theme = site.assets.find(theme_script)) {
        out += html("<script src=\"{}\"></script>\n", theme->script);
    }
    std::vector<std::string> styles;
    std::vector<std::string> preloads;
    const auto need = [](std::vector<std::string>& list, const std::string& path) {
        if (std::ranges::find(list, path) == list.end()) {
            list.push_back(path);
        }
    };
    const auto* const entry = site.assets.find(page_script);
    if (entry != nullptr) {
        for (const auto& style : entry->styles) {
            need(styles, style);
        }
        for (const auto& path : entry->preload) {
            need(preloads, path);
        }
    }
    for (const std::string& name : page.islands) {
        if (const auto* const island = site.assets.find_island(name)) {
            for (const auto& style : island->styles) {
                need(styles, style);
            }
            for (const auto& path : island->preload) {
                need(preloads, path);
            }
            need(preloads, island->script);
        }
    }
    out += each(styles, [](const auto& path) { return html("<link rel=\"stylesheet\" href=\"{}\">\n", path); });
    if (entry != nullptr) {
        out += html("<script type=\"module\" src=\"{}\"></script>\n", entry->script);
    }
    out += each(preloads, [](const auto& path) { return html("<link rel=\"modulepreload\" href=\"{}\">\n", path); });
    return out;
}

Html head(const Site& site, const Page& page, const Words& say) {
    const std::string title =
        page.title.empty() ? site.town + " – " + say("shell.service") : page.title + " – " + site.town;
    Html out = html(R"(<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{}</title>
<meta name="color-scheme" content="light dark">
<meta property="og:title" content="{}">
<link rel="icon" href="/favicon.svg" type="image/svg+xml">
)",
                    title, title);
    if (!page.description.empty()) {
        out += html("<meta name=\"description\" content=\"{}\">\n<meta property=\"og:description\" content=\"{}\">\n",
                    page.description, page.description);
    }
    if (page.robots == Robots::hide) {
        out += html("<meta name=\"robots\" content=\"noindex\">\n");
    } else {
        if (!site.origin.empty()) {
            // Both say nothing to a search engine unless they are whole addresses.
            out += html("<link rel=\"canonical\" href=\"{}{}\">\n", site.origin, page.path);
            out += each(words::all_languages, [&](Language language) {
                return html("<link rel=\"alternate\" hreflang=\"{}\" href=\"{}{}{}\">\n", tag_of(language), site.origin,
                            page.path, address_in(page, language));
            });
        }
    }
    return out + scripts(site, page) + page.head;
}

Html languages(const Page& page, const Words& say) {
    const Html links = each(words::all_languages, [&](Language language) {
        const std::string_view tag = tag_of(language);
        const Html current = when(language == page.language, html(" aria-current=\"true\""));
        return html(
            R"(<li><a href="{}" lang="{}" hreflang="{}"{}><span class="full">{}</span><span class="short" aria-hidden="true">{}</span></a></li>)",
            address_in(page, language), tag, tag, current, own_name_of(language), tag);
    });
    return html(R"(<nav class="bp-languages" aria-label="{}"><ul>{}</ul></nav>)", say("shell.language"), links);
}

/// Hidden until script shows it, since it does nothing without.
Html theme_choice(const Words& say) {
    return html(
        R"(<label class="bp-theme" hidden><span>{}</span> <select class="ds-input" data-size="sm" data-theme-choice>)"
        R"(<option value="auto">{}</option><option value="light">{}</option><option value="dark">{}</option></select></label>)",
        say("shell.theme"), say("shell.theme_auto"), say("shell.theme_light"), say("shell.theme_dark"));
}

Html banner(const Words& say) {
    return html(R"(<div class="bp-banner"><p class="bp-column"><strong>{}</strong> {}</p></div>
)",
                say("shell.demo_heading"), say("shell.demo"));
}

/// A field where there is room, else a link to the page that has one. The page itself has its own field, and needs no
/// other.
Html search(const Site& site, const Page& page, const Words& say) {
    if (site.search.empty()) {
        return {};
    }
    const bool here = page.path == site.search;
    const Html link = html(R"(<a class="bp-search-link" href="{}"{}>{}</a>)", site.search,
                           when(here, html(" aria-current=\"page\"")), say("shell.search"));
    return link +
           when(
               !here,
               html(
                   R"(<form class="bp-search" role="search" action="{}"><label class="ds-sr-only" for="bp-search">{}</label>)"
                   R"(<input class="ds-input" data-size="sm" type="search" id="bp-search" name="q" maxlength="100" autocomplete="off">)"
                   R"(<button class="ds-button" data-variant="secondary" data-size="sm" type="submit">{}</button></form>)",
                   site.search, say("shell.search_label"), say("shell.search")));
}

Html header(const Site& site, const Page& page, const Words& say) {
    const Html errands = each(site.errands, [&](const Errand& errand) {
        if (errand.path.empty()) {
            return Html();
        }
        const Html current =
            when(errand.id == page.errand, html(" aria-current=\"{}\"", page.path == errand.path ? "page" : "true"));
        return html(R"(<li><a href="{}"{}>{}</a></li>)", errand.path, current, say.lookup("nav." + errand.id));
    });
    const Html navigation = when(!errands.empty(), html(R"(<nav class="bp-errands" aria-label="{}"><ul>{}</ul></nav>)",
                                                        say("nav.label"), errands));
    return html(R"(<header class="bp-header"><div class="bp-column">
<a class="bp-name" href="/"><strong>{}</strong> <span>{}</span></a>
{}{}{}
</div>{}</header>
)",
                site.town, say("shell.service"), navigation, search(site, page, say), languages(page, say),
                when(site.demonstration || page.simulated, banner(say)));
}

Html footer(const Site& site, const Words& say) {
    struct Link {
        std::string text;
        const std::string& href;
    };
    const bool declared = !site.accessibility_statement.empty();
    const std::vector<Link> links = {
        {say("shell.contact"), site.contact_page.empty() ? site.contact : site.contact_page},
        {say("shell.accessibility"), declared ? site.accessibility_statement : site.accessibility_page},
        {say("shell.privacy"), site.privacy},
        {say("shell.sources"), site.sources},
        {say("shell.developers"), site.developers},
        {say("shell.source"), site.source_code},
        {say("shell.status"), site.status}};
    const Html list = each(links, [](const Link& link) {
        return when(!link.href.empty(), html(R"(<li><a class="ds-link" href="{}">{}</a></li>)", link.href, link.text));
    });
    return html(R"(<footer class="bp-footer"><div class="bp-column">
<h2 class="ds-sr-only">{}</h2>
<p>{}</p>
<ul>{}</ul>
{}
</div></footer>
)",
                say("shell.footer"), say("shell.owner", {{"owner", site.owner}}), list, theme_choice(say));
}

}  // namespace

Words Site::words(Language language) const {
    return {catalogue != nullptr ? *catalogue : words::Catalogue::built_in(), language};
}

std::string document(const Site& site, const Page& page) {
    const Words say = site.words(page.language);
    const Html whole = html(R"(<!doctype html>
<html lang="{}" data-color-scheme="auto">
<head>
{}</head>
<body>
<a class="ds-skip-link" href="#main">{}</a>
{}<main id="main" class="bp-column{}" tabindex="-1">
{}
</main>
{}</body>
</html>
)",
                            tag_of(page.language), head(site, page, say), say("shell.skip"), header(site, page, say),
                            when(page.wide, html(" bp-wide")), page.body, footer(site, say));
    return whole.text();
}

}  // namespace bypuls::pages
