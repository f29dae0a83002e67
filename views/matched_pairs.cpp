#include "views/matched_pairs.h"

#include "views/format.h"
#include "views/layer_matrix.h"
#include "views/type.h"

#include <QAction>
#include <QActionGroup>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>
#include <limits>

namespace winnow {

namespace {

constexpr double kRow = 21.5, kHead = 26, kPad = 14, kNarrow = 300;

} // namespace

MatchedPairs::MatchedPairs(QWidget *parent)
    : PictureView(parent)
    , m_oneLayer(new QAction(tr("Heads of One Layer"), this))
    , m_allLayers(new QAction(tr("Heads of All Layers"), this))
    , m_worst(new QAction(tr("Worst on Top"), this))
    , m_scroll(new QScrollBar(Qt::Vertical, this))
{
    setAccessibleName(tr("Matched pairs of heads"));
    auto *scopes = new QActionGroup(this);
    for (QAction *action : {m_oneLayer, m_allLayers}) {
        action->setCheckable(true);
        scopes->addAction(action);
    }
    m_oneLayer->setChecked(true);
    m_worst->setCheckable(true);
    addActions({m_oneLayer, m_allLayers, m_worst});
    connect(m_oneLayer, &QAction::triggered, this, [this] { setScope(Scope::Layer); });
    connect(m_allLayers, &QAction::triggered, this, [this] { setScope(Scope::All); });
    connect(m_worst, &QAction::triggered, this, [this](bool on) { sortBy(on ? Column::Score : Column::Head, Qt::AscendingOrder); });
    m_scroll->hide();
    connect(m_scroll, &QScrollBar::valueChanged, this, [this] { invalidateBase(); });
}

double MatchedPairs::rowHeight() const { return scaled(kRow); }
double MatchedPairs::headHeight() const { return scaled(kHead); }

void MatchedPairs::setScope(Scope scope)
{
    m_scope = scope;
    (scope == Scope::All ? m_allLayers : m_oneLayer)->setChecked(true);
    arrange();
    invalidateBase();
    Q_EMIT headerChanged();
}

void MatchedPairs::sortBy(Column column, Qt::SortOrder order)
{
    m_sort = column;
    m_ascending = order == Qt::AscendingOrder;
    m_worst->setChecked(column == Column::Score && m_ascending);
    arrange();
    invalidateBase();
}

bool MatchedPairs::dataChanged()
{
    arrange();
    return true;
}

bool MatchedPairs::followSelection(const Selection &)
{
    const int layer = selection().pair.layer;
    const bool other = layer >= 0 && layer != m_layer;
    if (other)
        m_layer = layer;
    if (other && m_scope == Scope::Layer)
        arrange();
    reveal(markedRow());
    return other;
}

void MatchedPairs::arrange()
{
    m_order.clear();
    const PairDataPtr shown = pair();
    if (shown && shown->table) {
        const int heads = shown->large.heads();
        m_layer = std::clamp(m_layer, 0, std::max(0, shown->large.layers() - 1));
        const int first = m_scope == Scope::All ? 0 : m_layer * heads, count = m_scope == Scope::All ? shown->table->rows : heads;
        for (int i = 0; i < count; ++i)
            m_order.push_back(first + i);
        // Heads that were not compared come last either way.
        const auto before = [this](int a, int b) {
            const double left = keyOf(a, m_sort), right = keyOf(b, m_sort);
            if (std::isnan(left) || std::isnan(right))
                return std::isnan(right) && !std::isnan(left);
            return m_ascending ? left < right : left > right;
        };
        std::stable_sort(m_order.begin(), m_order.end(), before);
    }
    updateScroll();
}

void MatchedPairs::updateScroll()
{
    const int rows = static_cast<int>(m_order.size()), visible = visibleRows(bodyRect());
    const bool overflow = rows > visible;
    const int bar = std::min(10, m_scroll->sizeHint().width());
    m_scroll->setGeometry(width() - bar, qRound(headHeight()), bar, std::max(0, height() - qRound(headHeight())));
    m_scroll->setRange(0, std::max(0, rows - visible));
    m_scroll->setPageStep(std::max(1, visible));
    m_scroll->setVisible(overflow);
}

int MatchedPairs::visibleRows(const QRectF &body) const { return std::max(1, static_cast<int>((body.height() - headHeight() + 1) / rowHeight())); }

int MatchedPairs::firstRow(const QRectF &body) const { return std::clamp(m_scroll->value(), 0, std::max(0, static_cast<int>(m_order.size()) - visibleRows(body))); }

double MatchedPairs::figureHeight(double) const { return m_order.empty() ? 0 : figureHeadHeight() + headHeight() + rowHeight() * static_cast<double>(m_order.size()) + 8; }

const PairTable *MatchedPairs::sinkFree() const
{
    const PairDataPtr shown = pair();
    if (!shown || !shown->table || shown->table->metric == QLatin1String("cosine_nosink"))
        return nullptr;
    const auto found = std::find_if(shown->tables.rbegin(), shown->tables.rend(), [](const PairTablePtr &table) { return table->metric == QLatin1String("cosine_nosink"); });
    return found == shown->tables.rend() ? nullptr : found->get();
}

float MatchedPairs::withoutSink(int head) const
{
    const PairTable *table = sinkFree();
    return table ? table->value(head, pair()->table->match[static_cast<size_t>(head)]) : std::numeric_limits<float>::quiet_NaN();
}

double MatchedPairs::keyOf(int head, Column column) const
{
    const PairTable &table = *pair()->table;
    const auto at = static_cast<size_t>(head);
    switch (column) {
    case Column::Head: return head;
    case Column::Match: return table.match[at];
    case Column::Score: return static_cast<double>(table.score[at]);
    case Column::Margin: return static_cast<double>(table.margin[at]);
    case Column::NoSink: return static_cast<double>(withoutSink(head));
    }
    return head;
}

std::vector<MatchedPairs::Column> MatchedPairs::columnsAt(double width) const
{
    std::vector<Column> columns{Column::Head, Column::Match, Column::Score};
    if (sinkFree())
        columns.push_back(Column::NoSink);
    const double least = tabularWidth(typeFont(TypeRole::Label), QStringLiteral("0.000")) + 6;
    if (width >= least * static_cast<double>(columns.size() + 1))
        columns.push_back(Column::Margin);
    return columns;
}

std::vector<MatchedPairs::Place> MatchedPairs::placesIn(const QRectF &body) const
{
    const double pad = body.width() < scaled(kNarrow) ? 10 : kPad, width = std::min(body.width() - 2 * pad, scaled(460));
    const std::vector<Column> columns = columnsAt(width);
    double shares = 0;
    const auto share = [](Column column) { return column == Column::Head ? 0.75 : column == Column::Match ? 1.1 : 0.95; };
    for (const Column column : columns)
        shares += share(column);
    std::vector<Place> places;
    double left = body.left() + pad;
    for (const Column column : columns) {
        const double right = left + width * share(column) / shares;
        places.push_back({column, left, right});
        left = right;
    }
    places.front().left = body.left() + 4;
    return places;
}

QString MatchedPairs::cellText(int head, Column column) const
{
    const PairDataPtr shown = pair();
    const PairMark mark = matchOf(*shown, head);
    switch (column) {
    case Column::Head: return format::headAddress(mark.layer, mark.head);
    case Column::Match: return format::headAddress(mark.smallLayer, mark.smallHead);
    case Column::Score:
    case Column::Margin:
    case Column::NoSink: return similarityText(keyOf(head, column));
    }
    return {};
}

QString MatchedPairs::columnName(Column column) const
{
    switch (column) {
    case Column::Head: return tr("Head");
    case Column::Match: return tr("Matches");
    case Column::Margin: return tr("Margin");
    case Column::NoSink: return tr("No sink");
    case Column::Score: break;
    }
    QString metric = pair()->table->metric == QLatin1String("cosine_nosink") ? tr("cosine") : metricWord(pair()->table->metric).section(QLatin1Char(','), 0, 0);
    metric[0] = metric[0].toUpper();
    return metric;
}

void MatchedPairs::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (m_order.empty())
        return;
    const std::vector<Place> places = placesIn(body);
    const auto box = [](const Place &place, double top, double height) { return QRectF(place.left + 2, top, place.right - place.left - 2, height); };
    painter.setFont(typeFont(TypeRole::Label));
    for (const Place &place : places) {
        const bool sorted = m_sort == place.column && !(m_sort == Column::Head && m_ascending);
        painter.setPen(sorted ? theme.t1 : theme.t2);
        const QString name = sorted ? (m_ascending ? QStringLiteral("↑ ") : QStringLiteral("↓ ")) + columnName(place.column) : columnName(place.column);
        const QRectF cell = box(place, body.top(), headHeight());
        painter.drawText(cell, Qt::AlignRight | Qt::AlignVCenter, QFontMetricsF(painter.font()).elidedText(name, Qt::ElideRight, cell.width()));
    }
    painter.setPen(QPen(theme.hair, 1));
    painter.drawLine(QPointF(body.left(), body.top() + headHeight() - 0.5), QPointF(body.right(), body.top() + headHeight() - 0.5));
    const int first = firstRow(body);
    double top = body.top() + headHeight();
    for (size_t i = static_cast<size_t>(first); i < m_order.size() && top < body.bottom(); ++i, top += rowHeight()) {
        painter.setPen(theme.t1);
        for (const Place &place : places)
            drawTabular(painter, box(place, top, rowHeight()), Qt::AlignRight, cellText(m_order[i], place.column));
        painter.setPen(QPen(theme.grid, 1));
        painter.drawLine(QPointF(body.left(), std::round(top + rowHeight()) - 0.5), QPointF(body.right(), std::round(top + rowHeight()) - 0.5));
    }
}

