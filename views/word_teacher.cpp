#include "views/word_teacher.h"

#include "views/format.h"
#include "views/painted_table.h"
#include "views/type.h"

#include <QComboBox>
#include <QFontMetricsF>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPushButton>
#include <QScrollBar>
#include <QToolTip>
#include <QWheelEvent>

#include <algorithm>
#include <cmath>

namespace winnow {

namespace {

constexpr double kHead = 26, kRow = 70, kPad = 14, kNumber = 40;

} // namespace

WordTeacherView::WordTeacherView(QWidget *parent)
    : PictureView(parent)
    , m_source(new QComboBox(this))
    , m_ask(new QPushButton(tr("Ask"), this))
    , m_scroll(new QScrollBar(Qt::Vertical, this))
{
    setAccessibleName(tr("Replies of the chat model"));
    m_source->setProperty("size", "header");
    m_source->setAccessibleName(tr("Replies from"));
    m_source->addItem(tr("Chat model"), QStringLiteral("chat"));
    m_source->addItem(tr("Saved replies"), QStringLiteral("replies"));
    m_source->addItem(tr("Simulated"), QStringLiteral("simulated"));
    m_source->hide();
    m_ask->setFixedHeight(22);
    m_ask->setStyleSheet(QStringLiteral("QPushButton { min-height: 20px; padding: 0 10px; }"));
    m_ask->setToolTip(tr("Let this source split the lines; progress and cancel are under Jobs"));
    m_ask->hide();
    m_scroll->hide();
    connect(m_scroll, &QScrollBar::valueChanged, this, [this] { invalidateBase(); });
    connect(m_ask, &QPushButton::clicked, this, [this] { Q_EMIT teachAsked(source()); });
    connect(m_source, &QComboBox::currentIndexChanged, this, [this] { m_ask->setText(source() == QLatin1String("replies") ? tr("Open…") : source() == QLatin1String("simulated") ? tr("Simulate") : tr("Ask")); });
}

QVector<QWidget *> WordTeacherView::headerControls() { return {m_source, m_ask}; }

QString WordTeacherView::source() const { return m_source->currentData().toString(); }

void WordTeacherView::setSource(const QString &source) { m_source->setCurrentIndex(std::max(0, m_source->findData(source))); }

bool WordTeacherView::dataChanged()
{
    updateScroll();
    return true;
}

void WordTeacherView::updateScroll()
{
    const double content = log() ? scaled(kHead) + scaled(kRow) * static_cast<double>(log()->lines.size()) : 0;
    const int bar = std::min(10, m_scroll->sizeHint().width());
    m_scroll->setGeometry(width() - bar, qRound(scaled(kHead)), bar, std::max(0, height() - qRound(scaled(kHead))));
    m_scroll->setRange(0, std::max(0, static_cast<int>(std::ceil(content - height()))));
    m_scroll->setPageStep(std::max(1, height()));
    m_scroll->setSingleStep(static_cast<int>(scaled(kRow)) / 3);
    m_scroll->setVisible(content > height() + 1);
}

bool WordTeacherView::followSelection(const Selection &before)
{
    if (!log() || selection().word.line == before.word.line)
        return false;
    for (size_t i = 0; i < log()->lines.size(); ++i) {
        const double top = scaled(kRow) * static_cast<double>(i);
        if (log()->lines[i].line == selection().word.line && (top < m_scroll->value() || top + scaled(kRow) > m_scroll->value() + height() - scaled(kHead)))
            m_scroll->setValue(static_cast<int>(top));
    }
    return true;
}

double WordTeacherView::paintWords(QPainter &painter, const QRectF &row, const TeacherLine &line, const Theme &theme) const
{
    QFont font = typeFont(TypeRole::WideToken);
    const QFontMetricsF metrics(font);
    double x = row.left();
    for (const TeacherWord &word : line.words) {
        const double width = metrics.horizontalAdvance(word.text) + 8;
        const double room = row.right() - x;
        const bool whole = width <= room;
        if (!whole && room < scaled(60)) {
            painter.setPen(theme.t3);
            font.setStrikeOut(false);
            painter.setFont(font);
            painter.drawText(QRectF(x, row.top(), 20, row.height()), Qt::AlignLeft | Qt::AlignVCenter, QStringLiteral("…"));
            return x;
        }
        const QRectF box(x + 0.5, row.top() + 1.5, std::min(width, room) - 1, row.height() - 3); // a reply without spaces is one long word
        QColor outline = word.accepted ? theme.border : theme.err;
        painter.setPen(QPen(outline, 1, word.accepted ? Qt::SolidLine : Qt::DashLine));
        painter.setBrush(word.accepted ? QBrush(theme.surface) : QBrush(theme.errSoft));
        painter.drawRoundedRect(box, 3, 3);
        font.setStrikeOut(!word.accepted);
        painter.setFont(font);
        painter.setPen(word.accepted ? theme.t1 : theme.err);
        painter.drawText(QPointF(x + 4, box.center().y() + metrics.capHeight() / 2), whole ? word.text : metrics.elidedText(word.text, Qt::ElideRight, room - 9));
        if (!whole)
            return row.right();
        x += width + 3;
    }
    return x;
}

void WordTeacherView::paintLine(QPainter &painter, const QRectF &row, const TeacherLine &line, const Theme &theme) const
{
    painter.setFont(typeFont(TypeRole::Label));
    const QFontMetricsF metrics(painter.font());
    const double third = row.height() / 3;
    painter.setPen(theme.t3);
    drawTabular(painter, QRectF(row.left() + kPad, row.top() + 2, scaled(kNumber) - 10, third), Qt::AlignLeft, QString::number(line.line + 1));
    const double left = row.left() + kPad + scaled(kNumber), right = row.right() - kPad;
    QString state = line.state == QLatin1String("exact") ? tr("exact") : line.state == QLatin1String("failed") ? tr("failed") : tr("altered, %1").arg(format::percent(line.hallucination));
    const bool narrow = right - left < scaled(240); // the line itself comes before how it went
    if (narrow && line.state != QLatin1String("exact") && line.state != QLatin1String("failed"))
        state = format::percent(line.hallucination);
    if (!narrow && !std::isnan(line.seconds) && line.seconds > 0)
        state += QStringLiteral(" · ") + format::milliseconds(line.seconds * 1000);
    painter.setPen(line.state == QLatin1String("exact") ? theme.ok : line.state == QLatin1String("failed") ? theme.err : theme.warn);
    const double stateWidth = metrics.horizontalAdvance(state);
    painter.drawText(QRectF(right - stateWidth - 1, row.top() + 2, stateWidth + 1, third), Qt::AlignRight | Qt::AlignVCenter, state);
    painter.setPen(theme.t1);
    painter.setFont(typeFont(TypeRole::Token));
    painter.drawText(QRectF(left, row.top() + 2, right - left - stateWidth - 12, third), Qt::AlignLeft | Qt::AlignVCenter, QFontMetricsF(painter.font()).elidedText(line.source, Qt::ElideRight, right - left - stateWidth - 12));
    paintWords(painter, QRectF(left, row.top() + third, right - left, third), line, theme);
    painter.setFont(typeFont(TypeRole::Hint));
    painter.setPen(theme.t3);
    const QString added = line.state == QLatin1String("failed") ? tr("left out") : tr("counted: %1").arg(line.added.join(QStringLiteral(", ")));
    painter.drawText(QRectF(left, row.top() + 2 * third, right - left, third - 2), Qt::AlignLeft | Qt::AlignVCenter, QFontMetricsF(painter.font()).elidedText(added, Qt::ElideRight, right - left));
    painter.setPen(QPen(theme.grid, 1));
    painter.drawLine(QPointF(row.left(), std::round(row.bottom()) - 0.5), QPointF(row.right(), std::round(row.bottom()) - 0.5));
}

void WordTeacherView::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (!log() || log()->lines.empty())
        return;
    painter.setFont(typeFont(TypeRole::Label));
    painter.setPen(theme.t2);
    const QRectF head(body.left() + kPad, body.top(), body.width() - 2 * kPad, scaled(kHead));
    const QString prompt = log()->prompt.isEmpty() ? tr("no prompt: simulated or saved replies") : tr("Prompt: %1").arg(log()->prompt.simplified());
    painter.drawText(head, Qt::AlignLeft | Qt::AlignVCenter, QFontMetricsF(painter.font()).elidedText(prompt, Qt::ElideRight, head.width()));
    painter.setPen(QPen(theme.hair, 1));
    painter.drawLine(QPointF(body.left(), std::round(head.bottom()) - 0.5), QPointF(body.right(), std::round(head.bottom()) - 0.5));
    painter.save();
    painter.setClipRect(QRectF(body.left(), head.bottom(), body.width(), body.height() - head.height()), Qt::IntersectClip);
    double top = head.bottom() - (body == bodyRect() ? m_scroll->value() : 0);
    for (const TeacherLine &line : log()->lines) {
        if (top > body.bottom())
            break;
        if (top + scaled(kRow) > head.bottom())
            paintLine(painter, QRectF(body.left(), top, body.width(), scaled(kRow)), line, theme);
        top += scaled(kRow);
    }
    painter.restore();
}

