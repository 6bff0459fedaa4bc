#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "apps/bypuls/mqtt_settings.h"
#include "core/config/config.h"
#include "core/result.h"
#include "platform/ingest/quality/quality.h"

namespace bypuls::apps {

/// Which planes a process runs.
enum class Planes : std::uint8_t {
    both,         ///< one program is the town
    public_only,  ///< anonymous readers alone: opens no file, socket or credential of the internal plane
};

struct Address {
    std::string host = "127.0.0.1";
    std::uint16_t port = 8080;
};

/// "127.0.0.1:8080", "[::1]:8080"; port 0 is any free one. Names are no addresses: who knows where they lead.
Result<Address> parse_address(std::string_view text);

/// Everything that an operator can set, with its default. docs/operate/configuration.md lists it.
struct Settings {
    std::string data = "data";  ///< folder of everything that is kept
    Planes planes = Planes::both;
    Address listen;
    std::string town = "Drammen";
    std::string owner = "Drammen kommune";
    std::string contact;          ///< mailto: or https:, where people ask for help and keys; empty: no such link
    std::string contact_phone;    ///< as people dial it; empty: not told
    std::string contact_address;  ///< for letters or visits, on one line; empty: not told
    std::string
        accessibility_statement;  ///< https: the declaration at uustatus.no; empty: the page says that none is known
    std::string privacy_contact;  ///< mailto: or https:, the town's data protection officer; empty: not told
    std::string source_code;      ///< https: where the program's source text is; empty: no such link
    std::string origin;           ///< "https://data.drammen.no", for posters and canonical links
    std::string web;              ///< folder of the built web app; empty: beside the program, or web/dist
    std::vector<std::string> trusted_proxies;
    std::string tls_certificate;
    std::string tls_key;
    std::string map_tiles;  ///< URL template of background tiles; empty: the borders are all there is
    std::string map_attribution = "© Kartverket";  ///< who is named for the tiles
    std::string
        map_boundary;  ///< GeoJSON of the municipality's border; empty: Drammen's in the demonstration, else none
    std::string map_boundary_source;  ///< who is named for the border; it and map_boundary belong together
    bool demonstration = false;
    /// Everyone who reaches the SensorThings service may change things; only on loopback. From the command line alone.
    bool anonymous_writes = false;

    std::chrono::milliseconds journal_flush_delay{2};
    std::uint64_t journal_flush_bytes = 4U << 20U;
    std::uint64_t journal_segment_bytes = 64U << 20U;
    std::chrono::milliseconds settle_interval{5000};
    std::uint64_t in_flight_bytes_max = 64U << 20U;
    std::uint64_t hot_bytes_max = 128U << 20U;
    std::int64_t line_series_max = 100'000;
    std::int64_t codec_workers = 1;
    std::chrono::milliseconds codec_cpu{50};
    std::uint64_t codec_memory = 32U << 20U;
    std::int64_t pool_threads = 4;
    MqttSettings mqtt;
    ingest::quality::Rules quality_rules;  ///< those we ship, with the operator's
    bool webhooks_private = false;         ///< webhooks may go to private addresses, and by plain HTTP

    std::string public_folder() const { return data + "/public"; }
    std::string journal_folder() const { return data + "/internal/journal"; }
    std::string observations_path() const { return data + "/internal/observations.db"; }
    std::string registry_url() const { return "sqlite:" + data + "/internal/registry.db"; }
    std::string internal_folder() const { return data + "/internal"; }
};

/// The origin of the tiles' address, "https://cache.kartverket.no", or empty when there are none: pages may load from
/// it.
std::string origin_of_tiles(const Settings& settings);

/// Reads the TOML text over the settings; all faults at once.
std::vector<config::Fault> read_settings(std::string_view toml, Settings& settings);
/// Borders that take longer to send than to look at are refused.
constexpr std::size_t map_boundary_bytes_max = 8U << 20U;
/// The files that the town needs before it can serve, and that cannot be read.
std::vector<config::Fault> check_files(const Settings& settings);

}  // namespace bypuls::apps
