#include "exercise_folder_json.h"

#include <cstdint>
#include <cstdlib>

/// libFuzzer entry: the bytes are config.json or model.safetensors.index.json.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!winnow::test::exerciseFolderJson({reinterpret_cast<const char *>(data), size}).empty())
        std::abort();
    return 0;
}
