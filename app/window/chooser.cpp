#include "app/window/chooser.h"

#include "app/window/look.h"
#include "views/type.h"

#include <QPainter>
#include <QStyleOptionToolButton>
#include <QStylePainter>

namespace winnow {
namespace {

    constexpr int kHeight = 28, kPad = 10, kGap = 6, kChevron = 12, kMaxValue = 240, kNarrowValue = 118;

    /// Frame, hover and focus as the style sheet says, without text.
    void paintFrame(QToolButton &button, const Theme &theme)
    {
        QPainter painter(&button);
        painter.setRenderHint(QPainter::Antialiasing);
        QColor edge = button.underMouse() && button.isEnabled() ? theme.axis : theme.border;
        painter.setPen(QPen(edge, 1));
        painter.setBrush(button.isDown() ? theme.sunken : theme.raised);
        painter.drawRoundedRect(QRectF(button.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5);
        if (button.hasFocus()) {
            QColor ring = theme.accent;
            ring.setAlphaF(0.35F);
            painter.setPen(QPen(ring, 2));
            painter.setBrush(Qt::NoBrush);
            painter.drawRoundedRect(QRectF(button.rect()).adjusted(1, 1, -1, -1), 5, 5);
        }
    }

} // namespace

Chooser::Chooser(const QString &label, Look &look, QWidget *parent)
    : QToolButton(parent)
    , m_look(look)
    , m_label(label)
{
    setPopupMode(QToolButton::InstantPopup);
    setFixedHeight(kHeight);
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(label);
}

void Chooser::setValue(const QString &value, const QString &note, Tone tone)
{
    m_value = value;
    m_note = note;
    m_tone = tone;
    setToolTip(QStringLiteral("%1: %2 %3").arg(m_label, value, note).trimmed());
    setAccessibleDescription(value + QLatin1Char(' ') + note);
    setFixedWidth(sizeHint().width());
    updateGeometry();
    update();
}

void Chooser::setCompact(bool compact)
{
    m_compact = compact;
    setFixedWidth(sizeHint().width());
    update();
}

void Chooser::setNarrow(bool narrow)
{
    m_narrow = narrow;
    setFixedWidth(sizeHint().width());
    update();
}

int Chooser::mostValue() const { return m_narrow ? kNarrowValue : kMaxValue; }

QSize Chooser::sizeHint() const
{
    const QFontMetrics metrics(typeFont(TypeRole::Body));
    int width = 2 * kPad + kChevron + kGap + std::min(mostValue(), metrics.horizontalAdvance(m_value));
    if (!shownLabel().isEmpty())
        width += metrics.horizontalAdvance(shownLabel()) + kGap;
    if (!shownNote().isEmpty())
        width += metrics.horizontalAdvance(shownNote()) + kGap;
    return {width, kHeight};
}

void Chooser::paintEvent(QPaintEvent *)
{
    const Theme &theme = m_look.theme();
    paintFrame(*this, theme);
    QPainter painter(this);
    const QFont font = typeFont(TypeRole::Body);
    painter.setFont(font);
    const QFontMetrics metrics(font);
    int x = kPad;
    auto draw = [&](const QString &text, const QColor &color, int most) {
        if (text.isEmpty())
            return;
        const QString shown = metrics.elidedText(text, m_narrow ? Qt::ElideRight : Qt::ElideMiddle, most); // names of one family differ behind its name
        painter.setPen(color);
        painter.drawText(QRect(x, 0, most, height()), Qt::AlignVCenter | Qt::AlignLeft, shown);
        x += metrics.horizontalAdvance(shown) + kGap;
    };
    draw(shownLabel(), theme.t3, 400);
    draw(m_value, theme.t1, mostValue());
    draw(shownNote(), m_tone == Tone::Error ? theme.err : theme.t2, 400);
    painter.drawPixmap(QPointF(width() - kPad - kChevron + 2, (height() - kChevron) / 2.0),
        m_look.pixmap(QStringLiteral("go-down"), kChevron, theme.t2, devicePixelRatioF()));
}

FindBox::FindBox(Look &look, QWidget *parent)
    : QToolButton(parent)
    , m_look(look)
{
    setFixedHeight(kHeight);
    setFixedWidth(250);
    setFocusPolicy(Qt::StrongFocus);
    setCursor(Qt::IBeamCursor);
    setAccessibleName(tr("Find action, method, run"));
    setToolTip(tr("Find an action, method, input or run (Ctrl+K)"));
}

void FindBox::setCompact(bool compact)
{
    m_compact = compact;
    setFixedWidth(compact ? 150 : 250);
    update();
}

void FindBox::paintEvent(QPaintEvent *)
{
    const Theme &theme = m_look.theme();
    paintFrame(*this, theme);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.drawPixmap(QPointF(9, (height() - 14) / 2.0), m_look.pixmap(QStringLiteral("edit-find"), 14, theme.t2, devicePixelRatioF()));
    painter.setFont(typeFont(TypeRole::Body));
    painter.setPen(theme.t3);
    painter.drawText(QRect(30, 0, width() - 30, height()), Qt::AlignVCenter | Qt::AlignLeft, m_compact ? tr("Find") : tr("Find action, method, run"));
    const QFont keyFont = typeFont(TypeRole::Axis);
    const QString key = tr("Ctrl K");
    const int keyWidth = QFontMetrics(keyFont).horizontalAdvance(key) + 12;
    const QRectF box(width() - keyWidth - 8.5, (height() - 18) / 2.0 + 0.5, keyWidth, 17);
    painter.setPen(QPen(theme.hair, 1));
    painter.setBrush(theme.sunken);
    painter.drawRoundedRect(box, 3, 3);
    painter.setFont(keyFont);
    painter.setPen(theme.t2);
    painter.drawText(box, Qt::AlignCenter, key);
}

} // namespace winnow
