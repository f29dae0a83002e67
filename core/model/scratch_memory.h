#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <sys/mman.h>

namespace winnow {

/// Memory of a thread for blocks of floats. It stays, so that its pages are written once and are in the cache.
class ScratchMemory {
public:
    ScratchMemory() = default;
    ScratchMemory(const ScratchMemory &) = delete;
    ScratchMemory &operator=(const ScratchMemory &) = delete;
    ~ScratchMemory() { release(); }

    /// At the begin of a huge page. What was there before may be gone.
    float *take(int64_t count)
    {
        const size_t bytes = (static_cast<size_t>(count) * sizeof(float) + kHugePage - 1) / kHugePage * kHugePage;
        if (bytes <= m_bytes)
            return m_aligned;
        release();
        void *base = mmap(nullptr, bytes + kHugePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (base == MAP_FAILED)
            throw std::bad_alloc();
        m_base = base;
        m_bytes = bytes;
        m_aligned = reinterpret_cast<float *>((reinterpret_cast<uintptr_t>(base) + kHugePage - 1) / kHugePage * kHugePage);
        madvise(m_aligned, bytes, MADV_HUGEPAGE);
        return m_aligned;
    }

private:
    static constexpr size_t kHugePage = size_t{2} << 20;

    void release()
    {
        if (m_base)
            munmap(m_base, m_bytes + kHugePage);
        m_base = nullptr;
        m_bytes = 0;
    }

    void *m_base = nullptr;
    float *m_aligned = nullptr;
    size_t m_bytes = 0;
};

} // namespace winnow
