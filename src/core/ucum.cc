#include "core/ucum.h"

#include <algorithm>
#include <array>

namespace bypuls {
namespace {

/// Units that take a prefix (UCUM tables 1, 3, 4, 5 and on).
constexpr auto metric = std::to_array<std::string_view>(
    {"m",   "s",   "g",  "rad", "K",     "C",      "cd",   "mol",  "sr",     "Hz",    "N",     "Pa",    "J",    "W",
     "A",   "V",   "F",  "Ohm", "S",     "Wb",     "Cel",  "T",    "H",      "lm",    "lx",    "Bq",    "Gy",   "Sv",
     "l",   "L",   "ar", "t",   "bar",   "u",      "eV",   "pc",   "B",      "Np",    "bit",   "By",    "Bd",   "kat",
     "cal", "Ci",  "R",  "dyn", "erg",   "P",      "St",   "G",    "Gal",    "eq",    "osm",   "[iU]",  "[IU]", "U",
     "tex", "mho", "st", "g%",  "m[Hg]", "m[H2O]", "B[V]", "B[W]", "B[SPL]", "B[mV]", "B[uV]", "B[kW]", "[g]"});

/// Units that take none.
constexpr auto plain = std::to_array<std::string_view>(
    {"10*",     "10^",    "[pi]",    "%",        "[ppth]",     "[ppm]",    "[ppb]",    "[pptr]",    "gon",
     "deg",     "'",      "''",      "min",      "h",          "d",        "wk",       "mo",        "a",
     "mo_j",    "mo_g",   "a_j",     "a_g",      "a_t",        "atm",      "att",      "bit_s",     "[in_i]",
     "[ft_i]",  "[yd_i]", "[mi_i]",  "[nmi_i]",  "[kn_i]",     "[in_us]",  "[ft_us]",  "[degF]",    "[degR]",
     "[degRe]", "[pH]",   "[lb_av]", "[oz_av]",  "[psi]",      "[gal_us]", "[gal_br]", "[in_i'Hg]", "[in_i'H2O]",
     "[HP]",    "[Btu]",  "[CFU]",   "[PFU]",    "[NTU]",      "[FNU]",    "[p'diop]", "AU",        "[ly]",
     "circ",    "[c]",    "[car_m]", "[acr_us]", "[cal_[20]]", "cal_th"});

/// Decimal prefixes, and the binary ones of table 3 that bytes take.
constexpr auto prefixes =
    std::to_array<std::string_view>({"da", "Ki", "Mi", "Gi", "Ti", "Y", "Z", "E", "P", "T", "G", "M",
                                     "k",  "h",  "d",  "c",  "m",  "u", "n", "p", "f", "a", "z", "y"});

bool is_atom(std::string_view text) {
    const auto has = [](const auto& table, std::string_view wanted) {
        return std::ranges::find(table, wanted) != table.end();
    };
    if (has(plain, text) || has(metric, text)) {
        return true;
    }
    return std::ranges::any_of(prefixes, [&](std::string_view prefix) {
        return text.starts_with(prefix) && has(metric, text.substr(prefix.size()));
    });
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Reads from the front; depth is bounded by the length of the code.
class Reader {
public:
    explicit Reader(std::string_view code) : rest_(code) {}

    bool whole() {
        if (take('/') && rest_.empty()) {
            return false;
        }
        return term() && rest_.empty();
    }

private:
    bool take(char c) {
        if (!rest_.starts_with(c)) {
            return false;
        }
        rest_.remove_prefix(1);
        return true;
    }

    bool term() {
        if (!component()) {
            return false;
        }
        while (take('.') || take('/')) {
            if (!component()) {
                return false;
            }
        }
        return true;
    }

    bool component() {
        if (take('(')) {
            return term() && take(')');
        }
        if (rest_.starts_with('{')) {
            return annotation();
        }
        if (!factor() && !simple_unit()) {
            return false;
        }
        return !rest_.starts_with('{') || annotation();
    }

    /// Printable ASCII without braces.
    bool annotation() {
        const auto end = rest_.find('}');
        const std::string_view inside = rest_.substr(1, end == std::string_view::npos ? 0 : end - 1);
        if (end == std::string_view::npos || inside.empty() ||
            std::ranges::any_of(inside, [](char c) { return c < '!' || c > '~' || c == '{'; })) {
            return false;
        }
        rest_.remove_prefix(end + 1);
        return true;
    }

    /// A whole number that is no part of a unit such as "10*".
    bool factor() {
        const auto digits = static_cast<std::size_t>(std::ranges::find_if_not(rest_, is_digit) - rest_.begin());
        if (digits == 0 || rest_.substr(digits).starts_with('*') || rest_.substr(digits).starts_with('^')) {
            return false;
        }
        rest_.remove_prefix(digits);
        return true;
    }

    /// Up to what ends it: an operator, a parenthesis, an annotation. Digits at its end are an exponent.
    bool simple_unit() {
        std::size_t length = 0;
        std::size_t brackets = 0;
        for (; length < rest_.size(); ++length) {
            const char c = rest_[length];
            brackets += c == '[' ? 1 : 0;
            brackets -= c == ']' && brackets > 0 ? 1 : 0;
            if (brackets == 0 && (c == '.' || c == '/' || c == '(' || c == ')' || c == '{')) {
                break;
            }
        }
        std::string_view unit = rest_.substr(0, length);
        rest_.remove_prefix(length);
        if (is_atom(unit)) {
            return true;
        }
        const std::size_t before = unit.size();
        while (!unit.empty() && is_digit(unit.back())) {
            unit.remove_suffix(1);
        }
        if (unit.size() == before) {
            return false;
        }
        if (unit.ends_with('-') || unit.ends_with('+')) {
            unit.remove_suffix(1);
        }
        return is_atom(unit);
    }

    std::string_view rest_;
};

}  // namespace

bool is_ucum(std::string_view code) {
    return !code.empty() && code.size() <= ucum_bytes_max && Reader(code).whole();
}

}  // namespace bypuls
