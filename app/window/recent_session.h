#pragma once

#include <QDateTime>
#include <QPixmap>
#include <QString>

namespace winnow {

class SessionDocument;

/// What the welcome page says of a session without opening it: kept beside the user's data, written when it is saved.
struct RecentInfo {
    QString detail; // "3 runs, cache of panthers.txt"
    QPixmap thumbnail;
};

void rememberRecent(const QString &path, const SessionDocument &document, qint64 activeInput, const QPixmap &thumbnail);
RecentInfo recentInfo(const QString &path);
/// "today, 18:41", "yesterday", "21 Nov".
QString whenText(const QDateTime &when, const QDateTime &now);

} // namespace winnow
