#pragma once

#include "app/app_settings.h"
#include "views/theme.h"

#include <QIcon>
#include <QObject>

namespace winnow {

/// Light or dark: follows the system's palette unless the user chose; gives themed icons to every widget.
class Look : public QObject {
    Q_OBJECT
public:
    explicit Look(AppSettings &settings, QObject *parent = nullptr);

    const Theme &theme() const { return Theme::of(m_kind); }
    ThemeKind kind() const { return m_kind; }
    /// One-colour icon of resources/icons by its freedesktop name: normal t2, checked accent text, disabled.
    QIcon icon(const QString &name) const;
    /// The same in one given colour.
    QIcon icon(const QString &name, const QColor &color) const;
    QPixmap pixmap(const QString &name, int size, const QColor &color, qreal ratio) const;
    /// Sets palette, style sheet and base font of the application.
    void apply();

Q_SIGNALS:
    void changed();

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    ThemeKind systemKind() const;
    ThemeKind wanted() const;

    AppSettings &m_settings;
    ThemeKind m_kind = ThemeKind::Light;
    bool m_applying = false;
};

/// Sets a dynamic property and lets the style sheet see it.
void setStyleProperty(QWidget *widget, const char *name, const QVariant &value);

} // namespace winnow
