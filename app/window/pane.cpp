#include "app/window/pane.h"

#include "app/window/look.h"
#include "views/widgets/empty_state.h"
#include "views/widgets/view_header.h"

#include <QStackedLayout>
#include <QToolButton>
#include <QVBoxLayout>

namespace winnow {

Pane::Pane(const QString &title, Look &look, QWidget *parent)
    : QWidget(parent)
    , m_header(new ViewHeader(this))
    , m_empty(new EmptyState(this))
    , m_stack(new QStackedLayout)
{
    setStyleProperty(this, "ground", "surface");
    setAttribute(Qt::WA_StyledBackground);
    setAccessibleName(title);
    m_header->setTitle(title);
    m_header->setHasContent(false); // tables and texts: copied and saved from where they stand
    m_header->moreButton()->hide();
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->addWidget(m_header);
    column->addLayout(m_stack, 1);
    m_stack->addWidget(m_empty);
    auto follow = [this, &look] {
        m_header->setTheme(look.theme());
        m_empty->setTheme(look.theme());
    };
    connect(&look, &Look::changed, this, follow);
    follow();
}

void Pane::setContent(QWidget *content)
{
    m_content = content;
    m_stack->addWidget(content);
    m_stack->setCurrentWidget(m_reason.isEmpty() ? content : m_empty);
}

void Pane::setNote(const QString &note) { m_header->setNote(note); }

void Pane::setReason(const QString &reason)
{
    if (reason == m_reason)
        return;
    m_reason = reason;
    if (!reason.isEmpty())
        m_empty->setReason(reason);
    if (m_content)
        m_stack->setCurrentWidget(reason.isEmpty() ? m_content : m_empty);
}

} // namespace winnow
