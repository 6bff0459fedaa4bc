#pragma once

#include <string_view>

/// Codes of units, as the Unified Code for Units of Measure writes them (UCUM 2.2, ucum.org), case sensitive.
namespace bypuls {

/// The longest code that is read.
constexpr std::size_t ucum_bytes_max = 60;

/// Is `code` a unit: "Cel", "m3/h", "ug/m3", "{CFU}/(100.mL)", "1"? By the grammar of UCUM §2, with prefixes before the
/// units that take them. Of the units of its tables those are known that are used in Norway or by makers of sensors;
/// whatever has none is written as an annotation: "{vehicle}/h".
bool is_ucum(std::string_view code);

}  // namespace bypuls
