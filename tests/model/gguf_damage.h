#pragma once

#include "../fuzz/exercise_gguf.h"
#include "file_damage.h"

namespace winnow::test {

/// damageFile of a GGUF file.
inline DamageResult damageGguf(const std::filesystem::path &source, const std::filesystem::path &scratch, int count, size_t headerBytes)
{
    return damageFile(source, scratch, count, headerBytes,
        {exerciseGguf, [](const std::filesystem::path &path) { return GgufFile::open(path).has_value(); }});
}

} // namespace winnow::test
