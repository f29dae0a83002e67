#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace winnow {

/// What went wrong, coarse enough to decide on; the message says the rest.
enum class ErrorCode {
    BadInput,
    NotFound,
    BadModelFile,
    Unsupported,
    OutOfMemory,
    Cancelled,
    Io,
    EngineLost,
    Internal,
};

/// One error a person can act on: what, where, expected and found (message), and what to do (hint, may be empty).
struct Error {
    ErrorCode code = ErrorCode::Internal;
    std::string message;
    std::string hint;
};

template <typename T>
using Result = tl::expected<T, Error>;

/// Builds the failure side of a Result: `return fail(ErrorCode::Io, "cannot open a.gguf: no such file");`
inline tl::unexpected<Error> fail(ErrorCode code, std::string message, std::string hint = {})
{
    return tl::unexpected<Error>(Error{code, std::move(message), std::move(hint)});
}

/// Hands an error of one Result on as the failure of another.
inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

/// Permanent lower-case name of a code, as it stands in JSON ("bad_input", "out_of_memory", ...).
const char *errorCodeName(ErrorCode code);

/// Inverse of errorCodeName; Internal for an unknown name.
ErrorCode errorCodeFromName(const std::string &name);

} // namespace winnow
