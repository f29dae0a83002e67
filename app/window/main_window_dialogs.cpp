// Questions the window asks and what it tells.
#include "app/window/command_palette.h"
#include "app/window/look.h"
#include "app/window/main_window.h"
#include "app/window/model_chooser.h"
#include "app/window/settings_dialog.h"
#include "app/window/status_line.h"
#include "app/window/sweep_dialog.h"
#include "app/window/text_dialogs.h"
#include "views/format.h"

#include <QClipboard>
#include <QFileInfo>
#include <QGuiApplication>
#include <QInputDialog>

namespace winnow {
namespace {

    QString textOf(const Json &json)
    {
        if (json.is_string())
            return QString::fromStdString(json.get<std::string>());
        if (json.is_number_integer())
            return format::integer(json.get<double>());
        return QString::fromStdString(json.dump());
    }

} // namespace

void MainWindow::askSweep()
{
    SweepDialog dialog(m_bench, this);
    if (dialog.exec() == QDialog::Accepted)
        m_bench.sweep(dialog.choice());
}

void MainWindow::askGenerate(qint64 runId)
{
    const RunRecord *run = m_bench.document().run(runId);
    if (!run)
        return;
    bool accepted = false;
    const int count = QInputDialog::getInt(this, tr("Generate Text"), tr("New tokens, with the full cache and as run %1:").arg(runLetter(run->letter)), 64, 1, 4096, 16, &accepted);
    if (accepted)
        m_bench.generate(runId, count);
}

void MainWindow::askScoredTokens(qint64 inputId)
{
    const InputRecord *input = m_bench.document().input(inputId);
    if (!input)
        return;
    bool accepted = false;
    const int count = QInputDialog::getInt(this, tr("Scored Tokens"), tr("The last tokens of %1 are not context but are scored under every plan:").arg(QString::fromStdString(input->name)),
        std::max(2, scoredTokens(*input)), 2, 4096, 1, &accepted);
    if (accepted)
        m_bench.setScoredTokens(inputId, count);
}

void MainWindow::chooseModel(const QString &wanted)
{
    ModelChooser chooser(m_bench, m_look, ModelChooser::Role::Model, this);
    if (!wanted.isEmpty())
        chooser.select(wanted);
    if (chooser.exec() == QDialog::Accepted && m_bench.document().inputs().empty())
        openPage(Page::Model); // nothing to cut yet: the model itself is what there is to see
}

void MainWindow::chooseSmallModel(const QString &wanted)
{
    ModelChooser chooser(m_bench, m_look, ModelChooser::Role::SmallModel, this);
    if (!wanted.isEmpty())
        chooser.select(wanted);
    chooser.exec();
}

void MainWindow::showSettings()
{
    SettingsDialog dialog(m_bench.settings(), this);
    dialog.exec();
}

void MainWindow::showShortcuts()
{
    QVector<QPair<QString, QString>> rows;
    for (QAction *action : m_actions.all()) {
        if (!action->shortcut().isEmpty())
            rows.append({action->text().remove(QLatin1Char('&')).remove(QStringLiteral("…")), action->shortcut().toString(QKeySequence::NativeText)});
    }
    rows.append({tr("Move the mark"), tr("Arrow keys")});
    rows.append({tr("Keep the mark"), tr("Enter")});
    rows.append({tr("Clear the mark"), tr("Esc")});
    showFacts(tr("Keyboard Shortcuts"), tr("Every action is also in the palette (Ctrl+K)"), rows, this);
}

void MainWindow::showAbout()
{
    const Json &hello = m_bench.engine().hello();
    QVector<QPair<QString, QString>> rows{{tr("Version"), QGuiApplication::applicationVersion()}, {tr("Qt"), QString::fromLatin1(qVersion())}};
    for (const char *name : {"version", "commit", "machine"}) {
        if (auto it = hello.find(name); it != hello.end())
            rows.append({tr("Engine %1").arg(QString::fromLatin1(name)), textOf(*it)});
    }
    rows.append({tr("Licence"), QStringLiteral("GPL-3.0-or-later")});
    showFacts(tr("About Winnow"), tr("See what a model can do without, and what that costs."), rows, this);
}

void MainWindow::showGenerated(qint64 runId, const ReportPtr &report)
{
    const RunRecord *run = m_bench.document().run(runId);
    const QString name = run ? QStringLiteral("%1 %2").arg(runLetter(run->letter), QString::fromStdString(run->name)) : QString();
    showTexts(name, report, this);
}

void MainWindow::showPalette()
{
    if (!m_palette) {
        m_palette = new CommandPalette(m_look, this);
        connect(m_palette, &CommandPalette::commandCopied, this, [this](const QString &line) {
            QGuiApplication::clipboard()->setText(line);
            m_status->showHint(tr("Command copied."));
        });
    }
    std::vector<PaletteEntry> entries;
    const MethodInfo *method = m_bench.currentMethod();
    const QString setting = method ? tr("%1 at %2").arg(QString::fromStdString(method->title), budgetLabel(m_bench.setting().budget)) : QString();
    auto command = [this] { return m_bench.commandLine(m_bench.activeRun()); };
    if (method && m_actions.run->isEnabled())
        entries.push_back({tr("Actions"), tr("Run %1").arg(setting), tr("Ctrl R"), QStringLiteral("media-playback-start"), [this] { m_actions.run->trigger(); }, command});
    if (method && m_actions.sweep->isEnabled())
        entries.push_back({tr("Actions"), tr("Sweep %1…").arg(QString::fromStdString(method->title)), {}, QStringLiteral("office-chart-line"), [this] { m_actions.sweep->trigger(); }, {}});
    if (method && m_actions.copyCommand->isEnabled())
        entries.push_back({tr("Actions"), tr("Copy %1 as command").arg(QString::fromStdString(method->title)), tr("Ctrl Shift C"), QStringLiteral("utilities-terminal"), [this] { m_actions.copyCommand->trigger(); }, command});
    for (QAction *action : m_actions.all()) {
        if (!action->isEnabled())
            continue;
        QString key = action->shortcut().toString(QKeySequence::NativeText);
        key.replace(QLatin1Char('+'), QLatin1Char(' '));
        entries.push_back({tr("Actions"), action->text().remove(QLatin1Char('&')), key, QStringLiteral("go-next"), [action] { action->trigger(); }, {}});
    }
    for (const MethodInfo &info : m_bench.methods()) {
        if (info.family != "kv" && info.family != "prompt")
            continue;
        const QString id = QString::fromStdString(info.id);
        entries.push_back({tr("Methods"), QString::fromStdString(info.title), info.family == "prompt" ? tr("prompt") : tr("cache"), QStringLiteral("configure"), [this, id] { m_bench.setMethod(id); }, {}});
    }
    for (const InputRecord &input : m_bench.document().inputs()) {
        const qint64 id = input.id, count = m_bench.tokenCount(input.id);
        entries.push_back({tr("Inputs"), QString::fromStdString(input.name), count >= 0 ? format::tokens(count) : QString(), QStringLiteral("text-x-generic"), [this, id] { m_bench.chooseInput(id); }, {}});
    }
    for (const RunRecord &run : m_bench.document().runs()) {
        const qint64 id = run.id;
        entries.push_back({tr("Runs"), QStringLiteral("%1 %2").arg(runLetter(run.letter), QString::fromStdString(run.name)), budgetLabel(settingFromJson(run.request).budget), QStringLiteral("window-pin"),
            [this, id] { m_bench.setActiveRun(id); }, [this, id] { return m_bench.commandLine(id); }});
    }
    for (const QString &path : m_bench.settings().recentFiles())
        entries.push_back({tr("Recent"), QFileInfo(path).fileName(), {}, QStringLiteral("folder-open"), [this, path] { openPath(path); }, {}});
    m_palette->open(std::move(entries));
}

} // namespace winnow
