// Marks, mouse and keyboard of the lines, and what they say in words.
#include "views/word_lines.h"

#include "views/format.h"
#include "views/type.h"

#include <QComboBox>
#include <QEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace winnow {

namespace {

constexpr double kBoxHeight = 22;

QString csvField(QString text)
{
    if (text.contains(QLatin1Char(',')) || text.contains(QLatin1Char('"')) || text.contains(QLatin1Char('\n')))
        text = QLatin1Char('"') + text.replace(QLatin1Char('"'), QLatin1String("\"\"")) + QLatin1Char('"');
    return text;
}

QString joined(const WordText &text, const CutLine &cut)
{
    QStringList words;
    for (const WordSpan &word : cut.words)
        words << text.word(word);
    return words.join(QLatin1Char(' '));
}

} // namespace

WordLines::Hit WordLines::hitAt(const QPointF &point) const
{
    const int position = words() ? positionAt(point.y() + scrollOffset()) : -1;
    if (position < 0)
        return {};
    const Grid grid = gridIn(bodyRect());
    const int line = m_order[static_cast<size_t>(position)];
    const WordText &text = words()->lines[static_cast<size_t>(line)];
    double top = groupTop(position) - scrollOffset() + grid.gap;
    for (const Chunk &chunk : chunksOf(text, grid)) {
        const double end = top + grid.row * rowCount() + ribbonHeight(line);
        if (point.y() >= top && point.y() < end) {
            const int row = std::min(rowCount() - 1, static_cast<int>((point.y() - top) / grid.row));
            Hit hit{line, -1, row == 0 ? kGoldRow : words()->runs[static_cast<size_t>(row) - 1].run};
            for (int c = chunk.first; c < chunk.last; ++c)
                if (point.x() >= cellX(text, chunk, c, grid) && point.x() < cellX(text, chunk, c + 1, grid))
                    hit.point = text.cells[static_cast<size_t>(c)].first;
            return hit;
        }
        top = end + grid.gap / 2;
    }
    return {line, -1, kGoldRow};
}

QVector<QRectF> WordLines::spanRects(const Grid &grid, double top, const WordText &text, int row, const WordSpan &span) const
{
    QVector<QRectF> rects;
    const int index = row == kGoldRow ? 0 : 1 + static_cast<int>(std::find_if(words()->runs.begin(), words()->runs.end(), [&](const WordRun &run) { return run.run == row; }) - words()->runs.begin());
    const auto &ribbon = words()->ribbon;
    for (const Chunk &chunk : chunksOf(text, grid)) {
        const double first = std::max<double>(chunk.first, text.cellPosition(span.first)), last = std::min<double>(chunk.last, text.cellPosition(span.end));
        if (first < last) {
            const double x = std::round(cellX(text, chunk, first, grid)), end = std::round(cellX(text, chunk, last, grid));
            rects << QRectF(x + 1, std::round(top + index * grid.row + (grid.row - scaled(kBoxHeight)) / 2), end - x - 1, scaled(kBoxHeight));
        }
        const bool ribboned = ribbon && ribbon->line >= 0 && &words()->lines[static_cast<size_t>(ribbon->line)] == &text;
        top += grid.row * rowCount() + (ribboned ? ribbonHeight(ribbon->line) : 0) + grid.gap / 2;
    }
    return rects;
}

QRectF WordLines::wordRect(int line, int row, const WordSpan &word) const
{
    const auto at = std::find(m_order.begin(), m_order.end(), line);
    if (at == m_order.end())
        return {};
    const Grid grid = gridIn(bodyRect());
    const double top = groupTop(static_cast<int>(at - m_order.begin())) - scrollOffset() + grid.gap;
    const QVector<QRectF> rects = spanRects(grid, top, words()->lines[static_cast<size_t>(line)], row, word);
    return rects.isEmpty() ? QRectF() : rects.front();
}

QVector<QRectF> WordLines::markRects(const QRectF &body, const Grid &grid) const
{
    const WordMark &mark = selection().word;
    const auto at = std::find(m_order.begin(), m_order.end(), mark.line);
    if (at == m_order.end() || !mark.hasWord())
        return {};
    const bool screen = body == bodyRect();
    const int position = static_cast<int>(at - m_order.begin()), first = std::max(0, positionAt(scrollOffset()));
    const double top = body.top() + grid.gap + groupTop(position) - (screen ? scrollOffset() : groupTop(first));
    const WordText &text = words()->lines[static_cast<size_t>(mark.line)];
    QVector<QRectF> rects;
    const auto addRow = [&](int row) {
        if (const CutLine *cut = cutOf(mark.line, row))
            if (const int word = cut->wordAt(mark.first); word >= 0)
                rects << spanRects(grid, top, text, row, cut->words[static_cast<size_t>(word)]);
    };
    addRow(kGoldRow);
    for (const WordRun &run : words()->runs)
        addRow(run.run);
    return rects;
}

