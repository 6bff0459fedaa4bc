#include "city/participation/recount/library.h"

#include <algorithm>
#include <array>
#include <map>

#include "city/participation/counting/count.h"
#include "city/participation/counting/rule.h"
#include "city/participation/explanation/sentences.h"
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

/// Who won, and the story of the whole, so that the page tells it before and without script.
void tell_outcome(Exhibit& exhibit, const counting::Election& election, const counting::Rule& rule) {
    const auto result = count(election, rule);
    check(result.has_value(), "the library's elections can be counted");
    for (const counting::ProjectIndex winner : result->winners) {
        exhibit.winners.push_back(election.projects[winner].name);
    }
    const explanation::Counted counted = {.election = election, .rule = rule, .result = *result};
    exhibit.by_points = explanation::counted_in_points(election, rule);
    exhibit.story = {{words::Language::nb, tell_whole(counted, explanation::Language::bokmaal)},
                     {words::Language::nn, tell_whole(counted, explanation::Language::nynorsk)},
                     {words::Language::en, tell_whole(counted, explanation::Language::english)}};
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
        tell_outcome(exhibit, reading->election, *rule);
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
