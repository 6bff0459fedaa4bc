#include "platform/publish/search/search.h"

#include <algorithm>
#include <array>
#include <optional>

#include "core/text.h"

namespace bypuls::publish::search {
namespace {

// U+00C0 to U+00DF; the small ones stand 32 further on, and have ÿ where these have ß. E is ae.
constexpr std::string_view latin_1 = "aaaaaaEceeeeiiiidnooooo ouuuuyts";
// U+0100 to U+017F
constexpr std::string_view latin_a =
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkkllllllllllnnnnnnnnnoooooooorrrrrrssssssss"
    "ttttttuuuuuuuuuuuuwwyyyzzzzzzs";
static_assert(latin_1.size() == 32 && latin_a.size() == 128);

constexpr char nothing = '\0';  // a mark that stands above the letter before it

/// The letter of a code point of two bytes; none when it is of an alphabet that stays as it is.
std::optional<char> letter_of(unsigned code_point) {
    if (code_point < 0xC0) {
        return ' ';
    }
    if (code_point < 0x100) {
        return code_point == 0xFF ? 'y' : latin_1[(code_point - 0xC0) % 32];
    }
    if (code_point < 0x180) {
        return latin_a[code_point - 0x100];
    }
    return code_point >= 0x300 && code_point < 0x370 ? std::optional(nothing) : std::nullopt;
}

/// Adds a letter; aa is å and oe is ø where there are no such keys.
void add(std::string& out, char letter) {
    const char before = out.empty() ? ' ' : out.back();
    if (letter == 'E') {
        add(out, 'a');
        add(out, 'e');
    } else if (letter == ' ') {
        out += before == ' ' ? "" : " ";
    } else if (letter != nothing && !(letter == 'a' && before == 'a') && !(letter == 'e' && before == 'o')) {
        out += letter;
    }
}

char small_letter_of(char byte) {
    if (byte >= 'A' && byte <= 'Z') {
        return static_cast<char>(byte - 'A' + 'a');
    }
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ? byte : ' ';
}

std::vector<std::string_view> words_of(std::string_view folded_text) {
    std::vector<std::string_view> words = split(folded_text, ' ');
    std::erase(words, std::string_view());
    return words;
}

/// Where a word stands, from best to worst; 0 is nowhere.
enum Place : int {
    nowhere = 0,
    text_begins = 1,
    also_begins = 3,
    also_whole = 4,
    title_inside = 6,
    title_begins = 8,
    title_whole = 10,
};

/// An entry's words, ready to be compared.
struct Folded {
    std::string title;
    std::string also;
    std::string text;
};

int place_in(std::string_view folded_text, std::string_view word, int whole, int begins, int inside) {
    constexpr std::size_t letters_inside_min = 3;  // fewer stand inside nearly everything
    int best = nowhere;
    for (const std::string_view candidate : words_of(folded_text)) {
        if (candidate == word) {
            return whole;
        }
        if (candidate.starts_with(word)) {
            best = std::max(best, begins);
        } else if (word.size() >= letters_inside_min && candidate.find(word) != std::string_view::npos) {
            best = std::max(best, inside);
        }
    }
    return best;
}

int place_of(const Folded& entry, std::string_view word) {
    return std::max({place_in(entry.title, word, title_whole, title_begins, title_inside),
                     place_in(entry.also, word, also_whole, also_begins, nowhere),
                     place_in(entry.text, word, text_begins, text_begins, nowhere)});
}

/// The first of those that differ: nobody means more, and each is looked for in everything.
std::vector<std::string_view> different(const std::vector<std::string_view>& words) {
    constexpr std::size_t words_max = 12;
    std::vector<std::string_view> kept;
    for (const std::string_view word : words) {
        if (kept.size() < words_max && std::ranges::find(kept, word) == kept.end()) {
            kept.push_back(word);
        }
    }
    return kept;
}

/// As it stands in the title, without what stands about it.
std::string_view bare(std::string_view word) {
    constexpr std::string_view about = ".,:;!?()\"'";
    const std::size_t from = word.find_first_not_of(about);
    return from == std::string_view::npos ? std::string_view()
                                          : word.substr(from, word.find_last_not_of(about) + 1 - from);
}

/// The word of a title that is spelled nearest, if one is near.
std::optional<std::string_view> nearest_to(std::string_view word, const std::vector<Entry>& entries) {
    constexpr std::size_t letters_min = 4;
    if (word.size() < letters_min) {
        return std::nullopt;
    }
    std::size_t least = word.size() < 2 * letters_min ? 2 : 3;  // one more than is near
    std::optional<std::string_view> nearest;
    for (const Entry& entry : entries) {
        for (const std::string_view written : split(entry.title, ' ')) {
            const std::string_view candidate = bare(written);
            if (const std::size_t distance = edit_distance(word, folded(candidate)); distance < least) {
                least = distance;
                nearest = candidate;
            }
        }
    }
    return nearest;
}

std::string meant_by(const std::vector<std::string_view>& words, const std::vector<Folded>& all,
                     const std::vector<Entry>& entries) {
    std::string meant;
    bool differs = false;
    for (const std::string_view word : words) {
        const bool known = std::ranges::any_of(all, [&](const Folded& e) { return place_of(e, word) != nowhere; });
        const auto nearest = known ? std::nullopt : nearest_to(word, entries);
        differs = differs || nearest.has_value();
        meant += (meant.empty() ? "" : " ") + std::string(nearest.value_or(word));
    }
    return differs ? meant : std::string();
}

}  // namespace

std::string folded(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t length = utf8_sequence(text);
        const auto letter = text.substr(0, std::max<std::size_t>(length, 1));
        text.remove_prefix(letter.size());
        const auto byte = [letter](std::size_t at) { return static_cast<unsigned char>(letter[at]); };
        if (length <= 1) {
            add(out, small_letter_of(letter[0]));
        } else if (length == 2) {
            const auto plain = letter_of((byte(0) & 0x1FU) << 6U | (byte(1) & 0x3FU));
            if (plain) {
                add(out, *plain);
            } else {
                out += letter;
            }
        } else if (byte(0) == 0xE2 && byte(1) <= 0x81) {
            add(out, ' ');  // U+2000 to U+207F: dashes and quotation marks
        } else {
            out += letter;
        }
    }
    if (out.ends_with(' ')) {
        out.pop_back();
    }
    return out;
}

