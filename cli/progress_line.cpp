#include "cli/progress_line.h"

#include "core/base/budget.h"
#include "core/base/json_fields.h"

#include <algorithm>
#include <cstdio>

namespace winnow {
namespace {

    constexpr int kBarWidth = 24;

    std::string timeText(double seconds)
    {
        char buffer[64];
        const auto whole = static_cast<long>(seconds + 0.5);
        if (whole >= 3600)
            std::snprintf(buffer, sizeof buffer, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
        else
            std::snprintf(buffer, sizeof buffer, "%ld:%02ld", whole / 60, whole % 60);
        return buffer;
    }

    std::string amount(double value, const std::string &unit)
    {
        if (unit == "bytes")
            return byteText(value);
        char buffer[64];
        std::snprintf(buffer, sizeof buffer, value >= 100 || value == static_cast<double>(int64_t(value)) ? "%.0f" : "%.1f",
            value);
        return buffer;
    }

} // namespace

ProgressLine::ProgressLine(ProgressStyle style)
    : m_style(style)
{
}

ProgressLine::~ProgressLine() { clear(); }

void ProgressLine::clear()
{
    if (m_visible)
        std::fputs("\r\033[K", stderr);
    m_visible = false;
}

void ProgressLine::report(const Progress &progress)
{
    if (m_style == ProgressStyle::None)
        return;
    const auto now = Clock::now();
    const bool newStage = progress.stage != m_stage;
    if (newStage) {
        m_stage = progress.stage;
        m_stageBegan = now;
        m_firstDone = progress.done;
    }
    const bool ended = progress.total > 0 && progress.done >= progress.total;
    if (!newStage && !ended && now - m_written < std::chrono::milliseconds(100))
        return;
    m_written = now;
    if (m_style == ProgressStyle::JsonLines) {
        const Json line{{"stage", progress.stage}, {"done", progress.done}, {"total", progress.total}, {"unit", progress.unit}};
        std::fprintf(stderr, "%s\n", jsonText(line).c_str());
        return;
    }
    std::fprintf(stderr, "\r\033[K%s", barText(progress).c_str());
    std::fflush(stderr);
    m_visible = true;
}

std::string ProgressLine::barText(const Progress &progress) const
{
    const double seconds = std::chrono::duration<double>(Clock::now() - m_stageBegan).count();
    const auto made = static_cast<double>(progress.done - m_firstDone);
    const double rate = seconds > 0.05 ? made / seconds : 0;
    std::string text = progress.stage + ' ';
    if (progress.total > 0) {
        const double share = std::clamp(static_cast<double>(progress.done) / static_cast<double>(progress.total), 0.0, 1.0);
        const auto filled = static_cast<size_t>(share * kBarWidth + 0.5);
        text += '[' + std::string(filled, '#') + std::string(kBarWidth - filled, '.') + "] ";
    }
    text += amount(static_cast<double>(progress.done), progress.unit);
    if (progress.total > 0)
        text += '/' + amount(static_cast<double>(progress.total), progress.unit);
    if (progress.unit != "bytes")
        text += ' ' + progress.unit;
    if (rate > 0) {
        text += ", " + amount(rate, progress.unit) + "/s";
        if (progress.total > progress.done)
            text += ", " + timeText(static_cast<double>(progress.total - progress.done) / rate) + " left";
    }
    return text;
}

} // namespace winnow
