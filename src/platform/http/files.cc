#include "platform/http/files.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <optional>

#include <fmt/format.h>

#include "core/files.h"
#include "core/text.h"
#include "platform/http/coding.h"
#include "platform/http/problem.h"

namespace bypuls::http {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t read_piece_bytes = 64 * 1024;
constexpr std::size_t pack_from_bytes = 1024;
constexpr std::size_t pack_at_start_bytes_max = 4U << 20U;  // larger files come packed from the build or not at all

constexpr std::array<std::pair<std::string_view, std::string_view>, 30> media_types = {{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".mjs", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".json", "application/json"},
    {".map", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".geojson", "application/geo+json"},
    {".jsonld", "application/ld+json"},
    {".ndjson", "application/x-ndjson"},
    {".svg", "image/svg+xml"},
    {".xml", "application/xml"},
    {".rdf", "application/rdf+xml"},
    {".ttl", "text/turtle; charset=utf-8"},
    {".txt", "text/plain; charset=utf-8"},
    {".md", "text/markdown; charset=utf-8"},
    {".csv", "text/csv; charset=utf-8"},
    {".wasm", "application/wasm"},
    {".png", "image/png"},
    {".jpg", "image/jpeg"},
    {".jpeg", "image/jpeg"},
    {".webp", "image/webp"},
    {".avif", "image/avif"},
    {".gif", "image/gif"},
    {".ico", "image/x-icon"},
    {".woff2", "font/woff2"},
    {".woff", "font/woff"},
    {".pdf", "application/pdf"},
    {".pbf", "application/x-protobuf"},
    {".parquet", "application/vnd.apache.parquet"},
}};

/// One file, with its packed forms.
struct Entry {
    SharedBytes plain;  ///< null: read from disk
    SharedBytes gzip;
    SharedBytes zstd;
    std::string path_on_disk;
    std::uint64_t size = 0;
    std::string etag;
    std::string_view media_type;
    bool immutable = false;

    SharedBytes packed(Coding coding) const {
        return coding == Coding::gzip ? gzip : coding == Coding::zstd ? zstd : nullptr;
    }
};

SharedBytes shared(std::string bytes) {
    return std::make_shared<const std::string>(std::move(bytes));
}

std::uint64_t bytes_held(const Entry& entry) {
    const auto size = [](const SharedBytes& bytes) { return bytes == nullptr ? 0 : bytes->size(); };
    return size(entry.plain) + size(entry.gzip) + size(entry.zstd);
}

/// A file too large for memory, piece by piece. The reads come from the page cache as a rule and are small, so they run
/// on the loop.
Result<Body> disk_stream(const Entry& entry) {
    TRY(auto file, posix_files().open(entry.path_on_disk, OpenMode::read));
    auto pull = [file = std::move(file), at = std::uint64_t{0}](std::string& chunk) mutable -> Task<Result<bool>> {
        chunk.resize(read_piece_bytes);
        CO_TRY(const std::size_t count, file->read_at(at, std::as_writable_bytes(std::span{chunk})));
        chunk.resize(count);
        at += count;
        co_return count == read_piece_bytes;
    };
    return Stream{std::move(pull)};
}

}  // namespace

struct StaticFiles::Table {
    StaticFilesOptions options;
    std::map<std::string, Entry, std::less<>> entries;
    std::uint64_t bytes = 0;

    Result<void> add(const fs::path& file, std::string name);
    void add_packed(Entry& entry, const std::string& path) const;
    const Entry* find(const Request& request, std::string_view path) const;
};

void StaticFiles::Table::add_packed(Entry& entry, const std::string& path) const {
    const auto beside = [&](std::string_view ending) -> SharedBytes {
        auto packed = read_text_file(path + std::string(ending), options.memory_bytes_max);
        return packed ? shared(std::move(*packed)) : nullptr;
    };
    entry.gzip = beside(".gz");
    entry.zstd = beside(".zst");
    const bool worth_it = is_compressible(entry.media_type) && entry.plain->size() >= pack_from_bytes &&
                          entry.plain->size() <= pack_at_start_bytes_max;
    if (entry.gzip == nullptr && worth_it) {
        entry.gzip = shared(pack_tight(Coding::gzip, *entry.plain));
    }
    if (entry.zstd == nullptr && worth_it) {
        entry.zstd = shared(pack_tight(Coding::zstd, *entry.plain));
    }
}

