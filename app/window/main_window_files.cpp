// Files of the window: open, save, export, figures, notes.
#include "app/export/figure_file.h"
#include "app/engine/error_sentence.h"
#include "app/export/report_export.h"
#include "app/window/cache_page.h"
#include "app/window/compare_panel.h"
#include "app/window/data_browser.h"
#include "app/window/labels_dialog.h"
#include "app/window/look.h"
#include "app/window/main_window.h"
#include "app/window/note_dialog.h"
#include "app/window/prompt_page.h"
#include "app/window/recent_session.h"
#include "app/window/results_dock.h"
#include "app/window/similarity_page.h"
#include "app/window/status_line.h"
#include "app/window/view_slot.h"
#include "app/window/words_page.h"
#include "views/view_factory.h"

#include <QClipboard>
#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>

namespace winnow {
void MainWindow::openPath(const QString &path)
{
    const QString ending = QFileInfo(path).suffix().toLower();
    const bool records = ending == QLatin1String("jsonl") || ending == QLatin1String("json") || ending == QLatin1String("utf8") || ending == QLatin1String("gz");
    if (records && !guessDataSet(path).isEmpty())
        return browseData(path);
    if (ending == QLatin1String("winnow") && !mayClose())
        return;
    saveViewState();
    if (Result<void> opened = m_bench.openFile(path); !opened)
        showError(errorSentence(opened.error()));
}

void MainWindow::openDemo()
{
    if (!mayClose())
        return;
    saveViewState();
    if (Result<void> opened = m_bench.openDemo(); !opened)
        showError(errorSentence(opened.error()));
}

void MainWindow::chooseSessionFile()
{
    const QString path = QFileDialog::getOpenFileName(this, tr("Open Session"), {}, tr("Sessions (*.winnow);;All files (*)"));
    if (!path.isEmpty())
        openPath(path);
}

void MainWindow::chooseTextFile()
{
    for (const QString &path : QFileDialog::getOpenFileNames(this, tr("Add Text Files"), {}, tr("Texts and prompts (*.txt *.md *.json);;All files (*)")))
        openPath(path);
}

void MainWindow::pasteText() { m_bench.addTextInput(tr("pasted text"), QGuiApplication::clipboard()->text()); }

void MainWindow::browseData(const QString &path)
{
    auto *browser = findChild<DataBrowser *>();
    if (!browser) {
        browser = new DataBrowser(m_bench, m_look, this);
        browser->setAttribute(Qt::WA_DeleteOnClose);
        connect(browser, &DataBrowser::promptTaken, this, [this] { openPage(Page::Prompt); });
        connect(browser, &DataBrowser::linesTaken, this, [this] { openPage(Page::Words); });
    }
    browser->show(); // beside the window, not in its way
    browser->raise();
    if (!path.isEmpty())
        browser->openFile(path);
}

void MainWindow::openLabels()
{
    auto *labels = findChild<LabelsDialog *>();
    if (!labels) {
        labels = new LabelsDialog(m_bench, m_look, this);
        labels->setAttribute(Qt::WA_DeleteOnClose);
    }
    labels->show();
    labels->raise();
}

bool MainWindow::save()
{
    if (!m_bench.document().isOpen())
        return true;
    const QString home = m_bench.document().homePath();
    return home.isEmpty() ? saveAs() : saveToPath(home);
}

bool MainWindow::saveAs()
{
    QString path = QFileDialog::getSaveFileName(this, tr("Save Session"), m_bench.document().displayName(), tr("Sessions (*.winnow)"));
    if (path.isEmpty())
        return false;
    if (QFileInfo(path).suffix().isEmpty())
        path += QStringLiteral(".winnow");
    return saveToPath(path);
}

bool MainWindow::saveToPath(const QString &path)
{
    saveViewState();
    if (Result<void> saved = m_bench.saveTo(path); !saved) {
        showError(errorSentence(saved.error()));
        return false;
    }
    m_status->showHint(tr("Saved %1.").arg(QFileInfo(path).fileName()));
    return true;
}

bool MainWindow::mayClose()
{
    const SessionDocument &document = m_bench.document();
    const bool untouched = document.homePath().isEmpty() && document.inputs().empty() && document.runs().empty();
    if (!document.isOpen() || !document.edited() || untouched)
        return true;
    QMessageBox box(QMessageBox::NoIcon, tr("Winnow"), tr("Save the changes to %1?").arg(document.displayName()), QMessageBox::Save | QMessageBox::Discard | QMessageBox::Cancel, this);
    box.setInformativeText(tr("Without saving, what changed since it was last saved is lost."));
    box.setDefaultButton(QMessageBox::Save);
    switch (box.exec()) {
    case QMessageBox::Save: return save();
    case QMessageBox::Discard: return true;
    default: return false;
    }
}

void MainWindow::exportView(RunView *view)
{
    if (!view)
        return;
    const QString filters = tr("PNG picture (*.png);;SVG drawing (*.svg);;PDF (*.pdf);;Data as CSV (*.csv)");
    QString chosen;
    QString path = QFileDialog::getSaveFileName(this, tr("Export %1").arg(view->title()), view->viewId() + QStringLiteral(".png"), filters, &chosen);
    if (path.isEmpty())
        return;
    QString format = QFileInfo(path).suffix().toLower();
    if (!figureFormats().contains(format)) {
        format = chosen.section(QStringLiteral("*."), 1).remove(QLatin1Char(')'));
        path += QLatin1Char('.') + format;
    }
    FigureDrawing options = figureDrawing(*view, m_look.kind());
    options.recipe = figureRecipe(*view, m_bench.selection(), *m_bench.viewData());
    Result<QByteArray> bytes = figureBytes(*view, format, options);
    Result<void> written = bytes ? writeFile(path, *bytes) : Result<void>(fail(bytes.error()));
    if (!written)
        showError(errorSentence(written.error()));
    else
        m_status->showHint(tr("Wrote %1.").arg(path));
}

void MainWindow::exportReport()
{
    QString chosen;
    const QString name = QFileInfo(m_bench.document().displayName()).completeBaseName() + QStringLiteral("-report.html");
    QString path = QFileDialog::getSaveFileName(this, tr("Export Report"), name, tr("Web page, one file (*.html);;PDF (*.pdf)"), &chosen);
    if (path.isEmpty() || !m_bench.document().isOpen())
        return;
    if (QFileInfo(path).suffix().isEmpty())
        path += chosen.contains(QLatin1String("pdf")) ? QStringLiteral(".pdf") : QStringLiteral(".html");
    Result<void> written = writeReport(*m_bench.document().session(), path, m_bench.document().displayName());
    if (!written)
        showError(errorSentence(written.error()));
    else
        m_status->showHint(tr("Wrote %1.").arg(path));
}

void MainWindow::exportTable()
{
    QString chosen;
    QString path = QFileDialog::getSaveFileName(this, tr("Export Table"), QStringLiteral("compare.csv"), tr("CSV (*.csv);;JSON (*.json);;LaTeX (*.tex)"), &chosen);
    if (path.isEmpty())
        return;
    QString ending = QFileInfo(path).suffix().toLower();
    if (ending != QLatin1String("csv") && ending != QLatin1String("json") && ending != QLatin1String("tex")) {
        ending = chosen.section(QStringLiteral("*."), 1).remove(QLatin1Char(')'));
        path += QLatin1Char('.') + ending;
    }
    if (Result<void> written = writeFile(path, m_results->compare()->exportText(ending).toUtf8()); !written)
        showError(errorSentence(written.error()));
    else
        m_status->showHint(tr("Wrote %1.").arg(path));
}

void MainWindow::saveCsv(const QString &name, const QString &csv)
{
    QString path = QFileDialog::getSaveFileName(this, tr("Save Table"), name + QStringLiteral(".csv"), tr("CSV (*.csv)"));
    if (path.isEmpty())
        return;
    if (QFileInfo(path).suffix().isEmpty())
        path += QStringLiteral(".csv");
    if (Result<void> written = writeFile(path, csv.toUtf8()); !written)
        showError(errorSentence(written.error()));
    else
        m_status->showHint(tr("Wrote %1.").arg(path));
}

void MainWindow::copyImage(RunView *view)
{
    if (!view)
        return;
    QGuiApplication::clipboard()->setImage(figureImage(*view, figureDrawing(*view, m_look.kind())));
    m_status->showHint(tr("Picture of %1 copied.").arg(view->title()));
}

void MainWindow::copyCommand(qint64 runId)
{
    const QString line = runId == 0 && page() == Page::Words ? m_bench.words().commandLine(0) : m_bench.commandLine(runId);
    if (line.isEmpty())
        return;
    QGuiApplication::clipboard()->setText(line);
    m_status->showHint(tr("Command copied."));
}

void MainWindow::addFigure(RunView *view)
{
    if (!view)
        return;
    FigureRecord figure;
    const RunEntry &current = m_bench.viewData()->current;
    const PairDataPtr &pair = m_bench.viewData()->pair;
    if (pair && pair->table && viewIds(ViewPage::Similarity).contains(view->viewId()))
        figure.name = QStringLiteral("%1, %2 and %3").arg(view->title(), pair->large.shortName, pair->small.shortName).toStdString();
    else if (viewIds(ViewPage::Words).contains(view->viewId()) && m_bench.words().data())
        figure.name = QStringLiteral("%1, %2").arg(view->title(), m_bench.words().data()->input).toStdString();
    else
        figure.name = (current.title.isEmpty() ? view->title() : QStringLiteral("%1, %2 %3").arg(view->title(), current.title, current.budget)).toStdString();
    figure.view = view->viewId().toStdString();
    figure.recipe = figureRecipe(*view, m_bench.selection(), *m_bench.viewData());
    m_bench.document().addFigure(std::move(figure));
}

void MainWindow::openFigure(qint64 id)
{
    if (const FigureRecord *figure = m_bench.document().figure(id))
        openRecipe(qtFromJson(figure->recipe));
}

void MainWindow::openRecipe(const QJsonObject &recipe)
{
    const int letter = recipe[QStringLiteral("run")].toInt(-1);
    bool found = letter < 0;
    for (const RunRecord &run : m_bench.document().runs()) {
        if (run.letter == letter) {
            m_bench.setActiveRun(run.id);
            found = true;
        }
    }
    const QString viewId = recipe[QStringLiteral("view")].toString();
    const bool pair = viewIds(ViewPage::Similarity).contains(viewId);
    const bool prompt = viewIds(ViewPage::Prompt).contains(viewId), words = viewIds(ViewPage::Words).contains(viewId);
    openPage(pair ? Page::Similarity : prompt ? Page::Prompt : words ? Page::Words : Page::Cache);
    RunView *view = pair ? m_pairPage->reveal(viewId) : prompt ? m_promptPage->reveal(viewId) : words ? m_wordsPage->reveal(viewId) : m_page->reveal(viewId);
    if (!view) {
        showError(tr("This build has no view named %1.").arg(viewId));
        return;
    }
    const QJsonObject compared = recipe[QStringLiteral("compared")].toObject();
    if (pair && !compared.isEmpty()) {
        m_bench.pair().setMetric(compared[QStringLiteral("metric")].toString());
        m_bench.pair().setSkipSinks(compared[QStringLiteral("skipSinks")].toInt());
    }
    view->restoreState(recipe[QStringLiteral("state")].toObject());
    m_bench.setSelection(recipeSelection(jsonFromQt(recipe)));
    view->setFocus();
    if (!found)
        showError(tr("The figure shows run %1, which this session does not hold; open the session it was made from.").arg(runLetter(letter)));
}

void MainWindow::openNote(qint64 id)
{
    if (!m_bench.document().isOpen())
        return;
    NoteRecord note;
    if (const NoteRecord *found = m_bench.document().note(id))
        note = *found;
    NoteDialog dialog(note, this);
    if (dialog.exec() != QDialog::Accepted)
        return;
    if (id == 0)
        m_bench.document().addNote(dialog.note());
    else
        m_bench.document().changeNote(dialog.note(), tr("Change note"));
}

void MainWindow::dragEnterEvent(QDragEnterEvent *event)
{
    if (event->mimeData()->hasUrls() || event->mimeData()->hasText())
        event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent *event)
{
    const QMimeData *data = event->mimeData();
    event->acceptProposedAction();
    if (!data->hasUrls()) {
        m_bench.addTextInput(tr("dropped text"), data->text());
        return;
    }
    for (const QUrl &url : data->urls()) {
        if (url.isLocalFile())
            openPath(url.toLocalFile());
        else
            showError(tr("Only files of this machine can be opened; %1 is somewhere else.").arg(url.toString()));
    }
}

} // namespace winnow