void WordLines::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (!words() || !selection().word.hasWord())
        return;
    painter.setBrush(Qt::NoBrush);
    for (const QRectF &rect : markRects(body, gridIn(body))) {
        if (rect.bottom() < body.top() || rect.top() > body.bottom())
            continue;
        painter.setPen(QPen(theme.mark, 1.75));
        painter.drawRoundedRect(rect.adjusted(0, -0.5, 0, 0.5), 4, 4);
    }
}

WordMark WordLines::markAt(const Hit &hit) const
{
    const CutLine *cut = cutOf(hit.line, hit.row);
    if (!cut && hit.row == kGoldRow && words() && words()->current()) // no gold: the text row speaks of the shown run
        return markAt({hit.line, hit.point, words()->current()->run});
    const int word = cut && hit.point >= 0 ? cut->wordAt(hit.point) : -1;
    WordMark mark{hit.line, -1, -1, hit.row};
    if (word >= 0) {
        mark.first = cut->words[static_cast<size_t>(word)].first;
        mark.end = cut->words[static_cast<size_t>(word)].end;
    }
    return mark;
}

void WordLines::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton)
        return;
    const Hit hit = hitAt(event->position());
    if (hit.line < 0)
        return;
    Selection next = selection();
    next.word = markAt(hit);
    request(next, Gesture::Click);
}

void WordLines::mouseMoveEvent(QMouseEvent *event)
{
    const Hit hit = hitAt(event->position());
    const WordMark mark = hit.line < 0 ? WordMark() : markAt(hit);
    setCursor(mark.hasWord() ? Qt::PointingHandCursor : Qt::ArrowCursor);
    if (mark.hasWord() && mark != selection().word) {
        Selection next = selection();
        next.word = mark;
        request(next, Gesture::Hover);
    }
}

void WordLines::leaveEvent(QEvent *event)
{
    PictureView::leaveEvent(event);
    if (!selection().pinned && selection().word.isSet()) {
        Selection next = selection();
        next.word = {};
        request(next, Gesture::Hover);
    }
}

void WordLines::wheelEvent(QWheelEvent *event)
{
    if (!m_scroll->isVisibleTo(this))
        return event->ignore();
    const int pixels = event->pixelDelta().isNull() ? event->angleDelta().y() * m_scroll->singleStep() * 3 / 120 : event->pixelDelta().y();
    m_scroll->setValue(m_scroll->value() - pixels);
    event->accept();
}

/// The next or previous word of the marked row, over the ends of lines.
void WordLines::moveMark(int step)
{
    WordMark mark = selection().word;
    if (m_order.empty())
        return;
    if (!cutOf(mark.line, mark.run) || !mark.hasWord()) {
        const int row = words()->current() ? words()->current()->run : kGoldRow;
        const CutLine *cut = cutOf(m_order.front(), row);
        mark = {m_order.front(), cut && !cut->words.empty() ? cut->words.front().first : -1, cut && !cut->words.empty() ? cut->words.front().end : -1, row};
    } else {
        const CutLine *cut = cutOf(mark.line, mark.run);
        int word = cut->wordAt(mark.first) + step;
        auto at = std::find(m_order.begin(), m_order.end(), mark.line);
        if (word < 0 && at != m_order.begin()) {
            cut = cutOf(*--at, mark.run);
            word = static_cast<int>(cut->words.size()) - 1;
        } else if (word >= static_cast<int>(cut->words.size()) && at != m_order.end() && at + 1 != m_order.end()) {
            cut = cutOf(*++at, mark.run);
            word = 0;
        }
        if (word < 0 || word >= static_cast<int>(cut->words.size()) || at == m_order.end())
            return;
        mark = {*at, cut->words[static_cast<size_t>(word)].first, cut->words[static_cast<size_t>(word)].end, mark.run};
    }
    Selection next = selection();
    next.word = mark;
    request(next, Gesture::Click);
}

/// The word at the same place in the row above or below.
void WordLines::changeRow(int step)
{
    const WordMark mark = selection().word;
    if (!mark.hasWord())
        return moveMark(0);
    std::vector<int> rows;
    if (words()->hasGold())
        rows.push_back(kGoldRow);
    for (const WordRun &run : words()->runs)
        rows.push_back(run.run);
    auto row = std::find(rows.begin(), rows.end(), mark.run);
    if (row == rows.end())
        return;
    const auto next = std::clamp<std::ptrdiff_t>(row - rows.begin() + step, 0, static_cast<std::ptrdiff_t>(rows.size()) - 1);
    Selection wanted = selection();
    wanted.word = markAt({mark.line, mark.first, rows[static_cast<size_t>(next)]});
    request(wanted, Gesture::Click);
}

void WordLines::keyPressEvent(QKeyEvent *event)
{
    if (!words() || m_order.empty())
        return PictureView::keyPressEvent(event);
    switch (event->key()) {
    case Qt::Key_Left: return moveMark(-1);
    case Qt::Key_Right: return moveMark(1);
    case Qt::Key_Up: return changeRow(-1);
    case Qt::Key_Down: return changeRow(1);
    case Qt::Key_PageUp: return m_scroll->setValue(m_scroll->value() - m_scroll->pageStep());
    case Qt::Key_PageDown: return m_scroll->setValue(m_scroll->value() + m_scroll->pageStep());
    case Qt::Key_Home: return m_scroll->setValue(0);
    case Qt::Key_End: return m_scroll->setValue(m_scroll->maximum());
    case Qt::Key_Return:
    case Qt::Key_Enter: return moveMark(0);
    case Qt::Key_Escape: return requestClear();
    default: return PictureView::keyPressEvent(event);
    }
}

