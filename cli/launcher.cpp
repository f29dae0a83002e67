// winnow-cli: becomes winnow-engine, the program beside it, with OMP_WAIT_POLICY set. libgomp reads the variable when it is
// loaded, long before main(); spinning threads cost 3 to 30 times the work on busy cores. A program of its own, because
// loading LibTorch twice would cost half a second.

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <unistd.h>

int main(int, char **argv)
{
    char self[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length <= 0) {
        std::fprintf(stderr, "winnow-cli: cannot find its own folder: %s\n", std::strerror(errno));
        return 1;
    }
    const std::string path(self, static_cast<size_t>(length));
    const std::string engine = path.substr(0, path.rfind('/')) + "/winnow-engine";
    setenv("OMP_WAIT_POLICY", "passive", 0);
    execv(engine.c_str(), argv);
    std::fprintf(stderr, "winnow-cli: cannot start %s: %s; build it with ./run --build-only\n", engine.c_str(),
        std::strerror(errno));
    return 1;
}
