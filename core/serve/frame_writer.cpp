#include "core/serve/frame_writer.h"

#include <cerrno>
#include <chrono>
#include <unistd.h>

namespace winnow {

void FrameWriter::write(const Document &document)
{
    const std::vector<std::byte> bytes = encodeDocument(document);
    const std::lock_guard lock(m_mutex);
    size_t at = 0;
    while (at < bytes.size() && !m_broken) {
        const ssize_t written = ::write(m_descriptor, bytes.data() + at, bytes.size() - at);
        if (written > 0)
            at += size_t(written);
        else if (errno != EINTR)
            m_broken = true;
    }
}

void FrameWriter::writeError(int64_t id, const Error &error)
{
    Json body{{"kind", "error"}, {"code", errorCodeName(error.code)}, {"message", error.message}, {"hint", error.hint}};
    body["id"] = id < 0 ? Json() : Json(id);
    write(Document{std::move(body), {}});
}

void FrameProgress::report(const Progress &progress)
{
    const int64_t now = std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
    const bool ended = progress.total > 0 && progress.done >= progress.total;
    if (progress.stage == m_stage && !ended && now - m_sentNanoseconds < 50'000'000)
        return;
    m_stage = progress.stage;
    m_sentNanoseconds = now;
    m_writer.write(Document{{{"id", m_id}, {"kind", "progress"}, {"stage", progress.stage}, {"done", progress.done},
                                {"total", progress.total}, {"unit", progress.unit}},
        {}});
}

} // namespace winnow
