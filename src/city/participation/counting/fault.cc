#include "city/participation/counting/fault.h"

#include <array>

#include "core/check.h"
#include "core/words/catalogue.h"

namespace bypuls::participation::counting {
namespace {

const words::Words& english() {
    static const words::Words say(words::Catalogue::built_in(), words::Language::en);
    return say;
}

std::string told_in(const words::Words& say, const Place& place) {
    std::string text;
    const auto add = [&](std::string_view part) {
        text += text.empty() || part.empty() ? "" : ", ";
        text += part;
    };
    if (!place.table.empty()) {
        add(say.lookup(place.table));
    }
    add(place.path);
    const std::string line = std::to_string(place.line);
    if (place.line > 0 && place.column > 0) {
        add(say("fault.place", {{"line", line}, {"column", std::to_string(place.column)}}));
    } else if (place.line > 0) {
        add(say("fault.place_line", {{"line", line}}));
    }
    return text;
}

std::string joined(const std::vector<Finding>& findings, const words::Words& say) {
    std::string text;
    for (const Finding& finding : findings) {
        text += (text.empty() ? "" : "\n") + finding.in(say);
    }
    return text;
}

}  // namespace

std::string told(const Place& place) {
    return told_in(english(), place);
}

std::string Finding::in(const words::Words& say) const {
    // A name that is no message's stands for nothing.
    std::array<words::Argument, 4> put = {};
    check(given.size() <= put.size(), "a sentence about a file has few things put into it");
    for (std::size_t i = 0; i < given.size(); ++i) {
        put[i] = {.name = given[i].first, .text = given[i].second};
    }
    std::string sentence = place.file.empty() ? std::string() : place.file + ": ";
    if (const std::string where = told_in(say, place); !where.empty()) {
        sentence += where + ": ";
    }
    return sentence + (key.empty() ? given.front().second : say.lookup(key, {put[0], put[1], put[2], put[3]}));
}

std::string Finding::in_english() const {
    return in(english());
}

Fault::Fault(Errc code, std::vector<Finding> all)
    : Error{.code = code, .what = joined(all, english())}, findings(std::move(all)) {}

Fault::Fault(Error error) : Error(std::move(error)), findings{{.key = {}, .given = {{"what", what}}}} {}

std::string Fault::in(const words::Words& say) const {
    return joined(findings, say);
}

std::unexpected<Fault> put_at(Fault fault, const Place& place) {
    for (Finding& finding : fault.findings) {
        Place& own = finding.place;
        if (own.line == 0) {
            own.line = place.line;
            own.column = place.column;
        }
        own.file = own.file.empty() ? place.file : own.file;
        own.table = own.table.empty() ? place.table : own.table;
        own.path = own.path.empty() ? place.path : own.path;
    }
    return std::unexpected(Fault(fault.code, std::move(fault.findings)));
}

}  // namespace bypuls::participation::counting
