#include "views/word_lattice.h"

#include "views/format.h"
#include "views/type.h"

#include <QFontMetricsF>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <QPainterPathStroker>
#include <QScrollBar>
#include <QSpinBox>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace winnow {

namespace {

constexpr double kStep = 36, kPad = 22, kPathRow = 22, kListHead = 22, kMostArc = 96;

/// Where a path is not the best one: "… 提 / 供 …".
QString difference(const QStringList &path, const QStringList &best)
{
    qsizetype front = 0, back = 0;
    while (front < std::min(path.size(), best.size()) && path[front] == best[front])
        ++front;
    while (back < std::min(path.size(), best.size()) - front && path[path.size() - 1 - back] == best[best.size() - 1 - back])
        ++back;
    const QString middle = path.mid(front, path.size() - front - back).join(QStringLiteral(" / "));
    return (front > 0 ? QStringLiteral("… ") : QString()) + middle + (back > 0 ? QStringLiteral(" …") : QString());
}

} // namespace

WordLatticeView::WordLatticeView(QWidget *parent)
    : PictureView(parent)
    , m_count(new QSpinBox(this))
    , m_scroll(new QScrollBar(Qt::Horizontal, this))
{
    setAccessibleName(tr("Lattice of the marked line"));
    m_count->setRange(0, 999999999);
    m_count->setAccessibleName(tr("Count of the word"));
    m_count->setToolTip(tr("Count of the word: the path is found again at once; 0 removes it"));
    m_count->setKeyboardTracking(false);
    m_count->setStyleSheet(QStringLiteral("QSpinBox { min-height: 18px; max-height: 20px; padding: 0 2px; }"));
    m_count->hide();
    m_scroll->hide();
    connect(m_scroll, &QScrollBar::valueChanged, this, [this] { invalidateBase(); });
    connect(m_count, &QSpinBox::valueChanged, this, [this](int value) {
        if (!m_placing && lattice() && m_edge >= 0)
            Q_EMIT countChanged(wordOf(lattice()->edges[static_cast<size_t>(m_edge)]), value);
    });
}

WordSpan WordLatticeView::spanOf(const LatticeEdge &edge) const
{
    const auto &points = lattice()->points;
    const int first = points[static_cast<size_t>(edge.start)];
    // The end is that of the last character: white space behind it belongs to no word.
    const int last = points[static_cast<size_t>(edge.end) - 1];
    return {first, last + static_cast<int>(lattice()->characters[edge.end - 1].toUcs4().size())};
}

QString WordLatticeView::wordOf(const LatticeEdge &edge) const { return lattice()->characters.mid(edge.start, edge.end - edge.start).join(QString()); }

bool WordLatticeView::dataChanged()
{
    if (!lattice() || m_edge >= static_cast<int>(lattice()->edges.size()))
        m_edge = -1;
    findEdge();
    updateScroll();
    const QStringList characters = lattice() ? lattice()->characters : QStringList();
    if (characters != m_revealed) // another line: its marked word comes into sight, else the user's place stays
        revealMark();
    m_revealed = characters;
    return true;
}

bool WordLatticeView::followSelection(const Selection &before)
{
    const int was = m_edge;
    findEdge();
    if (before.word != selection().word)
        revealMark();
    placeCount();
    return was != m_edge;
}

void WordLatticeView::findEdge()
{
    m_edge = -1;
    const WordMark &mark = selection().word;
    if (lattice() && mark.hasWord() && mark.line == lattice()->line)
        for (size_t i = 0; i < lattice()->edges.size(); ++i)
            if (spanOf(lattice()->edges[i]) == WordSpan{mark.first, mark.end} && (m_edge < 0 || lattice()->edges[i].kind == QLatin1String("dict")))
                m_edge = static_cast<int>(i);
}

void WordLatticeView::revealMark()
{
    const WordMark &mark = selection().word;
    if (lattice() && mark.hasWord() && mark.line == lattice()->line && m_scroll->isVisibleTo(this)) { // the marked word in the middle
        const auto at = std::lower_bound(lattice()->points.begin(), lattice()->points.end(), mark.first) - lattice()->points.begin();
        const double x = scaled(kStep) * static_cast<double>(at);
        if (x < m_scroll->value() + 40 || x > m_scroll->value() + width() - 80)
            m_scroll->setValue(static_cast<int>(x - width() / 2.0));
    }
}

