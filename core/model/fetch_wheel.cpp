#include "core/model/fetch_wheel.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>
#include <zip.h>

namespace winnow {
namespace {

    using Archive = std::unique_ptr<zip_t, decltype([](zip_t *archive) { zip_discard(archive); })>;
    using Entry = std::unique_ptr<zip_file_t, decltype([](zip_file_t *file) { zip_fclose(file); })>;

    struct Descriptor {
        int number = -1;
        ~Descriptor()
        {
            if (number >= 0)
                ::close(number);
        }
    };

    struct Found {
        zip_uint64_t index = 0;
        int64_t number = 0, bytes = 0;
        std::string path;
    };

    tl::unexpected<Error> damaged(const std::filesystem::path &wheel, const std::string &what)
    {
        return fail(ErrorCode::BadModelFile, wheel.filename().string() + ": " + what, "fetch the model again");
    }

    tl::unexpected<Error> cannotWrite(const std::filesystem::path &target)
    {
        return fail(ErrorCode::Io, "cannot write " + target.string() + ": " + std::strerror(errno),
            errno == ENOSPC ? "free some space, then fetch again: finished parts are kept" : "");
    }

    /// The last run of digits in a file name: part03.bin -> 3.
    int64_t partNumber(const std::string &path)
    {
        const auto end = path.find_last_of("0123456789");
        if (end == std::string::npos)
            return 0;
        const auto before = path.find_last_not_of("0123456789", end);
        const auto begin = before == std::string::npos ? 0 : before + 1;
        return std::strtoll(path.substr(begin, std::min<size_t>(end - begin + 1, 9)).c_str(), nullptr, 10);
    }

    std::vector<Found> matching(zip_t *archive, std::string_view entry)
    {
        std::vector<Found> found;
        const auto count = zip_get_num_entries(archive, 0);
        for (zip_int64_t i = 0; i < count; ++i) {
            zip_stat_t status;
            const auto index = static_cast<zip_uint64_t>(i);
            if (zip_stat_index(archive, index, 0, &status) != 0 || !(status.valid & ZIP_STAT_NAME) || !(status.valid & ZIP_STAT_SIZE))
                continue;
            const std::string path = status.name;
            if (path.find(entry) != std::string::npos && !path.ends_with('/'))
                found.push_back({index, partNumber(path), static_cast<int64_t>(status.size), path});
        }
        std::stable_sort(found.begin(), found.end(), [](const Found &a, const Found &b) { return a.number < b.number; });
        return found;
    }

    bool writeAll(int descriptor, const char *data, size_t size)
    {
        while (size > 0) {
            const ssize_t written = ::write(descriptor, data, size);
            if (written < 0 && errno == EINTR)
                continue;
            if (written < 0)
                return false;
            data += written;
            size -= static_cast<size_t>(written);
        }
        return true;
    }

} // namespace

Result<int64_t> unpackWheel(const WheelCopy &copy, const RunContext &context, const std::function<void(int64_t)> &unpacked)
{
    int code = 0;
    const Archive archive(zip_open(copy.wheel.c_str(), ZIP_RDONLY, &code));
    if (!archive)
        return damaged(copy.wheel, "not a readable archive");
    const std::vector<Found> files = matching(archive.get(), copy.entry);
    if (files.empty())
        return damaged(copy.wheel, "holds no file whose path contains \"" + std::string(copy.entry) + "\"");

    const Descriptor target{::open(copy.target.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644)};
    if (target.number < 0 || ::ftruncate(target.number, copy.offset) != 0 || ::lseek(target.number, copy.offset, SEEK_SET) < 0)
        return cannotWrite(copy.target);
    int64_t length = copy.offset;
    std::vector<char> buffer(1 << 20);
    for (const Found &file : files) {
        if (file.bytes < 0 || file.bytes > copy.limit - length) {
            return damaged(copy.wheel,
                file.path + " has " + std::to_string(file.bytes) + " bytes: expected at most "
                    + std::to_string(copy.limit - length));
        }
        const Entry entry(zip_fopen_index(archive.get(), file.index, 0));
        if (!entry)
            return damaged(copy.wheel, file.path + ": " + zip_strerror(archive.get()));
        const int64_t end = length + file.bytes;
        zip_int64_t count = 0;
        while ((count = zip_fread(entry.get(), buffer.data(), buffer.size())) > 0) {
            if (context.cancelled())
                return fail(ErrorCode::Cancelled, "unpacking " + copy.wheel.filename().string() + " cancelled");
            length += count;
            if (length > end)
                break;
            if (!writeAll(target.number, buffer.data(), static_cast<size_t>(count)))
                return cannotWrite(copy.target);
            unpacked(length - copy.offset);
        }
        if (count < 0 || length != end)
            return damaged(copy.wheel, file.path + ": " + zip_file_strerror(entry.get()) + " after " + std::to_string(length - end + file.bytes) + " bytes");
    }
    if (::fsync(target.number) != 0)
        return cannotWrite(copy.target);
    return length;
}

} // namespace winnow
