#include "core/model/jinja/limits.h"

#include "core/model/jinja/failure.h"

namespace winnow::jinja {
namespace {

    constexpr const char *kHint
        = "such a template is not one of a chat model; render it elsewhere or give the prompt as text";

} // namespace

void Meter::failWork() const
{
    throw Failure { ErrorCode::BadInput, line,
        "the template needs more than " + std::to_string(m_limits.work) + " steps", kHint };
}

void Meter::failBytes() const
{
    throw Failure { ErrorCode::OutOfMemory, line,
        "the template needs more than " + std::to_string(m_limits.bytes >> 20) + " MiB of values", kHint };
}

void Meter::failDepth() const
{
    throw Failure { ErrorCode::BadInput, line,
        "the template nests more than " + std::to_string(m_limits.depth) + " evaluations (does a macro call itself?)",
        kHint };
}

} // namespace winnow::jinja