void MatchedPairs::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const int row = markedRow(), first = firstRow(body);
    if (row < first)
        return;
    const double top = body.top() + headHeight() + (row - first) * rowHeight();
    if (top + rowHeight() > body.bottom() + rowHeight() / 2)
        return;
    QColor wash = theme.accent;
    wash.setAlphaF(theme.kind == ThemeKind::Light ? 0.13F : 0.22F);
    painter.fillRect(QRectF(body.left(), top, body.width(), rowHeight()), wash);
    painter.fillRect(QRectF(body.left(), top, 2, rowHeight()), theme.mark);
}

int MatchedPairs::markedRow() const
{
    const PairMark &mark = selection().pair;
    if (!pair() || !pair()->table || mark.layer < 0 || mark.head < 0)
        return -1;
    const auto at = std::find(m_order.begin(), m_order.end(), mark.layer * pair()->large.heads() + mark.head);
    return at == m_order.end() ? -1 : static_cast<int>(at - m_order.begin());
}

int MatchedPairs::rowAt(const QPointF &point) const
{
    if (point.y() < headHeight())
        return -1;
    const int row = firstRow(bodyRect()) + static_cast<int>((point.y() - headHeight()) / rowHeight());
    return row < static_cast<int>(m_order.size()) ? row : -1;
}

