#include "views/token_layout.h"

#include "views/type.h"

#include <algorithm>

namespace winnow {

namespace {

constexpr QChar kReturn(0x21B5);

} // namespace

int skipLeadingSpace(const QString &shown, int begin, int end)
{
    int at = begin;
    while (at < end && shown[at].isSpace())
        ++at;
    return at == end ? begin : at;
}

TokenLayout::TokenLayout(std::shared_ptr<const TokenText> text, double width)
    : m_text(std::move(text))
    , m_width(std::max(width, 20.0))
{
    const bool wide = m_text->isWide();
    m_font = typeFont(wide ? TypeRole::WideToken : TypeRole::Token);
    m_lineHeight = scaled(wide ? 26 : 24);
    const QString &shown = m_text->shown;
    double top = 0;
    for (int begin = 0; begin < shown.size();) {
        const qsizetype at = shown.indexOf(kReturn, begin);
        const int end = at < 0 ? static_cast<int>(shown.size()) : static_cast<int>(at) + 1;
        auto layout = std::make_unique<QTextLayout>(shown.mid(begin, end - begin), m_font);
        QTextOption option;
        option.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
        layout->setTextOption(option);
        layout->setCacheEnabled(true);
        layout->beginLayout();
        for (QTextLine line = layout->createLine(); line.isValid(); line = layout->createLine()) {
            line.setLineWidth(m_width);
            line.setPosition({0, top});
            m_lines.push_back({begin + line.textStart(), begin + line.textStart() + line.textLength(), top, layout.get(), begin,
                line.lineNumber()});
            top += m_lineHeight;
        }
        layout->endLayout();
        m_layouts.push_back(std::move(layout));
        begin = end;
    }
    m_height = top;
}

std::pair<size_t, size_t> TokenLayout::linesBetween(double from, double to) const
{
    const auto index = [&](double y) {
        return static_cast<size_t>(std::clamp(y / m_lineHeight, 0.0, static_cast<double>(m_lines.size())));
    };
    return {index(from), std::min(m_lines.size(), index(to) + 1)};
}

double TokenLayout::xAt(const Line &line, int position) const
{
    return line.layout->lineAt(line.index).cursorToX(position - line.paragraphBegin);
}

QRectF TokenLayout::boxOn(const Line &line, int begin, int end) const
{
    begin = std::max(begin, line.begin);
    end = std::min(end, line.end);
    if (begin >= end)
        return {};
    const double a = xAt(line, begin);
    const double b = xAt(line, end);
    return QRectF(std::min(a, b), line.top, std::abs(b - a), m_lineHeight);
}

size_t TokenLayout::lineOf(int position) const
{
    const auto it = std::upper_bound(m_lines.begin(), m_lines.end(), position,
        [](int at, const Line &line) { return at < line.begin; });
    return it == m_lines.begin() ? 0 : static_cast<size_t>(it - m_lines.begin()) - 1;
}

std::vector<QRectF> TokenLayout::boxes(int token) const
{
    std::vector<QRectF> boxes;
    if (token < 0 || token >= static_cast<int>(m_text->spans.size()) || m_lines.empty())
        return boxes;
    const TokenSpan &span = m_text->spans[static_cast<size_t>(token)];
    const int begin = skipLeadingSpace(m_text->shown, span.begin, span.end);
    for (size_t i = lineOf(begin); i < m_lines.size() && m_lines[i].begin < span.end; ++i) {
        QRectF box = boxOn(m_lines[i], begin, span.end);
        if (box.isNull())
            continue;
        if (span.parts > 1)
            box = QRectF(box.left() + box.width() * span.part / span.parts, box.top(), box.width() / span.parts, box.height());
        boxes.push_back(box);
    }
    return boxes;
}

int TokenLayout::tokenAt(const QPointF &point) const
{
    if (point.y() < 0 || point.y() >= m_height || m_lines.empty())
        return -1;
    const Line &line = m_lines[std::min(static_cast<size_t>(point.y() / m_lineHeight), m_lines.size() - 1)];
    const QTextLine textLine = line.layout->lineAt(line.index);
    if (point.x() < 0 || point.x() > textLine.naturalTextWidth() + 2)
        return -1;
    const int at = line.paragraphBegin + textLine.xToCursor(point.x(), QTextLine::CursorOnCharacter);
    const int first = m_text->tokenAt(std::min(at, line.end - 1));
    if (first < 0)
        return -1;
    const TokenSpan &span = m_text->spans[static_cast<size_t>(first)];
    if (span.parts == 1)
        return first;
    const QRectF box = boxOn(line, span.begin, span.end);
    const double share = box.width() > 0 ? (point.x() - box.left()) / box.width() : 0;
    return first + std::clamp(static_cast<int>(share * span.parts), 0, span.parts - 1);
}

int TokenLayout::tokenBeside(int token, int lines) const
{
    const std::vector<QRectF> own = boxes(token);
    if (own.empty())
        return token;
    const QPointF from = lines < 0 ? own.front().center() : own.back().center();
    const double y = from.y() + lines * m_lineHeight;
    if (y < 0 || y >= m_height)
        return token;
    const Line &line = m_lines[static_cast<size_t>(y / m_lineHeight)];
    const double reach = line.layout->lineAt(line.index).naturalTextWidth();
    const int found = tokenAt({std::clamp(from.x(), 0.0, std::max(0.0, reach - 1)), y});
    return found < 0 ? token : found;
}

} // namespace winnow
