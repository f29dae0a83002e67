#pragma once

#include <stop_token>
#include <thread>

namespace winnow {

/// Turns SIGINT and SIGTERM into a stop request: the first one asks, the second one ends the process (exit status 130).
/// Make it before any other thread is started: threads inherit the blocked signals.
class Interrupt {
public:
    Interrupt();
    ~Interrupt();
    Interrupt(const Interrupt &) = delete;
    Interrupt &operator=(const Interrupt &) = delete;

    std::stop_token token() const { return m_source.get_token(); }
    /// The same as a first signal, from inside the program.
    void stop() { m_source.request_stop(); }
    bool interrupted() const { return m_source.stop_requested(); }
    /// Readable once a signal came; for `serve`, which waits for input at the same time.
    int descriptor() const { return m_pipe[0]; }

private:
    void wait();

    std::stop_source m_source;
    int m_pipe[2] = {-1, -1};
    std::thread m_thread;
};

} // namespace winnow