Result<void> StaticFiles::Table::add(const fs::path& file, std::string name) {
    Entry entry;
    entry.path_on_disk = file.string();
    entry.size = fs::file_size(file);
    entry.media_type = media_type_of(name);
    entry.immutable = !options.immutable_folder.empty() && name.starts_with(options.immutable_folder + "/");
    if (bytes + entry.size <= options.memory_bytes_max) {
        TRY(auto content, read_text_file(entry.path_on_disk, options.memory_bytes_max));
        entry.size = content.size();
        entry.etag = etag_of(content);
        entry.plain = shared(std::move(content));
        add_packed(entry, entry.path_on_disk);
        if (bytes + bytes_held(entry) > options.memory_bytes_max) {
            entry.gzip = nullptr;
            entry.zstd = nullptr;
        }
        bytes += bytes_held(entry);
    } else {
        const auto changed = fs::last_write_time(file).time_since_epoch().count();
        entry.etag = etag_of(fmt::format("{} {} {}", name, entry.size, changed));
    }
    entries.emplace(std::move(name), std::move(entry));
    return {};
}

const Entry* StaticFiles::Table::find(const Request& request, std::string_view path) const {
    if (path.empty()) {
        path = "index.html";
    }
    if (const auto found = entries.find(path); found != entries.end()) {
        return &found->second;
    }
    // Something with an ending is a file that is missing, not an address of the web app.
    const bool names_file = path.substr(path.rfind('/') + 1).find('.') != std::string_view::npos;
    // A browser names text/html when a person goes somewhere; a program that takes anything is better told 404.
    const bool a_person_asks = request.header("Accept").value_or("").find("text/html") != std::string_view::npos;
    if (options.fallback.empty() || names_file || !a_person_asks) {
        return nullptr;
    }
    const auto found = entries.find(options.fallback);
    return found == entries.end() ? nullptr : &found->second;
}

Result<StaticFiles> StaticFiles::open(const std::string& folder, StaticFilesOptions options) {
    auto table = std::make_shared<Table>();
    table->options = std::move(options);
    std::error_code error;
    fs::recursive_directory_iterator walk(folder, error);
    if (error) {
        return fail(Errc::not_found, fmt::format("{}: {}", folder, error.message()));
    }
    for (const auto end = fs::recursive_directory_iterator{}; walk != end; walk.increment(error)) {
        const std::string name = walk->path().filename().string();
        if (name.starts_with('.') || walk->is_symlink()) {
            walk.disable_recursion_pending();
            continue;
        }
        const bool packed_form = name.ends_with(".gz") || name.ends_with(".zst");
        if (walk->is_regular_file() && !packed_form) {
            TRY_DO(table->add(walk->path(), fs::relative(walk->path(), folder).generic_string()));
        }
    }
    if (error) {
        return fail(Errc::unavailable, fmt::format("{}: {}", folder, error.message()));
    }
    return StaticFiles(std::move(table));
}

StaticFiles::StaticFiles(std::shared_ptr<const Table> table) : table_(std::move(table)) {}

bool StaticFiles::has(std::string_view path) const {
    return table_->entries.contains(path.empty() ? std::string_view{"index.html"} : path);
}

Response StaticFiles::get(const Request& request, std::string_view path) const {
    const Entry* entry = table_->find(request, path);
    if (entry == nullptr) {
        return problem(request, 404, "not-found");
    }
    Response response = content(std::string(entry->media_type), std::string{});
    response.headers.set("Cache-Control", entry->immutable ? "public, max-age=31536000, immutable" : "no-cache");
    if (entry->gzip != nullptr || entry->zstd != nullptr) {
        response.headers.set("Vary", "Accept-Encoding");
    }
    if (not_modified(request, entry->etag)) {
        return with_etag(request, std::move(response), entry->etag);
    }
    const Coding coding = accepted_coding(request.header("Accept-Encoding").value_or(""));
    std::string etag = entry->etag;
    if (const SharedBytes packed = entry->packed(coding)) {
        response.body = packed;
        response.headers.set("Content-Encoding", std::string(name_of(coding)));
        etag = "W/" + etag;
    } else if (entry->plain != nullptr) {
        response.body = entry->plain;
    } else if (auto stream = disk_stream(*entry)) {
        response.body = std::move(*stream);
    } else {
        return problem(request, stream.error());
    }
    response.headers.set("ETag", std::move(etag));
    return response;
}

Handler StaticFiles::handler() const {
    return [files = StaticFiles(table_)](Request& request) -> Task<Response> {
        const auto& parameters = request.path_parameters;
        co_return files.get(request, parameters.empty() ? std::string_view{} : parameters.front().second);
    };
}

std::string_view media_type_of(std::string_view name) {
    const auto dot = name.rfind('.');
    const std::string ending = dot == std::string_view::npos ? "" : to_lower_ascii(name.substr(dot));
    const auto found = std::ranges::find(media_types, ending, &std::pair<std::string_view, std::string_view>::first);
    return found == media_types.end() ? "application/octet-stream" : found->second;
}

bool is_compressible(std::string_view media_type) {
    const std::string type = to_lower_ascii(trim(media_type.substr(0, media_type.find(';'))));
    return type.starts_with("text/") || type.ends_with("json") || type.ends_with("xml") || type == "application/wasm" ||
           type == "application/javascript" || type == "application/sql" || type == "image/x-icon";
}

}  // namespace bypuls::http
