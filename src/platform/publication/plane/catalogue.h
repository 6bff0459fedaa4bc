#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "platform/observations/observation.h"

/// The public plane: what has been published, in types and stores of its own. Nothing here can name the internal plane;
/// rooms that serve the public use this and no more.
namespace bypuls::publication {

using observations::DatastreamId;

/// A text in the town's languages; an empty one falls back to bokmål.
struct PublicWords {
    std::string nb;
    std::string nn;
    std::string en;

    /// `language` is "nb", "nn" or "en".
    const std::string& in(std::string_view language) const;
    friend bool operator==(const PublicWords&, const PublicWords&) = default;
};

/// A published datastream.
struct PublicStream {
    DatastreamId id{};
    std::string property;                      ///< "water_temperature"
    std::string unit;                          ///< UCUM, "Cel"
    std::string unit_symbol;                   ///< "°C"
    std::string source;                        ///< who measures: "Drammen kommune"
    std::string licence;                       ///< a URI
    bool simulated = false;                    ///< made for demonstration; nobody measured it
    std::chrono::seconds interval{3600};       ///< how often a reading is expected
    std::chrono::seconds stale_after{10'800};  ///< an older reading is no longer the present

    friend bool operator==(const PublicStream&, const PublicStream&) = default;
};

/// A day of the year, whatever the year.
struct PublicDay {
    unsigned month = 1;
    unsigned day = 1;
    friend auto operator<=>(const PublicDay&, const PublicDay&) = default;
};

/// A published place.
struct PublicPlace {
    std::string slug;
    std::string kind;  ///< "bathing", "ski"
    PublicWords name;
    PublicWords description;
    double longitude = 0;
    double latitude = 0;
    bool approximate = false;
    bool coastal = false;  ///< of bathing water: salt or brackish; the EU classes differ
    std::string area;
    PublicDay season_first{1, 1};  ///< both included; a winter's first lies after its last
    PublicDay season_last{12, 31};
    std::vector<PublicStream> streams;  ///< most important first

    bool in_season(PublicDay day) const;
    const PublicStream* stream(std::string_view property) const;
    bool simulated() const;
    friend bool operator==(const PublicPlace&, const PublicPlace&) = default;
};

/// Everything that is published, except the readings. Never changes: a new one replaces it.
struct Catalogue {
    std::vector<PublicPlace> places;  ///< sorted by bokmål name
    std::uint64_t version = 0;        ///< of the registry it was made from

    const PublicPlace* place(std::string_view slug) const;
    const PublicPlace* place_of(DatastreamId id) const;
    friend bool operator==(const Catalogue&, const Catalogue&) = default;
};

/// JSON that carries its own checksum, docs/formats/catalogue.md.
std::string to_json(const Catalogue& catalogue);
/// Errc::damaged for anything else than to_json() writes. What an earlier version wrote has no checksum and is
/// believed.
Result<Catalogue> catalogue_from_json(std::string_view text);

}  // namespace bypuls::publication
