#include "views/word_ribbon.h"

#include "views/format.h"
#include "views/painted_table.h"
#include "views/ribbon_painter.h"
#include "views/type.h"

#include <QFontMetricsF>
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

constexpr double kNames = 152, kCounts = 46, kRow = 27, kBox = 20, kCell = 26, kPad = 14;
constexpr double kNarrow = 440, kNameHead = 15, kTwoLines = 36; // names stand above their strips in narrow places

QColor mixed(const QColor &a, const QColor &b, double share)
{
    return QColor::fromRgbF(static_cast<float>(a.redF() * share + b.redF() * (1 - share)), static_cast<float>(a.greenF() * share + b.greenF() * (1 - share)), static_cast<float>(a.blueF() * share + b.blueF() * (1 - share)));
}

} // namespace

QColor ribbonColor(RibbonRow::Kind kind, double share, const Theme &theme)
{
    using Kind = RibbonRow::Kind;
    QColor color;
    switch (kind) {
    case Kind::Characters: color = theme.axis; break;
    case Kind::Words: color = theme.parts[3]; break;
    case Kind::Tokens: color = theme.parts[1]; break;
    case Kind::OtherTokens: color = mixed(theme.parts[1], theme.surface, 0.62); break;
    case Kind::KeptPrompt: color = theme.ok; break;
    case Kind::KeptCache: color = theme.parts[2]; break;
    }
    return share >= 1 ? color : mixed(color, theme.surface, 0.14 + 0.86 * share);
}

WordRibbonView::WordRibbonView(QWidget *parent)
    : PictureView(parent)
    , m_scroll(new QScrollBar(Qt::Horizontal, this))
{
    setAccessibleName(tr("Alignment ribbon"));
    m_scroll->hide();
    connect(m_scroll, &QScrollBar::valueChanged, this, [this] { invalidateBase(); });
}

bool WordRibbonView::dataChanged()
{
    updateScroll();
    return true;
}

bool WordRibbonView::followSelection(const Selection &)
{
    const WordMark &mark = selection().word;
    if (!ribbon() || mark.line != ribbon()->line || !mark.hasWord() || !m_scroll->isVisibleTo(this))
        return false;
    const Plan plan = planFor(bodyRect());
    const double x = plan.left + plan.cell * text().cellPosition(mark.first);
    if (x < plan.area.left() || x > plan.area.right() - plan.cell)
        m_scroll->setValue(m_scroll->value() + static_cast<int>(x - plan.area.center().x()));
    return true;
}

double WordRibbonView::nameWidth(const QRectF &body) const
{
    const bool stacked = ribbon() && body.width() < scaled(kNarrow) && body.height() - 12 >= scaled(kTwoLines) * static_cast<double>(ribbon()->rows.size());
    return stacked ? 0 : scaled(kNames);
}

WordRibbonView::Plan WordRibbonView::planFor(const QRectF &body) const
{
    Plan plan;
    const double names = nameWidth(body), left = names > 0 ? names : kPad;
    plan.head = names > 0 ? 0 : scaled(kNameHead);
    plan.area = QRectF(body.left() + left, body.top(), std::max(10.0, body.width() - left - scaled(kCounts) - kPad), body.height());
    const auto cells = static_cast<double>(std::max<size_t>(1, text().cells.size()));
    const bool screen = body == bodyRect();
    plan.cell = screen ? std::clamp(plan.area.width() / cells, scaled(kCell), scaled(40)) : std::min(scaled(40), plan.area.width() / cells);
    plan.left = plan.area.left() - (screen ? m_scroll->value() : 0);
    plan.row = std::clamp((body.height() - 16) / std::max<double>(1, static_cast<double>(ribbon()->rows.size())), scaled(20), scaled(plan.head > 0 ? kTwoLines + 6 : kRow + 7));
    plan.top = body.top() + 4;
    return plan;
}

