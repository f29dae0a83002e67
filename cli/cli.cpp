#include "cli/cli.h"

#include "core/serve/engine.h"

namespace winnow {

int runCli(int, char **) { return 2; }

} // namespace winnow
