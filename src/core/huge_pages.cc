#include "core/huge_pages.h"

#include <sys/mman.h>

namespace bypuls {
namespace {

constexpr std::size_t huge_page = std::size_t{2} << 20U;
/// From here on a page of its own is cheaper than many small ones, even if it is not filled.
constexpr std::size_t huge_from = huge_page / 2;

}  // namespace

void* allocate_in_huge_pages(std::size_t bytes) {
    if (bytes < huge_from) {
        return ::operator new(bytes);
    }
    const std::size_t whole = (bytes + huge_page - 1) / huge_page * huge_page;
    void* const block = ::operator new(whole, std::align_val_t{huge_page});
    // Advice that is not taken changes nothing but the time.
    static_cast<void>(::madvise(block, whole, MADV_HUGEPAGE));
    return block;
}

void release_huge_pages(void* block, std::size_t bytes) noexcept {
    if (bytes < huge_from) {
        ::operator delete(block);
    } else {
        ::operator delete(block, std::align_val_t{huge_page});
    }
}

}  // namespace bypuls