QRectF WordRibbonView::partIn(const Plan &plan, int row, int part) const
{
    const RibbonPart &each = ribbon()->rows[static_cast<size_t>(row)].parts[static_cast<size_t>(part)];
    const double x = plan.left + plan.cell * text().cellPosition(each.first), end = plan.left + plan.cell * text().cellPosition(each.end);
    const double room = plan.row - plan.head, height = std::min(scaled(kBox), room - (plan.head > 0 ? 1 : 4));
    return QRectF(x + 0.75, plan.top + plan.row * row + plan.head + (plan.head > 0 ? 0 : (room - height) / 2), std::max(1.0, end - x - 1.5), height);
}

QRectF WordRibbonView::partRect(int row, int part) const { return partIn(planFor(bodyRect()), row, part); }

WordRibbonView::Hit WordRibbonView::hitAt(const QPointF &point) const
{
    if (!ribbon())
        return {};
    const Plan plan = planFor(bodyRect());
    const int row = static_cast<int>(std::floor((point.y() - plan.top) / plan.row));
    if (row < 0 || row >= static_cast<int>(ribbon()->rows.size()) || !plan.area.contains(point))
        return {};
    for (int part = 0; part < static_cast<int>(ribbon()->rows[static_cast<size_t>(row)].parts.size()); ++part) {
        const QRectF rect = partIn(plan, row, part);
        if (point.x() >= rect.left() - 0.75 && point.x() < rect.right() + 0.75)
            return {row, part};
    }
    return {row, -1};
}

void WordRibbonView::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (!ribbon())
        return;
    const Plan plan = planFor(body);
    for (int r = 0; r < static_cast<int>(ribbon()->rows.size()); ++r) {
        const RibbonRow &row = ribbon()->rows[static_cast<size_t>(r)];
        const double top = plan.top + plan.row * r;
        const QRectF name(body.left() + kPad, top, plan.head > 0 ? plan.area.width() : scaled(kNames) - kPad - 8, plan.head > 0 ? plan.head : plan.row);
        const QRectF strip(plan.area.left(), top + plan.head, plan.area.width(), plan.head > 0 ? scaled(kBox) : plan.row);
        painter.setFont(typeFont(plan.head > 0 ? TypeRole::Axis : TypeRole::Label));
        painter.setPen(theme.t2);
        painter.drawText(name, Qt::AlignLeft | Qt::AlignVCenter, QFontMetricsF(painter.font()).elidedText(row.name, Qt::ElideMiddle, name.width()));
        painter.setFont(typeFont(TypeRole::Label));
        painter.setPen(theme.t1);
        if (row.parts.empty()) { // the reason takes the room of strip and count
            painter.setPen(theme.t3);
            const QRectF reason = strip.adjusted(0, 0, scaled(kCounts), 0);
            painter.drawText(reason, Qt::AlignLeft | Qt::AlignVCenter, QFontMetricsF(painter.font()).elidedText(row.why, Qt::ElideRight, reason.width()));
            continue;
        }
        drawTabular(painter, QRectF(strip.right(), strip.top(), scaled(kCounts), strip.height()), Qt::AlignRight, format::integer(row.count()));
        painter.save();
        painter.setClipRect(plan.area, Qt::IntersectClip);
        const bool plain = row.kind == RibbonRow::Kind::Characters || row.kind == RibbonRow::Kind::Words;
        for (int p = 0; p < static_cast<int>(row.parts.size()); ++p) {
            const RibbonPart &part = row.parts[static_cast<size_t>(p)];
            const QRectF box = partIn(plan, r, p);
            if (box.right() < plan.area.left() || box.left() > plan.area.right())
                continue;
            const double share = part.kept || row.kind == RibbonRow::Kind::KeptCache ? part.share : 0;
            QColor fill = ribbonColor(row.kind, share, theme);
            if (plain || share > 0)
                fill.setAlphaF(plain ? 0.3F : 0.45F);
            painter.setPen(Qt::NoPen);
            painter.setBrush(fill);
            painter.drawRoundedRect(box, 2, 2);
            painter.setBrush(ribbonColor(row.kind, share, theme));
            painter.drawRect(QRectF(box.left(), box.bottom() - 2, box.width(), 2)); // one foot a part: parts are counted by eye
            painter.setPen(part.kept ? theme.t1 : theme.t3);
            const QFontMetricsF metrics(painter.font());
            if (metrics.horizontalAdvance(part.label) <= box.width() + 1)
                painter.drawText(QPointF(box.center().x() - metrics.horizontalAdvance(part.label) / 2, box.center().y() + metrics.capHeight() / 2 - 0.5), part.label);
        }
        painter.restore();
    }
}

