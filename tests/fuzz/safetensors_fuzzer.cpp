#include "exercise_safetensors.h"
#include "memory_file.h"

/// libFuzzer entry: the bytes are a safetensors file.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const winnow::test::MemoryFile file("input.safetensors");
    if (!winnow::test::exerciseSafetensors(file.hold(data, size)).empty())
        std::abort();
    return 0;
}
