#pragma once

#include "core/base/run_context.h"

#include <chrono>
#include <string>

namespace winnow {

enum class ProgressStyle { None, Bar, JsonLines };

/// Progress on standard error: a bar that rewrites its line, or a JSON object a line.
class ProgressLine : public ProgressSink {
public:
    explicit ProgressLine(ProgressStyle style);
    ~ProgressLine() override;

    void report(const Progress &progress) override;
    /// Takes the bar away, so that other text can be written.
    void clear();

private:
    using Clock = std::chrono::steady_clock;

    std::string barText(const Progress &progress) const;

    ProgressStyle m_style;
    std::string m_stage;
    Clock::time_point m_stageBegan, m_written;
    int64_t m_firstDone = 0;
    bool m_visible = false;
};

} // namespace winnow
