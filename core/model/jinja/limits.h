#pragma once

#include <cstddef>
#include <cstdint>

namespace winnow::jinja {

/// What one rendering may use. A template comes out of a model file, so it may be hostile: every limit ends in an error
/// that names it, none in a long wait or an exhausted machine.
struct Limits {
    /// Units of work: one for every evaluated node or produced item, and one for some bytes of text made (about 1 s).
    int64_t work = 8'000'000;
    /// Bytes of values that are alive at one time, the output among them.
    size_t bytes = size_t(256) << 20;
    /// Nested evaluations: expressions, blocks and macro calls.
    int depth = 1500;
};

/// Longest template source that is read, in bytes.
constexpr size_t kMaxSourceBytes = size_t(1) << 20;
/// Deepest nesting of an expression or of blocks in the source.
constexpr int kMaxSourceDepth = 200;
/// Deepest nesting of lists and dictionaries.
constexpr int kMaxValueDepth = 120;

/// Counts what one rendering uses. Throws Failure when a limit of `Limits` is passed.
class Meter {
public:
    explicit Meter(const Limits &limits)
        : m_limits(limits)
    {
    }
    Meter(const Meter &) = delete;
    Meter &operator=(const Meter &) = delete;

    void work(int64_t units)
    {
        m_work += units;
        if (m_work > m_limits.work)
            failWork();
    }
    /// Cost of making or copying bytes of text.
    void copied(size_t bytes) { work(static_cast<int64_t>(bytes / 128) + 1); }
    /// Cost of looking at every character of a text.
    void scanned(size_t bytes) { work(static_cast<int64_t>(bytes / 8) + 1); }
    /// Takes bytes that stay alive; refuses before anything is allocated.
    void claim(size_t bytes)
    {
        if (bytes > m_limits.bytes - m_alive)
            failBytes();
        m_alive += bytes;
    }
    void release(size_t bytes) { m_alive -= bytes; }
    void enter()
    {
        if (++m_depth > m_limits.depth) {
            --m_depth;
            failDepth();
        }
    }
    void leave() { --m_depth; }
    /// Line of the template that is being evaluated, from 1.
    int line = 1;

private:
    [[noreturn]] void failWork() const;
    [[noreturn]] void failBytes() const;
    [[noreturn]] void failDepth() const;

    Limits m_limits;
    int64_t m_work = 0;
    size_t m_alive = 0;
    int m_depth = 0;
};

/// Holds one level of nesting for the life of a block.
class DepthGuard {
public:
    explicit DepthGuard(Meter &meter)
        : m_meter(meter)
    {
        m_meter.enter();
    }
    ~DepthGuard() { m_meter.leave(); }
    DepthGuard(const DepthGuard &) = delete;
    DepthGuard &operator=(const DepthGuard &) = delete;

private:
    Meter &m_meter;
};

} // namespace winnow::jinja