Results find(const std::vector<Entry>& entries, std::string_view query) {
    const std::string folded_query = folded(query);
    const std::vector<std::string_view> words = different(words_of(folded_query));
    if (words.empty()) {
        return {};
    }
    struct Hit {
        const Entry* entry;
        std::size_t words;
        int rank;
    };
    std::vector<Folded> all;
    std::vector<Hit> hits;
    std::size_t most = 0;
    for (const Entry& entry : entries) {
        all.push_back({folded(entry.title), folded(entry.also), folded(entry.text)});
        Hit hit{.entry = &entry, .words = 0, .rank = 0};
        for (const std::string_view word : words) {
            const int place = place_of(all.back(), word);
            hit.words += place == nowhere ? 0 : 1;
            hit.rank += place;
        }
        most = std::max(most, hit.words);
        hits.push_back(hit);
    }
    std::erase_if(hits, [&](const Hit& hit) { return hit.words == 0 || hit.words < most; });
    std::ranges::stable_sort(hits, std::ranges::greater{}, &Hit::rank);

    Results results{.found = {}, .has_all_words = most == words.size()};
    for (const Hit& hit : hits) {
        results.found.push_back(hit.entry);
    }
    if (!results.has_all_words) {
        results.meant = meant_by(words, all, entries);
    }
    return results;
}

}  // namespace bypuls::publish::search
