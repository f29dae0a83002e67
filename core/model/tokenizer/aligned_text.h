#pragma once

#include "core/model/tokenizer/regex.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace winnow {

/// Bytes of the original text, [begin, end). Texts of 4 GiB and more are refused before one is made.
struct SourceRange {
    uint32_t begin = 0, end = 0;
};

/// A text on its way through normalisation that knows, byte by byte, which part of the original it stands for. As long
/// as nothing changed it is a view of the original, which must outlive it.
class AlignedText {
public:
    /// `text` begins at byte `begin` of the original.
    AlignedText(std::string_view text, size_t begin)
        : m_view(text)
        , m_base(static_cast<uint32_t>(begin))
        , m_regexTicks(regexBudget(text.size()))
    {
    }

    std::string_view text() const { return m_changed ? std::string_view(m_owned) : m_view; }
    size_t size() const { return text().size(); }
    /// What the bytes [begin, end) stand for; a place without width when begin = end.
    SourceRange source(size_t begin, size_t end) const;
    /// What regular expressions may still spend on this text.
    int64_t &regexTicks() { return m_regexTicks; }
    /// A piece as a text of its own.
    AlignedText part(size_t begin, size_t end) const;

private:
    friend class TextRewriter;

    std::string_view m_view;
    uint32_t m_base = 0;
    int64_t m_regexTicks = 0;
    bool m_changed = false;
    std::string m_owned; // the text, once it differs from m_view
    std::vector<SourceRange> m_sources; // of each byte of m_owned; begins and ends never fall
};

/// Makes the next text out of the one before, front to back: what is neither kept nor replaced is left out. Nothing is
/// copied as long as everything is kept.
class TextRewriter {
public:
    explicit TextRewriter(AlignedText from)
        : m_from(std::move(from))
        , m_to({}, m_from.m_base)
    {
    }

    std::string_view text() const { return m_from.text(); }
    int64_t &regexTicks() { return m_from.m_regexTicks; }
    void keep(size_t begin, size_t end);
    /// All of `by` stands for what [begin, end) stood for; begin = end inserts.
    void replace(size_t begin, size_t end, std::string_view by);
    AlignedText finish() &&;

private:
    void start();
    void copy(size_t begin, size_t end);

    AlignedText m_from, m_to;
    size_t m_prefix = 0; // kept so far while nothing has changed
    bool m_started = false;
};

} // namespace winnow
