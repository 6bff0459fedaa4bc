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

/// `tiles` is the background of the map, as the site has it.
struct MapTiles {
    std::string url;
    std::string attribution;
    /// Of the drawing that stands there before the map is opened; null: there is none.
    const pages::Basemap* basemap = nullptr;
};
pages::Page list_page(const words::Words& say, const std::vector<PlaceModel>& places, const MapTiles& tiles = {});
/// How the town measures, what the marks and classes mean, and where the figures are.
pages::Page about_page(const words::Words& say);
/// `nearby` are nearest first.
pages::Page place_page(const words::Words& say, const PlaceModel& model, const std::vector<Neighbour>& nearby = {});

}  // namespace bypuls::bathing