void MatchedPairs::mark(int row)
{
    if (row < 0 || row >= static_cast<int>(m_order.size()))
        return;
    Selection next = selection();
    next.pair = matchOf(*pair(), m_order[static_cast<size_t>(row)]);
    request(next, Gesture::Click);
}

void MatchedPairs::reveal(int row)
{
    const int visible = visibleRows(bodyRect());
    if (row < 0)
        return;
    if (row < m_scroll->value())
        m_scroll->setValue(row);
    else if (row >= m_scroll->value() + visible)
        m_scroll->setValue(row - visible + 1);
}

void MatchedPairs::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton || m_order.empty())
        return;
    if (event->position().y() >= headHeight())
        return mark(rowAt(event->position()));
    const std::vector<Place> places = placesIn(bodyRect());
    const auto place = std::find_if(places.begin(), places.end() - 1, [&](const Place &each) { return event->position().x() <= each.right + 4; });
    const Column wanted = place->column;
    const bool descending = wanted == m_sort && m_ascending;
    sortBy(wanted, descending ? Qt::DescendingOrder : Qt::AscendingOrder);
}

void MatchedPairs::mouseMoveEvent(QMouseEvent *event) { setCursor(event->position().y() < headHeight() ? Qt::PointingHandCursor : Qt::ArrowCursor); }

void MatchedPairs::wheelEvent(QWheelEvent *event)
{
    if (!m_scroll->isVisibleTo(this))
        return event->ignore();
    m_scroll->setValue(m_scroll->value() - event->angleDelta().y() / 40);
    event->accept();
}

