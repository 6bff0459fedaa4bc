#pragma once

#include <vector>

#include "city/bathing/conditions.h"
#include "platform/pages/page.h"
#include "platform/publication/plane/catalogue.h"

/// The bodies of the pages. Pure: what they show is handed to them.
namespace bypuls::bathing {

struct PlaceModel {
    const publication::PublicPlace& place;
    std::vector<Condition> conditions;
    observations::Columns recent;  ///< of the place's first stream, the last two days
    Instant now{};
    bool in_season = true;
};

pages::Page list_page(const words::Words& say, const std::vector<PlaceModel>& places);
pages::Page place_page(const words::Words& say, const PlaceModel& model);

/// What a neighbour would say, from the first condition alone.
std::string advice(const words::Words& say, const PlaceModel& model);

}  // namespace bypuls::bathing
