#pragma once

#include "core/base/error.h"

#include <QString>

namespace winnow {

/// What and what to do, as banners and forms show it: "the file is cut off; fetch it again". A message that is a sentence keeps its stop.
inline QString errorSentence(const Error &error)
{
    if (error.hint.empty())
        return QString::fromStdString(error.message);
    const bool stops = !error.message.empty() && std::string_view(".!?").find(error.message.back()) != std::string_view::npos;
    return QString::fromStdString(error.message + (stops ? " " : "; ") + error.hint);
}

} // namespace winnow
