// What the prompt canvas draws: cells, cues of cuts, lines, marks.
#include "views/prompt_canvas.h"

#include "views/type.h"

#include <QPainter>
#include <QScrollBar>

#include <algorithm>
#include <cmath>

namespace winnow {

namespace {

constexpr double kDeepest = 0.62; // share of the accent in the strongest tint: text stays readable

QColor blended(const QColor &from, const QColor &to, double t)
{
    const auto mix = [&](int a, int b) { return static_cast<int>(std::lround(a + (b - a) * t)); };
    return QColor(mix(from.red(), to.red()), mix(from.green(), to.green()), mix(from.blue(), to.blue()));
}

} // namespace

QColor PromptCanvas::textColor(int token, const Page &page, const Theme &theme) const
{
    if (page.compressed)
        return theme.t1;
    // A character that is split over tokens is lost with the first of them.
    const TokenSpan &span = m_of->text->spans[static_cast<size_t>(token)];
    Cut worst = cutOf(token);
    for (int part = token - span.part; part < token - span.part + span.parts && part < m_of->tokens(); ++part)
        if (const Cut cut = cutOf(part); cut == Cut::Earlier || (cut == Cut::Now && worst != Cut::Earlier))
            worst = cut;
    switch (worst) {
    case Cut::Earlier: return theme.evicted.text;
    case Cut::Now: return m_mode == Mode::Cuts || m_mode == Mode::SideBySide ? theme.t2 : theme.evicted.text;
    case Cut::Kept:
    case Cut::Next: break;
    }
    return theme.t1;
}

bool PromptCanvas::isBlank(int token) const
{
    const TokenSpan &span = m_of->text->spans[static_cast<size_t>(token)];
    return span.end > span.begin && QStringView(m_of->text->shown).mid(span.begin, span.end - span.begin).trimmed().isEmpty();
}

void PromptCanvas::paintCell(QPainter &painter, const QRectF &box, int token, const Theme &theme) const
{
    QColor fill;
    if (m_mode == Mode::Cuts || m_mode == Mode::SideBySide) {
        if (cutOf(token) == Cut::Now)
            fill = theme.merged.fill;
    } else if (const auto at = static_cast<size_t>(token); at < m_shade.size() && !m_of->cutBy(token, stage() - 1)) {
        fill = std::isnan(m_shade[at]) ? theme.masked : blended(theme.surface, theme.accent, kDeepest * static_cast<double>(m_shade[at]));
    }
    if (!fill.isValid() || box.isNull())
        return;
    painter.setPen(Qt::NoPen);
    painter.setBrush(fill);
    painter.drawRoundedRect(box, 2, 2);
}

void PromptCanvas::paintCues(QPainter &painter, const QRectF &box, double baseline, int token, const Theme &theme) const
{
    if (box.isNull())
        return;
    const Cut cut = cutOf(token);
    const QFontMetricsF metrics(painter.font());
    if (cut == Cut::Earlier || cut == Cut::Now) {
        const bool fresh = cut == Cut::Now && (m_mode == Mode::Cuts || m_mode == Mode::SideBySide);
        painter.setPen(QPen(fresh ? theme.merged.line : theme.evicted.text, 1.2));
        if (isBlank(token)) { // a stroke through a space would read as a minus
            const double left = box.left() + 0.5, right = std::max(left + 2, box.right() - 0.5), foot = baseline + 1.5;
            painter.drawPolyline(QPolygonF{QPointF(left, foot - 3), QPointF(left, foot), QPointF(right, foot), QPointF(right, foot - 3)});
            return;
        }
        const double y = baseline - metrics.xHeight() * 0.55;
        painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y));
    } else if (cut == Cut::Next) {
        QPen dots(theme.merged.line, 1.6);
        dots.setDashPattern({1, 1.1});
        dots.setCapStyle(Qt::FlatCap);
        painter.setPen(dots);
        const double y = baseline + metrics.descent() + 0.5;
        painter.drawLine(QPointF(box.left(), y), QPointF(box.right(), y));
    }
    if (m_words && isBroken(token)) {
        painter.setPen(QPen(theme.worse, 1));
        painter.drawLine(QPointF(box.left(), box.bottom()), QPointF(box.right(), box.bottom()));
    }
}

