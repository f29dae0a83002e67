#include "core/base/error.h"

#include <array>

namespace winnow {
namespace {

    constexpr std::array<const char *, 9> kNames{"bad_input", "not_found", "bad_model_file", "unsupported",
        "out_of_memory", "cancelled", "io", "engine_lost", "internal"};

} // namespace

const char *errorCodeName(ErrorCode code) { return kNames.at(static_cast<size_t>(code)); }

ErrorCode errorCodeFromName(const std::string &name)
{
    for (size_t i = 0; i < kNames.size(); ++i) {
        if (name == kNames[i])
            return static_cast<ErrorCode>(i);
    }
    return ErrorCode::Internal;
}

} // namespace winnow