void WordTeacherView::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    for (size_t i = 0; log() && i < log()->lines.size(); ++i) {
        const double top = body.top() + scaled(kHead) + scaled(kRow) * static_cast<double>(i) - (body == bodyRect() ? m_scroll->value() : 0);
        if (log()->lines[i].line == selection().word.line && top >= body.top() + scaled(kHead) - scaled(kRow) / 2)
            painter.fillRect(QRectF(body.left(), top, 2, scaled(kRow)), theme.mark);
    }
}

int WordTeacherView::rowAt(const QPointF &point) const
{
    if (!log() || point.y() < scaled(kHead))
        return -1;
    const int row = static_cast<int>((point.y() - scaled(kHead) + m_scroll->value()) / scaled(kRow));
    return row < static_cast<int>(log()->lines.size()) ? row : -1;
}

void WordTeacherView::markRow(int row)
{
    if (!log() || row < 0 || row >= static_cast<int>(log()->lines.size()))
        return;
    Selection next = selection();
    next.word = {log()->lines[static_cast<size_t>(row)].line, -1, -1, data().words->current() ? data().words->current()->run : -1};
    request(next, Gesture::Click);
}

void WordTeacherView::mousePressEvent(QMouseEvent *event)
{
    if (event->button() == Qt::LeftButton)
        markRow(rowAt(event->position()));
}

