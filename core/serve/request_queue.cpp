#include "core/serve/request_queue.h"

#include "core/base/json_fields.h"

#include <algorithm>

namespace winnow {

std::vector<int64_t> RequestQueue::push(QueuedRequest request)
{
    std::vector<int64_t> replaced;
    const std::lock_guard lock(m_mutex);
    if (!request.tag.empty()) {
        std::erase_if(m_waiting, [&](const QueuedRequest &waiting) {
            if (waiting.tag != request.tag)
                return false;
            replaced.push_back(waiting.id);
            return true;
        });
    }
    m_waiting.push_back(std::move(request));
    m_changed.notify_one();
    return replaced;
}

std::optional<QueuedRequest> RequestQueue::pop(std::stop_source &stop)
{
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [this] { return m_closed || !m_waiting.empty(); });
    if (m_closed)
        return std::nullopt;
    QueuedRequest request = std::move(m_waiting.front());
    m_waiting.pop_front();
    m_running = request.id;
    m_stop = std::stop_source();
    stop = m_stop;
    return request;
}

std::optional<QueuedRequest> RequestQueue::takeSelect()
{
    const std::lock_guard lock(m_mutex);
    if (m_closed)
        return std::nullopt;
    const auto found = std::find_if(m_waiting.begin(), m_waiting.end(),
        // One without a capture runs a model, and waits its turn.
        [](const QueuedRequest &waiting) { return stringField(waiting.request, "command") == "select" && waiting.request.contains("captureId"); });
    if (found == m_waiting.end())
        return std::nullopt;
    QueuedRequest request = std::move(*found);
    m_waiting.erase(found);
    return request;
}

void RequestQueue::finished()
{
    const std::lock_guard lock(m_mutex);
    m_running.reset();
}

bool RequestQueue::cancel(int64_t id)
{
    const std::lock_guard lock(m_mutex);
    if (m_running == id)
        m_stop.request_stop();
    return std::erase_if(m_waiting, [id](const QueuedRequest &waiting) { return waiting.id == id; }) > 0;
}

void RequestQueue::close()
{
    const std::lock_guard lock(m_mutex);
    m_closed = true;
    m_waiting.clear();
    m_stop.request_stop();
    m_changed.notify_all();
}

bool RequestQueue::busy() const
{
    const std::lock_guard lock(m_mutex);
    return m_running.has_value() || !m_waiting.empty();
}

} // namespace winnow
