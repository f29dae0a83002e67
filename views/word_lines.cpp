#include "views/word_lines.h"

#include "views/format.h"
#include "views/ribbon_painter.h"
#include "views/type.h"

#include <QComboBox>
#include <QFontMetricsF>
#include <QPainter>
#include <QScrollBar>

#include <algorithm>
#include <cmath>

namespace winnow {

namespace {

constexpr double kPad = 14, kLabels = 150, kCompactLabels = 122, kNumbers = 62, kBox = 22, kSpace = 10, kRibbonRow = 12.5;

QComboBox *headerBox(const QString &name, const QStringList &items, QWidget *parent)
{
    auto *box = new QComboBox(parent);
    box->setProperty("size", "header");
    box->setAccessibleName(name);
    box->addItems(items);
    box->setSizeAdjustPolicy(QComboBox::AdjustToContents);
    box->hide();
    return box;
}

} // namespace

WordLines::WordLines(QWidget *parent)
    : PictureView(parent)
    , m_filterBox(headerBox(tr("Which lines"), {tr("All lines"), tr("With errors"), tr("Without errors")}, this))
    , m_sortBox(headerBox(tr("Order of the lines"), {tr("Sort: as in the text"), tr("Sort: most errors"), tr("Sort: lowest F1"), tr("Sort: longest")}, this))
    , m_scroll(new QScrollBar(Qt::Vertical, this))
{
    setAccessibleName(tr("Lines and their words"));
    m_sortBox->setProperty("optional", true);
    m_scroll->hide();
    connect(m_scroll, &QScrollBar::valueChanged, this, [this] { invalidateBase(); });
    connect(m_filterBox, &QComboBox::activated, this, [this](int index) { setFilter(static_cast<Filter>(index)); });
    connect(m_sortBox, &QComboBox::activated, this, [this](int index) { setSort(static_cast<Sort>(index)); });
}

QVector<QWidget *> WordLines::headerControls() { return {m_filterBox, m_sortBox}; }

void WordLines::setFilter(Filter filter)
{
    m_filter = filter;
    m_filterBox->setCurrentIndex(static_cast<int>(filter));
    arrange();
    m_scroll->setValue(0);
    invalidateBase();
    Q_EMIT headerChanged();
}

void WordLines::setSort(Sort sort)
{
    m_sort = sort;
    m_sortBox->setCurrentIndex(static_cast<int>(sort));
    arrange();
    m_scroll->setValue(0);
    invalidateBase();
}

void WordLines::setCompact(bool compact)
{
    m_compact = compact;
    measure();
    invalidateBase();
}

bool WordLines::dataChanged()
{
    const bool gold = words() && words()->hasGold();
    m_filterBox->setEnabled(gold);
    m_sortBox->setEnabled(gold);
    const std::vector<int> before = m_order;
    arrange();
    if (before != m_order && before.size() != m_order.size())
        m_scroll->setValue(0);
    return true;
}

bool WordLines::followSelection(const Selection &before)
{
    if (before.word.line == selection().word.line || !words())
        return false;
    measure(); // the ribbon stands below another line
    return true;
}

int WordLines::rowCount() const { return 1 + static_cast<int>(words()->runs.size()); }

void WordLines::arrange()
{
    m_order.clear();
    if (words()) {
        const WordRun *current = words()->current();
        const auto wrong = [&](int line) { return current && !current->errors.empty() ? current->errors[static_cast<size_t>(line)].wrong() : 0; };
        const auto f1 = [&](int line) { return current && !current->errors.empty() ? current->errors[static_cast<size_t>(line)].f1() : 1; };
        const bool filtered = words()->hasGold() && current;
        for (int line = 0; line < static_cast<int>(words()->lines.size()); ++line) {
            const bool shown = !filtered || m_filter == Filter::All || (wrong(line) > 0) == (m_filter == Filter::Wrong);
            if (shown && words()->lines[static_cast<size_t>(line)].size() > 0)
                m_order.push_back(line);
        }
        const auto length = [&](int line) { return words()->lines[static_cast<size_t>(line)].size(); };
        std::stable_sort(m_order.begin(), m_order.end(), [&](int a, int b) {
            switch (m_sort) {
            case Sort::Text: return false;
            case Sort::MostErrors: return wrong(a) > wrong(b);
            case Sort::LowestF1: return f1(a) < f1(b);
            case Sort::Longest: return length(a) > length(b);
            }
            return false;
        });
    }
    measure();
}

WordLines::Grid WordLines::gridIn(const QRectF &body) const
{
    Grid grid;
    grid.cell = scaled(26);
    grid.row = scaled(26);
    grid.gap = scaled(10);
    grid.cellsLeft = body.left() + scaled(m_compact ? kCompactLabels : kLabels);
    grid.right = body.right() - kPad - scaled(kNumbers);
    return grid;
}

double WordLines::cellX(const WordText &text, const Chunk &chunk, double cell, const Grid &grid) const
{
    double x = grid.cellsLeft;
    const int whole = static_cast<int>(cell);
    const auto width = [&](int c) { return c < static_cast<int>(text.cells.size()) && text.cells[static_cast<size_t>(c)].space ? scaled(kSpace) : grid.cell; };
    for (int c = chunk.first; c < std::min(whole, chunk.last); ++c)
        x += width(c);
    return whole < chunk.last ? x + (cell - whole) * width(whole) : x;
}

std::vector<WordLines::Chunk> WordLines::chunksOf(const WordText &text, const Grid &grid) const
{
    std::vector<Chunk> chunks;
    const double room = std::max(grid.cell, grid.right - grid.cellsLeft);
    Chunk chunk;
    double x = 0;
    for (int c = 0; c < static_cast<int>(text.cells.size()); ++c) {
        const double width = text.cells[static_cast<size_t>(c)].space ? scaled(kSpace) : grid.cell;
        if (x + width > room + 0.5 && c > chunk.first) {
            chunk.last = c;
            chunks.push_back(chunk);
            chunk.first = c;
            x = 0;
        }
        x += width;
    }
    chunk.last = static_cast<int>(text.cells.size());
    chunks.push_back(chunk);
    return chunks;
}

double WordLines::ribbonHeight(int line) const
{
    const auto &ribbon = words()->ribbon;
    if (!ribbon || ribbon->line != line)
        return 0;
    const auto filled = std::count_if(ribbon->rows.begin(), ribbon->rows.end(), [](const RibbonRow &row) { return !row.parts.empty(); });
    return scaled(kRibbonRow) * static_cast<double>(filled) + 4;
}

double WordLines::groupHeight(int line, const Grid &grid) const
{
    const auto chunks = static_cast<double>(chunksOf(words()->lines[static_cast<size_t>(line)], grid).size());
    return chunks * (grid.row * rowCount() + ribbonHeight(line)) + (chunks - 1) * grid.gap / 2 + 2 * grid.gap;
}

void WordLines::measure()
{
    m_heights.clear();
    if (words()) {
        const Grid grid = gridIn(bodyRect());
        double sum = 0;
        for (const int line : m_order)
            m_heights.push_back(sum += groupHeight(line, grid));
    }
    updateScroll();
}

void WordLines::updateScroll()
{
    const double overflow = contentHeight() - height();
    const int bar = std::min(10, m_scroll->sizeHint().width());
    m_scroll->setGeometry(width() - bar, 0, bar, height());
    m_scroll->setRange(0, std::max(0, static_cast<int>(std::ceil(overflow))));
    m_scroll->setPageStep(std::max(1, height()));
    m_scroll->setSingleStep(static_cast<int>(scaled(26)));
    m_scroll->setVisible(overflow > 0.5);
}

double WordLines::scrollOffset() const { return m_scroll->value(); }

int WordLines::positionAt(double y) const
{
    const auto it = std::upper_bound(m_heights.begin(), m_heights.end(), y);
    return it == m_heights.end() ? -1 : static_cast<int>(it - m_heights.begin());
}

void WordLines::showLine(int line)
{
    const auto it = std::find(m_order.begin(), m_order.end(), line);
    if (it != m_order.end())
        m_scroll->setValue(static_cast<int>(groupTop(static_cast<int>(it - m_order.begin()))));
}

const CutLine *WordLines::cutOf(int line, int row) const
{
    if (!words() || line < 0 || line >= static_cast<int>(words()->lines.size()))
        return nullptr;
    if (row == kGoldRow)
        return words()->hasGold() ? &words()->gold[static_cast<size_t>(line)] : nullptr;
    const WordRun *run = words()->find(row);
    return run ? &run->lines[static_cast<size_t>(line)] : nullptr;
}

void WordLines::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (!words() || m_order.empty())
        return;
    const bool screen = body == bodyRect();
    const Grid grid = gridIn(body);
    const int first = std::max(0, positionAt(scrollOffset()));
    double top = body.top() + (screen ? groupTop(first) - scrollOffset() : 0);
    for (size_t i = static_cast<size_t>(first); i < m_order.size() && top < body.bottom(); ++i) {
        const double height = groupHeight(m_order[i], grid);
        if (!screen && i > static_cast<size_t>(first) && top + height > body.bottom() + 1)
            break; // a figure shows whole lines
        if (i > 0 && (screen || i > static_cast<size_t>(first))) {
            painter.setPen(QPen(theme.hair, 1));
            painter.drawLine(QPointF(body.left(), std::round(top) - 0.5), QPointF(body.right(), std::round(top) - 0.5));
        }
        paintGroup(painter, grid, top + grid.gap, m_order[i], theme);
        top += height;
    }
}