void WordLines::resizeEvent(QResizeEvent *event)
{
    PictureView::resizeEvent(event);
    measure();
}

void WordLines::changeEvent(QEvent *event)
{
    PictureView::changeEvent(event);
    if (event->type() == QEvent::FontChange)
        measure();
}

QString WordLines::note() const
{
    if (!words() || m_order.empty())
        return {};
    const auto all = static_cast<double>(words()->lines.size());
    return m_order.size() == words()->lines.size() ? tr("%1 lines").arg(format::integer(all)) : tr("%1 of %2 lines").arg(format::integer(static_cast<double>(m_order.size())), format::integer(all));
}

QVector<LegendEntry> WordLines::legend(const Theme &theme) const
{
    if (!words() || !words()->hasGold())
        return {};
    QColor line = theme.err;
    line.setAlphaF(0.55F);
    LegendEntry split, join, wrong;
    split.sample = LegendEntry::Sample::Bar;
    split.fills = {theme.err};
    split.text = tr("false split");
    join.sample = LegendEntry::Sample::DashedBar;
    join.fills = {theme.err};
    join.text = tr("false join");
    wrong.sample = LegendEntry::Sample::Box;
    wrong.fills = {theme.errSoft, line};
    wrong.text = tr("wrong word, hatched: crossing");
    return {split, join, wrong};
}

QString WordLines::emptyReason() const
{
    if (const QString reason = missingWordsReason(words()); !reason.isEmpty())
        return reason;
    return m_order.empty() ? tr("No line of this kind. Show all lines in the chooser above.") : QString();
}

QString WordLines::caption() const
{
    if (!words())
        return {};
    QStringList names;
    for (const WordRun &run : words()->runs)
        names << (run.run >= 0 ? runLetter(run.run) + QLatin1Char(' ') + run.title : run.title);
    const QString what = tr("Words of %1 in lines of %2").arg(names.join(QStringLiteral(", ")), words()->input);
    return words()->hasGold() ? tr("%1, gold on top. Red: words that are not in gold; solid bar: false split, dashed bar: false join.").arg(what) + licenceNote(words()) : what + QLatin1Char('.') + licenceNote(words());
}

QString WordLines::csv() const
{
    QString out = QStringLiteral("line,row,segmentation,f1\n");
    if (!words())
        return out;
    for (const int line : m_order) {
        const auto at = static_cast<size_t>(line);
        const WordText &text = words()->lines[at];
        if (words()->hasGold())
            out += QStringLiteral("%1,gold,%2,\n").arg(line + 1).arg(csvField(joined(text, words()->gold[at])));
        for (const WordRun &run : words()->runs)
            out += QStringLiteral("%1,%2,%3,%4\n").arg(line + 1).arg(csvField(run.title), csvField(joined(text, run.lines[at])), run.errors.empty() ? QString() : QString::number(run.errors[at].f1(), 'g', 6));
    }
    return out;
}

QString WordLines::describe() const
{
    const WordMark &mark = selection().word;
    const CutLine *cut = cutOf(mark.line, mark.run);
    if (!cut || !mark.hasWord())
        return tr("Nothing marked. Left and right move through the words, up and down through the rows.");
    const WordText &text = words()->lines[static_cast<size_t>(mark.line)];
    const WordRun *run = words()->find(mark.run);
    QString said = tr("%1, line %2, %3").arg(text.between(mark.first, mark.end)).arg(mark.line + 1).arg(mark.run == kGoldRow ? tr("gold") : run ? run->title : QString());
    if (run && !run->errors.empty()) {
        const int word = cut->wordAt(mark.first);
        const WordVerdict verdict = word < 0 ? WordVerdict::Right : run->errors[static_cast<size_t>(mark.line)].words[static_cast<size_t>(word)];
        said += verdict == WordVerdict::Right ? tr(", as in gold") : verdict == WordVerdict::Split ? tr(", a part of a gold word") : verdict == WordVerdict::Join ? tr(", joins gold words") : tr(", crosses gold words");
    }
    return said;
}

QJsonObject WordLines::saveState() const
{
    return {{QStringLiteral("filter"), static_cast<int>(m_filter)}, {QStringLiteral("sort"), static_cast<int>(m_sort)}};
}

void WordLines::restoreState(const QJsonObject &state)
{
    setFilter(static_cast<Filter>(std::clamp(state.value(QStringLiteral("filter")).toInt(0), 0, 2)));
    setSort(static_cast<Sort>(std::clamp(state.value(QStringLiteral("sort")).toInt(0), 0, 3)));
}

} // namespace winnow
