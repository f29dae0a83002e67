#include "gpu/device.h"

#include <dlfcn.h>

namespace winnow::gpu {

DeviceProbe probe()
{
    DeviceProbe result;
    void *driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    if (!driver) {
        result.reason = "no NVIDIA driver (libcuda.so.1 not found)";
        return result;
    }
    using Init = int (*)(unsigned);
    using Count = int (*)(int *);
    const auto init = reinterpret_cast<Init>(dlsym(driver, "cuInit"));
    const auto count = reinterpret_cast<Count>(dlsym(driver, "cuDeviceGetCount"));
    const int status = init ? init(0) : -1;
    if (status != 0 || !count || count(&result.devices) != 0) {
        result.reason = "the NVIDIA driver does not start (cuInit returned " + std::to_string(status) + ")";
        return result;
    }
    result.available = result.devices > 0;
    if (!result.available)
        result.reason = "the NVIDIA driver finds no device";
    return result;
}

} // namespace winnow::gpu
