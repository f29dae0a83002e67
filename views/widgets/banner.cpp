#include "views/widgets/banner.h"

#include "views/icons.h"
#include "views/type.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QToolButton>

namespace winnow {

Banner::Banner(QWidget *parent)
    : QWidget(parent)
    , m_icon(new QLabel(this))
    , m_text(new QLabel(this))
    , m_buttons(new QHBoxLayout)
    , m_close(new QToolButton(this))
    , m_theme(Theme::light())
{
    setMinimumHeight(qRound(scaled(40)));
    m_text->setFont(typeFont(TypeRole::Body));
    m_text->setTextFormat(Qt::RichText);
    m_text->setWordWrap(true);
    m_close->setToolTip(tr("Close"));
    m_close->setAccessibleName(tr("Close message"));
    m_close->setFixedSize(24, 24);
    m_close->setIconSize({14, 14});
    m_buttons->setSpacing(8);
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(14, 4, 8, 4);
    row->setSpacing(10);
    row->addWidget(m_icon);
    row->addWidget(m_text, 1);
    row->addLayout(m_buttons);
    row->addWidget(m_close);
    connect(m_close, &QToolButton::clicked, this, [this] {
        hide();
        Q_EMIT closed();
    });
    refresh();
}

QColor Banner::ink() const
{
    switch (m_tone) {
    case Tone::Error: return m_theme.err;
    case Tone::Warning: return m_theme.warn;
    case Tone::Information: return m_theme.accentText;
    case Tone::Done: return m_theme.ok;
    }
    return m_theme.t2;
}

QColor Banner::ground() const
{
    switch (m_tone) {
    case Tone::Error: return m_theme.errSoft;
    case Tone::Warning: return m_theme.warnSoft;
    case Tone::Information: return m_theme.accentSoft;
    case Tone::Done: return m_theme.okSoft;
    }
    return m_theme.sunken;
}

void Banner::refresh()
{
    static const char *const kIcons[] = {"dialog-error", "dialog-warning", "dialog-information", "emblem-ok"};
    m_icon->setPixmap(iconPixmap(QLatin1String(kIcons[static_cast<int>(m_tone)]), ink(), 16, devicePixelRatioF()));
    m_close->setIcon(coloredIcon(QStringLiteral("window-close"), m_theme.t2, m_theme));
    update();
}

void Banner::setTheme(const Theme &theme)
{
    m_theme = theme;
    refresh();
}

void Banner::showMessage(Tone tone, const QString &bold, const QString &sentence)
{
    setAccessibleName(QStringLiteral("%1 %2").arg(bold, sentence).trimmed());
    m_tone = tone;
    const QString start = bold.isEmpty() ? QString() : QStringLiteral("<span style=\"font-weight:600\">%1</span> ").arg(bold.toHtmlEscaped());
    m_text->setText(start + sentence.toHtmlEscaped());
    setAccessibleName((bold + QLatin1Char(' ') + sentence).trimmed());
    refresh();
    show();
}

QPushButton *Banner::addButton(const QString &text, const QString &iconName)
{
    auto *button = new QPushButton(text, this);
    const bool primary = m_buttons->count() == 0;
    button->setProperty("primary", primary);
    if (!iconName.isEmpty())
        button->setIcon(coloredIcon(iconName, primary ? m_theme.onAccent : m_theme.t2, m_theme));
    m_buttons->addWidget(button);
    return button;
}

void Banner::clearButtons()
{
    while (QLayoutItem *item = m_buttons->takeAt(0)) {
        if (item->widget())
            item->widget()->deleteLater();
        delete item;
    }
}

void Banner::setClosable(bool closable) { m_close->setVisible(closable); }

void Banner::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.fillRect(rect(), ground());
}

} // namespace winnow