void WordTeacherView::mouseMoveEvent(QMouseEvent *event)
{
    const int row = rowAt(event->position());
    if (row >= 0)
        QToolTip::showText(event->globalPosition().toPoint() + QPoint(10, 12), tr("Reply: %1").arg(log()->lines[static_cast<size_t>(row)].reply), this);
    else if (log() && !log()->prompt.isEmpty() && event->position().y() < scaled(kHead))
        QToolTip::showText(event->globalPosition().toPoint() + QPoint(10, 12), log()->prompt, this);
    else
        QToolTip::hideText();
}

void WordTeacherView::wheelEvent(QWheelEvent *event)
{
    if (!m_scroll->isVisibleTo(this))
        return event->ignore();
    m_scroll->setValue(m_scroll->value() - event->angleDelta().y() / 2);
    event->accept();
}

void WordTeacherView::keyPressEvent(QKeyEvent *event)
{
    int row = -1;
    for (size_t i = 0; log() && i < log()->lines.size(); ++i)
        if (log()->lines[i].line == selection().word.line)
            row = static_cast<int>(i);
    switch (event->key()) {
    case Qt::Key_Up: return markRow(std::max(0, row - 1));
    case Qt::Key_Down: return markRow(row + 1);
    case Qt::Key_Escape: return requestClear();
    default: return PictureView::keyPressEvent(event);
    }
}

void WordTeacherView::resizeEvent(QResizeEvent *event)
{
    PictureView::resizeEvent(event);
    updateScroll();
}

QString WordTeacherView::note() const
{
    if (!log() || log()->lines.empty())
        return {};
    return tr("%1 of %2 lines, %3 altered").arg(log()->lines.size()).arg(std::max<size_t>(log()->lines.size(), static_cast<size_t>(log()->total))).arg(log()->altered());
}

QString WordTeacherView::emptyReason() const
{
    if (const QString reason = missingWordsReason(data().words); !reason.isEmpty())
        return reason;
    return !log() || log()->lines.empty() ? tr("No replies yet. Choose where they come from and press Ask: a chat model, a file of saved replies, or the simulated model (needs gold).") : QString();
}

QString WordTeacherView::caption() const
{
    return log() ? tr("What the source of replies made of each line; struck parts are no words of the line, %1 of %2 replies altered their line.").arg(log()->altered()).arg(log()->lines.size()) + licenceNote(data().words) : QString();
}

QString WordTeacherView::csv() const
{
    QString out = QStringLiteral("line,source,reply,state,hallucination,rejected,seconds,prompt tokens,reply tokens\n");
    const auto number = [](double v) { return std::isfinite(v) ? QString::number(v, 'g', 9) : QString(); };
    for (const TeacherLine &line : log() ? log()->lines : std::vector<TeacherLine>()) {
        QStringList rejected;
        for (const TeacherWord &word : line.words)
            if (!word.accepted)
                rejected << word.text;
        out += QStringLiteral("%1,%2,%3,%4,%5,%6,%7,%8,%9\n").arg(line.line + 1).arg(csvText(line.source), csvText(line.reply), line.state, number(line.hallucination), csvText(rejected.join(QLatin1Char(' '))), number(line.seconds), number(line.promptTokens), number(line.replyTokens));
    }
    return out;
}

QString WordTeacherView::describe() const
{
    for (const TeacherLine &line : log() ? log()->lines : std::vector<TeacherLine>())
        if (line.line == selection().word.line)
            return tr("line %1, reply %2, %3").arg(line.line + 1).arg(line.reply, line.state);
    return note();
}

QJsonObject WordTeacherView::saveState() const { return {{QStringLiteral("source"), source()}}; }

void WordTeacherView::restoreState(const QJsonObject &state) { setSource(state.value(QStringLiteral("source")).toString()); }

} // namespace winnow
