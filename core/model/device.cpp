#include "core/model/device.h"

#include "gpu/device.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <charconv>
#include <dlfcn.h>
#include <fstream>
#include <limits>
#include <thread>

namespace winnow {
namespace {

    /// "cuda" -> 0, "cuda:3" -> 3, anything else -> -1.
    int cudaIndex(const std::string &name)
    {
        if (name == "cuda")
            return 0;
        int index = -1;
        if (name.starts_with("cuda:")) {
            const auto [end, error] = std::from_chars(name.data() + 5, name.data() + name.size(), index);
            if (error != std::errc() || end != name.data() + name.size() || index > 127)
                return -1;
        }
        return index;
    }

    Result<at::Device> cudaDevice(int index)
    {
        const gpu::DeviceProbe probe = gpu::probe();
        if (!probe.available)
            return fail(ErrorCode::Unsupported, "device cuda: " + probe.reason, "use --device cpu");
        if (index >= probe.devices)
            return fail(ErrorCode::Unsupported, "device cuda:" + std::to_string(index) + ": the machine has "
                    + std::to_string(probe.devices) + " device(s)", "use cuda:0");
        if (!dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL)) {
            const char *reason = dlerror();
            return fail(ErrorCode::Unsupported, std::string("device cuda: LibTorch's CUDA part does not load: ")
                    + (reason ? reason : "unknown reason"), "use --device cpu");
        }
        if (!at::hasCUDA())
            return fail(ErrorCode::Unsupported, "device cuda: LibTorch finds no usable GPU", "use --device cpu");
        try {
            at::globalContext().lazyInitDevice(c10::DeviceType::CUDA);
        } catch (const std::exception &error) {
            const std::string said = error.what();
            return fail(ErrorCode::Unsupported, "device cuda: LibTorch does not start it: " + said.substr(0, said.find('\n')), "use --device cpu");
        }
        // Products stay f32, whatever the environment asks for: TF32 keeps 10 bits of the mantissa.
        at::globalContext().setFloat32MatmulPrecision("highest");
        return at::Device(c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(index));
    }

    int64_t numberIn(const char *path)
    {
        std::ifstream file(path);
        int64_t value = -1;
        return file >> value ? value : -1;
    }

    /// Page cache that counts as used by this control group and is given back when memory is short: mapped model files
    /// would otherwise leave no room for the models themselves.
    int64_t reclaimableBytes()
    {
        std::ifstream stat("/sys/fs/cgroup/memory.stat");
        std::string key;
        int64_t sum = 0;
        for (int64_t value = 0; stat >> key >> value;) {
            if (key == "active_file" || key == "inactive_file")
                sum += value;
        }
        return sum;
    }

    c10::CachingDeviceAllocator::Stat tensorBytes(const c10::CachingDeviceAllocator::StatArray &counted)
    {
        return counted[static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE)];
    }

    /// Whether a name asks for more than one device: "cuda:0,cpu", "cuda+cpu", "cuda:0 cuda:1".
    bool namesSeveral(const std::string &name) { return name.find_first_of(",+; /&|") != std::string::npos; }

} // namespace

Result<at::Device> chooseDevice(const std::string &name)
{
    if (name == "cpu")
        return at::Device(c10::DeviceType::CPU);
    if (name == "auto" || name.empty()) {
        if (gpu::available()) {
            if (auto device = cudaDevice(0))
                return device;
        }
        return at::Device(c10::DeviceType::CPU);
    }
    if (const int index = cudaIndex(name); index >= 0)
        return cudaDevice(index);
    if (namesSeveral(name))
        return fail(ErrorCode::Unsupported, "device \"" + name + "\": a model runs on one device, its layers are not split over several",
            "choose one of auto, cpu, cuda, cuda:0, cuda:1, ...; what does not fit a GPU runs on the cpu");
    return fail(ErrorCode::BadInput, "unknown device \"" + name + "\"", "one of auto, cpu, cuda, cuda:0, cuda:1, ...");
}

int64_t availableMemoryBytes()
{
    int64_t available = std::numeric_limits<int64_t>::max();
    std::ifstream meminfo("/proc/meminfo");
    std::string key, unit;
    for (int64_t kib = 0; meminfo >> key >> kib; std::getline(meminfo, unit)) {
        if (key == "MemAvailable:")
            available = kib * 1024;
    }
    const int64_t limit = numberIn("/sys/fs/cgroup/memory.max");
    const int64_t used = numberIn("/sys/fs/cgroup/memory.current");
    if (limit > 0 && used >= 0)
        available = std::min(available, std::clamp<int64_t>(limit - used + reclaimableBytes(), 0, limit));
    return available;
}

int64_t availableMemoryBytes(const at::Device &device)
{
    if (device.is_cpu())
        return availableMemoryBytes();
    c10::DeviceAllocator &allocator = *c10::getDeviceAllocator(device.type());
    const auto stats = allocator.getDeviceStats(device.index());
    const int64_t reserve = tensorBytes(stats.reserved_bytes).current - tensorBytes(stats.allocated_bytes).current;
    return static_cast<int64_t>(allocator.getMemoryInfo(device.index()).first) + reserve;
}

int64_t peakDeviceBytes(const at::Device &device)
{
    if (device.is_cpu())
        return 0;
    return tensorBytes(c10::getDeviceAllocator(device.type())->getDeviceStats(device.index()).allocated_bytes).peak;
}

void waitFor(const at::Device &device)
{
    if (!device.is_cpu())
        c10::impl::VirtualGuardImpl(device.type()).synchronizeDevice(device.index());
}

int setComputeThreads(int threads)
{
    const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
    const int chosen = threads > 0 ? threads : std::max(1, cores - 1);
    at::set_num_threads(chosen);
    return chosen;
}

} // namespace winnow
