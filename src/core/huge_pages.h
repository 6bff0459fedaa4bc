#pragma once

#include <cstddef>
#include <limits>
#include <new>
#include <string>
#include <vector>

namespace bypuls {

/// Memory for one large block, asked of the system in pages of two megabytes. Fresh memory comes page by page as it is
/// first written to, and each page costs an entry into the system, on a virtual machine one into its host too: that can
/// be more than the reading of a file takes. Where huge pages are not to be had, ordinary ones come instead.
/// Throws std::bad_alloc.
void* allocate_in_huge_pages(std::size_t bytes);
void release_huge_pages(void* block, std::size_t bytes) noexcept;

/// For containers that grow to megabytes and are filled once. Smaller blocks are ordinary ones.
template <typename T>
class HugePages {
public:
    using value_type = T;

    HugePages() = default;
    template <typename Other>
    HugePages(const HugePages<Other>& /*stateless*/) noexcept {}  // NOLINT(google-explicit-constructor)

    T* allocate(std::size_t n) {
        if (n > std::numeric_limits<std::size_t>::max() / 2 / sizeof(T)) {
            throw std::bad_array_new_length();
        }
        return static_cast<T*>(allocate_in_huge_pages(n * sizeof(T)));
    }
    void deallocate(T* block, std::size_t n) noexcept { release_huge_pages(block, n * sizeof(T)); }

    friend bool operator==(const HugePages& /*a*/, const HugePages& /*b*/) { return true; }
};

template <typename T>
using HugeVector = std::vector<T, HugePages<T>>;
using HugeString = std::basic_string<char, std::char_traits<char>, HugePages<char>>;

}  // namespace bypuls
