#pragma once

#include <QObject>
#include <QSettings>
#include <QString>
#include <QStringList>

namespace winnow {

/// What the user set, kept by QSettings; read when asked, written at once.
class AppSettings : public QObject {
    Q_OBJECT
public:
    enum class ThemeChoice { System, Light, Dark };

    explicit AppSettings(QObject *parent = nullptr);

    ThemeChoice theme() const;
    void setTheme(ThemeChoice choice);
    /// The command that speaks the protocol; by default winnow-cli beside this program.
    QString engineCommand() const;
    void setEngineCommand(const QString &command);
    static QString defaultEngineCommand();
    int threads() const; // 0 = the engine decides
    void setThreads(int threads);
    QString dtype() const; // "auto", "f32", ...
    void setDtype(const QString &dtype);
    /// Where the engine looks for models by name and puts fetched ones; empty = its own default.
    QString modelFolder() const;
    void setModelFolder(const QString &folder);

    /// Models by path, newest first.
    QStringList recentModels() const;
    void addRecentModel(const QString &path);

    QStringList recentFiles() const;
    void addRecentFile(const QString &path);
    void removeRecentFile(const QString &path);

    /// Named window layouts (QMainWindow::saveState and geometry).
    QStringList layoutNames() const;
    QByteArray layout(const QString &name) const;
    void saveLayout(const QString &name, const QByteArray &state);
    void removeLayout(const QString &name);

    QByteArray value(const QString &key) const;
    void setValue(const QString &key, const QByteArray &value);

Q_SIGNALS:
    void themeChanged();
    void engineChanged(); // command or model folder: an engine that runs is started again
    void recentChanged();
    void layoutsChanged();

private:
    QSettings m_settings;
};

/// Folder of what the program keeps for the user: ~/.local/share/winnow.
QString userDataFolder();

} // namespace winnow
