#include "city/participation/recount/library.h"

#include <algorithm>
#include <array>
#include <map>

#include "city/participation/counting/rule.h"
#include "city/participation/pabulib/pabulib.h"
#include "core/check.h"

namespace bypuls::participation::recount {
namespace {

struct File {
    std::string_view name;
    std::vector<std::string_view> pieces;
};

std::map<std::string_view, std::string> embedded() {
    const std::vector<File> files = {
#include "city/participation/recount/elections.inc"
    };
    std::map<std::string_view, std::string> texts;
    for (const File& file : files) {
        for (const std::string_view piece : file.pieces) {
            texts[file.name] += piece;
        }
    }
    return texts;
}

std::vector<Exhibit> read_all() {
    constexpr std::array<std::string_view, 4> slugs = {"leketoy", "narmiljo", "skolegard", "likt"};
    auto texts = embedded();
    std::vector<Exhibit> exhibits;
    for (const std::string_view slug : slugs) {
        Exhibit exhibit{.slug = std::string(slug)};
        exhibit.ballots = std::move(texts[exhibit.slug + ".pb"]);
        exhibit.result = std::move(texts[exhibit.slug + ".json"]);
        check(!exhibit.ballots.empty() && !exhibit.result.empty(), "the library's files are built in");
        const auto document = pabulib::parse(exhibit.ballots);
        check(document.has_value(), "the library's elections can be read");
        const auto reading = pabulib::read_election(*document);
        const auto rule = pabulib::rule_of(*document);
        check(reading.has_value() && rule.has_value(), "the library's elections say their rule");
        exhibit.rule = name_of(*rule);
        exhibit.currency = reading->election.currency;
        exhibit.projects = std::ssize(reading->election.projects);
        exhibit.voters = reading->election.ballots.total();
        exhibit.budget = reading->election.budget;
        exhibits.push_back(std::move(exhibit));
    }
    return exhibits;
}

}  // namespace

const std::vector<Exhibit>& library() {
    static const std::vector<Exhibit> exhibits = read_all();
    return exhibits;
}

const Exhibit* find_exhibit(std::string_view slug) {
    const auto at = std::ranges::find(library(), slug, &Exhibit::slug);
    return at == library().end() ? nullptr : &*at;
}

}  // namespace bypuls::participation::recount
