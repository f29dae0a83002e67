// Sessions of the workbench: new, open, save, and what is restored from one.
#include "app/workbench/workbench.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QUuid>

namespace winnow {
namespace {

    QString workingFolder()
    {
        const QString folder = userDataFolder() + QStringLiteral("/working");
        QDir().mkpath(folder);
        return folder;
    }

    QString newWorkingPath() { return workingFolder() + QLatin1Char('/') + QUuid::createUuid().toString(QUuid::WithoutBraces) + QStringLiteral(".winnow"); }

    QString textOf(const Json &json, const char *name)
    {
        if (!json.is_object())
            return {};
        auto it = json.find(name);
        return it != json.end() && it->is_string() ? QString::fromStdString(it->get<std::string>()) : QString();
    }

} // namespace

QString Workbench::workingCopyPath() const
{
    SessionDocument &document = const_cast<SessionDocument &>(m_document);
    return document.session() ? QString::fromStdString(document.session()->path()) : QString();
}

void Workbench::newSession()
{
    Result<std::unique_ptr<Session>> session = Session::create(newWorkingPath().toStdString());
    if (!session) {
        Q_EMIT failed(QString::fromStdString(session.error().message));
        return;
    }
    if (Result<void> adopted = adoptSession(std::move(*session), {}); !adopted)
        Q_EMIT failed(QString::fromStdString(adopted.error().message));
}

Result<void> Workbench::adoptSession(std::unique_ptr<Session> working, const QString &home)
{
    closeSession();
    return m_document.adopt(std::move(working), home);
}

Result<void> Workbench::openSession(const QString &path)
{
    // Opened read-only first: a newer or broken file is refused before anything is copied.
    Result<std::unique_ptr<Session>> original = Session::openReadOnly(path.toStdString());
    if (!original)
        return fail(original.error());
    const QString working = newWorkingPath();
    if (Result<void> copied = (*original)->saveCopy(working.toStdString()); !copied)
        return copied;
    original->reset();
    Result<std::unique_ptr<Session>> session = Session::open(working.toStdString());
    if (!session)
        return fail(session.error());
    if (Result<void> adopted = adoptSession(std::move(*session), QFileInfo(path).absoluteFilePath()); !adopted)
        return adopted;
    m_settings.addRecentFile(path);
    return {};
}

Result<void> Workbench::saveTo(const QString &path)
{
    if (m_settingTimer.isActive()) {
        m_settingTimer.stop();
        m_document.setState("view.setting", toJson(m_setting));
    }
    if (Result<void> saved = m_document.saveTo(path); !saved)
        return saved;
    m_settings.addRecentFile(path);
    return {};
}

void Workbench::closeSession()
{
    const QString working = workingCopyPath();
    m_settingTimer.stop();
    m_preview.setTarget({}, std::nullopt);
    m_demoPending = false;
    m_activeInput = m_activeRun = 0;
    m_tokenCounts.clear();
    m_selection = {};
    m_document.close();
    if (!working.isEmpty()) {
        for (const char *suffix : {"", "-wal", "-shm", "-journal"})
            QFile::remove(working + QLatin1String(suffix));
    }
}

void Workbench::onSessionOpened()
{
    restoreFromSession();
    Q_EMIT sessionChanged();
    Q_EMIT modelChanged();
    Q_EMIT activeInputChanged();
    Q_EMIT activeRunChanged();
    Q_EMIT tokenCountsChanged();
    Q_EMIT selectionChanged();
    rebuild();
}

void Workbench::restoreFromSession()
{
    const Json counts = m_document.state("view.tokenCounts");
    if (counts.is_object()) {
        for (const auto &[id, count] : counts.items()) {
            if (count.is_number_integer())
                m_tokenCounts[std::atoll(id.c_str())] = count.get<qint64>();
        }
    }
    if (m_methods.empty()) {
        const Json listed = m_document.state("methods");
        for (const Json &entry : listed.is_array() ? listed : Json::array()) {
            if (Result<MethodInfo> info = methodInfoFromJson(entry))
                m_methods.push_back(std::move(*info));
        }
        m_preview.setMethods(m_methods);
        Q_EMIT methodsChanged();
    }
    const Json active = m_document.state("view.activeInput");
    m_activeInput = active.is_number_integer() && m_document.input(active.get<qint64>()) ? active.get<qint64>()
        : m_document.inputs().empty()                                                    ? 0
                                                                                         : m_document.inputs().front().id;
    Setting setting = settingFromJson(m_document.state("view.setting"));
    if (setting.method.empty() && !m_document.runs().empty())
        setting = settingFromJson(m_document.runs().front().request);
    if (!setting.method.empty())
        applySetting(setting);

    const Json choice = m_document.state("model.choice");
    QString model = textOf(choice, "model");
    if (model.isEmpty() && !m_document.runs().empty())
        model = textOf(m_document.runs().front().request, "model");
    if (model.isEmpty())
        return;
    const bool loaded = m_model.phase == ModelState::Phase::Ready && m_model.choice.model == model.toStdString();
    m_model.choice.model = model.toStdString();
    if (const QString dtype = textOf(choice, "dtype"); !dtype.isEmpty())
        m_model.choice.dtype = dtype.toStdString();
    if (loaded) {
        countTokens();
        retarget();
        return;
    }
    m_model.description = m_document.state("model");
    if (!m_model.description.is_object())
        m_model.description = Json::object();
    reloadModel();
}

} // namespace winnow
