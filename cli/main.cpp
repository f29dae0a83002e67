#include "cli/cli.h"

int main(int argc, char **argv) { return winnow::runCli(argc, argv); }