void WordRibbonView::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const WordMark &mark = selection().word;
    if (!ribbon() || mark.line != ribbon()->line || !mark.hasWord())
        return;
    const Plan plan = planFor(body);
    painter.save();
    painter.setClipRect(plan.area, Qt::IntersectClip);
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(theme.mark, 1.5));
    for (int r = 0; r < static_cast<int>(ribbon()->rows.size()); ++r) {
        QRectF all;
        const auto &parts = ribbon()->rows[static_cast<size_t>(r)].parts;
        for (int p = 0; p < static_cast<int>(parts.size()); ++p)
            if (parts[static_cast<size_t>(p)].first < mark.end - 1e-9 && parts[static_cast<size_t>(p)].end > mark.first + 1e-9)
                all = all.united(partIn(plan, r, p));
        if (!all.isNull())
            painter.drawRoundedRect(all.adjusted(-1, -1, 1, 1), 3, 3);
    }
    painter.restore();
}

void WordRibbonView::markPart(const Hit &hit, Gesture gesture)
{
    if (hit.part < 0)
        return;
    const RibbonPart &part = ribbon()->rows[static_cast<size_t>(hit.row)].parts[static_cast<size_t>(hit.part)];
    Selection next = selection();
    const int first = static_cast<int>(std::floor(part.first)), end = static_cast<int>(std::ceil(part.end - 1e-9));
    next.word = {ribbon()->line, first, std::max(first + 1, end), ribbon()->run};
    request(next, gesture);
}

void WordRibbonView::mousePressEvent(QMouseEvent *event)
{
    if (event->button() == Qt::LeftButton)
        markPart(hitAt(event->position()), Gesture::Click);
}

void WordRibbonView::mouseMoveEvent(QMouseEvent *event)
{
    const Hit hit = hitAt(event->position());
    setCursor(hit.part >= 0 ? Qt::PointingHandCursor : Qt::ArrowCursor);
    if (hit.part < 0)
        return QToolTip::hideText();
    const RibbonRow &row = ribbon()->rows[static_cast<size_t>(hit.row)];
    const RibbonPart &part = row.parts[static_cast<size_t>(hit.part)];
    QToolTip::showText(event->globalPosition().toPoint() + QPoint(10, 12), tr("%1: “%2”%3").arg(row.name, part.label, part.share < 1 ? tr(", kept by %1 of the heads").arg(format::percent(part.share)) : part.kept ? QString() : tr(", dropped")), this);
    if (!selection().pinned)
        markPart(hit, Gesture::Hover);
}

void WordRibbonView::leaveEvent(QEvent *event)
{
    PictureView::leaveEvent(event);
    if (!selection().pinned && selection().word.isSet()) {
        Selection next = selection();
        next.word = {};
        request(next, Gesture::Hover);
    }
}

void WordRibbonView::wheelEvent(QWheelEvent *event)
{
    if (!m_scroll->isVisibleTo(this))
        return event->ignore();
    m_scroll->setValue(m_scroll->value() - (event->angleDelta().y() + event->angleDelta().x()) / 3);
    event->accept();
}

