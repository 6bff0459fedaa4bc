#include "city/bathing/poster.h"

#include <memory>

#include <fmt/format.h>
#include <qrencode.h>

#include "core/host.h"
#include "core/text.h"

namespace bypuls::bathing {
std::optional<std::string> poster_origin(std::string_view configured, std::string_view host, bool secure) {
    if (!configured.empty()) {
        return std::string(configured);
    }
    if (!is_this_machine(host)) {
        return std::nullopt;
    }
    return (secure ? "https://" : "http://") + std::string(host);
}

Result<std::string> poster_svg(const words::Words& say, const publication::PublicPlace& place,
                               std::string_view address) {
    constexpr int quiet_modules = 4;  // the standard's empty border
    constexpr double code_mm = 120;
    constexpr double left_mm = (210 - code_mm) / 2;
    const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(
        QRcode_encodeString(std::string(address).c_str(), 0, QR_ECLEVEL_M, QR_MODE_8, 1), &QRcode_free);
    if (!code) {
        return fail(Errc::malformed, "the address is too long for a QR code");
    }
    const double module_mm = code_mm / (code->width + 2 * quiet_modules);
    std::string path;
    for (int y = 0; y < code->width; ++y) {
        for (int x = 0; x < code->width; ++x) {
            if ((code->data[y * code->width + x] & 1U) != 0) {
                path += fmt::format("M{} {}h1v1h-1z", x, y);
            }
        }
    }
    const auto tag = words::tag_of(say.language());
    const std::string text_style = "font-family=\"Inter, Arial, sans-serif\" text-anchor=\"middle\" fill=\"#000\"";
    std::string svg = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"210mm\" height=\"297mm\" viewBox=\"0 0 210 297\" "
        "lang=\"{}\" "
        "role=\"img\"><title>{}</title><rect width=\"210\" height=\"297\" fill=\"#fff\"/>",
        tag, escape_html(place.name.in(tag)));
    svg += fmt::format("<text x=\"105\" y=\"48\" font-size=\"20\" font-weight=\"700\" {}>{}</text>", text_style,
                       escape_html(place.name.in(tag)));
    svg += fmt::format("<text x=\"105\" y=\"70\" font-size=\"11\" {}>{}</text>", text_style,
                       escape_html(say.lookup("bathing.place_question." + place.kind)));
    svg += fmt::format("<g transform=\"translate({:.3f} 88) scale({:.5f}) translate({} {})\"><path d=\"{}\"/></g>",
                       left_mm, module_mm, quiet_modules, quiet_modules, path);
    svg += fmt::format("<text x=\"105\" y=\"228\" font-size=\"8\" {}>{}</text>", text_style, escape_html(address));
    svg += fmt::format("<text x=\"105\" y=\"248\" font-size=\"7\" {}>{}</text>", text_style,
                       escape_html(say("bathing.poster_hint")));
    if (place.simulated()) {
        svg += fmt::format("<text x=\"105\" y=\"266\" font-size=\"7\" font-weight=\"700\" {}>{}</text>", text_style,
                           escape_html(say("bathing.poster_simulated")));
    }
    svg += "</svg>\n";
    return svg;
}

}  // namespace bypuls::bathing
