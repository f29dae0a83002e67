#include "app/window/recent_session.h"

#include "app/app_settings.h"
#include "app/workbench/session_document.h"

#include <QCoreApplication>
#include <QCryptographicHash>
#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QLocale>

namespace winnow {
namespace {

    QString tr(const char *text) { return QCoreApplication::translate("RecentSession", text); }

    QString cacheFile(const QString &path, const QString &ending)
    {
        const QByteArray name = QCryptographicHash::hash(QFileInfo(path).absoluteFilePath().toUtf8(), QCryptographicHash::Sha1).toHex();
        return userDataFolder() + QStringLiteral("/recent/") + QString::fromLatin1(name) + ending;
    }

} // namespace

QString whenText(const QDateTime &when, const QDateTime &now)
{
    const qint64 days = when.date().daysTo(now.date());
    if (days == 0)
        return tr("today, %1").arg(when.time().toString(QStringLiteral("HH:mm")));
    if (days == 1)
        return tr("yesterday");
    const QLocale english(QLocale::English);
    return when.date().year() == now.date().year() ? english.toString(when.date(), QStringLiteral("d MMM")) : english.toString(when.date(), QStringLiteral("d MMM yyyy"));
}

void rememberRecent(const QString &path, const SessionDocument &document, qint64 activeInput, const QPixmap &thumbnail)
{
    QDir().mkpath(userDataFolder() + QStringLiteral("/recent"));
    const InputRecord *input = document.input(activeInput);
    QString detail = document.runs().size() == 1 ? tr("1 run") : tr("%1 runs").arg(document.runs().size());
    if (input)
        detail += tr(", cache of %1").arg(QString::fromStdString(input->name));
    QFile file(cacheFile(path, QStringLiteral(".txt")));
    if (file.open(QIODevice::WriteOnly))
        file.write(detail.toUtf8());
    if (!thumbnail.isNull())
        thumbnail.save(cacheFile(path, QStringLiteral(".png")));
}

RecentInfo recentInfo(const QString &path)
{
    RecentInfo info;
    QFile file(cacheFile(path, QStringLiteral(".txt")));
    if (file.open(QIODevice::ReadOnly))
        info.detail = QString::fromUtf8(file.readAll());
    info.thumbnail.load(cacheFile(path, QStringLiteral(".png")));
    return info;
}

} // namespace winnow
