#include "city/bathing/searchable.h"

#include <algorithm>
#include <iterator>

#include "city/bathing/answers.h"

namespace bypuls::bathing {
namespace {

using publication::PublicPlace;
using publish::search::Entry;
using publish::search::Kind;

Entry place_entry(const words::Words& say, const PublicPlace& place) {
    const bool bathing = place.kind == "bathing";
    const std::string& description = place.description.in(words::tag_of(say.language()));
    std::string also = bathing ? say("search.also_bathing") : say("search.also_ski");
    also += " " + place.area;
    for (const auto& stream : place.streams) {
        if (is_condition(stream.property)) {
            also += " " + say.lookup("bathing.property." + stream.property);
        }
    }
    const std::string kind = bathing ? say("search.place_bathing") : say("search.place_ski");
    return {.kind = Kind::place,
            .href = "/bading/" + place.slug,
            .title = place.name.in(words::tag_of(say.language())),
            .text = description.empty() ? kind : kind + " " + description,
            .also = std::move(also)};
}

Entry history_entry(const words::Words& say, const PublicPlace& place) {
    return {.kind = Kind::data,
            .href = "/bading/" + place.slug + "/historikk",
            .title = say("search.history", {{"place", place.name.in(words::tag_of(say.language()))}}),
            .text = say("search.history_text"),
            .also = say("search.also_history") + " " + place.area,
            .simulated = place.simulated()};
}

}  // namespace

std::vector<Entry> searchable(const words::Words& say, const publication::Catalogue& catalogue) {
    std::vector<Entry> entries{{.href = "/bading",
                                .title = say("bathing.title"),
                                .text = say("bathing.lead"),
                                .also = say("search.also_list")},
                               {.href = "/bading/om-malingene",
                                .title = say("bathing.about"),
                                .text = say("bathing.about_description"),
                                .also = say("search.also_measured")}};
    std::vector<Entry> histories;
    for (const PublicPlace& place : catalogue.places) {
        if (place.kind != "bathing" && place.kind != "ski") {
            continue;
        }
        entries.push_back(place_entry(say, place));
        if (std::ranges::any_of(place.streams, is_condition, &publication::PublicStream::property)) {
            histories.push_back(history_entry(say, place));
        }
    }
    entries.insert(entries.end(), std::make_move_iterator(histories.begin()), std::make_move_iterator(histories.end()));
    return entries;
}

}  // namespace bypuls::bathing
