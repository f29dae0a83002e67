#include "cli/command.h"
#include "core/serve/serve.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace winnow {

Result<int> runServe(CommandContext &context)
{
    EngineOptions options;
    auto threads = context.arguments().integer("--threads", 1, 1024);
    if (!threads)
        return context.wrongUsage(threads.error());
    options.threads = static_cast<int>(threads->value_or(0));

    // Frames go out on a descriptor that no library knows; what libraries print lands on standard error.
    const int output = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (output < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
        return fail(ErrorCode::Io, std::string("cannot set up standard output: ") + std::strerror(errno));
    Engine engine(options);
    return serve(engine, {STDIN_FILENO, output, context.interrupt().descriptor()});
}

} // namespace winnow
