#include "cli/interrupt.h"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

namespace winnow {
namespace {

    sigset_t watchedSignals()
    {
        sigset_t set;
        sigemptyset(&set);
        sigaddset(&set, SIGINT);
        sigaddset(&set, SIGTERM);
        sigaddset(&set, SIGUSR1); // ends the waiting thread
        return set;
    }

} // namespace

Interrupt::Interrupt()
{
    if (pipe2(m_pipe, O_CLOEXEC) != 0)
        m_pipe[0] = m_pipe[1] = -1;
    std::signal(SIGPIPE, SIG_IGN);
    const sigset_t set = watchedSignals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    m_thread = std::thread([this] { wait(); });
}

Interrupt::~Interrupt()
{
    pthread_kill(m_thread.native_handle(), SIGUSR1);
    m_thread.join();
    for (const int end : m_pipe) {
        if (end >= 0)
            close(end);
    }
}

void Interrupt::wait()
{
    const sigset_t set = watchedSignals();
    while (true) {
        int signal = 0;
        if (sigwait(&set, &signal) != 0 || signal == SIGUSR1)
            return;
        if (m_source.stop_requested())
            std::_Exit(130);
        m_source.request_stop();
        const char byte = 1;
        if (m_pipe[1] >= 0 && write(m_pipe[1], &byte, 1) != 1)
            std::_Exit(130);
    }
}

} // namespace winnow