void MatchedPairs::keyPressEvent(QKeyEvent *event)
{
    const int row = markedRow(), last = static_cast<int>(m_order.size()) - 1;
    switch (event->key()) {
    case Qt::Key_Up: return mark(std::max(0, row - 1));
    case Qt::Key_Down: return mark(std::min(last, row + 1));
    case Qt::Key_Home: return mark(0);
    case Qt::Key_End: return mark(last);
    case Qt::Key_Return:
    case Qt::Key_Enter: return mark(std::max(0, row));
    case Qt::Key_Escape: return requestClearPair();
    default: return PictureView::keyPressEvent(event);
    }
}

void MatchedPairs::resizeEvent(QResizeEvent *event)
{
    PictureView::resizeEvent(event);
    updateScroll();
}

QString MatchedPairs::note() const
{
    if (!emptyReason().isEmpty())
        return {};
    return m_scope == Scope::All ? tr("all %1 heads").arg(m_order.size()) : tr("layer %1").arg(m_layer);
}

QString MatchedPairs::caption() const
{
    if (!pair() || !pair()->table)
        return {};
    const QString text = tr("Head of %1 that is most like each head of %2 (layer·head), %3 over %4 tokens; margin: best less second best.")
                             .arg(pair()->small.name, pair()->large.name, metricWord(pair()->table->metric))
                             .arg(pair()->tokens);
    const PairTable *plain = sinkFree();
    return plain ? text + tr(" No sink: cosine of the same pair without %1.").arg(plain->skipSinks == 1 ? tr("the first token") : tr("the first %1 tokens").arg(plain->skipSinks)) : text;
}

QString MatchedPairs::emptyReason() const { return missingPairReason(pair()); }

QString MatchedPairs::csv() const
{
    const PairDataPtr shown = pair();
    QString out = QStringLiteral("large layer,large head,small layer,small head,%1,margin,control").arg(shown && shown->table ? shown->table->metric : QStringLiteral("score"));
    const PairTable *plain = sinkFree();
    out += plain ? QStringLiteral(",cosine_nosink\n") : QStringLiteral("\n");
    const auto number = [](float v) { return std::isfinite(v) ? QString::number(static_cast<double>(v), 'g', 9) : QString(); };
    for (const int head : m_order) {
        const auto at = static_cast<size_t>(head);
        const PairMark mark = matchOf(*shown, head);
        const PairTable &table = *shown->table;
        out += QStringLiteral("%1,%2,%3,%4,%5,%6,%7").arg(mark.layer).arg(mark.head).arg(mark.smallLayer).arg(mark.smallHead).arg(number(table.score[at]), number(table.margin[at]), table.control.empty() ? QString() : number(table.control[at]));
        out += plain ? QLatin1Char(',') + number(withoutSink(head)) + QLatin1Char('\n') : QStringLiteral("\n");
    }
    return out;
}

QString MatchedPairs::describe() const
{
    const int row = markedRow();
    if (row < 0)
        return tr("Nothing marked. Up and down move through the heads.");
    const int head = m_order[static_cast<size_t>(row)];
    const QString text = tr("%1 matches %2: %3 %4, margin %5")
                             .arg(cellText(head, Column::Head), cellText(head, Column::Match), metricWord(pair()->table->metric), cellText(head, Column::Score), cellText(head, Column::Margin));
    return sinkFree() ? text + tr(", cosine without first tokens %1").arg(cellText(head, Column::NoSink)) : text;
}

QJsonObject MatchedPairs::saveState() const
{
    return {{QStringLiteral("scope"), m_scope == Scope::All ? QStringLiteral("all") : QStringLiteral("layer")}, {QStringLiteral("layer"), m_layer}, {QStringLiteral("sort"), static_cast<int>(m_sort)}, {QStringLiteral("ascending"), m_ascending}};
}

void MatchedPairs::restoreState(const QJsonObject &state)
{
    m_layer = std::max(0, state.value(QStringLiteral("layer")).toInt(m_layer));
    const auto column = static_cast<Column>(std::clamp(state.value(QStringLiteral("sort")).toInt(static_cast<int>(m_sort)), 0, static_cast<int>(Column::NoSink)));
    sortBy(column, state.value(QStringLiteral("ascending")).toBool(m_ascending) ? Qt::AscendingOrder : Qt::DescendingOrder);
    setScope(state.value(QStringLiteral("scope")).toString() == QLatin1String("all") ? Scope::All : Scope::Layer);
}

} // namespace winnow
