#include "platform/database/page_checksums.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <map>
#include <mutex>
#include <new>
#include <span>
#include <utility>

#include <fmt/format.h>
#include <soci/sqlite3/soci-sqlite3.h>

#include "core/check.h"
#include "core/log.h"
#include "core/percent.h"

namespace bypuls::database {
namespace {

using sqlite_api::sqlite3_file;
using sqlite_api::sqlite3_int64;
using sqlite_api::sqlite3_io_methods;
using sqlite_api::sqlite3_vfs;

constexpr std::size_t sum_bytes = 8;
constexpr std::size_t reserved_at = 20;  // sqlite.org/fileformat2.html §1.3: unused bytes at the end of each page
constexpr std::size_t page_bytes_min = 512;
constexpr std::size_t page_bytes_max = 65536;
/// A file is read once more before it is called damaged: at the very first look SQLite holds no lock against whoever
/// just moves the log into it.
constexpr int looks_max = 3;
constexpr const char* parameter = "page_checksums";
#ifndef SQLITE_IOCAP_SUBPAGE_READ
#define SQLITE_IOCAP_SUBPAGE_READ 0x00008000  // since 3.48
#endif

using Sum = std::array<std::byte, sum_bytes>;
using Page = std::span<std::byte>;

std::uint32_t little(const std::byte* at) {
    std::uint32_t value = 0;
    std::memcpy(&value, at, sizeof value);
    return std::endian::native == std::endian::little ? value : std::byteswap(value);
}

void put_little(std::byte* at, std::uint32_t value) {
    value = std::endian::native == std::endian::little ? value : std::byteswap(value);
    std::memcpy(at, &value, sizeof value);
}

/// Of all but the page's last eight bytes. Whatever changes within one word changes it.
Sum sum_of(ByteView page) {
    std::uint32_t first = 0;
    std::uint32_t second = 0;
    const std::byte* end = page.data() + page.size() - sum_bytes;
    for (const std::byte* at = page.data(); at < end; at += 8) {
        first += little(at) + second;
        second += little(at + 4) + first;
    }
    Sum sum{};
    put_little(sum.data(), first);
    put_little(sum.data() + 4, second);
    return sum;
}

bool is_page(std::size_t bytes) {
    return bytes >= page_bytes_min && bytes <= page_bytes_max && std::has_single_bit(bytes);
}

bool says_reserved(ByteView first_page) {
    return first_page[reserved_at] == std::byte{sum_bytes};
}

/// What the whole process has seen, by file, the first of each.
struct Seen {
    std::mutex mutex;
    std::map<std::string, DamagedPage, std::less<>> first;
};
Seen& seen() {
    static Seen of_the_process;
    return of_the_process;
}
/// What this thread has seen, between SQLite's reading and its error.
std::optional<DamagedPage>& last_damaged() {
    thread_local std::optional<DamagedPage> of_the_thread;
    return of_the_thread;
}

void tell(const char* path, std::size_t page_bytes, std::int64_t offset) {
    DamagedPage page{path == nullptr ? "" : path, offset / static_cast<std::int64_t>(page_bytes) + 1};
    log::error("database", "a page does not hold its checksum",
               {{"file", page.path}, {"page", std::to_string(page.number)}});
    const std::lock_guard lock(seen().mutex);
    seen().first.try_emplace(page.path, page);
    last_damaged() = std::move(page);
}

/// What stands behind SQLite's own part of an open file, which stays in front and does all but the following.
struct Beside {
    const sqlite3_io_methods* own = nullptr;
    sqlite3_io_methods ours{};
    const char* path = nullptr;
    bool on = false;             ///< the file's pages have checksums
    bool looked = false;         ///< whether they have has been looked at since this connection may write
    bool writing = false;        ///< SQLite believes that it holds the log's writers' lock
    bool checkpointing = false;  ///< holds the lock of those who move the log, and the writers' with it
};

/// SQLite's way to files before ours became the default, which is looked up once, before.
sqlite3_vfs* original() {
    static sqlite3_vfs* const vfs = sqlite_api::sqlite3_vfs_find(nullptr);
    return vfs;
}
std::size_t beside_at() {
    constexpr std::size_t aligned = alignof(Beside);
    return (static_cast<std::size_t>(original()->szOsFile) + aligned - 1) / aligned * aligned;
}
Beside& beside(sqlite3_file* file) {
    return *std::launder(reinterpret_cast<Beside*>(reinterpret_cast<std::byte*>(file) + beside_at()));
}

/// Also learns from the first page whether there are checksums. That says so in a single byte, so a page without it is
/// looked at as if the byte had been there.
bool holds(Beside& file, Page page, std::int64_t offset) {
    if (offset != 0) {
        return !file.on || page_holds(page);
    }
    if (file.on || says_reserved(page)) {
        file.on = true;
        return page_holds(page);
    }
    const std::byte found = std::exchange(page[reserved_at], std::byte{sum_bytes});
    const bool damaged = page_holds(page);
    page[reserved_at] = found;
    return !damaged;
}

int read(sqlite3_file* file, void* into, int bytes, sqlite3_int64 offset) {
    Beside& own = beside(file);
    int status = own.own->xRead(file, into, bytes, offset);
    const auto size = static_cast<std::size_t>(bytes);
    if (!is_page(size)) {
        return status;
    }
    const Page page(static_cast<std::byte*>(into), size);
    for (int look = 1; status == SQLITE_OK || status == SQLITE_IOERR_SHORT_READ; ++look) {
        if (holds(own, page, offset)) {
            return status;
        }
        if (look == looks_max) {
            tell(own.path, size, offset);
            return SQLITE_IOERR_DATA;
        }
        status = own.own->xRead(file, into, bytes, offset);
    }
    return status;
}

/// Another connection may have given the file its checksums since this one opened it. Not once this one has locked the
/// file against others who write to it.
bool has_them_by_now(sqlite3_file* file, std::size_t page_bytes) {
    const auto* own = beside(file).own;
    std::array<std::byte, 100> header{};
    if (own->xRead(file, header.data(), static_cast<int>(header.size()), 0) != SQLITE_OK || !says_reserved(header)) {
        return false;
    }
    Bytes page(page_bytes);
    return own->xRead(file, page.data(), static_cast<int>(page_bytes), 0) == SQLITE_OK && page_holds(page);
}

int write(sqlite3_file* file, const void* from, int bytes, sqlite3_int64 offset) {
    Beside& own = beside(file);
    const auto size = static_cast<std::size_t>(bytes);
    if (is_page(size)) {
        // SQLite's own buffer of a page, whose last bytes it keeps for us.
        const Page page(static_cast<std::byte*>(const_cast<void*>(from)), size);
        if (offset == 0) {
            own.on = says_reserved(page);
        } else if (!own.on && !std::exchange(own.looked, true)) {
            own.on = has_them_by_now(file, size);
        }
        if (own.on) {
            const Sum sum = sum_of(page);
            std::memcpy(page.last(sum_bytes).data(), sum.data(), sum_bytes);
        }
    }
    return own.own->xWrite(file, from, bytes, offset);
}

/// A page that is mapped into memory would be read past us; SQLite then reads it.
int fetch(sqlite3_file* file, sqlite3_int64 offset, int bytes, void** into) {
    Beside& own = beside(file);
    if (own.on) {
        *into = nullptr;
        return SQLITE_OK;
    }
    return own.own->xFetch(file, offset, bytes, into);
}

/// Of the file itself: whoever writes to it without a log locks it for itself alone.
int lock(sqlite3_file* file, int level) {
    Beside& own = beside(file);
    const int status = own.own->xLock(file, level);
    if (level == SQLITE_LOCK_EXCLUSIVE && status == SQLITE_OK) {
        own.looked = false;
    }
    return status;
}

// Locks of the log's index, by their place in it: https://sqlite.org/walformat.html §2.3.
constexpr int writers_lock = 0;
constexpr int checkpoint_lock = 1;
constexpr int locking = SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE;
constexpr int unlocking = SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE;

int begin_checkpoint(sqlite3_file* file) {
    Beside& own = beside(file);
    if (!own.writing) {
        if (const int status = own.own->xShmLock(file, writers_lock, 1, locking); status != SQLITE_OK) {
            return status;
        }
    }
    const int status = own.own->xShmLock(file, checkpoint_lock, 1, locking);
    own.checkpointing = status == SQLITE_OK;
    own.looked = false;
    if (!own.checkpointing && !own.writing) {
        own.own->xShmLock(file, writers_lock, 1, unlocking);
    }
    return status;
}

int end_checkpoint(sqlite3_file* file) {
    Beside& own = beside(file);
    const int status = own.own->xShmLock(file, checkpoint_lock, 1, unlocking);
    if (std::exchange(own.checkpointing, false) && !own.writing) {
        own.own->xShmLock(file, writers_lock, 1, unlocking);
    }
    return status;
}

/// Whoever moves the log into the file holds the writers' lock meanwhile, which SQLite asks for only in the thorough
/// kinds of checkpoint. So no other connection can begin the log anew between the checkpoint's look at the log's header
/// and its work, which SQLite before 3.51.3 does not notice (sqlite.org/wal.html §11, "the WAL-reset bug").
int lock_log(sqlite3_file* file, int place, int count, int flags) {
    Beside& own = beside(file);
    const bool one = count == 1 && (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    const bool locks = (flags & SQLITE_SHM_LOCK) != 0;
    if (one && place == checkpoint_lock) {
        return locks ? begin_checkpoint(file) : end_checkpoint(file);
    }
    if (one && place == writers_lock) {
        const int status = own.checkpointing ? SQLITE_OK : own.own->xShmLock(file, place, count, flags);
        own.writing = status == SQLITE_OK ? locks : own.writing;
        return status;
    }
    return own.own->xShmLock(file, place, count, flags);
}

int characteristics(sqlite3_file* file) {
    return beside(file).own->xDeviceCharacteristics(file) & ~SQLITE_IOCAP_SUBPAGE_READ;
}

int open(sqlite3_vfs* /*ours*/, const char* path, sqlite3_file* file, int flags, int* flags_out) {
    const int status = original()->xOpen(original(), path, file, flags, flags_out);
    if (status != SQLITE_OK || (flags & SQLITE_OPEN_MAIN_DB) == 0 || file->pMethods == nullptr) {
        return status;
    }
    auto* own = new (reinterpret_cast<std::byte*>(file) + beside_at())
        Beside{.own = file->pMethods, .ours = *file->pMethods, .path = path};
    own->on = path != nullptr && sqlite_api::sqlite3_uri_boolean(path, parameter, 0) != 0;
    own->ours.xRead = read;
    own->ours.xWrite = write;
    own->ours.xLock = lock;
    own->ours.xDeviceCharacteristics = characteristics;
    if (own->ours.iVersion >= 2) {
        own->ours.xShmLock = lock_log;
    }
    if (own->ours.iVersion >= 3) {
        own->ours.xFetch = fetch;
    }
    file->pMethods = &own->ours;
    return SQLITE_OK;
}

}  // namespace

bool page_holds(ByteView page) {
    return std::memcmp(sum_of(page).data(), page.last(sum_bytes).data(), sum_bytes) == 0;
}

void use_page_checksums() {
    static const bool used = [] {
        check(original() != nullptr, "SQLite has a way to its files");
        // All but opening is done by the original's functions, which know their VFS by what pAppData says.
        static sqlite3_vfs ours = *original();
        ours.pNext = nullptr;
        ours.zName = "bypuls-page-checksums";
        ours.szOsFile = static_cast<int>(beside_at() + sizeof(Beside));
        ours.xOpen = open;
        return sqlite_api::sqlite3_vfs_register(&ours, 1) == SQLITE_OK;
    }();
    check(used, "SQLite takes a VFS");
}

bool has_page_checksums(sqlite_api::sqlite3* connection) {
    int reserved = -1;
    sqlite3_file* file = nullptr;
    if (sqlite_api::sqlite3_file_control(connection, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved) != SQLITE_OK ||
        reserved != static_cast<int>(sum_bytes) ||
        sqlite_api::sqlite3_file_control(connection, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK ||
        file->pMethods == nullptr || file->pMethods->xRead != read) {
        return false;
    }
    beside(file).on = true;
    return true;
}

void reserve_page_checksums(sqlite_api::sqlite3* connection) {
    int reserved = static_cast<int>(sum_bytes);
    sqlite_api::sqlite3_file_control(connection, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved);
}

std::string uri_with_page_checksums(const std::string& path) {
    return fmt::format("file:{}?{}=1", percent_encode(path, "/"), parameter);
}

std::optional<DamagedPage> take_damaged_page() {
    return std::exchange(last_damaged(), std::nullopt);
}

std::optional<DamagedPage> first_damaged_page(std::string_view path) {
    const std::lock_guard lock(seen().mutex);
    const auto found = seen().first.find(path);
    return found == seen().first.end() ? std::nullopt : std::optional(found->second);
}

std::vector<DamagedPage> damaged_pages() {
    std::vector<DamagedPage> pages;
    const std::lock_guard lock(seen().mutex);
    for (const auto& [path, page] : seen().first) {
        pages.push_back(page);
    }
    return pages;
}

void forget_damaged_page(std::string_view path) {
    const std::lock_guard lock(seen().mutex);
    if (const auto found = seen().first.find(path); found != seen().first.end()) {
        seen().first.erase(found);
    }
}

std::string sentence_of(const DamagedPage& page) {
    return fmt::format("page {} of {} does not hold its checksum", page.number, page.path);
}

}  // namespace bypuls::database
