#include "views/widgets/empty_state.h"

#include "views/icons.h"
#include "views/type.h"

#include <QLabel>
#include <QPushButton>
#include <QVBoxLayout>

namespace winnow {

EmptyState::EmptyState(QWidget *parent)
    : QWidget(parent)
    , m_icon(new QLabel(this))
    , m_missing(new QLabel(this))
    , m_whatToDo(new QLabel(this))
    , m_button(new QPushButton(this))
    , m_iconName(QStringLiteral("view-grid"))
    , m_theme(Theme::light())
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(24, 12, 24, 24);
    column->setSpacing(6);
    column->addStretch(1);
    for (QLabel *label : {m_icon, m_missing, m_whatToDo}) {
        label->setAlignment(Qt::AlignCenter);
        label->setWordWrap(label != m_icon);
        column->addWidget(label);
    }
    m_missing->setFont(typeFont(TypeRole::ViewTitle));
    m_whatToDo->setFont(typeFont(TypeRole::Label));
    m_whatToDo->setProperty("tone", QStringLiteral("t2"));
    column->addSpacing(6);
    column->addWidget(m_button, 0, Qt::AlignHCenter);
    column->addStretch(1);
    m_button->hide();
    connect(m_button, &QPushButton::clicked, this, &EmptyState::buttonClicked);
    setTheme(m_theme);
}

void EmptyState::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    const bool low = height() < scaled(150); // the sentence first, then the icon
    m_icon->setVisible(!low);
    layout()->setContentsMargins(24, low ? 4 : 12, 24, low ? 4 : 24);
}

void EmptyState::setTheme(const Theme &theme)
{
    m_theme = theme;
    m_icon->setPixmap(iconPixmap(m_iconName, theme.t2, 26, devicePixelRatioF()));
}

void EmptyState::setIconName(const QString &name)
{
    m_iconName = name;
    setTheme(m_theme);
}

void EmptyState::setReason(const QString &reason)
{
    const qsizetype stop = reason.indexOf(QStringLiteral(". "));
    if (stop < 0)
        setText(reason, {});
    else
        setText(reason.left(stop), reason.mid(stop + 2));
}

void EmptyState::setText(const QString &missing, const QString &whatToDo)
{
    m_missing->setText(missing);
    m_whatToDo->setText(whatToDo);
    setAccessibleName(missing);
    setAccessibleDescription(whatToDo);
}

void EmptyState::setButton(const QString &text)
{
    m_button->setText(text);
    m_button->setVisible(!text.isEmpty());
}

} // namespace winnow
