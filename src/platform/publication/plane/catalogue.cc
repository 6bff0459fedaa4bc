#include "platform/publication/plane/catalogue.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/bytes.h"

namespace bypuls::publication {
namespace {

using nlohmann::json;

constexpr const char* checksum_member = "checksum";

/// Of everything but itself, as we would write it: white space does not matter.
std::string checksum_of(const json& root) {
    return fmt::format("{:08x}", crc32c(as_bytes(root.dump())));
}

json words_json(const PublicWords& words) {
    return {{"nb", words.nb}, {"nn", words.nn}, {"en", words.en}};
}

PublicWords words_from(const json& from) {
    return {from.at("nb"), from.at("nn"), from.at("en")};
}

json day_json(PublicDay day) {
    return json::array({day.month, day.day});
}

PublicDay day_from(const json& from) {
    return {from.at(0), from.at(1)};
}

json stream_json(const PublicStream& stream) {
    return {{"id", stream.id.value},
            {"property", stream.property},
            {"unit", stream.unit},
            {"unit_symbol", stream.unit_symbol},
            {"source", stream.source},
            {"licence", stream.licence},
            {"simulated", stream.simulated},
            {"interval_s", stream.interval.count()},
            {"stale_after_s", stream.stale_after.count()}};
}

PublicStream stream_from(const json& from) {
    return {.id = {from.at("id").get<std::int64_t>()},
            .property = from.at("property"),
            .unit = from.at("unit"),
            .unit_symbol = from.at("unit_symbol"),
            .source = from.at("source"),
            .licence = from.at("licence"),
            .simulated = from.at("simulated"),
            .interval = std::chrono::seconds{from.at("interval_s").get<std::int64_t>()},
            // Absent in a catalogue that an earlier version wrote; the gate writes it anew at the next start.
            .stale_after = std::chrono::seconds{from.value("stale_after_s", std::int64_t{10'800})}};
}

json place_json(const PublicPlace& place) {
    json streams = json::array();
    for (const PublicStream& stream : place.streams) {
        streams.push_back(stream_json(stream));
    }
    return {{"slug", place.slug},
            {"kind", place.kind},
            {"name", words_json(place.name)},
            {"description", words_json(place.description)},
            {"longitude", place.longitude},
            {"latitude", place.latitude},
            {"approximate", place.approximate},
            {"coastal", place.coastal},
            {"area", place.area},
            {"season_first", day_json(place.season_first)},
            {"season_last", day_json(place.season_last)},
            {"streams", std::move(streams)}};
}

PublicPlace place_from(const json& from) {
    PublicPlace place{.slug = from.at("slug"),
                      .kind = from.at("kind"),
                      .name = words_from(from.at("name")),
                      .description = words_from(from.at("description")),
                      .longitude = from.at("longitude"),
                      .latitude = from.at("latitude"),
                      .approximate = from.at("approximate"),
                      .coastal = from.at("coastal"),
                      .area = from.at("area"),
                      .season_first = day_from(from.at("season_first")),
                      .season_last = day_from(from.at("season_last"))};
    for (const json& stream : from.at("streams")) {
        place.streams.push_back(stream_from(stream));
    }
    return place;
}

}  // namespace

const std::string& PublicWords::in(std::string_view language) const {
    const std::string& wanted = language == "nn" ? nn : language == "en" ? en : nb;
    return wanted.empty() ? nb : wanted;
}

bool PublicPlace::in_season(PublicDay day) const {
    if (season_first <= season_last) {
        return season_first <= day && day <= season_last;
    }
    return day >= season_first || day <= season_last;
}

const PublicStream* PublicPlace::stream(std::string_view property) const {
    const auto found = std::ranges::find(streams, property, &PublicStream::property);
    return found == streams.end() ? nullptr : &*found;
}

bool PublicPlace::simulated() const {
    return std::ranges::any_of(streams, &PublicStream::simulated);
}

const PublicPlace* Catalogue::place(std::string_view slug) const {
    const auto found = std::ranges::find(places, slug, &PublicPlace::slug);
    return found == places.end() ? nullptr : &*found;
}

const PublicPlace* Catalogue::place_of(DatastreamId id) const {
    for (const PublicPlace& place : places) {
        if (std::ranges::find(place.streams, id, &PublicStream::id) != place.streams.end()) {
            return &place;
        }
    }
    return nullptr;
}

std::string to_json(const Catalogue& catalogue) {
    json places = json::array();
    for (const PublicPlace& place : catalogue.places) {
        places.push_back(place_json(place));
    }
    json root{{"version", catalogue.version}, {"places", std::move(places)}};
    root[checksum_member] = checksum_of(root);
    return root.dump(1);
}

Result<Catalogue> catalogue_from_json(std::string_view text) {
    try {
        json root = json::parse(text);
        Catalogue catalogue;
        if (const auto sum = root.find(checksum_member); sum != root.end()) {
            const auto stored = sum->get<std::string>();
            root.erase(checksum_member);
            if (stored != checksum_of(root)) {
                return fail(Errc::damaged, "its checksum does not hold");
            }
        }
        catalogue.version = root.at("version");
        for (const json& place : root.at("places")) {
            catalogue.places.push_back(place_from(place));
        }
        return catalogue;
    } catch (const json::exception&) {
        return fail(Errc::damaged, "it is not a whole catalogue");
    }
}

}  // namespace bypuls::publication
