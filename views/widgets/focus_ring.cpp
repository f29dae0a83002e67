#include "views/widgets/focus_ring.h"

#include <QApplication>
#include <QEvent>
#include <QPainter>

namespace winnow {

namespace {

constexpr int kRing = 3;

} // namespace

FocusRing::FocusRing(QWidget *window)
    : QWidget(window)
    , m_theme(Theme::light())
{
    setAttribute(Qt::WA_TransparentForMouseEvents);
    setAttribute(Qt::WA_NoSystemBackground);
    setFocusPolicy(Qt::NoFocus);
    hide();
    qApp->installEventFilter(this);
    connect(qApp, &QApplication::focusChanged, this, [this](QWidget *, QWidget *now) { follow(now); });
}

void FocusRing::setTheme(const Theme &theme)
{
    m_theme = theme;
    update();
}

void FocusRing::follow(QWidget *target)
{
    const bool mine = target && target->window() == parentWidget()->window() && m_byKeyboard && !target->property("noRing").toBool();
    m_target = mine ? target : nullptr;
    setVisible(mine);
    place();
}

void FocusRing::place()
{
    if (!m_target || !m_target->isVisible())
        return hide();
    const QPoint corner = m_target->mapTo(parentWidget(), QPoint(0, 0));
    setGeometry(QRect(corner, m_target->size()).adjusted(-kRing, -kRing, kRing, kRing));
    raise();
}

bool FocusRing::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::KeyPress)
        m_byKeyboard = true;
    else if (event->type() == QEvent::MouseButtonPress) {
        m_byKeyboard = false;
        hide();
    } else if (watched == m_target && (event->type() == QEvent::Move || event->type() == QEvent::Resize || event->type() == QEvent::Hide)) {
        place();
    }
    return QWidget::eventFilter(watched, event);
}

void FocusRing::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QColor color = m_theme.accent;
    color.setAlphaF(0.35f);
    painter.setPen(QPen(color, kRing));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(QRectF(rect()).adjusted(1.5, 1.5, -1.5, -1.5), 6, 6);
}

} // namespace winnow
