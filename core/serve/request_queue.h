#pragma once

#include "core/base/json.h"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace winnow {

/// A request that waits for the engine thread.
struct QueuedRequest {
    int64_t id = 0;
    std::string tag;
    Json request;
};

/// Requests between the reading thread and the engine thread, with the rules of docs/protocol.md for tags and cancel.
class RequestQueue {
public:
    /// Appends; ids of queued requests with the same non-empty tag, which it replaces, are returned.
    std::vector<int64_t> push(QueuedRequest request);
    /// Blocks until there is one (and marks it as running) or the queue is closed (nullopt).
    std::optional<QueuedRequest> pop(std::stop_source &stop);
    /// A waiting `select`, which may be answered between two steps of the running request; nullopt when none waits.
    std::optional<QueuedRequest> takeSelect();
    /// The request that pop gave has ended.
    void finished();
    /// Stops the running one or takes a queued one away; true when it was queued (its end must be told).
    bool cancel(int64_t id);
    /// Stops the running one, drops the others, and lets pop return nullopt.
    void close();
    bool busy() const;

private:
    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    std::deque<QueuedRequest> m_waiting;
    std::optional<int64_t> m_running;
    std::stop_source m_stop;
    bool m_closed = false;
};

} // namespace winnow
