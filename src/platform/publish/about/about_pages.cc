#include "platform/publish/about/about_pages.h"

#include <algorithm>
#include <string_view>

#include "core/host.h"
#include "platform/pages/parts.h"

namespace bypuls::publish::about {
namespace {

using pages::Html;
using pages::html;
using words::Words;

Html paragraph(std::string_view text) {
    return html("<p>{}</p>\n", text);
}

Html heading(std::string_view text) {
    return html("<h2>{}</h2>\n", text);
}

Html link(std::string_view href, std::string_view text) {
    return html(R"(<a class="ds-link" href="{}">{}</a>)", href, text);
}

Html fact(std::string_view name, const Html& value) {
    return html(R"(<div class="bp-row"><dt>{}</dt><dd>{}</dd></div>)", name, value);
}

bool is_web_address(std::string_view text) {
    return text.starts_with("https://") || text.starts_with("http://");
}

/// "post@drammen.no" or "www.drammen.no": as people say it.
std::string_view readable(std::string_view address) {
    for (const std::string_view scheme : {"mailto:", "https://"}) {
        if (address.starts_with(scheme)) {
            address.remove_prefix(scheme.size());
        }
    }
    return address.ends_with('/') ? address.substr(0, address.size() - 1) : address;
}

/// For tel: (RFC 3966): digits and a leading plus.
std::string dialled(std::string_view phone) {
    std::string digits;
    for (const char letter : phone) {
        if ((letter >= '0' && letter <= '9') || (letter == '+' && digits.empty())) {
            digits += letter;
        }
    }
    return digits;
}

bool has_contact(const pages::Site& site) {
    return !site.contact.empty() || !site.phone.empty() || !site.postal_address.empty();
}

pages::Page page(const Words& say, std::string title, std::string description, std::string path, const Html& body) {
    Html whole = html("<h1>{}</h1>\n", title) + body;
    return {.language = say.language(),
            .title = std::move(title),
            .description = std::move(description),
            .path = std::move(path),
            .body = std::move(whole)};
}

Html licence_of(const Words& say, const std::string& licence) {
    if (!is_web_address(licence)) {
        return html("{}", licence.empty() ? say("about.no_licence") : licence);
    }
    const bool nlod = licence.starts_with("https://data.norge.no/nlod/") && licence.ends_with("/2.0");
    const bool cc_by = licence.starts_with("https://creativecommons.org/licenses/by/4.0");
    return link(licence, nlod ? say("about.nlod") : cc_by ? "CC BY 4.0" : licence);
}

}  // namespace

pages::Page contact_page(const pages::Site& site, words::Language language) {
    const Words say = site.words(language);
    Html body = paragraph(say("about.owner", {{"owner", site.owner}}));
    if (!has_contact(site)) {
        body += paragraph(site.demonstration ? say("about.contact_demonstration")
                                             : say("about.contact_none", {{"owner", site.owner}}));
        return page(say, say("about.contact_title"), say("about.contact_description"), contact_path, body);
    }
    Html facts;
    if (!site.contact.empty()) {
        const bool mail = site.contact.starts_with("mailto:");
        facts += fact(mail ? say("about.write") : say("about.site"), link(site.contact, readable(site.contact)));
    }
    if (!site.phone.empty()) {
        facts += fact(say("about.phone"), link("tel:" + dialled(site.phone), site.phone));
    }
    if (!site.postal_address.empty()) {
        facts += fact(say("about.address"), html("{}", site.postal_address));
    }
    body += pages::value_list(facts) + heading(say("about.wrong_heading")) + paragraph(say("about.wrong"));
    return page(say, say("about.contact_title"), say("about.contact_description"), contact_path, body);
}

pages::Page accessibility_page(const pages::Site& site, words::Language language) {
    const Words say = site.words(language);
    Html body;
    if (!site.accessibility_statement.empty()) {
        body += paragraph(say("about.statement", {{"owner", site.owner}})) +
                html("<p>{}</p>\n", link(site.accessibility_statement, say("about.statement_link")));
    } else {
        body += paragraph(site.demonstration ? say("about.statement_demonstration")
                                             : say("about.statement_none", {{"owner", site.owner}}));
    }
    body += heading(say("about.done_heading")) + paragraph(say("about.done")) + paragraph(say("about.checked"));
    body += heading(say("about.limits_heading")) + paragraph(say("about.limits"));
    body += heading(say("about.tell_heading")) + paragraph(say("about.tell")) +
            html("<p>{}</p>\n", link(contact_path, say("about.contact_title"))) + paragraph(say("about.authority")) +
            html("<p>{}</p>\n", link("https://www.uutilsynet.no/", say("about.authority_link")));
    return page(say, say("about.accessibility_title"), say("about.accessibility_description"), accessibility_path,
                body);
}

pages::Page privacy_page(const pages::Site& site, words::Language language) {
    const Words say = site.words(language);
    Html body = html("<p class=\"bp-lead\">{}</p>\n", say("about.privacy_lead"));
    body += heading(say("about.device_heading")) + paragraph(say("about.device")) + paragraph(say("about.staff"));
    body += heading(say("about.server_heading")) + paragraph(say("about.server"));
    body += paragraph(site.map_tiles.empty() ? say("about.others")
                                             : say("about.others_tiles", {{"host", host_in(site.map_tiles)}}));
    body += heading(say("about.position_heading")) + paragraph(say("about.position")) + paragraph(say("about.recount"));
    body += heading(say("about.responsible_heading")) + paragraph(say("about.owner", {{"owner", site.owner}})) +
            html("<p>{}</p>\n", link(contact_path, say("about.contact_title")));
    if (!site.privacy_contact.empty()) {
        body += paragraph(say("about.officer", {{"owner", site.owner}})) +
                html("<p>{}</p>\n", link(site.privacy_contact, say("about.officer_link")));
    }
    return page(say, say("about.privacy_title"), say("about.privacy_description"), privacy_path, body);
}

std::vector<Source> sources_of(const publication::Catalogue& catalogue) {
    std::vector<Source> sources;
    for (const auto& place : catalogue.places) {
        for (const auto& stream : place.streams) {
            const Source source{.name = stream.source, .licence = stream.licence, .simulated = stream.simulated};
            if (std::ranges::find(sources, source) == sources.end()) {
                sources.push_back(source);
            }
        }
    }
    return sources;
}

pages::Page sources_page(const pages::Site& site, words::Language language, const std::vector<Source>& sources) {
    const Words say = site.words(language);
    const bool simulated = std::ranges::any_of(sources, &Source::simulated);
    Html body;
    if (site.demonstration || simulated) {
        body += heading(say("about.demonstration_heading")) + paragraph(say("about.demonstration")) +
                paragraph(say("about.demonstration_places"));
    }
    body += heading(say("about.readings_heading"));
    if (sources.empty()) {
        body += paragraph(say("about.readings_none"));
    } else {
        std::vector<std::vector<Html>> rows;
        for (const Source& source : sources) {
            const Html mark =
                pages::when(source.simulated, html(" {}", pages::tag(say("parts.simulated"), "simulated")));
            rows.push_back({html("{}", source.name) + mark, licence_of(say, source.licence)});
        }
        body += pages::table(say("about.readings_heading"), {{say("about.source")}, {say("about.licence")}}, rows) +
                paragraph(say("about.readings_use"));
    }
    if (!site.basemap.empty() || !site.map_tiles.empty()) {
        body += heading(say("about.map_heading"));
    }
    if (!site.basemap.empty()) {
        body += paragraph(say("about.map", {{"source", site.basemap_source}}));
    }
    if (!site.map_tiles.empty()) {
        body += paragraph(say("about.map_tiles", {{"attribution", site.map_attribution}}));
    }
    body += heading(say("about.program_heading")) + paragraph(say("about.program"));
    pages::Page made = page(say, say("about.sources_title"), say("about.sources_description"), sources_path, body);
    made.simulated = simulated;
    return made;
}

}  // namespace bypuls::publish::about
