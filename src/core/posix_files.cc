#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/files.h"

namespace bypuls {
namespace {

std::unexpected<Error> os_error(const std::string& path, int number) {
    Errc code = Errc::unavailable;
    if (number == ENOSPC || number == EDQUOT || number == EFBIG || number == EMFILE || number == ENFILE) {
        code = Errc::exhausted;
    } else if (number == ENOENT || number == ENOTDIR) {
        code = Errc::not_found;
    } else if (number == EACCES || number == EPERM || number == EROFS) {
        code = Errc::forbidden;
    } else if (number == EEXIST) {
        code = Errc::conflict;
    }
    return fail(code, path + ": " + std::generic_category().message(number));
}

class PosixFile final : public File {
public:
    PosixFile(int descriptor, std::string path) : descriptor_(descriptor), path_(std::move(path)) {}
    PosixFile(const PosixFile&) = delete;
    PosixFile& operator=(const PosixFile&) = delete;
    ~PosixFile() override { ::close(descriptor_); }

    Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> into) const override {
        std::size_t done = 0;
        while (done < into.size()) {
            const ssize_t got =
                ::pread(descriptor_, into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
            if (got < 0 && errno == EINTR) {
                continue;
            }
            if (got < 0) {
                return os_error(path_, errno);
            }
            if (got == 0) {
                break;
            }
            done += static_cast<std::size_t>(got);
        }
        return done;
    }

    Result<void> write_at(std::uint64_t offset, ByteView bytes) override {
        while (!bytes.empty()) {
            const ssize_t put = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
            if (put < 0 && errno == EINTR) {
                continue;
            }
            if (put < 0) {
                return os_error(path_, errno);
            }
            bytes = bytes.subspan(static_cast<std::size_t>(put));
            offset += static_cast<std::uint64_t>(put);
        }
        return {};
    }

    Result<void> sync() override {
        if (::fdatasync(descriptor_) != 0) {
            return os_error(path_, errno);
        }
        return {};
    }

    Result<void> truncate(std::uint64_t size) override {
        if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) {
            return os_error(path_, errno);
        }
        return {};
    }

    Result<std::uint64_t> size() const override {
        struct stat facts{};
        if (::fstat(descriptor_, &facts) != 0) {
            return os_error(path_, errno);
        }
        return static_cast<std::uint64_t>(facts.st_size);
    }

private:
    int descriptor_;
    std::string path_;
};

Result<void> from_code(const std::string& path, const std::error_code& code) {
    if (code) {
        return os_error(path, code.value());
    }
    return {};
}

class PosixFiles final : public FileSystem {
public:
    Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
        int flags = O_CLOEXEC;
        switch (mode) {
            case OpenMode::read: flags |= O_RDONLY; break;
            case OpenMode::write: flags |= O_RDWR | O_CREAT; break;
            case OpenMode::create: flags |= O_RDWR | O_CREAT | O_EXCL; break;
        }
        const int descriptor = ::open(path.c_str(), flags, 0640);
        if (descriptor < 0) {
            return os_error(path, errno);
        }
        return std::make_unique<PosixFile>(descriptor, path);
    }

    Result<std::vector<std::string>> list(const std::string& folder) override {
        std::error_code code;
        std::vector<std::string> names;
        for (std::filesystem::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
            names.push_back(it->path().filename().string());
        }
        TRY_DO(from_code(folder, code));
        std::ranges::sort(names);
        return names;
    }

    Result<void> create_folders(const std::string& folder) override {
        std::error_code code;
        std::filesystem::create_directories(folder, code);
        return from_code(folder, code);
    }

    Result<void> remove(const std::string& path) override {
        return ::unlink(path.c_str()) == 0 ? Result<void>{} : os_error(path, errno);
    }

    Result<void> rename(const std::string& from, const std::string& to) override {
        return ::rename(from.c_str(), to.c_str()) == 0 ? Result<void>{} : os_error(from, errno);
    }

    Result<void> sync_folder(const std::string& folder) override {
        const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (descriptor < 0) {
            return os_error(folder, errno);
        }
        const int done = ::fsync(descriptor);
        const int number = errno;
        ::close(descriptor);
        return done == 0 ? Result<void>{} : os_error(folder, number);
    }

    Result<std::uint64_t> free_bytes(const std::string& folder) override {
        struct statvfs facts{};
        if (::statvfs(folder.c_str(), &facts) != 0) {
            return os_error(folder, errno);
        }
        return static_cast<std::uint64_t>(facts.f_bavail) * facts.f_frsize;
    }
};

}  // namespace

FileSystem& posix_files() {
    static PosixFiles files;
    return files;
}

Result<std::string> read_text_file(const std::string& path, std::size_t bytes_max) {
    TRY(const auto file, posix_files().open(path, OpenMode::read));
    TRY(const auto size, file->size());
    if (size > bytes_max) {
        return fail(Errc::exhausted, path + ": larger than " + std::to_string(bytes_max) + " bytes");
    }
    std::string text(size, '\0');
    TRY(const auto got, file->read_at(0, std::as_writable_bytes(std::span{text.data(), text.size()})));
    text.resize(got);
    return text;
}

Result<void> write_text_file(const std::string& path, std::string_view text, unsigned mode) {
    const std::string beside = path + ".new";
    ::unlink(beside.c_str());
    {
        TRY(const auto file, posix_files().open(beside, OpenMode::create));
        if (::chmod(beside.c_str(), mode) != 0) {
            return os_error(beside, errno);
        }
        TRY_DO(file->write_at(0, as_bytes(text)));
        TRY_DO(file->sync());
    }
    TRY_DO(posix_files().rename(beside, path));
    const auto folder = std::filesystem::path(path).parent_path().string();
    return posix_files().sync_folder(folder.empty() ? "." : folder);
}

}  // namespace bypuls
