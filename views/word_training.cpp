#include "views/word_training.h"

#include "views/charts/line_layer.h"
#include "views/format.h"
#include "views/type.h"
#include "views/widgets/budget_slider.h"

#include <QFontMetricsF>
#include <QPainter>

#include <algorithm>

namespace winnow {

namespace {

constexpr double kSlider = 28;

} // namespace

WordTrainingView::WordTrainingView(QWidget *parent)
    : PaintedTable(parent)
    , m_merges(new BudgetSlider(this))
{
    setAccessibleName(tr("Training of the shown method"));
    m_merges->setAccessibleName(tr("Merges in use"));
    m_merges->hide();
    connect(m_merges, &QSlider::valueChanged, this, [this](int value) {
        if (!m_filling)
            Q_EMIT mergesChanged(value);
        update();
    });
}

void WordTrainingView::setTheme(const Theme &theme)
{
    m_merges->setTheme(theme);
    PaintedTable::setTheme(theme);
}

const WordTraining *WordTrainingView::training() const
{
    const WordRun *run = data().words ? data().words->current() : nullptr;
    return run ? &run->training : nullptr;
}

int WordTrainingView::used() const { return training()->used < 0 ? static_cast<int>(training()->merges.size()) : training()->used; }

double WordTrainingView::topMargin() const { return training() && !training()->merges.empty() ? scaled(kSlider) : 0; }

double WordTrainingView::figureHeight(double width) const { return isEm() ? 0 : PaintedTable::figureHeight(width); }

bool WordTrainingView::dataChanged()
{
    std::vector<Row> rows;
    if (training() && !isEm()) {
        const int inUse = used();
        int rank = 0;
        for (const WordMerge &merge : training()->merges) {
            ++rank;
            const Cell::Tone tone = rank <= inUse ? Cell::Tone::Plain : Cell::Tone::Quiet;
            rows.push_back({{Cell{merge.left + QStringLiteral(" + ") + merge.right, 0, tone}, Cell{merge.left + merge.right, 0, tone}, {format::integer(merge.count), merge.count, tone}, {format::integer(rank), double(rank), Cell::Tone::Quiet}}, -1, rank});
        }
        m_filling = true;
        if (!m_merges->isSliderDown()) {
            m_merges->setRange(0, static_cast<int>(training()->merges.size()));
            m_merges->setValue(inUse);
        }
        m_filling = false;
    }
    m_merges->setVisible(topMargin() > 0);
    std::vector<Column> columns;
    if (!rows.empty())
        columns = {{tr("Merge"), {}, false, 90}, {tr("Symbol"), {}, false, 80}, {tr("Count"), {}, true, 60}, {tr("Rank"), {}, true, 46}};
    setTable(std::move(columns), std::move(rows));
    return true;
}

void WordTrainingView::rowChosen(int id)
{
    if (id > 0)
        Q_EMIT mergesChanged(id); // up to this merge
}

void WordTrainingView::paintSeries(QPainter &painter, const QRectF &body, const std::vector<double> &values, const QString &title, int part, bool axis, const Theme &theme) const
{
    PlotFrame frame;
    frame.plot = PlotFrame::plotIn(body, 20);
    frame.plot.setLeft(frame.plot.left() + scaled(14)); // numbers with thousands
    if (!axis)
        frame.plot.setBottom(body.bottom() - scaled(10));
    frame.x = ChartAxis::linear(training()->round, false);
    const bool nothing = std::all_of(values.begin(), values.end(), [](double value) { return value == 0; });
    frame.y = nothing ? ChartAxis::linear({0, 1}, true) : ChartAxis::linear(values, false);
    frame.yTitle = title;
    frame.xTitle = axis ? tr("round") : QString();
    frame.xTicks = {frame.x.hi + 1}; // none
    if (axis) { // whole rounds only
        const double first = std::ceil(frame.x.lo), last = std::floor(frame.x.hi), step = std::max(1.0, std::ceil((last - first) / 6));
        frame.xTicks.clear();
        for (double round = first; round <= last; round += step)
            frame.xTicks.push_back(round);
    }
    frame.paintAxes(painter, body, theme);
    charts::Line line;
    line.style.color = theme.parts[static_cast<size_t>(part)];
    for (size_t i = 0; i < std::min(values.size(), training()->round.size()); ++i)
        line.points << frame.at(training()->round[i], values[i]) - frame.plot.topLeft();
    charts::paintLines(painter, frame.plot, {line}, theme);
    RunStyle marker;
    marker.color = line.style.color;
    for (const QPointF &point : line.points)
        paintMarker(painter, point + frame.plot.topLeft(), marker, false, theme.surface, 5);
}

void WordTrainingView::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (!isEm())
        return PaintedTable::paintBody(painter, body, theme);
    const bool pruned = !training()->pruned.empty() && body.height() > scaled(260);
    const double rows = pruned ? 3 : 2, height = (body.height() - scaled(26)) / rows;
    paintSeries(painter, QRectF(body.left(), body.top(), body.width(), height), training()->pieces, tr("pieces"), 2, false, theme);
    if (pruned)
        paintSeries(painter, QRectF(body.left(), body.top() + height, body.width(), height), training()->pruned, tr("pruned pieces"), 0, false, theme);
    paintSeries(painter, QRectF(body.left(), body.top() + height * (rows - 1), body.width(), height + scaled(26)), training()->logLikelihood, tr("log-likelihood, nats"), 1, true, theme);
}

