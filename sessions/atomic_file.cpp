#include "sessions/atomic_file.h"

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace winnow {
namespace {

    namespace fs = std::filesystem;

    class Descriptor {
    public:
        explicit Descriptor(int fd)
            : m_fd(fd)
        {
        }
        Descriptor(const Descriptor &) = delete;
        Descriptor &operator=(const Descriptor &) = delete;
        ~Descriptor()
        {
            if (m_fd >= 0)
                ::close(m_fd);
        }
        int get() const { return m_fd; }

    private:
        int m_fd;
    };

    tl::unexpected<Error> ioError(const char *what, const std::string &path, int number)
    {
        const char *hint = "";
        if (number == ENOSPC || number == EDQUOT || number == EFBIG)
            hint = "Free some space or choose another folder.";
        else if (number == EACCES || number == EPERM || number == EROFS)
            hint = "Choose a folder you may write to.";
        return fail(ErrorCode::Io,
            std::string("cannot ") + what + " " + path + ": " + std::strerror(number), hint);
    }

    int syncPath(const std::string &path, int flags)
    {
        const Descriptor file(::open(path.c_str(), flags | O_CLOEXEC));
        if (file.get() < 0 || ::fsync(file.get()) != 0)
            return errno;
        return 0;
    }

    // Some file systems cannot sync a folder; the rename itself has happened by then.
    void syncFolderOf(const std::string &path)
    {
        const fs::path folder = fs::path(path).parent_path();
        (void)syncPath(folder.empty() ? "." : folder.string(), O_RDONLY | O_DIRECTORY);
    }

    int writeAll(int fd, std::span<const std::byte> bytes)
    {
        while (!bytes.empty()) {
            const ssize_t written = ::write(fd, bytes.data(), bytes.size());
            if (written < 0 && errno == EINTR)
                continue;
            if (written < 0)
                return errno;
            bytes = bytes.subspan(static_cast<size_t>(written));
        }
        return 0;
    }

} // namespace

std::string partPath(const std::string &path)
{
    static std::atomic<unsigned> counter { 0 };
    const fs::path target(path);
    std::string name(1, '.');
    name.append(target.filename().string()).append(".").append(std::to_string(::getpid()));
    name.append("-").append(std::to_string(counter.fetch_add(1))).append(".part");
    return (target.parent_path() / name).string();
}

Result<void> publishPart(const std::string &part, const std::string &path)
{
    // A file that was private stays private.
    if (struct stat info {}; ::stat(path.c_str(), &info) == 0)
        (void)::chmod(part.c_str(), info.st_mode & 0777);
    int number = syncPath(part, O_RDONLY);
    if (number == 0 && ::rename(part.c_str(), path.c_str()) != 0)
        number = errno;
    if (number != 0) {
        ::unlink(part.c_str());
        return ioError("write", path, number);
    }
    syncFolderOf(path);
    return {};
}

Result<void> publishNewPart(const std::string &part, const std::string &path)
{
    int number = syncPath(part, O_RDONLY);
    if (number == 0
        && ::renameat2(AT_FDCWD, part.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) != 0)
        number = errno;
    // Network file systems that do not know the flag: the check is then not atomic, the rename
    // still is.
    if (number == EINVAL || number == ENOSYS) {
        struct stat info { };
        number = ::stat(path.c_str(), &info) == 0
            ? EEXIST
            : (::rename(part.c_str(), path.c_str()) == 0 ? 0 : errno);
    }
    if (number != 0) {
        ::unlink(part.c_str());
        if (number == EEXIST)
            return fail(
                ErrorCode::BadInput, path + " already exists", "Open it, or choose another name.");
        return ioError("create", path, number);
    }
    syncFolderOf(path);
    return {};
}

Result<void> writeFileAtomically(const std::string &path, std::span<const std::byte> bytes)
{
    const std::string part = partPath(path);
    {
        const Descriptor file(::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
        if (file.get() < 0)
            return ioError("write", path, errno);
        if (const int number = writeAll(file.get(), bytes); number != 0) {
            ::unlink(part.c_str());
            return ioError("write", path, number);
        }
    }
    return publishPart(part, path);
}

Result<void> writeFileAtomically(const std::string &path, std::string_view text)
{
    return writeFileAtomically(path, std::as_bytes(std::span(text.data(), text.size())));
}

Result<std::string> readFile(const std::string &path, uint64_t limit)
{
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0)
        return errno == ENOENT
            ? Result<std::string>(fail(ErrorCode::NotFound, "there is no file " + path))
            : Result<std::string>(ioError("read", path, errno));
    struct stat info { };
    if (::fstat(file.get(), &info) != 0)
        return ioError("read", path, errno);
    if (!S_ISREG(info.st_mode))
        return fail(ErrorCode::BadInput, path + " is not a regular file");
    if (static_cast<uint64_t>(info.st_size) > limit)
        return fail(ErrorCode::BadInput,
            path + " is too long: " + std::to_string(info.st_size) + " bytes, at most "
                + std::to_string(limit) + " expected");
    std::string text(static_cast<size_t>(info.st_size), '\0');
    size_t done = 0;
    while (done < text.size()) {
        const ssize_t got = ::read(file.get(), text.data() + done, text.size() - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return ioError("read", path, errno);
        if (got == 0)
            break;
        done += static_cast<size_t>(got);
    }
    text.resize(done);
    return text;
}

} // namespace winnow
