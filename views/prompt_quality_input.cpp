// Pointer and keys of the quality chart of prompts.
#include "views/prompt_quality.h"

#include <QKeyEvent>
#include <QMouseEvent>

#include <algorithm>

namespace winnow {

void PromptQuality::hover(const Hit &hit)
{
    if (hit == m_hover)
        return;
    m_hover = hit;
    update();
    setAccessibleDescription(describe());
    setToolTip(hit.line >= 0 ? sentence(hit) : QString());
    if (hit.line < 0)
        return;
    Selection next = selection();
    next.run = m_lines[static_cast<size_t>(hit.line)].run;
    request(next, Gesture::Hover);
}

void PromptQuality::mouseMoveEvent(QMouseEvent *event) { hover(pointAt(event->position())); }

void PromptQuality::mousePressEvent(QMouseEvent *event)
{
    const Hit hit = pointAt(event->position());
    if (event->button() == Qt::LeftButton && hit.line >= 0)
        Q_EMIT activated(m_lines[static_cast<size_t>(hit.line)].letter);
}

void PromptQuality::leaveEvent(QEvent *event)
{
    PictureView::leaveEvent(event);
    hover({});
}

void PromptQuality::keyPressEvent(QKeyEvent *event)
{
    if (m_lines.empty())
        return PictureView::keyPressEvent(event);
    Hit hit = markedPoint();
    if (hit.line < 0)
        hit = {0, 0};
    switch (event->key()) {
    case Qt::Key_Left: --hit.point; break;
    case Qt::Key_Right: ++hit.point; break;
    case Qt::Key_Up: --hit.line; break;
    case Qt::Key_Down: ++hit.line; break;
    case Qt::Key_Return:
    case Qt::Key_Enter: Q_EMIT activated(m_lines[static_cast<size_t>(hit.line)].letter); return;
    case Qt::Key_Escape: hover({}); return requestClear();
    default: return PictureView::keyPressEvent(event);
    }
    hit.line = std::clamp(hit.line, 0, static_cast<int>(m_lines.size()) - 1);
    hit.point = std::clamp(hit.point, 0, static_cast<int>(m_lines[static_cast<size_t>(hit.line)].points.size()) - 1);
    hover(hit);
}

} // namespace winnow
