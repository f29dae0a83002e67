#pragma once

#include "core/base/document.h"
#include "core/base/run_context.h"

#include <atomic>
#include <cstdint>
#include <mutex>

namespace winnow {

/// Writes whole frames to a descriptor from several threads. After a failed write (nobody reads any more) it stays silent.
class FrameWriter {
public:
    explicit FrameWriter(int descriptor)
        : m_descriptor(descriptor)
    {
    }

    void write(const Document &document);
    void writeError(int64_t id, const Error &error);
    bool broken() const { return m_broken; }

private:
    int m_descriptor;
    std::mutex m_mutex;
    std::atomic<bool> m_broken{false};
};

/// Sends progress of one request as frames, at most 20 a second and always the last of a stage.
class FrameProgress : public ProgressSink {
public:
    FrameProgress(FrameWriter &writer, int64_t id)
        : m_writer(writer)
        , m_id(id)
    {
    }

    void report(const Progress &progress) override;

private:
    FrameWriter &m_writer;
    int64_t m_id;
    std::string m_stage;
    int64_t m_sentNanoseconds = 0;
};

} // namespace winnow
