#include <malloc.h>

#include "apps/bypuls/commands.h"

namespace {

/// A request of some megabytes takes and gives back buffers larger than what malloc keeps at hand by default. Asking
/// the kernel for them anew each time costs more, in page faults, than reading the request.
void keep_memory_at_hand() {
    constexpr int mapped_from = 32 << 20;  // the most that malloc takes
    constexpr int kept_free = 32 << 20;
    constexpr int grown_by = 16 << 20;
    mallopt(M_MMAP_THRESHOLD, mapped_from);
    mallopt(M_TRIM_THRESHOLD, kept_free);
    mallopt(M_TOP_PAD, grown_by);
    // What one thread makes of a request another lets go of, so several arenas only hold more memory; and none but the
    // first grows by more than what is asked for.
    mallopt(M_ARENA_MAX, 1);
}

}  // namespace

int main(int argc, char** argv) {
    keep_memory_at_hand();
    return bypuls::apps::run_program(argc, argv);
}
