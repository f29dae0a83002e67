#pragma once

#include "core/serve/engine.h"

namespace winnow {

/// File descriptors of the protocol. `signals` (or -1): a descriptor that becomes readable when the process is asked to end.
struct ServeChannels {
    int input = 0;
    int output = 1;
    int signals = -1;
};

/// Speaks docs/protocol.md until the input ends: one thread reads, one works, one tells the status; `hello` and `cancel`
/// are answered while a request runs. When the input ends, or the reader of the output is gone, running work is cancelled.
///
/// @return Exit status: 0 when the input ended between two frames or a signal asked to end, 1 when it ended inside one or
///         held something that is no frame (said on standard error and, if possible, in an error frame).
int serve(Engine &engine, const ServeChannels &channels);

} // namespace winnow
