#include "exercise_gguf.h"

#include <cstdint>
#include <cstdlib>
#include <sys/mman.h>
#include <unistd.h>

/// libFuzzer entry: the bytes are a GGUF file. Build: option WINNOW_FUZZ with clang (tests/CMakeLists.txt).
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int descriptor = ::memfd_create("input.gguf", MFD_CLOEXEC);
    if (descriptor < 0 || ::ftruncate(descriptor, 0) != 0)
        std::abort();
    for (size_t at = 0; at < size;) {
        const ssize_t written = ::pwrite(descriptor, data + at, size - at, static_cast<off_t>(at));
        if (written < 0)
            std::abort();
        at += static_cast<size_t>(written);
    }
    if (!winnow::test::exerciseGguf("/proc/self/fd/" + std::to_string(descriptor)).empty())
        std::abort();
    return 0;
}