void WordLines::paintGroup(QPainter &painter, const Grid &grid, double top, int line, const Theme &theme) const
{
    const WordText &text = words()->lines[static_cast<size_t>(line)];
    const CutLine *gold = cutOf(line, kGoldRow);
    const CutLine bare;
    bool named = true;
    for (const Chunk &chunk : chunksOf(text, grid)) {
        if (named)
            paintSide(painter, grid, top, line, nullptr, theme);
        paintRow(painter, grid, top, text, chunk, gold ? *gold : bare, nullptr, true, theme);
        top += grid.row;
        for (const WordRun &run : words()->runs) {
            if (named)
                paintSide(painter, grid, top, line, &run, theme);
            const CutErrors *errors = run.errors.empty() ? nullptr : &run.errors[static_cast<size_t>(line)];
            paintRow(painter, grid, top, text, chunk, run.lines[static_cast<size_t>(line)], errors, false, theme);
            top += grid.row;
        }
        if (ribbonHeight(line) > 0) {
            paintRibbon(painter, grid, top + 2, text, chunk, named, theme);
            top += ribbonHeight(line);
        }
        top += grid.gap / 2;
        named = false;
    }
}

void WordLines::paintSide(QPainter &painter, const Grid &grid, double top, int line, const WordRun *run, const Theme &theme) const
{
    const double left = grid.cellsLeft - scaled(m_compact ? kCompactLabels : kLabels) + kPad;
    QRectF label(left, top, grid.cellsLeft - left - 8, grid.row);
    const QRectF number(grid.right + 6, top, scaled(kNumbers) - 6, grid.row);
    QString right;
    if (!run) {
        painter.setFont(typeFont(TypeRole::ViewTitle));
        const QString name = words()->hasGold() ? tr("Gold") : tr("Text");
        painter.setPen(theme.t1);
        painter.drawText(label, Qt::AlignLeft | Qt::AlignVCenter, name);
        const double x = QFontMetricsF(painter.font()).horizontalAdvance(name) + 8;
        painter.setFont(typeFont(TypeRole::Label));
        painter.setPen(theme.t3);
        painter.drawText(label.adjusted(x, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter, tr("line %1").arg(line + 1));
        right = words()->hasGold() ? tr("%1 words").arg(words()->gold[static_cast<size_t>(line)].words.size()) : tr("%1 chars").arg(words()->lines[static_cast<size_t>(line)].size());
    } else {
        if (run->run >= 0)
            paintLetterChip(painter, QRectF(left, top + (grid.row - 16) / 2, 16, 16), run->run, theme);
        painter.setFont(typeFont(TypeRole::Label));
        painter.setPen(run->run >= 0 ? theme.t1 : theme.t2);
        label.adjust(23, 0, 0, 0);
        painter.drawText(label, Qt::AlignLeft | Qt::AlignVCenter, QFontMetricsF(painter.font()).elidedText(run->title, Qt::ElideMiddle, label.width()));
        right = run->errors.empty() ? tr("%1 words").arg(run->lines[static_cast<size_t>(line)].words.size()) : tr("F1 %1").arg(format::decimals(run->errors[static_cast<size_t>(line)].f1() * 100, 1));
    }
    painter.setFont(typeFont(TypeRole::Label));
    painter.setPen(run ? theme.t3 : theme.t2);
    drawTabular(painter, number, Qt::AlignRight, right);
}

void WordLines::paintRow(QPainter &painter, const Grid &grid, double top, const WordText &text, const Chunk &chunk, const CutLine &cut, const CutErrors *errors, bool gold, const Theme &theme) const
{
    const double boxTop = top + (grid.row - scaled(kBox)) / 2;
    for (size_t i = 0; i < cut.words.size(); ++i) {
        const double first = std::max<double>(chunk.first, text.cellPosition(cut.words[i].first)), last = std::min<double>(chunk.last, text.cellPosition(cut.words[i].end));
        if (first >= last)
            continue;
        const double x = cellX(text, chunk, first, grid), end = cellX(text, chunk, last, grid);
        const QRectF box(std::round(x) + 1.5, std::round(boxTop) + 0.5, std::round(end) - std::round(x) - 2, scaled(kBox) - 1);
        const WordVerdict verdict = errors ? errors->words[i] : WordVerdict::Right;
        QColor line = gold ? theme.border : theme.hair;
        painter.setBrush(gold ? QBrush(theme.sunken) : QBrush(Qt::NoBrush));
        if (verdict != WordVerdict::Right) {
            line = theme.err;
            line.setAlphaF(0.55F);
            painter.setBrush(theme.errSoft);
        }
        painter.setPen(QPen(line, 1));
        painter.drawRoundedRect(box, 3, 3);
        if (verdict == WordVerdict::Crossing) { // hatched: neither too short nor too long, but both
            QColor hatch = theme.err;
            hatch.setAlphaF(0.28F);
            painter.setPen(Qt::NoPen);
            painter.setBrush(QBrush(hatch, Qt::BDiagPattern));
            painter.drawRoundedRect(box, 3, 3);
        }
    }
    paintCells(painter, grid, top, text, chunk, theme);
    if (errors)
        paintBoundaries(painter, grid, boxTop, text, chunk, *errors, theme);
}

void WordLines::paintCells(QPainter &painter, const Grid &grid, double top, const WordText &text, const Chunk &chunk, const Theme &theme) const
{
    painter.setFont(typeFont(TypeRole::WideToken));
    painter.setPen(theme.t1);
    const QFontMetricsF metrics(painter.font());
    double x = grid.cellsLeft;
    for (int c = chunk.first; c < chunk.last; ++c) {
        const WordCell &cell = text.cells[static_cast<size_t>(c)];
        const double width = cell.space ? scaled(kSpace) : grid.cell;
        if (!cell.space) {
            const QString cluster = text.between(cell.first, cell.end);
            const double advance = metrics.horizontalAdvance(cluster);
            painter.drawText(QPointF(x + (width - advance) / 2, top + (grid.row + metrics.capHeight()) / 2), cluster);
        }
        x += width;
    }
}

void WordLines::paintBoundaries(QPainter &painter, const Grid &grid, double top, const WordText &text, const Chunk &chunk, const CutErrors &errors, const Theme &theme) const
{
    for (const auto &[point, verdict] : errors.boundaries) {
        if (verdict == BoundaryVerdict::Right)
            continue;
        const double cell = text.cellPosition(point);
        if (cell < chunk.first || cell > chunk.last)
            continue;
        const double x = std::round(cellX(text, chunk, cell, grid));
        if (verdict == BoundaryVerdict::FalseSplit) {
            painter.fillRect(QRectF(x - 1, top + 1, 3, scaled(kBox) - 2), theme.err);
            continue;
        }
        for (double y = top + 1; y < top + scaled(kBox) - 2; y += 5)
            painter.fillRect(QRectF(x - 1, y, 2, 3), theme.err);
    }
}

void WordLines::paintRibbon(QPainter &painter, const Grid &grid, double top, const WordText &text, const Chunk &chunk, bool named, const Theme &theme) const
{
    const double left = grid.cellsLeft - scaled(m_compact ? kCompactLabels : kLabels) + kPad, height = scaled(kRibbonRow);
    for (const RibbonRow &row : words()->ribbon->rows) {
        if (row.parts.empty())
            continue; // the ribbon's own view says why
        painter.setFont(typeFont(TypeRole::Axis));
        if (named) {
            painter.setPen(theme.t3);
            painter.drawText(QRectF(left, top, grid.cellsLeft - left - 8, height), Qt::AlignLeft | Qt::AlignVCenter | Qt::TextDontClip, QFontMetricsF(painter.font()).elidedText(row.name, Qt::ElideMiddle, grid.cellsLeft - left - 8));
            painter.setPen(theme.t2);
            drawTabular(painter, QRectF(grid.right + 6, top, scaled(kNumbers) - 6, height), Qt::AlignRight, format::integer(row.count()));
        }
        for (const RibbonPart &part : row.parts) {
            const double first = std::max<double>(chunk.first, text.cellPosition(part.first)), last = std::min<double>(chunk.last, text.cellPosition(part.end));
            if (first >= last)
                continue;
            const double x = cellX(text, chunk, first, grid), end = cellX(text, chunk, last, grid);
            painter.fillRect(QRectF(x + 0.5, top + (height - scaled(7.5)) / 2, std::max(1.0, end - x - 1), scaled(7.5)), ribbonColor(row.kind, part.kept || row.kind == RibbonRow::Kind::KeptCache ? part.share : 0, theme));
        }
        top += height;
    }
}

} // namespace winnow
