#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

namespace winnow {

/// How far a job is. Units are what a person counts: layers, tokens, cells, bytes.
struct Progress {
    std::string stage; // "load", "prefill", "sweep", ...
    int64_t done = 0;
    int64_t total = 0; // 0 = unknown
    std::string unit;
};

/// Receives progress on the thread that works; must return fast and must not throw.
class ProgressSink {
public:
    virtual ~ProgressSink() = default;
    virtual void report(const Progress &progress) = 0;
};

/// Goes into everything that may take longer than 50 ms. Work polls `stop` at least every 50 ms (between layers,
/// tokens or blocks) and then returns ErrorCode::Cancelled.
struct RunContext {
    std::stop_token stop;
    ProgressSink *sink = nullptr;

    bool cancelled() const { return stop.stop_requested(); }
    void progress(const char *stage, int64_t done, int64_t total, const char *unit) const
    {
        if (sink)
            sink->report(Progress{stage, done, total, unit});
    }
};

} // namespace winnow
