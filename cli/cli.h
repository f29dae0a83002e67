#pragma once

namespace winnow {

/// Runs `winnow-cli` with the arguments of main; returns the exit status of docs and CLI contract: 0 done, 1 failed, 2 wrong
/// usage, 130 interrupted.
int runCli(int argc, char **argv);

} // namespace winnow
