#include "city/participation/counting/fingerprint.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <openssl/sha.h>

#include "core/bytes.h"
#include "core/text.h"

namespace bypuls::participation::counting {
namespace {

void add_id(std::string& text, std::string_view id) {
    for (const char c : id) {
        if (c == '\n' || c == '\r') {
            text += c == '\n' ? "\\n" : "\\r";
            continue;
        }
        if (c == ',' || c == ';' || c == '\\') {
            text += '\\';
        }
        text += c;
    }
}

/// Ids parted by commas.
class Ids {
public:
    explicit Ids(const Election& election) : election_(election) {}
    void add(ProjectIndex project) {
        text_ += text_.empty() ? "" : ",";
        add_id(text_, election_.projects[project].id);
    }
    std::string take() { return std::move(text_); }

private:
    const Election& election_;
    std::string text_;
};

std::string ranking_text(const Election& election, std::vector<Choice> choices) {
    std::ranges::sort(choices, {}, &Choice::value);
    Ids ids(election);
    std::int64_t place = 0;
    const Choice* before = nullptr;
    for (const Choice& choice : choices) {
        for (++place; before != nullptr && place < choice.value; ++place) {
            ids.add(before->project);
        }
        ids.add(choice.project);
        before = &choice;
    }
    return ids.take();
}

std::string sha256(const std::string& text) {
    std::array<std::byte, SHA256_DIGEST_LENGTH> digest{};
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
           reinterpret_cast<unsigned char*>(digest.data()));
    return to_hex(digest);
}

}  // namespace

std::string ballot_text(const Election& election, std::span<const Choice> given) {
    std::vector<Choice> choices(given.begin(), given.end());
    if (election.kind == BallotKind::ranking) {
        return ranking_text(election, std::move(choices));
    }
    std::ranges::sort(choices, {},
                      [&](const Choice& choice) -> const std::string& { return election.projects[choice.project].id; });
    Ids ids(election);
    std::string points;
    for (const Choice& choice : choices) {
        ids.add(choice.project);
        points += (points.empty() ? "" : ",") + format_points(choice.value, election.points_per_one);
    }
    return election.kind == BallotKind::points ? ids.take() + ";" + points : ids.take();
}

std::string ballots_text(const Election& election) {
    std::vector<std::pair<std::string, std::int64_t>> ballots;
    ballots.reserve(election.ballots.size());
    for (std::size_t i = 0; i < election.ballots.size(); ++i) {
        const BallotView ballot = election.ballots[i];
        if (ballot.count > 0) {
            ballots.emplace_back(ballot_text(election, ballot.choices), ballot.count);
        }
    }
    std::ranges::sort(ballots);
    std::string text;
    for (std::size_t i = 0; i < ballots.size();) {
        std::int64_t voters = 0;
        const std::string& ballot = ballots[i].first;
        for (; i < ballots.size() && ballots[i].first == ballot; ++i) {
            voters += ballots[i].second;
        }
        text += fmt::format("{} {}\n", voters, ballot);
    }
    return text;
}

std::string rule_text(const Rule& rule) {
    std::string text;
    const std::string printed = print_rule(rule);
    for (const std::string_view line : split(printed, '\n')) {
        if (!line.empty() && !line.starts_with('#')) {
            text += line;
            text += '\n';
        }
    }
    return text;
}

std::string ballots_sha256(const Election& election) {
    return sha256(ballots_text(election));
}

std::string rule_sha256(const Rule& rule) {
    return sha256(rule_text(rule));
}

}  // namespace bypuls::participation::counting
