#pragma once

#include <string>
#include <vector>

#include "platform/pages/page.h"
#include "platform/publication/plane/catalogue.h"

/// The pages behind the footer's links: who answers, accessibility, privacy, and where everything comes from. What they
/// say of a town is what its configuration says; what is not configured is told as missing. Pure.
namespace bypuls::publish::about {

constexpr const char* contact_path = "/kontakt";
constexpr const char* accessibility_path = "/tilgjengelighet";
constexpr const char* privacy_path = "/personvern";
constexpr const char* sources_path = "/kilder";

pages::Page contact_page(const pages::Site& site, words::Language language);
pages::Page accessibility_page(const pages::Site& site, words::Language language);
pages::Page privacy_page(const pages::Site& site, words::Language language);

/// Who measured, and under which licence it is given on.
struct Source {
    std::string name;
    std::string licence;  ///< a URI; empty when the town has not said
    bool simulated = false;
    friend bool operator==(const Source&, const Source&) = default;
};
/// Each once, in the order of the catalogue.
std::vector<Source> sources_of(const publication::Catalogue& catalogue);
pages::Page sources_page(const pages::Site& site, words::Language language, const std::vector<Source>& sources);

}  // namespace bypuls::publish::about