void WordTrainingView::paintAbove(QPainter &painter, const QRectF &area, const Theme &theme) const
{
    if (area.height() < 4)
        return;
    painter.setFont(typeFont(TypeRole::Label));
    painter.setPen(theme.t2);
    const QRectF row = area.adjusted(14, 0, -14, 0);
    painter.drawText(row, Qt::AlignLeft | Qt::AlignVCenter, tr("Merges"));
    painter.setPen(theme.t1);
    drawTabular(painter, row, Qt::AlignRight, tr("%1 of %2").arg(format::integer(std::min<double>(used(), static_cast<double>(training()->merges.size()))), format::integer(static_cast<double>(training()->merges.size()))));
}

void WordTrainingView::resizeEvent(QResizeEvent *event)
{
    PaintedTable::resizeEvent(event);
    const int left = 14 + static_cast<int>(QFontMetricsF(typeFont(TypeRole::Label)).horizontalAdvance(tr("Merges"))) + 10;
    m_merges->setGeometry(left, 3, std::max(60, width() - left - 14 - qRound(scaled(100))), 22);
}

QVector<LegendEntry> WordTrainingView::legend(const Theme &) const { return {}; }

QString WordTrainingView::note() const
{
    if (!training())
        return {};
    const QString name = data().words->current()->title;
    return isEm() ? tr("%1, %2 rounds of EM").arg(name).arg(training()->round.size()) : training()->merges.empty() ? QString() : name;
}

QString WordTrainingView::emptyReason() const
{
    if (const QString reason = missingWordsReason(data().words); !reason.isEmpty())
        return reason;
    return !training() || (training()->round.empty() && training()->merges.empty()) ? tr("Nothing to watch. The unigram language model shows its rounds of EM here, byte-pair encoding its merges.") : QString();
}

QString WordTrainingView::caption() const
{
    if (!training())
        return {};
    return isEm() ? tr("Training of %1: pieces and log-likelihood after each round of expectation and maximisation.").arg(data().words->current()->title) : tr("Merges of byte-pair encoding in the order they were learned, with the weighted count of each pair.");
}

QString WordTrainingView::csv() const
{
    if (!isEm())
        return tableCsv();
    QString out = QStringLiteral("round,pieces,log-likelihood,pruned\n");
    const auto at = [](const std::vector<double> &values, size_t i) { return i < values.size() ? QString::number(values[i], 'g', 12) : QString(); };
    for (size_t i = 0; i < training()->round.size(); ++i)
        out += QStringLiteral("%1,%2,%3,%4\n").arg(at(training()->round, i), at(training()->pieces, i), at(training()->logLikelihood, i), at(training()->pruned, i));
    return out;
}

QString WordTrainingView::describe() const
{
    if (isEm() && !training()->pieces.empty())
        return tr("%1 pieces at first, %2 in the end").arg(format::integer(training()->pieces.front()), format::integer(training()->pieces.back()));
    return training() && !training()->merges.empty() ? tr("%1 merges, %2 in use").arg(training()->merges.size()).arg(used()) : QString();
}

} // namespace winnow
