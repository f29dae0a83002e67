#pragma once

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace winnow::test {

/// Counts what tensors on the CPU hold, now and at most, while it lives. One at a time.
class CountingAllocator final : public c10::Allocator {
public:
    CountingAllocator()
    {
        inner();
        c10::SetCPUAllocator(this, kPriority);
    }
    ~CountingAllocator() override { c10::SetCPUAllocator(inner(), kPriority); }

    c10::DataPtr allocate(size_t bytes) override
    {
        void *data = inner()->raw_allocate(bytes);
        const std::scoped_lock lock(s_mutex);
        s_sizes[data] = static_cast<int64_t>(bytes);
        s_held += static_cast<int64_t>(bytes);
        s_most = std::max(s_most, s_held);
        return {data, data, &release, c10::Device(c10::DeviceType::CPU)};
    }
    c10::DeleterFnPtr raw_deleter() const override { return &release; }
    void copy_data(void *target, const void *source, std::size_t count) const override { default_copy_data(target, source, count); }

    /// Counts the peak anew from what is held now.
    void restart()
    {
        const std::scoped_lock lock(s_mutex);
        s_most = s_held;
    }
    int64_t held() const { return s_held; }
    int64_t most() const { return s_most; }

private:
    static constexpr uint8_t kPriority = 200;

    static c10::Allocator *inner()
    {
        static c10::Allocator *const allocator = c10::GetCPUAllocator(); // asked for before it is replaced
        return allocator;
    }
    static void release(void *data)
    {
        {
            const std::scoped_lock lock(s_mutex);
            const auto found = s_sizes.find(data);
            s_held -= found->second;
            s_sizes.erase(found);
        }
        inner()->raw_deallocate(data);
    }

    // Tensors may outlive the object, so what they are counted in does not lie in it.
    static inline std::mutex s_mutex;
    static inline std::unordered_map<void *, int64_t> s_sizes;
    static inline int64_t s_held = 0, s_most = 0;
};

} // namespace winnow::test