WordLatticeView::Plan WordLatticeView::planFor(const QRectF &body) const
{
    Plan plan;
    const auto size = static_cast<double>(lattice()->characters.size());
    const double room = body.width() - 2 * scaled(kPad);
    const bool screen = body == bodyRect();
    plan.step = screen ? std::clamp(room / std::max(1.0, size), scaled(kStep), scaled(56)) : std::min(scaled(56), room / std::max(1.0, size));
    plan.left = body.left() + scaled(kPad) - (screen ? m_scroll->value() : 0);
    const double facts = m_edge >= 0 ? scaled(kFacts) * factRows(body.width()) : 0;
    const double fixed = scaled(kChars) + scaled(kListHead) + facts;
    const double paths = scaled(kPathRow) * static_cast<double>(std::min<size_t>(5, lattice()->paths.size()));
    const double height = std::clamp(body.height() - fixed - paths - 18, scaled(40), scaled(kMostArc));
    plan.arcs = QRectF(body.left(), body.top() + 18, body.width(), height);
    plan.base = plan.arcs.bottom();
    plan.listTop = plan.base + scaled(kChars) + facts;
    return plan;
}

double WordLatticeView::arcHeight(const Plan &plan, const LatticeEdge &edge) const
{
    // Longer words stand above the shorter ones they hold; among equals the more probable one is higher.
    double low = 0, high = -1e9;
    int longest = 1;
    for (const LatticeEdge &each : lattice()->edges) {
        low = std::min(low, each.log2);
        high = std::max(high, each.log2);
        longest = std::max(longest, std::min(6, each.end - each.start));
    }
    const double probable = high > low && !std::isnan(edge.log2) ? (edge.log2 - low) / (high - low) : 0.5;
    const double length = std::min(6, edge.end - edge.start);
    const double share = longest == 1 ? 0.6 : 0.28 + 0.62 * (length - 1) / (longest - 1);
    return plan.arcs.height() * std::min(1.0, share * (0.72 + 0.38 * probable));
}

QPainterPath WordLatticeView::arcPath(const Plan &plan, const LatticeEdge &edge) const
{
    const double x0 = plan.left + plan.step * edge.start + 2, x1 = plan.left + plan.step * edge.end - 2, h = arcHeight(plan, edge);
    const double middle = (x0 + x1) / 2;
    QPainterPath path(QPointF(x0, plan.base));
    // Half an ellipse of two cubic curves.
    constexpr double kEllipse = 0.5523;
    const double rx = (x1 - x0) / 2;
    path.cubicTo(QPointF(x0, plan.base - h * kEllipse), QPointF(middle - rx * kEllipse, plan.base - h), QPointF(middle, plan.base - h));
    path.cubicTo(QPointF(middle + rx * kEllipse, plan.base - h), QPointF(x1, plan.base - h * kEllipse), QPointF(x1, plan.base));
    return path;
}

QColor WordLatticeView::edgeColor(const LatticeEdge &edge, const Theme &theme) const
{
    if (edge.kind == QLatin1String("number"))
        return theme.parts[1];
    if (edge.kind == QLatin1String("latin"))
        return theme.ok;
    if (edge.kind == QLatin1String("dict"))
        return theme.parts[0];
    return theme.border; // single characters
}