void PromptCanvas::paintLine(QPainter &painter, const QPointF &origin, const Page &page, const TokenLayout::Line &line, const Theme &theme) const
{
    const TokenLayout &layout = *page.layout;
    const TokenText &text = layout.text();
    const QFontMetricsF metrics(layout.font());
    const double baseline = origin.y() + line.top + (layout.lineHeight() + metrics.ascent() - metrics.descent()) / 2;
    const double inset = (layout.lineHeight() - scaled(19)) / 2;
    const int count = static_cast<int>(text.spans.size());
    const int start = std::max(0, text.tokenAt(line.begin));
    const auto at = [&](int span) -> const TokenSpan & { return text.spans[static_cast<size_t>(span)]; };
    const auto tokenOf = [&](int span) { return page.tokenOf.empty() ? span : page.tokenOf[static_cast<size_t>(span)]; };
    const auto boxOf = [&](int span) {
        const int begin = std::max(skipLeadingSpace(text.shown, at(span).begin, at(span).end), line.begin);
        QRectF box = layout.boxOn(line, begin, at(span).end);
        const bool trailing = std::min(at(span).end, line.end) == line.end && QStringView(text.shown).mid(begin, line.end - begin).trimmed().isEmpty();
        if (box.isNull() || trailing) // space at the end of a line, before a word that stands on the next one
            return QRectF();
        if (at(span).parts > 1) // tokens that split a cluster share its place
            box = QRectF(box.left() + box.width() * at(span).part / at(span).parts, box.top(), box.width() / at(span).parts, box.height());
        return box.translated(origin).adjusted(0, inset, 0, -inset);
    };
    for (int span = start; span < count && at(span).begin < line.end && !page.compressed; ++span)
        if (at(span).end > line.begin)
            paintCell(painter, boxOf(span), tokenOf(span), theme);
    for (int span = start; span < count && at(span).begin < line.end;) { // runs of one colour: letters keep their shapes
        int last = span;
        const QColor color = textColor(tokenOf(span), page, theme);
        while (last + 1 < count && at(last + 1).begin < line.end && (at(last + 1).begin < at(last).end || textColor(tokenOf(last + 1), page, theme) == color))
            ++last;
        int begin = std::max(at(span).begin, line.begin), end = std::min(at(last).end, line.end);
        span = last + 1;
        if (begin >= end)
            continue;
        begin = skipLeadingSpace(text.shown, begin, end);
        const double left = layout.boxOn(line, begin, end).left() + origin.x();
        // The return sign is drawn where a line break is cut; elsewhere the break speaks for itself.
        if (text.shown[end - 1] == QChar(0x21B5) && color == theme.t1)
            --end;
        painter.setPen(color);
        if (begin < end)
            painter.drawText(QPointF(left, baseline), text.shown.mid(begin, end - begin));
    }
    for (int span = start; span < count && at(span).begin < line.end && !page.compressed; ++span)
        if (at(span).end > line.begin)
            paintCues(painter, boxOf(span), baseline, tokenOf(span), theme);
}

void PromptCanvas::paintPage(QPainter &painter, const QPointF &origin, const Page &page, const Theme &theme) const
{
    painter.setFont(page.layout->font());
    const QRectF clip = painter.hasClipping() ? painter.clipBoundingRect() : QRectF(origin, QSizeF(page.layout->width(), page.layout->height()));
    const auto [first, last] = page.layout->linesBetween(clip.top() - origin.y(), clip.bottom() - origin.y());
    for (size_t i = first; i < last; ++i)
        paintLine(painter, origin, page, page.layout->lines()[i], theme);
}

void PromptCanvas::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const bool same = std::abs(body.width() - width()) < 0.5;
    const std::vector<Page> own = same ? std::vector<Page>() : pagesFor(body.width());
    const std::vector<Page> &pages = same ? m_pages : own;
    for (const Page &page : pages) {
        if (page.compressed) {
            const double x = body.left() + page.origin.x() - kGutter / 2;
            painter.fillRect(QRectF(std::floor(x), body.top(), 1, body.height()), theme.hair);
        }
        paintPage(painter, body.topLeft() + page.origin, page, theme);
    }
}

void PromptCanvas::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const int token = selection().token;
    if (!m_of || token < 0 || token >= m_of->tokens())
        return;
    const bool same = std::abs(body.width() - width()) < 0.5;
    const std::vector<Page> own = same ? std::vector<Page>() : pagesFor(body.width());
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme.mark, 1.5));
    const auto [first, last] = reach(token);
    for (const Page &page : same ? m_pages : own) {
        const double inset = (page.layout->lineHeight() - scaled(20)) / 2;
        std::vector<QRectF> joined; // boxes of a word on one line make one outline
        for (int t = first; t <= last; ++t) {
            const auto span = page.tokenOf.empty() ? t : static_cast<int>(std::lower_bound(page.tokenOf.begin(), page.tokenOf.end(), t) - page.tokenOf.begin());
            if (!page.tokenOf.empty() && (span >= static_cast<int>(page.tokenOf.size()) || page.tokenOf[static_cast<size_t>(span)] != t))
                continue;
            for (const QRectF &box : page.layout->boxes(span)) {
                if (!joined.empty() && std::abs(joined.back().top() - box.top()) < 1)
                    joined.back() |= box;
                else
                    joined.push_back(box);
            }
        }
        for (const QRectF &box : joined)
            painter.drawRoundedRect(box.translated(body.topLeft() + page.origin).adjusted(-1, inset, 1, -inset), 3, 3);
    }
}

} // namespace winnow
