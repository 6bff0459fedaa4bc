#include "apps/bypuls/doctor.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <system_error>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/bypuls/certificate.h"
#include "apps/bypuls/data_folder.h"
#include "apps/bypuls/data_lock.h"
#include "apps/bypuls/site.h"
#include "apps/bypuls/town.h"
#include "core/files.h"
#include "core/time/iso8601.h"
#include "platform/database/migrations.h"
#include "platform/database/write_ahead_log.h"

namespace bypuls::apps {
namespace {

namespace fs = std::filesystem;
using State = Finding::State;

constexpr std::uint64_t space_fault = 256U << 20U;
constexpr std::uint64_t space_warning = 5ULL << 30U;
constexpr int syncs = 20;
constexpr std::chrono::milliseconds sync_slow{50};

/// No clock is right before this program was written, nor a hundred years after.
constexpr Instant clock_earliest{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
constexpr Instant clock_latest{std::chrono::sys_days{std::chrono::year{2126} / 1 / 1}};

/// The folder itself, or the nearest above it that is there.
std::string existing(const std::string& folder) {
    std::error_code ignored;
    fs::path path = fs::absolute(folder, ignored);
    while (!fs::exists(path, ignored) && path.has_relative_path()) {
        path = path.parent_path();
    }
    return path.string();
}

Finding disk_space(const Settings& settings) {
    const auto free = posix_files().free_bytes(existing(settings.data));
    if (!free) {
        return {"disk space", State::fault, free.error().what};
    }
    const auto state = *free < space_fault ? State::fault : *free < space_warning ? State::warning : State::ok;
    return {"disk space", state,
            fmt::format("{:.1f} GiB are free for {}{}", static_cast<double>(*free) / (1U << 30U), settings.data,
                        state == State::ok ? "" : "; when it is full, devices are told to wait and send again")};
}

Result<std::vector<Duration>> time_syncs(const std::string& path, const Clock& clock) {
    TRY(const auto file, posix_files().open(path, OpenMode::write));
    std::vector<Duration> took;
    const Bytes block(4096);
    for (int i = 0; i < syncs; ++i) {
        const auto start = clock.steady();
        TRY_DO(file->write_at(static_cast<std::uint64_t>(i) * block.size(), block));
        TRY_DO(file->sync());
        took.push_back(std::chrono::duration_cast<Duration>(clock.steady() - start));
    }
    std::ranges::sort(took);
    return took;
}

Finding syncing(const Settings& settings, const Clock& clock) {
    const std::string path = fmt::format("{}/doctor-{}.tmp", existing(settings.data), ::getpid());
    const auto took = time_syncs(path, clock);
    std::error_code ignored;
    fs::remove(path, ignored);
    if (!took) {
        return {"syncing", State::fault, "what is written cannot be made durable: " + took.error().what};
    }
    const auto middle = static_cast<double>((*took)[syncs / 2].count()) / 1000;
    const auto worst = static_cast<double>(took->back().count()) / 1000;
    const bool slow = (*took)[syncs / 2] > sync_slow;
    return {"syncing", slow ? State::warning : State::ok,
            fmt::format("writing 4 KiB durably takes {:.2f} ms, at worst {:.2f} ms{}", middle, worst,
                        slow ? "; every sender waits that long" : "")};
}

Finding permissions(const Settings& settings) {
    const std::string folder = existing(settings.data);
    if (::access(folder.c_str(), R_OK | W_OK | X_OK) != 0) {
        return {"permissions", State::fault,
                fmt::format("{} cannot be written to: {}", folder, std::generic_category().message(errno))};
    }
    struct stat found{};
    if (::stat(settings.internal_folder().c_str(), &found) != 0) {
        if (errno == EACCES) {
            return {"permissions", State::fault,
                    settings.internal_folder() + " is closed to this user; run the doctor as the account of the town"};
        }
        return {"permissions", State::ok, settings.internal_folder() + " will be made at the first start"};
    }
    if (found.st_uid != ::geteuid() && ::geteuid() != 0) {
        return {"permissions", State::warning, settings.internal_folder() + " belongs to another user than this one"};
    }
    if ((found.st_mode & S_IRWXO) != 0) {
        return {"permissions", State::warning,
                fmt::format("everyone on this machine may look into {0}; chmod 700 {0}", settings.internal_folder())};
    }
    return {"permissions", State::ok, "the folders are there and only their owner may look into the internal one"};
}

Finding clock_finding(const Clock& clock) {
    const Instant now = clock.now();
    const bool likely = clock_earliest <= now && now < clock_latest;
    return {"clock", likely ? State::ok : State::fault,
            fmt::format("it is {}{}", format_instant(now),
                        likely ? "" : ", which cannot be: readings would be quarantined as from another time")};
}

/// Can the address be listened to? Nobody is served by this socket.
Finding port(const Settings& settings, bool town_runs) {
    const std::string where = fmt::format("{}:{}", settings.listen.host, settings.listen.port);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int code =
        ::getaddrinfo(settings.listen.host.c_str(), std::to_string(settings.listen.port).c_str(), &hints, &found);
    if (code != 0) {
        return {"port", State::fault, fmt::format("{}: {}", where, ::gai_strerror(code))};
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, &::freeaddrinfo);
    const int handle = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const bool bound = ::bind(handle, found->ai_addr, found->ai_addrlen) == 0 && ::listen(handle, 1) == 0;
    const int trouble = errno;
    ::close(handle);
    if (bound && town_runs && settings.listen.port != 0) {
        return {"port", State::warning,
                where +
                    " is free although another command holds the town's data; if that one serves, it listens "
                    "elsewhere: say where with --listen or --config, as the town was told"};
    }
    if (bound) {
        return {"port", State::ok, where + " is free"};
    }
    if (trouble == EADDRINUSE && town_runs) {
        return {"port", State::ok, where + " is in use, as it should be while the town runs"};
    }
    return {"port", State::fault, fmt::format("{}: {}", where, std::generic_category().message(trouble))};
}

/// "data.drammen.no" of "https://data.drammen.no:8443"; empty when no origin is configured.
std::string host_of(std::string_view origin) {
    origin.remove_prefix(
        std::min(origin.size(), origin.find("://") == std::string_view::npos ? 0 : origin.find("://") + 3));
    if (origin.starts_with('[')) {
        return std::string(origin.substr(1, origin.find(']') - 1));
    }
    return std::string(origin.substr(0, origin.find(':')));
}

/// Of the pages and of MQTT, where TLS is configured.
void add_certificates(const Settings& settings, Instant now, std::vector<Finding>& findings) {
    if (!settings.tls_certificate.empty()) {
        findings.push_back(examine_certificate("certificate", {settings.tls_certificate, settings.tls_key},
                                               host_of(settings.origin), now));
    }
    if (!settings.mqtt.tls_listen.empty()) {
        findings.push_back(
            examine_certificate("MQTT's certificate", {settings.mqtt.tls_certificate, settings.mqtt.tls_key}, "", now));
    }
}

Finding web_app(const Settings& settings) {
    const auto web = open_web(settings);
    return web ? Finding{"web app", State::ok, "found"} : Finding{"web app", State::fault, web.error().what};
}

Finding schema(const Settings& settings) {
    const std::string path = settings.internal_folder() + "/registry.db";
    const auto there = is_there(path);
    if (!there) {
        return {"schema", State::fault, there.error().what};
    }
    if (!*there) {
        return {"schema", State::ok, "there is no database yet; the first start makes it"};
    }
    // Opening it would complete what a damaged log has lost.
    const auto log = database::look_at_log(posix_files(), path);
    if (!log || log->lost > 0) {
        return {"schema", State::fault, log ? database::sentence_of(*log, path) : log.error().what};
    }
    const auto open = database::Database::open({.url = settings.registry_url()});
    if (!open) {
        return {"schema", State::fault, open.error().what};
    }
    const auto pending = database::pending_migrations(**open, InternalPlane::registry_components());
    if (!pending) {
        return {"schema", State::fault, pending.error().what};
    }
    return pending->empty()
               ? Finding{"schema", State::ok, "the database is as this program wants it"}
               : Finding{"schema", State::warning,
                         fmt::format("the next start brings the database forward by {} steps; make a backup before",
                                     pending->size())};
}

/// Whether another program has the data open; a fault only when it cannot be told.
Finding running(const Settings& settings, bool& town_runs) {
    const auto there = is_there(settings.internal_folder() + "/lock");
    if (!there) {
        return {"lock", State::fault, there.error().what};
    }
    if (!*there) {
        return {"lock", State::ok, "no town runs on this folder yet"};
    }
    const auto lock = DataLock::take(settings.internal_folder());
    town_runs = !lock && lock.error().code == Errc::conflict;
    if (!lock && !town_runs) {
        return {"lock", State::fault, lock.error().what};
    }
    return {"lock", State::ok, town_runs ? "the town runs" : "no town runs on this folder now"};
}

}  // namespace

std::vector<Finding> examine(const Settings& settings, const Clock& clock) {
    bool town_runs = false;
    std::vector<Finding> findings{running(settings, town_runs)};
    findings.push_back(disk_space(settings));
    findings.push_back(syncing(settings, clock));
    findings.push_back(permissions(settings));
    findings.push_back(clock_finding(clock));
    findings.push_back(port(settings, town_runs));
    add_certificates(settings, clock.now(), findings);
    findings.push_back(web_app(settings));
    findings.push_back(schema(settings));
    return findings;
}

}  // namespace bypuls::apps
