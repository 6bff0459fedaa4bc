#pragma once

#include <array>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/result.h"
#include "core/words/key.h"
#include "core/words/language.h"

namespace bypuls::words {

/// What stands for `{name}` in a message. Numbers are written by the caller (see format.h), since only it knows how
/// many decimals mean something.
struct Argument {
    std::string_view name;
    std::string_view text;
};
using Arguments = std::initializer_list<Argument>;

/// Every sentence of the program in every language.
///
/// A message is text with `{name}` where something is put in. A message that depends on a count is two, `key.one` and
/// `key.other`, and knows the count as `{n}`. All languages have the same keys with the same names in braces.
/// Immutable; thread-safe.
class Catalogue {
public:
    /// One JSON object of texts, `{"bathing.title": "Bading"}`, in one language.
    struct File {
        std::string name;  ///< for faults: "bathing.nb.json"
        Language language = Language::nb;
        std::string json;
    };

    /// Errc::malformed with every fault at once, each on its line: text that is not such an object, a key twice, a key
    /// that a language lacks, braces that do not match, names that differ between languages, a `.one` without `.other`.
    static Result<Catalogue> parse(const std::vector<File>& files);
    /// The messages that the program was built with, from `messages/`.
    static const Catalogue& built_in();
    /// The built-in messages with those of a folder laid over them, so that a town may say things its own way. Files
    /// are called `anything.nb.json`. A key that the program does not know is a fault.
    static Result<Catalogue> built_in_with(const std::string& folder);

    /// The message with `arguments` put in. A name without argument stays in braces.
    std::string text(Language language, Key key, Arguments arguments = {}) const;
    /// `key.one` when n is 1, else `key.other`; `{n}` is n as format.h writes it.
    std::string plural(Language language, PluralKey key, long long n, Arguments arguments = {}) const;
    /// For keys made while running, such as "bathing.uv." + class. An unknown key is given back itself, in brackets.
    std::string lookup(Language language, std::string_view key, Arguments arguments = {}) const;
    bool has(std::string_view key) const;
    std::vector<std::string_view> keys() const;

private:
    using Texts = std::map<std::string, std::string, std::less<>>;
    std::array<Texts, all_languages.size()> texts_;
};

/// A catalogue in one language: what a page is written with.
///
///     const Words say(Catalogue::built_in(), Language::nn);
///     say("bathing.title");  say("bathing.measured", {{"age", age}});  say.plural("bathing.places_count", 6);
class Words {
public:
    /// The catalogue must outlive it.
    Words(const Catalogue& catalogue, Language language) : catalogue_(&catalogue), language_(language) {}

    std::string operator()(Key key, Arguments arguments = {}) const {
        return catalogue_->text(language_, key, arguments);
    }
    std::string plural(PluralKey key, long long n, Arguments arguments = {}) const {
        return catalogue_->plural(language_, key, n, arguments);
    }
    std::string lookup(std::string_view key, Arguments arguments = {}) const {
        return catalogue_->lookup(language_, key, arguments);
    }
    Language language() const { return language_; }
    const Catalogue& catalogue() const { return *catalogue_; }

private:
    const Catalogue* catalogue_;
    Language language_;
};

}  // namespace bypuls::words
