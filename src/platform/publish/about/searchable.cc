#include "platform/publish/about/searchable.h"

#include "platform/publish/about/about_pages.h"

namespace bypuls::publish::about {

std::vector<search::Entry> searchable(const words::Words& say) {
    using search::Kind;
    return {{.kind = Kind::data,
             .href = "/utviklere",
             .title = say("developers.title"),
             .text = say("developers.description"),
             .also = say("search.also_developers")},
            {.href = contact_path,
             .title = say("about.contact_title"),
             .text = say("about.contact_description"),
             .also = say("search.also_contact")},
            {.href = accessibility_path,
             .title = say("about.accessibility_title"),
             .text = say("about.accessibility_description"),
             .also = say("search.also_accessibility")},
            {.href = privacy_path,
             .title = say("about.privacy_title"),
             .text = say("about.privacy_description"),
             .also = say("search.also_privacy")},
            {.href = sources_path,
             .title = say("about.sources_title"),
             .text = say("about.sources_description"),
             .also = say("search.also_sources")},
            {.href = "/status",
             .title = say("health.title"),
             .text = say("health.description"),
             .also = say("search.also_status")}};
}

}  // namespace bypuls::publish::about
