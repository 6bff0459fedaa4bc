#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Finding what a town has by the words of a resident. Each room says what of its own can be found; nothing is indexed,
/// since a town has hundreds of such things and not millions. Pure.
namespace bypuls::publish::search {

enum class Kind : std::uint8_t { place, page, election, data };

/// Something that can be found, in one language.
struct Entry {
    Kind kind = Kind::page;
    std::string href;
    std::string title;
    std::string text = {};   ///< a sentence of what it is, shown below the title
    std::string also = {};   ///< other words that people look for it by: "svømme badevann"
    bool simulated = false;  ///< made for demonstration
};

/// As words are compared: small letters a to z and digits, with one space between words. Accents are gone, so is the
/// difference between å, aa and a, between ø, oe and o, and between æ and ae. Letters of other alphabets stay; bytes
/// that are no UTF-8 are as spaces.
std::string folded(std::string_view text);

struct Results {
    std::vector<const Entry*> found;  ///< best first; they point into the entries
    bool has_all_words = true;        ///< false: nothing has every word, and these have the most of them
    /// The query with words that nothing has made into the nearest ones of titles, as they
    /// are written there; empty: none is near.
    std::string meant = {};
};

/// A word is found where a word begins with it, and in titles also inside one, since Norwegian writes words together:
/// "tjern" finds Landfalltjern. Titles come before other words, those before the text, whole words before beginnings
/// and these before what stands inside; what is alike keeps the order of `entries`.
/// Words beyond the twelfth are not looked for.
Results find(const std::vector<Entry>& entries, std::string_view query);

}  // namespace bypuls::publish::search
