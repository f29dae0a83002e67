#pragma once

#include "core/base/error.h"

#include <c10/core/Device.h>

#include <string>

namespace winnow {

/// The device a name stands for: "cpu", "cuda", "cuda:1", or "auto" (a GPU where one works, else the CPU).
///
/// LibTorch's CUDA part is loaded only after the driver has said that there is a device: asked before, LibTorch would keep
/// its stub for good.
/// @error BadInput for another name; Unsupported for cuda without a driver, a device, or libtorch_cuda (with the reason).
/// @cost  Under 1 ms for cpu; 0.1 to 1.5 s the first time CUDA is loaded.
Result<at::Device> chooseDevice(const std::string &name);

/// Bytes a process can still take on this machine: MemAvailable, and what the control group leaves.
int64_t availableMemoryBytes();

/// The same where a model on `device` lives: for a GPU what its driver calls free and what LibTorch holds in reserve there.
/// @param device from chooseDevice.
int64_t availableMemoryBytes(const at::Device &device);

/// Most bytes of tensors a GPU has held at one time since the process began; 0 for the CPU.
int64_t peakDeviceBytes(const at::Device &device);

/// Returns when the device has done all it was asked for; at once on the CPU. For clocks.
void waitFor(const at::Device &device);

/// Threads LibTorch and our own loops use from now on; 0 = cores minus one, at least 1. Returns the number.
int setComputeThreads(int threads);

} // namespace winnow
