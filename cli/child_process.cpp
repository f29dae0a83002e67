#include "cli/child_process.h"

#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sstream>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

namespace winnow {
namespace {

    /// Our environment with some variables replaced.
    std::vector<std::string> environmentWith(const std::vector<std::pair<std::string, std::string>> &changes)
    {
        std::vector<std::string> result;
        for (char **entry = environ; *entry; ++entry) {
            const std::string text = *entry;
            bool replaced = false;
            for (const auto &[name, value] : changes)
                replaced = replaced || text.starts_with(name + '=');
            if (!replaced)
                result.push_back(text);
        }
        for (const auto &[name, value] : changes)
            result.push_back(name + '=' + value);
        return result;
    }

    std::vector<char *> pointers(std::vector<std::string> &words)
    {
        std::vector<char *> list;
        for (std::string &word : words)
            list.push_back(word.data());
        list.push_back(nullptr);
        return list;
    }

    /// Starts the program with `output` as its standard output and the signals as they were before this program blocked some.
    int spawn(pid_t &child, std::vector<std::string> words, std::vector<std::string> environment, int output)
    {
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
        posix_spawnattr_t attributes;
        posix_spawnattr_init(&attributes);
        sigset_t none;
        sigemptyset(&none);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
        const int status = posix_spawn(
            &child, words[0].c_str(), &actions, &attributes, pointers(words).data(), pointers(environment).data());
        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&actions);
        return status;
    }

    /// Everything the program prints until it closes its output; asks it to end when `stop` is requested.
    std::string readOutput(int descriptor, pid_t child, const std::stop_token &stop)
    {
        std::string text;
        char buffer[4096];
        bool asked = false;
        while (true) {
            if (stop.stop_requested() && !asked) {
                kill(child, SIGTERM);
                asked = true;
            }
            pollfd source{descriptor, POLLIN, 0};
            if (poll(&source, 1, 100) == 0)
                continue;
            const ssize_t got = read(descriptor, buffer, sizeof buffer);
            if (got > 0)
                text.append(buffer, size_t(got));
            else if (got == 0 || errno != EINTR)
                return text;
        }
    }

} // namespace

std::string siblingProgram(const std::string &name)
{
    char self[PATH_MAX];
    const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    const std::string path(self, length > 0 ? size_t(length) : 0);
    return path.substr(0, path.rfind('/') + 1) + name;
}

Result<std::vector<std::string>> runChild(const std::vector<std::string> &words,
    const std::vector<std::pair<std::string, std::string>> &environment, const std::stop_token &stop)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return fail(ErrorCode::Io, std::string("cannot make a pipe: ") + std::strerror(errno));
    pid_t child = 0;
    const int status = spawn(child, words, environmentWith(environment), ends[1]);
    close(ends[1]);
    if (status != 0) {
        close(ends[0]);
        return fail(ErrorCode::NotFound, "cannot start " + words[0] + ": " + std::strerror(status),
            "build it with ./run --build-only");
    }
    const std::string text = readOutput(ends[0], child, stop);
    close(ends[0]);
    int ended = 0;
    while (waitpid(child, &ended, 0) < 0 && errno == EINTR) { }
    if (stop.stop_requested())
        return fail(ErrorCode::Cancelled, "interrupted");
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);)
        lines.push_back(line);
    if (!WIFEXITED(ended) || WEXITSTATUS(ended) != 0)
        return fail(ErrorCode::Internal, words[0] + (WIFEXITED(ended)
                    ? " ended with status " + std::to_string(WEXITSTATUS(ended))
                    : " was ended by signal " + std::to_string(WTERMSIG(ended)))
                + (lines.empty() ? "" : ": " + lines.back()));
    return lines;
}

} // namespace winnow
