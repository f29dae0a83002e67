#include "app/window/look.h"

#include "views/type.h"

#include <QApplication>
#include <QEvent>
#include <QFile>
#include <QIconEngine>
#include <QPainter>
#include <QProxyStyle>
#include <QStyle>
#include <QStyleFactory>
#include <QSvgRenderer>
#include <QWidget>

namespace winnow {
namespace {

    /// Renders an SVG in one colour at whatever size and state is asked for, so that icons stay crisp at any scale.
    class TintedIcon : public QIconEngine {
    public:
        TintedIcon(QString file, QColor normal, QColor disabled, QColor checked)
            : m_file(std::move(file))
            , m_normal(std::move(normal))
            , m_disabled(std::move(disabled))
            , m_checked(std::move(checked))
        {
        }

        void paint(QPainter *painter, const QRect &rect, QIcon::Mode mode, QIcon::State state) override
        {
            painter->drawPixmap(rect, scaledPixmap(rect.size(), mode, state, painter->device()->devicePixelRatioF()));
        }

        QPixmap pixmap(const QSize &size, QIcon::Mode mode, QIcon::State state) override { return render(size, mode, state); }

        QPixmap scaledPixmap(const QSize &size, QIcon::Mode mode, QIcon::State state, qreal scale) override
        {
            QPixmap result = render(size * scale, mode, state);
            result.setDevicePixelRatio(scale);
            return result;
        }

        QIconEngine *clone() const override { return new TintedIcon(*this); }

    private:
        QPixmap render(const QSize &pixels, QIcon::Mode mode, QIcon::State state) const
        {
            const QColor color = mode == QIcon::Disabled ? m_disabled : state == QIcon::On ? m_checked : m_normal;
            QPixmap result(pixels);
            result.fill(Qt::transparent);
            QSvgRenderer renderer(m_file);
            if (!renderer.isValid())
                return result;
            QPainter painter(&result);
            renderer.render(&painter, QRectF(QPointF(0, 0), QSizeF(pixels)));
            painter.setCompositionMode(QPainter::CompositionMode_SourceIn);
            painter.fillRect(result.rect(), color);
            return result;
        }

        QString m_file;
        QColor m_normal, m_disabled, m_checked;
    };

    /// Fusion without the underlined letters of menus; Alt still works.
    class WindowStyle : public QProxyStyle {
    public:
        WindowStyle()
            : QProxyStyle(QStyleFactory::create(QStringLiteral("Fusion")))
        {
        }

        int styleHint(StyleHint hint, const QStyleOption *option, const QWidget *widget, QStyleHintReturn *data) const override
        {
            return hint == SH_UnderlineShortcut || hint == SH_DialogButtonBox_ButtonsHaveIcons ? 0 : QProxyStyle::styleHint(hint, option, widget, data);
        }
    };

    QString iconFile(const QString &name) { return QStringLiteral(":/winnow/icons/%1.svg").arg(name); }

} // namespace

Look::Look(AppSettings &settings, QObject *parent)
    : QObject(parent)
    , m_settings(settings)
{
    connect(&settings, &AppSettings::themeChanged, this, &Look::apply);
    qApp->installEventFilter(this);
}

ThemeKind Look::systemKind() const
{
    // Qt 6.4 has no colour scheme: the palette of the desktop tells by its lightness.
    const QPalette system = QApplication::style() ? QPalette(QApplication::palette()) : QPalette();
    return system.color(QPalette::Window).lightness() < 128 ? ThemeKind::Dark : ThemeKind::Light;
}

ThemeKind Look::wanted() const
{
    switch (m_settings.theme()) {
    case AppSettings::ThemeChoice::Light: return ThemeKind::Light;
    case AppSettings::ThemeChoice::Dark: return ThemeKind::Dark;
    case AppSettings::ThemeChoice::System: break;
    }
    return systemKind();
}

void Look::apply()
{
    if (m_applying)
        return;
    m_applying = true;
    QApplication::setStyle(new WindowStyle);
    QApplication::setPalette(QPalette()); // back to the desktop's own, to read it
    m_kind = wanted();
    QApplication::setFont(baseFont());
    QApplication::setPalette(theme().palette());
    qApp->setStyleSheet(theme().styleSheet());
    m_applying = false;
    Q_EMIT changed();
}

bool Look::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::ThemeChange && watched->isWidgetType() && !m_applying && m_settings.theme() == AppSettings::ThemeChoice::System)
        QMetaObject::invokeMethod(this, &Look::apply, Qt::QueuedConnection);
    return QObject::eventFilter(watched, event);
}

QIcon Look::icon(const QString &name) const
{
    return QIcon(new TintedIcon(iconFile(name), theme().t2, theme().disabled, theme().accentText));
}

QIcon Look::icon(const QString &name, const QColor &color) const
{
    return QIcon(new TintedIcon(iconFile(name), color, theme().disabled, color));
}

QPixmap Look::pixmap(const QString &name, int size, const QColor &color, qreal ratio) const
{
    TintedIcon engine(iconFile(name), color, color, color);
    return engine.scaledPixmap(QSize(size, size), QIcon::Normal, QIcon::Off, ratio);
}

void setStyleProperty(QWidget *widget, const char *name, const QVariant &value)
{
    if (widget->property(name) == value)
        return;
    widget->setProperty(name, value);
    widget->style()->unpolish(widget);
    widget->style()->polish(widget);
    widget->update();
}

} // namespace winnow
