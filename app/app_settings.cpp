#include "app/app_settings.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QStandardPaths>

namespace winnow {
namespace {

    constexpr int kRecentFiles = 12;

} // namespace

QString userDataFolder()
{
    const QString base = QStandardPaths::writableLocation(QStandardPaths::GenericDataLocation);
    return base + QStringLiteral("/winnow");
}

AppSettings::AppSettings(QObject *parent)
    : QObject(parent)
    , m_settings(QSettings::IniFormat, QSettings::UserScope, QStringLiteral("winnow"), QStringLiteral("winnow"))
{
}

AppSettings::ThemeChoice AppSettings::theme() const
{
    const QString word = m_settings.value(QStringLiteral("theme")).toString();
    return word == QLatin1String("light") ? ThemeChoice::Light : word == QLatin1String("dark") ? ThemeChoice::Dark : ThemeChoice::System;
}

void AppSettings::setTheme(ThemeChoice choice)
{
    const char *word = choice == ThemeChoice::Light ? "light" : choice == ThemeChoice::Dark ? "dark" : "system";
    m_settings.setValue(QStringLiteral("theme"), QString::fromLatin1(word));
    Q_EMIT themeChanged();
}

QString AppSettings::defaultEngineCommand()
{
    const QString beside = QCoreApplication::applicationDirPath() + QStringLiteral("/winnow-cli");
    const QString program = QFileInfo(beside).isExecutable() ? beside : QStringLiteral("winnow-cli");
    return QStringLiteral("\"%1\" serve").arg(program);
}

QString AppSettings::engineCommand() const
{
    const QString set = m_settings.value(QStringLiteral("engine/command")).toString().trimmed();
    return set.isEmpty() ? defaultEngineCommand() : set;
}

void AppSettings::setEngineCommand(const QString &command)
{
    const QString trimmed = command.trimmed();
    m_settings.setValue(QStringLiteral("engine/command"), trimmed == defaultEngineCommand() ? QString() : trimmed);
    Q_EMIT engineChanged();
}

int AppSettings::threads() const { return m_settings.value(QStringLiteral("engine/threads"), 0).toInt(); }

void AppSettings::setThreads(int threads) { m_settings.setValue(QStringLiteral("engine/threads"), threads); }

QString AppSettings::dtype() const { return m_settings.value(QStringLiteral("engine/dtype"), QStringLiteral("auto")).toString(); }

void AppSettings::setDtype(const QString &dtype) { m_settings.setValue(QStringLiteral("engine/dtype"), dtype); }

QString AppSettings::modelFolder() const { return m_settings.value(QStringLiteral("engine/modelFolder")).toString(); }

void AppSettings::setModelFolder(const QString &folder)
{
    if (folder == modelFolder())
        return;
    m_settings.setValue(QStringLiteral("engine/modelFolder"), folder);
    Q_EMIT engineChanged();
}

QStringList AppSettings::recentModels() const { return m_settings.value(QStringLiteral("recentModels")).toStringList(); }

void AppSettings::addRecentModel(const QString &path)
{
    QStringList models = recentModels();
    models.removeAll(path);
    models.prepend(path);
    m_settings.setValue(QStringLiteral("recentModels"), QVariant(models.mid(0, kRecentFiles)));
}

QStringList AppSettings::recentFiles() const { return m_settings.value(QStringLiteral("recent")).toStringList(); }

void AppSettings::addRecentFile(const QString &path)
{
    const QString absolute = QFileInfo(path).absoluteFilePath();
    QStringList files = recentFiles();
    files.removeAll(absolute);
    files.prepend(absolute);
    while (files.size() > kRecentFiles)
        files.removeLast();
    m_settings.setValue(QStringLiteral("recent"), files);
    Q_EMIT recentChanged();
}

void AppSettings::removeRecentFile(const QString &path)
{
    QStringList files = recentFiles();
    files.removeAll(path);
    m_settings.setValue(QStringLiteral("recent"), files);
    Q_EMIT recentChanged();
}

QStringList AppSettings::layoutNames() const { return m_settings.value(QStringLiteral("layoutNames")).toStringList(); }

QByteArray AppSettings::layout(const QString &name) const
{
    const qsizetype index = layoutNames().indexOf(name);
    return index < 0 ? QByteArray() : m_settings.value(QStringLiteral("layouts/%1").arg(name)).toByteArray();
}

void AppSettings::saveLayout(const QString &name, const QByteArray &state)
{
    QStringList names = layoutNames();
    if (!names.contains(name))
        names << name;
    m_settings.setValue(QStringLiteral("layoutNames"), names);
    m_settings.setValue(QStringLiteral("layouts/%1").arg(name), state);
    Q_EMIT layoutsChanged();
}

void AppSettings::removeLayout(const QString &name)
{
    QStringList names = layoutNames();
    names.removeAll(name);
    m_settings.setValue(QStringLiteral("layoutNames"), names);
    m_settings.remove(QStringLiteral("layouts/%1").arg(name));
    Q_EMIT layoutsChanged();
}

QByteArray AppSettings::value(const QString &key) const { return m_settings.value(key).toByteArray(); }

void AppSettings::setValue(const QString &key, const QByteArray &value) { m_settings.setValue(key, value); }

} // namespace winnow