void WordLatticeView::paintArcs(QPainter &painter, const Plan &plan, const Theme &theme) const
{
    painter.save();
    painter.setClipRect(QRectF(plan.arcs.left(), plan.arcs.top() - 18, plan.arcs.width(), plan.arcs.height() + 40));
    painter.setBrush(Qt::NoBrush);
    QFont font = typeFont(TypeRole::Axis);
    const QColor best = lattice()->run >= 0 ? theme.run(lattice()->run).color : theme.accent;
    std::vector<QRectF> taken;
    const auto label = [&](const LatticeEdge &edge, const QColor &color, bool bold) {
        QFont shown = font;
        shown.setBold(bold);
        const QString text = format::decimals(edge.log2, 1);
        const QFontMetricsF metrics(shown);
        const double x = plan.left + plan.step * (edge.start + edge.end) / 2;
        const QRectF box(x - metrics.horizontalAdvance(text) / 2 - 1, plan.base - arcHeight(plan, edge) - metrics.height() - 1, metrics.horizontalAdvance(text) + 2, metrics.height());
        if (std::any_of(taken.begin(), taken.end(), [&](const QRectF &other) { return other.intersects(box); }))
            return;
        taken.push_back(box);
        painter.setFont(shown);
        painter.setPen(color);
        drawTabular(painter, box, Qt::AlignHCenter, text);
    };
    for (const bool bold : {false, true})
        for (const LatticeEdge &edge : lattice()->edges) {
            if (edge.best != bold)
                continue;
            painter.setPen(QPen(bold ? best : edgeColor(edge, theme), bold ? 2.25 : 1.1));
            painter.drawPath(arcPath(plan, edge));
        }
    for (const LatticeEdge &edge : lattice()->edges)
        if (edge.best && edge.end - edge.start > 1)
            label(edge, best, true);
    for (const LatticeEdge &edge : lattice()->edges)
        if (edge.best && edge.end - edge.start == 1)
            label(edge, best, true);
    for (const LatticeEdge &edge : lattice()->edges)
        if (!edge.best && edge.end - edge.start > 1)
            label(edge, theme.t3, false);
    painter.restore();
}

void WordLatticeView::paintNodes(QPainter &painter, const Plan &plan, const Theme &theme) const
{
    const auto size = static_cast<int>(lattice()->characters.size());
    painter.setPen(QPen(theme.t2, 1.25));
    painter.setBrush(theme.surface);
    for (int i = 0; i <= size; ++i)
        painter.drawEllipse(QPointF(plan.left + plan.step * i, plan.base), 3, 3);
    painter.setFont(typeFont(TypeRole::WideToken));
    const QFontMetricsF metrics(painter.font());
    painter.setPen(theme.t1);
    for (int i = 0; i < size; ++i) {
        const QString character = clusterAt(lattice()->characters, i);
        painter.drawText(QPointF(plan.left + plan.step * (i + 0.5) - metrics.horizontalAdvance(character) / 2, plan.base + scaled(22)), character);
    }
}

void WordLatticeView::paintPaths(QPainter &painter, const Plan &plan, const QRectF &body, const Theme &theme) const
{
    const double left = body.left() + 14, right = body.right() - 14;
    double top = plan.listTop;
    painter.setFont(typeFont(TypeRole::Axis));
    painter.setPen(theme.t2);
    painter.drawText(QRectF(left, top, right - left, scaled(kListHead)), Qt::AlignLeft | Qt::AlignVCenter, tr("Best paths, score and gap"));
    top += scaled(kListHead);
    int rank = 1;
    for (const LatticePath &path : lattice()->paths) {
        if (top + scaled(kPathRow) > body.bottom() + 3)
            break;
        QFont font = typeFont(TypeRole::Label);
        painter.setFont(font);
        painter.setPen(theme.t3);
        painter.drawText(QRectF(left, top, 16, scaled(kPathRow)), Qt::AlignLeft | Qt::AlignVCenter, QString::number(rank));
        const QString score = format::decimals(path.score, 1), gap = rank == 1 ? QString() : format::decimals(path.gap, 1);
        drawTabular(painter, QRectF(right - 46, top, 46, scaled(kPathRow)), Qt::AlignRight, gap);
        painter.setPen(theme.t1);
        drawTabular(painter, QRectF(right - 104, top, 56, scaled(kPathRow)), Qt::AlignRight, score);
        font.setBold(rank == 1);
        painter.setFont(font);
        const QRectF words(left + 18, top, right - 112 - left - 18, scaled(kPathRow));
        QString shown = path.words.join(QStringLiteral(" / "));
        if (QFontMetricsF(font).horizontalAdvance(shown) > words.width() && rank > 1)
            shown = difference(path.words, lattice()->paths.front().words);
        painter.drawText(words, Qt::AlignLeft | Qt::AlignVCenter, QFontMetricsF(font).elidedText(shown, Qt::ElideRight, words.width()));
        top += scaled(kPathRow);
        ++rank;
    }
}

