#include "core/model/mapped_file.h"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace winnow {
namespace {

    tl::unexpected<Error> cannot(const char *verb, const std::filesystem::path &path, int number)
    {
        const ErrorCode code = number == ENOENT || number == ENOTDIR ? ErrorCode::NotFound : ErrorCode::Io;
        return fail(code, std::string("cannot ") + verb + " " + path.string() + ": " + std::strerror(number),
            "check the path and that you may read the file");
    }

    /// Closes the descriptor: a mapping outlives it.
    struct Descriptor {
        int number = -1;
        ~Descriptor()
        {
            if (number >= 0)
                ::close(number);
        }
    };

} // namespace

Result<MappedFile> MappedFile::open(const std::filesystem::path &path)
{
    // Non-blocking, so that opening a named pipe does not wait for a writer.
    const Descriptor descriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (descriptor.number < 0)
        return cannot("open", path, errno);
    struct stat status{};
    if (::fstat(descriptor.number, &status) != 0)
        return cannot("read the size of", path, errno);
    if (!S_ISREG(status.st_mode))
        return fail(ErrorCode::Io, path.string() + " is not a regular file", "name a model file");

    MappedFile file;
    file.m_path = path;
    if (status.st_size > 0) {
        const auto size = static_cast<size_t>(status.st_size);
        void *address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor.number, 0);
        if (address == MAP_FAILED)
            return cannot("map", path, errno);
        file.m_bytes = {static_cast<const std::byte *>(address), size};
    }
    return file;
}

MappedFile::MappedFile(MappedFile &&other) noexcept
    : m_path(std::move(other.m_path))
    , m_bytes(std::exchange(other.m_bytes, {}))
{
}

MappedFile &MappedFile::operator=(MappedFile &&other) noexcept
{
    std::swap(m_path, other.m_path);
    std::swap(m_bytes, other.m_bytes);
    return *this;
}

MappedFile::~MappedFile()
{
    if (!m_bytes.empty())
        ::munmap(const_cast<std::byte *>(m_bytes.data()), m_bytes.size());
}

void MappedFile::advise(std::span<const std::byte> part, ReadPattern pattern) const
{
    if (part.empty() || m_bytes.empty())
        return;
    const int advice = pattern == ReadPattern::Sequential ? MADV_SEQUENTIAL
        : pattern == ReadPattern::Random                  ? MADV_RANDOM
                                                          : MADV_WILLNEED;
    // madvise wants the address of a page.
    const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
    const auto begin = reinterpret_cast<uintptr_t>(part.data());
    const uintptr_t aligned = begin / page * page;
    ::madvise(reinterpret_cast<void *>(aligned), part.size() + (begin - aligned), advice);
}

} // namespace winnow
