#include "views/widgets/budget_slider.h"

#include <QMouseEvent>
#include <QPainter>

#include <algorithm>
#include <cmath>

namespace winnow {

namespace {

constexpr double kHandle = 7, kRing = 3, kMargin = kHandle + kRing;

} // namespace

BudgetSlider::BudgetSlider(QWidget *parent)
    : QSlider(Qt::Horizontal, parent)
    , m_theme(Theme::light())
{
    setFocusPolicy(Qt::StrongFocus);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void BudgetSlider::setTheme(const Theme &theme)
{
    m_theme = theme;
    update();
}

void BudgetSlider::setStopsShown(bool shown)
{
    m_stops = shown;
    update();
}

double BudgetSlider::handleX() const
{
    const double span = std::max(1, maximum() - minimum());
    return kMargin + (width() - 2 * kMargin) * (sliderPosition() - minimum()) / span;
}

int BudgetSlider::valueAt(double x) const
{
    const double share = (x - kMargin) / std::max(1.0, width() - 2 * kMargin);
    const int steps = static_cast<int>(std::lround(share * (maximum() - minimum()) / std::max(1, singleStep())));
    return std::clamp(minimum() + steps * std::max(1, singleStep()), minimum(), maximum());
}

void BudgetSlider::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    const double middle = height() / 2.0;
    const double x = handleX();
    // The groove reaches the widget's edges, so it lines up with labels above and below it.
    painter.setBrush(m_theme.hair);
    painter.drawRoundedRect(QRectF(0, middle - 2, width(), 4), 2, 2);
    painter.setBrush(isEnabled() ? m_theme.accent : m_theme.disabled);
    painter.drawRoundedRect(QRectF(0, middle - 2, x, 4), 2, 2);
    if (m_stops && maximum() - minimum() <= 40)
        for (int value = minimum() + 1; value < maximum(); ++value) {
            const double at = kMargin + (width() - 2 * kMargin) * (value - minimum()) / (maximum() - minimum());
            painter.fillRect(QRectF(std::round(at) - 0.5, middle - 3, 1, 6), at < x ? m_theme.surface : m_theme.axis);
        }
    if (hasFocus()) {
        QColor ring = m_theme.accent;
        ring.setAlphaF(0.35f);
        painter.setBrush(ring);
        painter.drawEllipse(QPointF(x, middle), kHandle + kRing, kHandle + kRing);
    }
    const bool light = m_theme.kind == ThemeKind::Light;
    painter.setPen(QPen(hasFocus() ? m_theme.accent : m_theme.border, hasFocus() ? 1.5 : 1));
    painter.setBrush(light ? QColor(Qt::white) : m_theme.t1);
    painter.drawEllipse(QPointF(x, middle), kHandle - 0.5, kHandle - 0.5);
}

void BudgetSlider::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton)
        return;
    setSliderDown(true);
    setSliderPosition(valueAt(event->position().x()));
}

void BudgetSlider::mouseMoveEvent(QMouseEvent *event)
{
    if (isSliderDown())
        setSliderPosition(valueAt(event->position().x()));
}

void BudgetSlider::mouseReleaseEvent(QMouseEvent *) { setSliderDown(false); }

} // namespace winnow
