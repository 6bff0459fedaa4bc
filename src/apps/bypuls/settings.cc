#include "apps/bypuls/settings.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include <fmt/format.h>

#include "apps/bypuls/quality_settings.h"
#include "core/files.h"
#include "core/host.h"
#include "core/text.h"
#include "platform/http/networks.h"

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
    if (!is_ip_address(host) || trouble != std::errc{} || end != port.data() + port.size()) {
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

namespace {

Address checked_listen(config::Reader& reader, const std::string& listen, const Address& fallback) {
    auto address = parse_address(listen);
    if (!address) {
        reader.fault("server.listen", "must be an address and a port, such as 127.0.0.1:8080");
        return fallback;
    }
    return *address;
}

void check_names(config::Reader& reader, const Settings& settings) {
    if (trim(settings.town).empty()) {
        reader.fault("town", "must be the town's name; it stands on every page");
    }
    if (trim(settings.owner).empty()) {
        reader.fault("owner", "must be who answers for the data, such as \"Drammen kommune\"");
    }
    if (trim(settings.data).empty()) {
        reader.fault("data", "must be the folder of everything that is kept");
    }
}

/// Where people reach somebody: nothing, mailto: or https: with something behind it.
bool is_contact(std::string_view contact) {
    const std::string_view scheme = contact.starts_with("mailto:") ? "mailto:" : "https://";
    return contact.empty() || (contact.starts_with(scheme) && contact != scheme);
}

void check_addresses(config::Reader& reader, const Settings& settings) {
    if (!is_contact(settings.contact)) {
        reader.fault("contact", "must begin with mailto: or https://, such as mailto:post@drammen.kommune.no");
    }
    if (!is_contact(settings.privacy_contact)) {
        reader.fault("privacy_contact",
                     "must begin with mailto: or https://, such as mailto:personvernombud@drammen.kommune.no");
    }
    const std::string& phone = settings.contact_phone;
    if (!phone.empty() && phone.find_first_not_of("+0123456789 ") != std::string::npos) {
        reader.fault("contact_phone", "must be a telephone number, such as \"32 04 00 00\" or \"+47 32 04 00 00\"");
    }
    const auto is_address = [](const std::string& text) { return text.starts_with("https://") && text.size() > 8; };
    if (!settings.source_code.empty() && !is_address(settings.source_code)) {
        reader.fault("source_code", "must begin with https://, such as https://code.example.no/bypuls");
    }
    const std::string& statement = settings.accessibility_statement;
    if (!statement.empty() && !is_address(statement)) {
        reader.fault("accessibility_statement",
                     "must begin with https://, such as https://uustatus.no/nb/erklaringer/publisert/…");
    }
    if (!settings.origin.empty() && !is_web_origin(settings.origin)) {
        reader.fault("server.origin",
                     "must be http:// or https:// and a host, with nothing behind it: https://data.drammen.no");
    }
    for (const std::string& proxy : settings.trusted_proxies) {
        if (const auto network = http::Networks::parse({proxy}); !network) {
            reader.fault("server.trusted_proxies", "are addresses and networks: " + network.error().what);
        }
    }
    if (settings.tls_certificate.empty() != settings.tls_key.empty()) {
        reader.fault(settings.tls_certificate.empty() ? "server.tls_key" : "server.tls_certificate",
                     "needs the other one too: server.tls_certificate and server.tls_key belong together");
    }
    if (settings.map_boundary.empty() != settings.map_boundary_source.empty()) {
        reader.fault(
            settings.map_boundary.empty() ? "map.boundary" : "map.boundary_source",
            settings.map_boundary.empty()
                ? "must name the file, since map.boundary_source says who drew it"
                : "must say who drew the border in map.boundary, such as \"Kartverket, CC BY 4.0\": it is told to "
                  "everybody who sees the map");
    }
    if (!settings.map_tiles.empty() && origin_of_tiles(settings).empty()) {
        reader.fault("map.tiles",
                     "must be an address such as "
                     "https://cache.kartverket.no/v1/wmts/1.0.0/topo/default/webmercator/{z}/{y}/{x}.png");
    }
}

/// A file that a setting names: what is wrong with it, or nothing.
void check_readable(std::string_view key, const std::string& path, std::vector<config::Fault>& faults) {
    if (path.empty()) {
        return;
    }
    std::error_code trouble;
    if (!std::filesystem::exists(path, trouble) && !trouble) {
        faults.push_back({0, fmt::format("{}: there is no file {}", key, path)});
    } else if (const auto text = read_text_file(path); !text) {
        faults.push_back(
            {0, fmt::format("{}: {}; the account that runs the town must be able to read it", key, text.error().what)});
    }
}

}  // namespace

std::vector<config::Fault> check_files(const Settings& settings) {
    std::vector<config::Fault> faults;
    check_readable("server.tls_certificate", settings.tls_certificate, faults);
    check_readable("server.tls_key", settings.tls_key, faults);
    check_readable("map.boundary", settings.map_boundary, faults);
    if (!settings.mqtt.tls_listen.empty()) {
        check_readable("mqtt.tls_certificate", settings.mqtt.tls_certificate, faults);
        check_readable("mqtt.tls_key", settings.mqtt.tls_key, faults);
    }
    return faults;
}

std::vector<config::Fault> read_settings(std::string_view toml, Settings& settings) {
    config::Reader reader(toml);
    settings.town = reader.text("town", settings.town);
    settings.owner = reader.text("owner", settings.owner);
    settings.contact = reader.text("contact", settings.contact);
    settings.contact_phone = reader.text("contact_phone", settings.contact_phone);
    settings.contact_address = reader.text("contact_address", settings.contact_address);
    settings.accessibility_statement = reader.text("accessibility_statement", settings.accessibility_statement);
    settings.privacy_contact = reader.text("privacy_contact", settings.privacy_contact);
    settings.source_code = reader.text("source_code", settings.source_code);
    settings.data = reader.text("data", settings.data);
    const auto listen = reader.text("server.listen", fmt::format("{}:{}", settings.listen.host, settings.listen.port));
    settings.origin = reader.text("server.origin", settings.origin);
    settings.web = reader.text("server.web", settings.web);
    settings.trusted_proxies = reader.texts("server.trusted_proxies");
    settings.tls_certificate = reader.text("server.tls_certificate", settings.tls_certificate);
    settings.tls_key = reader.text("server.tls_key", settings.tls_key);
    settings.map_tiles = reader.text("map.tiles", settings.map_tiles);
    settings.map_attribution = reader.text("map.attribution", settings.map_attribution);
    settings.map_boundary = reader.text("map.boundary", settings.map_boundary);
    settings.map_boundary_source = reader.text("map.boundary_source", settings.map_boundary_source);
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
    read_quality_settings(reader, settings.quality_rules);
    settings.webhooks_private = reader.flag("webhooks.private_targets", settings.webhooks_private);
    settings.listen = checked_listen(reader, listen, settings.listen);
    check_names(reader, settings);
    check_addresses(reader, settings);
    auto faults = reader.finish();
    faults.insert(faults.end(), mqtt_faults.begin(), mqtt_faults.end());
    return faults;
}

}  // namespace bypuls::apps
