// A unit times metres is a unit.
#include "core/ucum.h"

#include <cstdint>
#include <string>

#include "core/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string code(reinterpret_cast<const char*>(data), size);
    if (bypuls::is_ucum(code) && size + 2 <= bypuls::ucum_bytes_max) {
        bypuls::check(bypuls::is_ucum(code + ".m"), "a unit times another is one");
    }
    return 0;
}
