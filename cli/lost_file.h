#pragma once

namespace winnow {

/// From now on a mapped file that became shorter while it is read ends the program with one line that names the file and
/// exit status 1, where it would die by SIGBUS without a word. For the whole process, any thread.
void explainLostFiles();

} // namespace winnow
