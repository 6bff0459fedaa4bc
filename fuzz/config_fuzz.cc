// A configuration never crashes the reader, and reading it twice gives the same faults.
#include "core/config/config.h"

#include <chrono>
#include <cstdint>
#include <tuple>

#include "core/check.h"

namespace {

std::vector<bypuls::config::Fault> faults_of(std::string_view text) {
    using namespace std::chrono_literals;
    bypuls::config::Reader reader(text);
    std::ignore = reader.text("town", "");
    std::ignore = reader.integer("server.threads", 1, 1, 8);
    std::ignore = reader.duration("journal.flush_delay", 10ms, 0ms, 1s);
    std::ignore = reader.bytes("server.body_max", 1, 0, 1U << 30U);
    std::ignore = reader.texts("server.proxies");
    return reader.finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    bypuls::check(faults_of(text) == faults_of(text), "the same configuration has the same faults");
    return 0;
}
