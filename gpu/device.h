#pragma once

#include <string>

namespace winnow::gpu {

/// What the CUDA driver of this machine offers. Never initialises CUDA in LibTorch (its hooks object is created once: asked
/// before libtorch_cuda is loaded, it stays the stub).
struct DeviceProbe {
    bool available = false;
    int devices = 0;
    std::string reason; // why not: "no NVIDIA driver (libcuda.so.1 not found)"
};

/// @cost Under 1 ms without a driver; loads libcuda.so.1 otherwise.
DeviceProbe probe();

inline bool available() { return probe().available; }

/// What kernels say that were not built.
inline constexpr const char *kNotBuilt = "this program was built without CUDA";

/// Whether this program has the kernels of this folder and the driver offers a device for them. @param reason why not, unless null.
bool kernelsAvailable(std::string *reason);

/// What the driver calls a device: "NVIDIA H100 80GB HBM3"; empty when there is none of that index.
std::string deviceName(int index);

} // namespace winnow::gpu
