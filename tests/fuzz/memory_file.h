#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace winnow::test {

/// A file in memory that holds what the fuzzer gives, under a path that can be opened. One for the whole run.
class MemoryFile {
public:
    explicit MemoryFile(const char *name)
        : m_descriptor(::memfd_create(name, MFD_CLOEXEC))
    {
    }
    std::string hold(const uint8_t *data, size_t size) const
    {
        if (m_descriptor < 0 || ::ftruncate(m_descriptor, 0) != 0)
            std::abort();
        for (size_t at = 0; at < size;) {
            const ssize_t written = ::pwrite(m_descriptor, data + at, size - at, static_cast<off_t>(at));
            if (written < 0)
                std::abort();
            at += static_cast<size_t>(written);
        }
        return "/proc/self/fd/" + std::to_string(m_descriptor);
    }

private:
    int m_descriptor;
};

} // namespace winnow::test
