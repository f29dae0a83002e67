#include "gpu/device.h"

#include <dlfcn.h>

namespace winnow::gpu {
namespace {

    void *driverLibrary() { return dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL); }

    template <typename Function>
    Function driverFunction(void *driver, const char *name)
    {
        return reinterpret_cast<Function>(dlsym(driver, name));
    }

} // namespace

DeviceProbe probe()
{
    DeviceProbe result;
    void *driver = driverLibrary();
    if (!driver) {
        result.reason = "no NVIDIA driver (libcuda.so.1 not found)";
        return result;
    }
    const auto init = driverFunction<int (*)(unsigned)>(driver, "cuInit");
    const auto count = driverFunction<int (*)(int *)>(driver, "cuDeviceGetCount");
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

bool kernelsAvailable(std::string *reason)
{
#ifdef WINNOW_HAS_CUDA
    const DeviceProbe found = probe();
    if (!found.available && reason)
        *reason = found.reason;
    return found.available;
#else
    if (reason)
        *reason = kNotBuilt;
    return false;
#endif
}

std::string deviceName(int index)
{
    const DeviceProbe found = probe();
    if (index < 0 || index >= found.devices)
        return {};
    void *driver = driverLibrary();
    const auto get = driverFunction<int (*)(int *, int)>(driver, "cuDeviceGet");
    const auto nameOf = driverFunction<int (*)(char *, int, int)>(driver, "cuDeviceGetName");
    char name[256] = {};
    int device = 0;
    return get && nameOf && get(&device, index) == 0 && nameOf(name, sizeof name, device) == 0 ? std::string(name) : std::string();
}

} // namespace winnow::gpu
