#pragma once

#include <memory>
#include <string>

#include "core/result.h"
#include "platform/http/router.h"

namespace bypuls::http {

struct StaticFilesOptions {
    /// Files are held in memory up to this; what does not fit is read from disk when asked for.
    std::size_t memory_bytes_max = 64U << 20U;
    /// Served for a path that is no file when Accept names text/html, so that the web app's own addresses work after a
    /// reload. Empty: 404.
    std::string fallback = "index.html";
    /// Files of this folder carry a hash in their name and may be kept for ever by the browser.
    std::string immutable_folder = "assets";
};

/// The built web app: every file of a folder, known by name since the start, so nothing else can be named.
/// ETag and 304; `x.gz` and `x.zst` beside `x` are sent to those who accept them; text without them is packed at start.
/// A copy shares the files. Thread-safe.
class StaticFiles {
public:
    /// Errc::not_found when the folder does not exist. Links are not followed; names that begin with '.' are left out.
    static Result<StaticFiles> open(const std::string& folder, StaticFilesOptions options = {});

    /// `path` relative to the folder, without a leading slash; "" is index.html. 404 for what is not there.
    Response get(const Request& request, std::string_view path) const;
    bool has(std::string_view path) const;
    /// A handler for the pattern "/{path...}" that shares the files.
    Handler handler() const;

private:
    struct Table;
    explicit StaticFiles(std::shared_ptr<const Table> table);
    std::shared_ptr<const Table> table_;
};

/// By the name's ending; "application/octet-stream" when unknown. Text types carry charset=utf-8.
std::string_view media_type_of(std::string_view name);
/// Whether a media type is worth packing.
bool is_compressible(std::string_view media_type);

}  // namespace bypuls::http
