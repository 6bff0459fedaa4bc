#pragma once

#include <string>
#include <vector>

#include "city/bathing/conditions.h"
#include "city/bathing/season.h"
#include "city/bathing/water_quality.h"
#include "platform/pages/page.h"
#include "platform/publication/plane/catalogue.h"

/// The bodies of the pages. Pure: what they show is handed to them.
namespace bypuls::bathing {

struct PlaceModel {
    const publication::PublicPlace& place;
    std::vector<Condition> conditions;
    Instant now{};
    bool in_season = true;
    observations::Columns recent = {};  ///< of the place's first condition, the last two days
    bool recent_is_a_choice = false;    ///< shown_of_recent() left some out
    std::optional<Season> season = {};  ///< of the same
    Extremes extremes = {};             ///< of the same, of all time
    std::vector<Sample> samples = {};   ///< newest first
    bool has_poster = true;
};

/// Another place, and how far away it is.
struct Neighbour {
    PlaceModel model;
    double metres = 0;
};

/// The map beside the list: what it lies on, as the site has it, and the drawing that stands there before it is opened.
struct ListMap {
    const pages::Site& site;
    pages::Sketches& sketches;
};
/// `map` may be null: there is none.
pages::Page list_page(const words::Words& say, const std::vector<PlaceModel>& places, const ListMap* map = nullptr);
/// How the town measures, what the marks and classes mean, and where the figures are.
pages::Page about_page(const words::Words& say);
/// `nearby` are nearest first.
pages::Page place_page(const words::Words& say, const PlaceModel& model, const std::vector<Neighbour>& nearby = {});

}  // namespace bypuls::bathing
