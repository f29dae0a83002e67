#include "cli/cli.h"

#include <cstdio>
#include <cstdlib>

int main(int argc, char **argv)
{
    const int status = winnow::runCli(argc, argv);
    std::fflush(stdout);
    std::fflush(stderr);
    // Everything of ours is closed; the destructors of libraries take a quarter of a second.
    std::_Exit(status);
}
