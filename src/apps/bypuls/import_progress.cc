#include "apps/bypuls/import_progress.h"

#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sodium.h>

#include "core/bytes.h"
#include "core/files.h"

namespace bypuls::apps {

using nlohmann::json;

std::string import_fingerprint(std::string_view beginning, std::string_view map, std::string_view target) {
    std::string all;
    for (const std::string_view part : {beginning, map, target}) {
        all += fmt::format("{}:", part.size());
        all += part;
    }
    std::array<unsigned char, 16> hash{};
    crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(all.data()), all.size(),
                       nullptr, 0);
    return to_hex(std::as_bytes(std::span(hash)));
}

Result<std::optional<ImportProgress>> read_progress(const std::string& path, std::string_view what) {
    const auto text = read_text_file(path, 64U << 10U);
    if (!text) {
        return text.error().code == Errc::not_found ? Result<std::optional<ImportProgress>>{std::nullopt}
                                                    : std::unexpected(text.error());
    }
    const json read = json::parse(*text, nullptr, false);
    if (!read.is_object() || !read.contains("position") || !read["position"].is_string()) {
        return fail(Errc::malformed, path + " is not the progress of an import; give another --progress file");
    }
    if (read.value("import", "") != what) {
        return fail(Errc::conflict, path + " is the progress of another import: of another file, --map or town. Give " +
                                        "--restart to begin from the start, or another --progress file");
    }
    ImportProgress progress{.what = std::string(what)};
    TRY(progress.position, ingest::csv::Position::from_text(read["position"].get<std::string>()));
    progress.rejects = read.value("rejects", std::uint64_t{0});
    progress.reject_bytes = read.value("reject_bytes", std::uint64_t{0});
    return progress;
}

Result<void> write_progress(const std::string& path, const ImportProgress& progress) {
    const json text{{"import", progress.what},
                    {"position", progress.position.to_text()},
                    {"rejects", progress.rejects},
                    {"reject_bytes", progress.reject_bytes}};
    return write_text_file(path, text.dump() + "\n");
}

}  // namespace bypuls::apps