void WordRibbonView::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Escape)
        return requestClear();
    const int step = event->key() == Qt::Key_Right ? 1 : event->key() == Qt::Key_Left ? -1 : 0;
    if (step == 0 || !ribbon())
        return PictureView::keyPressEvent(event);
    // Through the words of the line.
    for (int r = 0; r < static_cast<int>(ribbon()->rows.size()); ++r) {
        const RibbonRow &row = ribbon()->rows[static_cast<size_t>(r)];
        if (row.kind != RibbonRow::Kind::Words || row.parts.empty())
            continue;
        int at = 0;
        for (int p = 0; p < static_cast<int>(row.parts.size()); ++p)
            if (selection().word.hasWord() && row.parts[static_cast<size_t>(p)].first <= selection().word.first)
                at = p + step;
        return markPart({r, std::clamp(at, 0, static_cast<int>(row.parts.size()) - 1)}, Gesture::Click);
    }
}

void WordRibbonView::updateScroll()
{
    const double names = nameWidth(bodyRect()), left = names > 0 ? names : kPad, room = width() - left - scaled(kCounts) - kPad;
    const double wanted = ribbon() ? scaled(kCell) * static_cast<double>(text().cells.size()) : 0;
    m_scroll->setGeometry(qRound(left), height() - 8, std::max(0, static_cast<int>(room)), 8);
    m_scroll->setRange(0, std::max(0, static_cast<int>(std::ceil(wanted - room))));
    m_scroll->setPageStep(std::max(1, static_cast<int>(room)));
    m_scroll->setVisible(wanted > room + 1);
}

void WordRibbonView::resizeEvent(QResizeEvent *event)
{
    PictureView::resizeEvent(event);
    updateScroll();
}

QString WordRibbonView::note() const
{
    if (!ribbon())
        return {};
    const RibbonRow *tokens = nullptr, *characters = nullptr;
    for (const RibbonRow &row : ribbon()->rows) {
        if (row.kind == RibbonRow::Kind::Tokens && !row.parts.empty())
            tokens = &row;
        if (row.kind == RibbonRow::Kind::Characters && !row.parts.empty())
            characters = &row;
    }
    const QString line = tr("line %1").arg(ribbon()->line + 1);
    return tokens && characters ? tr("%1, %2 tokens a character").arg(line, format::decimals(static_cast<double>(tokens->count()) / characters->count(), 2)) : line;
}

QString WordRibbonView::emptyReason() const
{
    if (const QString reason = missingWordsReason(data().words); !reason.isEmpty())
        return reason;
    return !ribbon() ? tr("No line marked. Click a word above: its line is followed from characters to the cache.") : QString();
}

QString WordRibbonView::caption() const
{
    if (!ribbon())
        return {};
    QStringList counts;
    for (const RibbonRow &row : ribbon()->rows)
        if (!row.parts.empty())
            counts << tr("%1: %2").arg(row.name).arg(row.count());
    return tr("Line %1 as it is cut and kept. %2.").arg(ribbon()->line + 1).arg(counts.join(QStringLiteral("; "))) + licenceNote(data().words);
}

QString WordRibbonView::csv() const
{
    QString out = QStringLiteral("row,first,end,text,kept\n");
    if (ribbon())
        for (const RibbonRow &row : ribbon()->rows)
            for (const RibbonPart &part : row.parts)
                out += QStringLiteral("%1,%2,%3,%4,%5\n").arg(csvText(row.name)).arg(part.first).arg(part.end).arg(csvText(part.label)).arg(part.kept ? 1 : 0);
    return out;
}

QString WordRibbonView::describe() const
{
    if (!ribbon())
        return {};
    QStringList said;
    const WordMark &mark = selection().word;
    for (const RibbonRow &row : ribbon()->rows) {
        int inside = 0;
        for (const RibbonPart &part : row.parts)
            inside += part.kept && part.first < mark.end - 1e-9 && part.end > mark.first + 1e-9 ? 1 : 0;
        if (mark.hasWord() && !row.parts.empty())
            said << tr("%1 %2").arg(row.name).arg(inside);
    }
    return mark.hasWord() && mark.line == ribbon()->line ? tr("%1: %2").arg(text().between(mark.first, mark.end), said.join(QStringLiteral(", "))) : note();
}

} // namespace winnow