void WordLatticeView::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (!lattice() || lattice()->characters.isEmpty())
        return;
    const Plan plan = planFor(body);
    paintArcs(painter, plan, theme);
    paintNodes(painter, plan, theme);
    paintPaths(painter, plan, body, theme);
    if (m_edge >= 0)
        paintFacts(painter, body, theme);
}

void WordLatticeView::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (!lattice() || m_edge < 0)
        return;
    const Plan plan = planFor(body);
    const LatticeEdge &edge = lattice()->edges[static_cast<size_t>(m_edge)];
    painter.save();
    painter.setClipRect(QRectF(plan.arcs.left(), plan.arcs.top() - 18, plan.arcs.width(), plan.arcs.height() + 40));
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme.mark, edge.best ? 2.25 : 1.5));
    painter.drawPath(arcPath(plan, edge));
    painter.setBrush(theme.mark);
    painter.setPen(Qt::NoPen);
    for (const int node : {edge.start, edge.end})
        painter.drawEllipse(QPointF(plan.left + plan.step * node, plan.base), 3.5, 3.5);
    painter.restore();
}

QPointF WordLatticeView::edgeTop(int edge) const
{
    const Plan plan = planFor(bodyRect());
    const LatticeEdge &each = lattice()->edges[static_cast<size_t>(edge)];
    return {plan.left + plan.step * (each.start + each.end) / 2.0, plan.base - arcHeight(plan, each)};
}

int WordLatticeView::edgeAt(const QPointF &point) const
{
    if (!lattice() || lattice()->characters.isEmpty())
        return -1;
    const Plan plan = planFor(bodyRect());
    QPainterPathStroker stroker;
    stroker.setWidth(9);
    int found = -1;
    for (size_t i = 0; i < lattice()->edges.size(); ++i)
        if (stroker.createStroke(arcPath(plan, lattice()->edges[i])).contains(point) && (found < 0 || lattice()->edges[i].best))
            found = static_cast<int>(i);
    return found;
}

void WordLatticeView::chooseEdge(int edge)
{
    if (edge < 0)
        return;
    const WordSpan span = spanOf(lattice()->edges[static_cast<size_t>(edge)]);
    Selection next = selection();
    next.word = {lattice()->line, span.first, span.end, lattice()->run};
    request(next, Gesture::Click);
}

void WordLatticeView::mousePressEvent(QMouseEvent *event)
{
    if (event->button() == Qt::LeftButton)
        chooseEdge(edgeAt(event->position()));
}

void WordLatticeView::mouseMoveEvent(QMouseEvent *event) { setCursor(edgeAt(event->position()) >= 0 ? Qt::PointingHandCursor : Qt::ArrowCursor); }

void WordLatticeView::wheelEvent(QWheelEvent *event)
{
    if (!m_scroll->isVisibleTo(this))
        return event->ignore();
    m_scroll->setValue(m_scroll->value() - (event->angleDelta().y() + event->angleDelta().x()) / 3);
    event->accept();
}

void WordLatticeView::keyPressEvent(QKeyEvent *event)
{
    const int step = event->key() == Qt::Key_Right ? 1 : event->key() == Qt::Key_Left ? -1 : 0;
    if (event->key() == Qt::Key_Escape)
        return requestClear();
    if (step == 0 || !lattice() || lattice()->edges.empty())
        return PictureView::keyPressEvent(event);
    const int count = static_cast<int>(lattice()->edges.size());
    chooseEdge(m_edge < 0 ? 0 : (m_edge + step + count) % count);
}

void WordLatticeView::updateScroll()
{
    const double wanted = lattice() ? scaled(kStep) * static_cast<double>(lattice()->characters.size()) + 2 * scaled(kPad) : 0;
    const bool overflow = wanted > width() + 1;
    m_scroll->setGeometry(0, height() - 8, width(), 8);
    m_scroll->setRange(0, overflow ? static_cast<int>(wanted - width()) : 0);
    m_scroll->setPageStep(std::max(1, width()));
    m_scroll->setVisible(overflow);
    placeCount();
}

void WordLatticeView::resizeEvent(QResizeEvent *event)
{
    PictureView::resizeEvent(event);
    updateScroll();
}

} // namespace winnow
