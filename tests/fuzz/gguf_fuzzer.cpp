#include "exercise_gguf.h"
#include "memory_file.h"

/// libFuzzer entry: the bytes are a GGUF file. Build: option WINNOW_FUZZ with clang (tests/CMakeLists.txt).
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const winnow::test::MemoryFile file("input.gguf");
    if (!winnow::test::exerciseGguf(file.hold(data, size)).empty())
        std::abort();
    return 0;
}
