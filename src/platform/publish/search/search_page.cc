#include "platform/publish/search/search_page.h"

#include <algorithm>

#include "core/percent.h"
#include "core/text.h"
#include "platform/pages/parts.h"

namespace bypuls::publish::search {
namespace {

using pages::Html;
using pages::html;
using words::Words;

std::string kind_of(const Words& say, Kind kind) {
    switch (kind) {
        case Kind::place: return say("search.kind_place");
        case Kind::election: return say("search.kind_election");
        case Kind::data: return say("search.kind_data");
        case Kind::page: break;
    }
    return say("search.kind_page");
}

std::string address_of(std::string_view query) {
    return std::string(search_path) + "?q=" + percent_encode(query);
}

/// With the field in it where the reader begins, when there is nothing to read yet.
Html search_form(const Words& say, const std::string& query, const std::string& fault) {
    return html(
        R"(<form class="bp-form bp-search-form" role="search" action="{}" method="get">
<div class="ds-field"><label class="ds-label" for="q">{}</label><div data-field="description" id="q-hint">{}</div>)"
        R"(<input class="ds-input" type="search" id="q" name="q" value="{}" maxlength="{}" autocomplete="off" aria-describedby="q-hint{}"{}{}>{}</div>
<button class="ds-button" type="submit">{}</button>
</form>
)",
        search_path, say("search.label"), say("search.hint"), query, query_letters_max,
        pages::when(!fault.empty(), html(" q-error")), pages::when(!fault.empty(), html(" aria-invalid=\"true\"")),
        pages::when(query.empty(), html(" autofocus")),
        pages::when(!fault.empty(),
                    html(R"(<div class="ds-validation-message" data-field="validation" id="q-error">{}</div>)", fault)),
        say("search.button"));
}

Html shown(const Words& say, const Entry& entry) {
    return html(
        R"(<li><a class="ds-link" href="{}">{}</a> <span class="bp-quiet">{}</span>{}{}</li>
)",
        entry.href, entry.title, kind_of(say, entry.kind),
        pages::when(entry.simulated, html(" {}", pages::tag(say("parts.simulated"), "simulated"))),
        pages::when(!entry.text.empty(), html("<p>{}</p>", entry.text)));
}

Html meant(const Words& say, const Results& results) {
    return pages::when(!results.meant.empty(), html(R"(<p>{} <a class="ds-link" href="{}">{}</a>?</p>
)",
                                                    say("search.meant"), address_of(results.meant), results.meant));
}

/// Where else to look.
Html ways_on(const pages::Site& site, const Words& say) {
    Html links = pages::each(site.errands, [&](const pages::Errand& errand) {
        return pages::when(!errand.path.empty(), html(R"(<li><a class="ds-link" href="{}">{}</a></li>)", errand.path,
                                                      say.lookup("nav." + errand.id)));
    });
    if (!site.contact_page.empty()) {
        links += html(R"(<li><a class="ds-link" href="{}">{}</a></li>)", site.contact_page, say("shell.contact"));
    }
    return html("<p>{}</p>\n<ul>{}</ul>\n", say("search.ways_on"), links);
}

Html nothing_found(const pages::Site& site, const Words& say, const std::string& query, const Results& results) {
    return html("<h2>{}</h2>\n", say("search.none", {{"query", query}})) + meant(say, results) +
           html("<p>{}</p>\n", say("search.none_help")) + ways_on(site, say);
}

Html found(const Words& say, const std::string& query, const Results& results) {
    const std::size_t count = std::min(results.found.size(), shown_max);
    const auto number = static_cast<std::int64_t>(results.found.size());
    Html list;
    for (std::size_t i = 0; i < count; ++i) {
        list += shown(say, *results.found[i]);
    }
    return html("<h2>{}</h2>\n", say.plural("search.found", number, {{"query", query}})) +
           pages::when(!results.has_all_words, html("<p>{}</p>\n", say("search.some"))) + meant(say, results) +
           html("<ol class=\"bp-found\">\n{}</ol>\n", list) +
           pages::when(count < results.found.size(),
                       html("<p>{}</p>\n", say("search.more", {{"n", std::to_string(shown_max)}}))) +
           html("<p class=\"bp-quiet\">{}</p>\n", say("search.order"));
}

}  // namespace

bool is_too_long(std::string_view query) {
    return beginning(query, query_letters_max).size() < query.size();
}

pages::Page search_page(const pages::Site& site, words::Language language, const std::vector<Entry>& entries,
                        const std::string& query) {
    const Words say = site.words(language);
    const bool too_long = is_too_long(query);
    const std::string fault =
        too_long ? say("search.too_long", {{"n", std::to_string(query_letters_max)}}) : std::string();
    Html body = html("<h1>{}</h1>\n", say("search.title")) + search_form(say, query, fault);
    pages::Page page{.language = language,
                     .title = say("search.title"),
                     .description = say("search.description"),
                     .path = search_path,
                     .robots = query.empty() ? pages::Robots::index : pages::Robots::hide};
    if (query.empty()) {
        body += html("<p class=\"bp-quiet\">{}</p>\n", say("search.not_kept"));
    } else if (!too_long) {
        const Results results = find(entries, query);
        body += results.found.empty() ? nothing_found(site, say, query, results) : found(say, query, results);
        page.title = say("search.title_of", {{"query", query}});
        page.query = "q=" + percent_encode(query);
        // Each says it of itself; the page does where it says nothing else.
        page.simulated = !results.found.empty() && std::ranges::all_of(results.found, &Entry::simulated);
    }
    page.body = std::move(body);
    return page;
}

}  // namespace bypuls::publish::search
