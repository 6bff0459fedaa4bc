#include "apps/bypuls/settings.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace bypuls::apps {

using namespace std::chrono_literals;

Result<Address> parse_address(std::string_view text) {
    const auto colon = text.rfind(':');
    Address address;
    if (colon == std::string_view::npos) {
        return fail(Errc::malformed, fmt::format("'{}' is no address like 127.0.0.1:8080", text));
    }
    std::string_view host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
    }
    const std::string_view port = text.substr(colon + 1);
    const auto [end, trouble] = std::from_chars(port.data(), port.data() + port.size(), address.port);
    if (host.empty() || trouble != std::errc{} || end != port.data() + port.size()) {
        return fail(Errc::malformed, fmt::format("'{}' is no address like 127.0.0.1:8080", text));
    }
    address.host = host;
    return address;
}

std::string origin_of_tiles(const Settings& settings) {
    const std::string_view url = settings.map_tiles;
    const std::size_t scheme = url.starts_with("https://") ? 8 : url.starts_with("http://") ? 7 : 0;
    const std::string_view host = url.substr(scheme, url.find('/', scheme) - scheme);
    const auto plain = [](char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '.' || letter == '-' ||
               letter == ':';
    };
    const bool whole = url.contains("{x}") && url.contains("{y}") && url.contains("{z}");
    // What stands in the Content-Security-Policy must be a host and nothing else.
    return scheme != 0 && whole && !host.empty() && std::ranges::all_of(host, plain)
               ? std::string(url.substr(0, scheme + host.size()))
               : "";
}

std::vector<config::Fault> read_settings(std::string_view toml, Settings& settings) {
    config::Reader reader(toml);
    settings.town = reader.text("town", settings.town);
    settings.owner = reader.text("owner", settings.owner);
    settings.contact = reader.text("contact", settings.contact);
    settings.data = reader.text("data", settings.data);
    const auto listen = reader.text("server.listen", fmt::format("{}:{}", settings.listen.host, settings.listen.port));
    settings.origin = reader.text("server.origin", settings.origin);
    settings.web = reader.text("server.web", settings.web);
    settings.trusted_proxies = reader.texts("server.trusted_proxies");
    settings.tls_certificate = reader.text("server.tls_certificate", settings.tls_certificate);
    settings.tls_key = reader.text("server.tls_key", settings.tls_key);
    settings.map_tiles = reader.text("map.tiles", settings.map_tiles);
    settings.map_attribution = reader.text("map.attribution", settings.map_attribution);
    settings.pool_threads = reader.integer("server.pool_threads", settings.pool_threads, 1, 64);
    settings.journal_flush_delay = reader.duration("journal.flush_delay", settings.journal_flush_delay, 0ms, 1s);
    settings.journal_flush_bytes =
        reader.bytes("journal.flush_bytes", settings.journal_flush_bytes, 4U << 10U, 256U << 20U);
    settings.journal_segment_bytes =
        reader.bytes("journal.segment", settings.journal_segment_bytes, 1U << 20U, 1U << 30U);
    settings.settle_interval = reader.duration("observations.settle_interval", settings.settle_interval, 100ms, 1h);
    settings.hot_bytes_max = reader.bytes("observations.memory", settings.hot_bytes_max, 16U << 20U, 64ULL << 30U);
    settings.in_flight_bytes_max =
        reader.bytes("ingest.in_flight", settings.in_flight_bytes_max, 1U << 20U, 8ULL << 30U);
    settings.line_series_max = reader.integer("ingest.line_series", settings.line_series_max, 0, 100'000'000);
    settings.codec_workers = reader.integer("codecs.workers", settings.codec_workers, 1, 64);
    settings.codec_cpu = reader.duration("codecs.cpu", settings.codec_cpu, 1ms, 10s);
    settings.codec_memory = reader.bytes("codecs.memory", settings.codec_memory, 8U << 20U, 1U << 30U);
    std::vector<config::Fault> mqtt_faults;
    read_mqtt_settings(reader, settings.mqtt, mqtt_faults);
    settings.webhooks_private = reader.flag("webhooks.private_targets", settings.webhooks_private);
    auto faults = reader.finish();
    faults.insert(faults.end(), mqtt_faults.begin(), mqtt_faults.end());
    if (auto address = parse_address(listen)) {
        settings.listen = *address;
    } else {
        faults.push_back({0, "server.listen: " + address.error().what});
    }
    if (!settings.map_tiles.empty() && origin_of_tiles(settings).empty()) {
        faults.push_back({0,
                          "map.tiles must be an address such as "
                          "https://cache.kartverket.no/v1/wmts/1.0.0/topo/default/webmercator/{z}/{y}/{x}.png"});
    }
    const std::string_view contact = settings.contact;
    if (!contact.empty() && !contact.starts_with("mailto:") && !contact.starts_with("https://")) {
        faults.push_back({0, "contact must begin with mailto: or https://, such as mailto:post@drammen.kommune.no"});
    }
    if (settings.tls_certificate.empty() != settings.tls_key.empty()) {
        faults.push_back({0, "server.tls_certificate and server.tls_key belong together"});
    }
    return faults;
}

}  // namespace bypuls::apps
