#include "city/participation/pabulib/voter_groups.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <utility>

#include "city/participation/pabulib/pabulib.h"
#include "core/text.h"

namespace bypuls::participation::pabulib {
namespace {

/// By name, in the order in which they are told.
using Parts = std::map<std::pair<int, std::string>, Table>;

/// An age as a band; other text as it is.
std::pair<int, std::string> band_of(std::string_view text) {
    int age = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), age);
    if (error != std::errc() || end != text.data() + text.size()) {
        return {0, std::string(text)};
    }
    static constexpr std::array<std::pair<int, const char*>, 6> bands = {
        {{18, "under 18"}, {30, "18–29"}, {45, "30–44"}, {60, "45–59"}, {75, "60–74"}, {INT32_MAX, "75+"}}};
    for (const auto& [below, name] : bands) {
        if (age < below) {
            return {below, name};
        }
    }
    return {0, std::string(text)};
}

void copy_row(const Table& from, std::size_t row, Table& to) {
    for (std::size_t column = 0; column < from.columns.size(); ++column) {
        to.add_cell(from.at(row, column));
    }
    to.end_row();
}

Parts split(const Table& votes, std::size_t column, bool ages) {
    Parts parts;
    for (std::size_t row = 0; row < votes.rows(); ++row) {
        const std::string_view told = trim(votes.at(row, column));
        if (told.empty()) {
            continue;
        }
        Table& part = parts[ages ? band_of(told) : std::pair(0, std::string(told))];
        part.columns = votes.columns;
        copy_row(votes, row, part);
    }
    return parts;
}

/// What is too small goes together.
void hide_small(std::vector<VoterGroup>& groups) {
    std::vector<std::int64_t> voters;
    for (const VoterGroup& group : groups) {
        voters.push_back(0);
        for (std::size_t i = 0; i < group.ballots.size(); ++i) {
            voters.back() += group.ballots[i].choices.empty() ? 0 : group.ballots[i].count;
        }
    }
    VoterGroup others;
    std::int64_t hidden = 0;
    const auto smallest = [&] { return std::ranges::min_element(voters) - voters.begin(); };
    while (!groups.empty() && (voters[static_cast<std::size_t>(smallest())] < group_voters_min ||
                               (hidden > 0 && hidden < group_voters_min))) {
        const auto at = smallest();
        const VoterGroup& small = groups[static_cast<std::size_t>(at)];
        for (std::size_t i = 0; i < small.ballots.size(); ++i) {
            others.ballots.add(small.ballots[i].choices, small.ballots[i].count);
        }
        others.by = small.by;
        hidden += voters[static_cast<std::size_t>(at)];
        groups.erase(groups.begin() + at);
        voters.erase(voters.begin() + at);
    }
    if (hidden >= group_voters_min) {
        groups.push_back(std::move(others));
    }
}

}  // namespace

std::vector<VoterGroup> voter_groups(const Document& document) {
    std::vector<VoterGroup> all;
    for (const std::string_view by : {"age", "neighborhood", "district"}) {
        const auto column = document.votes.column(by);
        if (!column) {
            continue;
        }
        std::vector<VoterGroup> groups;
        for (auto& [name, votes] : split(document.votes, *column, by == "age")) {
            Document part{.meta = document.meta, .projects = document.projects, .votes = std::move(votes)};
            auto reading = read_election(part);
            if (reading) {
                groups.push_back(
                    {.by = std::string(by), .name = name.second, .ballots = std::move(reading->election.ballots)});
            }
        }
        hide_small(groups);
        if (groups.size() > 1) {
            std::ranges::move(groups, std::back_inserter(all));
        }
    }
    return all;
}

}  // namespace bypuls::participation::pabulib
