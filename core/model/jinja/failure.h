#pragma once

#include "core/base/error.h"

#include <string>

namespace winnow::jinja {

/// What ends parsing or rendering. Thrown inside this folder only; the public functions turn it into a Result.
struct Failure {
    ErrorCode code = ErrorCode::BadInput;
    int line = 0; ///< of the template, from 1; 0 = no line
    std::string message;
    std::string hint;
};

} // namespace winnow::jinja
