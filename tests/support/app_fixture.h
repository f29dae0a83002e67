#pragma once

#include "app/app_settings.h"
#include "app/window/cache_page.h"
#include "app/window/look.h"
#include "app/window/main_window.h"
#include "app/workbench/workbench.h"
#include "views/icons.h"

#include <QApplication>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

#include <memory>

namespace winnow::testing {

/// Puts settings, working copies and models of a test into a folder of its own; call before QApplication is made. The
/// user's models are seen through a link where they are there.
inline void isolateHome(const QString &folder)
{
    const QString models = QDir::homePath() + QStringLiteral("/.local/share/winnow/models");
    qputenv("XDG_DATA_HOME", (folder + QStringLiteral("/data")).toUtf8());
    qputenv("XDG_CONFIG_HOME", (folder + QStringLiteral("/config")).toUtf8());
    QDir().mkpath(folder + QStringLiteral("/data/winnow"));
    QDir().mkpath(folder + QStringLiteral("/config"));
    QFile::link(models, folder + QStringLiteral("/data/winnow/models"));
}

inline bool hasSmolLm()
{
    return QFileInfo::exists(QDir::homePath() + QStringLiteral("/.local/share/winnow/models/smollm2-135m/SmolLM2-135M-Instruct.Q4_1.gguf"));
}

inline QString engineProgram() { return QStringLiteral(WINNOW_BIN_DIR "/winnow-cli"); }
inline QString tinyModel() { return QStringLiteral(WINNOW_TEST_DATA "/models/llama-q8_0.gguf"); }

/// The text of the demo, cut for models with a short context.
inline QString demoText(int characters = -1)
{
    QFile file(QStringLiteral(WINNOW_SOURCE_DIR "/resources/demo/harbour.txt"));
    const QString text = file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
    return characters < 0 ? text : text.left(characters);
}

/// A whole window with its controller, as main() makes it.
class App {
public:
    explicit App(const QString &engineCommand = QStringLiteral("\"%1\" serve").arg(engineProgram()))
    {
        m_settings = std::make_unique<AppSettings>();
        m_settings->setEngineCommand(engineCommand);
        m_settings->setThreads(1);
        m_look = std::make_unique<Look>(*m_settings);
        m_look->apply();
        m_bench = std::make_unique<Workbench>(*m_settings);
        m_window = std::make_unique<MainWindow>(*m_bench, *m_look);
    }

    Workbench &bench() { return *m_bench; }
    MainWindow &window() { return *m_window; }
    AppSettings &settings() { return *m_settings; }

    bool startEngine()
    {
        m_bench->startEngine();
        return QTest::qWaitFor([this] { return m_bench->engine().state() == EngineClient::State::Ready; }, 20000);
    }

    bool waitModel() { return QTest::qWaitFor([this] { return m_bench->model().phase == ModelState::Phase::Ready; }, 60000); }
    /// Until the preview shows the form's setting.
    bool waitPreview(int timeoutMs = 60000)
    {
        return QTest::qWaitFor([this] { return m_bench->preview().report() && m_bench->preview().reportSetting() == m_bench->setting(); }, timeoutMs);
    }
    bool waitJobs(int timeoutMs = 600000) { return QTest::qWaitFor([this] { return !m_bench->jobs().busy(); }, timeoutMs); }

private:
    std::unique_ptr<AppSettings> m_settings;
    std::unique_ptr<Look> m_look;
    std::unique_ptr<Workbench> m_bench;
    std::unique_ptr<MainWindow> m_window;
};

} // namespace winnow::testing
