#include "cli/lost_file.h"

#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

// Everything below runs in a signal handler: no allocation, no locks, only calls that POSIX allows there.
namespace winnow {
namespace {

    /// Lines of /proc/self/maps through a small buffer; a longer line loses its end.
    class MapLines {
    public:
        MapLines()
            : m_file(::open("/proc/self/maps", O_RDONLY | O_CLOEXEC))
        {
        }
        MapLines(const MapLines &) = delete;
        MapLines &operator=(const MapLines &) = delete;
        ~MapLines()
        {
            if (m_file >= 0)
                ::close(m_file);
        }

        bool next(std::string_view &line)
        {
            size_t length = 0;
            char byte = 0;
            bool any = false;
            while (read(byte)) {
                any = true;
                if (byte == '\n')
                    break;
                if (length < sizeof m_line)
                    m_line[length++] = byte;
            }
            line = {m_line, length};
            return any;
        }

    private:
        bool read(char &byte)
        {
            if (m_at == m_filled) {
                const ssize_t got = m_file < 0 ? 0 : ::read(m_file, m_buffer, sizeof m_buffer);
                if (got <= 0)
                    return false;
                m_at = 0;
                m_filled = static_cast<size_t>(got);
            }
            byte = m_buffer[m_at++];
            return true;
        }

        int m_file;
        size_t m_at = 0, m_filled = 0;
        char m_buffer[4096], m_line[4608]; // a path of PATH_MAX and what stands before it
    };

    /// Takes a hexadecimal number off the front.
    uintptr_t takeHex(std::string_view &text)
    {
        uintptr_t value = 0;
        for (; !text.empty(); text.remove_prefix(1)) {
            const char c = text.front();
            const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
            if (digit < 0)
                break;
            value = value * 16 + static_cast<uintptr_t>(digit);
        }
        return value;
    }

    void say(std::string_view text)
    {
        while (!text.empty()) {
            const ssize_t done = ::write(STDERR_FILENO, text.data(), text.size());
            if (done <= 0)
                return;
            text.remove_prefix(static_cast<size_t>(done));
        }
    }

    /// Set by the first thread that meets the end of a file; all threads of a product meet it at once.
    std::atomic_flag explaining = ATOMIC_FLAG_INIT;

    void explain(int number, siginfo_t *info, void *)
    {
        while (info->si_code == BUS_ADRERR && explaining.test_and_set())
            ::pause(); // until the first thread has ended the program
        const auto wanted = reinterpret_cast<uintptr_t>(info->si_addr);
        std::string_view line;
        for (MapLines lines; info->si_code == BUS_ADRERR && lines.next(line);) {
            // begin-end rwxp offset device inode path
            const uintptr_t begin = takeHex(line);
            line.remove_prefix(line.empty() ? 0 : 1);
            const uintptr_t end = takeHex(line);
            const size_t path = line.find('/');
            if (wanted < begin || wanted >= end || path == std::string_view::npos)
                continue;
            say("winnow-cli: ");
            say(line.substr(path));
            say(" became shorter while it was open; copy or fetch it again, then repeat the command\n");
            ::_exit(1);
        }
        ::signal(number, SIG_DFL); // something else
        ::raise(number);
    }

} // namespace

void explainLostFiles()
{
    struct sigaction action{};
    action.sa_sigaction = explain;
    action.sa_flags = SA_SIGINFO;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGBUS, &action, nullptr);
}

} // namespace winnow
