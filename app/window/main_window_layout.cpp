// Layouts, view state, banners.
#include "app/window/cache_page.h"
#include "app/engine/error_sentence.h"
#include "app/window/look.h"
#include "app/window/model_page.h"
#include "app/window/main_window.h"
#include "app/export/figure_file.h"
#include "app/window/prompt_page.h"
#include "app/window/recent_session.h"
#include "app/window/results_dock.h"
#include "app/window/similarity_page.h"
#include "app/window/view_slot.h"
#include "app/window/words_page.h"
#include "views/widgets/banner.h"

#include <QDataStream>
#include <QDateTime>
#include <QDockWidget>
#include <QJsonDocument>
#include <QLocale>
#include <QPushButton>
#include <QTabBar>
#include <QTimer>
#include <QVBoxLayout>

#include <algorithm>
#include <array>

namespace winnow {
namespace {

    constexpr std::array kTabNames{"cache", "similarity", "prompt", "words", "model"}; // of MainWindow::Page, as sessions hold them

} // namespace

QByteArray MainWindow::layoutState() const
{
    QByteArray bytes;
    QDataStream stream(&bytes, QIODevice::WriteOnly);
    const bool folded = !m_compact && (page() != Page::Cache ? m_foldedOnCache : m_results->folded()); // a small window always folds
    stream << saveState() << QJsonDocument(m_page->saveState()).toJson(QJsonDocument::Compact) << folded << m_sessionWanted << m_methodWanted << m_resultsWanted;
    return bytes;
}

void MainWindow::applyLayout(const QByteArray &state)
{
    QDataStream stream(state);
    QByteArray window, page;
    bool folded = false;
    stream >> window >> page >> folded;
    if (stream.status() != QDataStream::Ok) {
        showError(tr("This layout cannot be read; save it again under the same name."));
        return;
    }
    restoreState(window);
    m_sessionWanted = !m_sessionDock->isHidden();
    m_methodWanted = !m_methodDock->isHidden();
    m_resultsWanted = !m_resultsDock->isHidden();
    if (!stream.atEnd()) // layouts of older versions end here
        stream >> m_sessionWanted >> m_methodWanted >> m_resultsWanted;
    m_page->restoreState(QJsonDocument::fromJson(page).object());
    m_foldedOnCache = folded;
    m_results->setFolded(folded || m_compact || this->page() != Page::Cache);
    showPage();
}

void MainWindow::restoreLastLayout()
{
    const QByteArray state = m_bench.settings().value(QStringLiteral("windowState"));
    if (!state.isEmpty())
        applyLayout(state);
}

void MainWindow::resetLayout()
{
    restoreState(m_firstLayout);
    m_sessionWanted = m_methodWanted = m_resultsWanted = true;
    resizeDocks({m_sessionDock}, {216}, Qt::Horizontal);
    resizeDocks({m_resultsDock}, {138}, Qt::Vertical);
    m_page->setSlotCount(2);
    m_page->places()[0]->showView(QStringLiteral("keptMap"));
    m_page->places()[1]->showView(QStringLiteral("quality"));
    m_results->setFolded(m_compact);
    showPage();
}

void MainWindow::rememberSession()
{
    SessionDocument &document = m_bench.document();
    if (document.homePath().isEmpty())
        return;
    QPixmap thumbnail;
    RunView *view = m_page->places().front()->view();
    if (view && view->emptyReason().isEmpty() && view->isVisible())
        thumbnail = view->grab().scaled(112, 72, Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
    rememberRecent(document.homePath(), document, m_bench.activeInput(), thumbnail);
}

void MainWindow::saveViewState()
{
    SessionDocument &document = m_bench.document();
    if (!document.isOpen())
        return;
    document.setState("view.page", jsonFromQt(m_page->saveState()));
    document.setState("view.modelPage", jsonFromQt(m_modelPage->saveState()));
    document.setState("view.tryOut", m_modelPage->tryOut().saveState());
    document.setState("view.similarityPage", jsonFromQt(m_pairPage->saveState()));
    document.setState("view.promptPage", jsonFromQt(m_promptPage->saveState()));
    document.setState("view.wordsPage", jsonFromQt(m_wordsPage->saveState()));
    document.setState("view.ribbon", m_actions.toggleRibbon->isChecked());
    document.setState("view.tab", kTabNames[static_cast<size_t>(page())]);
    rememberSession();
}

void MainWindow::restoreViewState()
{
    SessionDocument &document = m_bench.document();
    m_page->restoreState(qtFromJson(document.state("view.page")));
    m_modelPage->restoreState(qtFromJson(document.state("view.modelPage")));
    m_modelPage->tryOut().restoreState(document.state("view.tryOut"));
    m_pairPage->restoreState(qtFromJson(document.state("view.similarityPage")));
    m_promptPage->restoreState(qtFromJson(document.state("view.promptPage")));
    m_wordsPage->restoreState(qtFromJson(document.state("view.wordsPage")));
    m_actions.toggleRibbon->setChecked(document.state("view.ribbon") == Json(true));
    const auto tab = std::find(kTabNames.begin(), kTabNames.end(), document.state("view.tab"));
    m_tabs->setCurrentIndex(tab == kTabNames.end() ? 0 : static_cast<int>(tab - kTabNames.begin()));
}

Banner *MainWindow::banner(const QString &kind)
{
    Banner *&banner = m_banners[kind];
    if (!banner) {
        banner = new Banner(m_bannerArea);
        banner->setTheme(m_look.theme());
        m_bannerArea->layout()->addWidget(banner);
        connect(banner, &Banner::closed, this, [this, kind] { clearBanner(kind); });
    }
    banner->clearButtons();
    banner->show();
    return banner;
}

void MainWindow::clearBanner(const QString &kind)
{
    if (Banner *gone = m_banners.take(kind)) {
        gone->hide();
        gone->deleteLater();
    }
}

void MainWindow::showError(const QString &sentence)
{
    Banner *shown = banner(QStringLiteral("error"));
    shown->setClosable(true);
    const qsizetype cut = sentence.indexOf(QLatin1String(". "));
    shown->showMessage(Banner::Tone::Error, cut > 0 ? sentence.left(cut + 1) : QString(), cut > 0 ? sentence.mid(cut + 2) : sentence);
}

void MainWindow::showEngineLost(const QString &reason)
{
    Banner *shown = banner(QStringLiteral("engine"));
    shown->setClosable(true);
    QString sentence = reason;
    if (!sentence.isEmpty())
        sentence[0] = sentence[0].toUpper();
    shown->showMessage(Banner::Tone::Error, tr("The engine stopped."), tr("%1. Results are kept.").arg(sentence));
    QPushButton *again = shown->addButton(tr("Start again"), QStringLiteral("view-refresh"));
    QPushButton *log = shown->addButton(tr("Show log"));
    connect(again, &QPushButton::clicked, &m_bench, &Workbench::startEngine);
    connect(log, &QPushButton::clicked, this, [this] { m_results->showTab(ResultsDock::Tab::Log); });
}

void MainWindow::offerRecovery()
{
    const std::vector<Leftover> found = leftovers(Workbench::workingFolder().toStdString());
    if (found.empty())
        return;
    const Leftover &newest = found.front();
    for (const Leftover &leftover : found) {
        if (Result<void> marked = markOffered(leftover); !marked)
            showError(QString::fromStdString(marked.error().message));
    }
    Banner *shown = banner(QStringLiteral("recovery"));
    shown->setClosable(false);
    const QDateTime changed = QDateTime::fromString(QString::fromStdString(newest.changed), Qt::ISODate).toLocalTime();
    const QString when = QLocale(QLocale::English).toString(changed, QStringLiteral("d MMM, HH:mm"));
    QString sentence = newest.unsavedChanges == 1 ? tr("was not closed on %1. 1 change can be recovered.").arg(when) : tr("was not closed on %1. %2 changes can be recovered.").arg(when).arg(newest.unsavedChanges);
    if (found.size() > 1)
        sentence += tr(" %1 older sessions stay under File > Open Recent > Unclosed Sessions.").arg(found.size() - 1);
    shown->showMessage(Banner::Tone::Warning, QString::fromStdString(newest.name), sentence);
    QPushButton *recoverButton = shown->addButton(tr("Recover"));
    QPushButton *discardButton = shown->addButton(tr("Discard"));
    setStyleProperty(discardButton, "flat", true);
    connect(recoverButton, &QPushButton::clicked, this, [this, newest] { recover(newest); });
    connect(discardButton, &QPushButton::clicked, this, [this, newest] {
        discard(newest);
        clearBanner(QStringLiteral("recovery"));
    });
}

void MainWindow::recover(const Leftover &leftover)
{
    if (!mayClose())
        return;
    clearBanner(QStringLiteral("recovery"));
    Result<std::unique_ptr<WorkingCopy>> working = WorkingCopy::recover(leftover);
    Result<void> adopted = working ? m_bench.adoptSession(std::move(*working)) : Result<void>(fail(working.error()));
    if (!adopted)
        showError(errorSentence(adopted.error()));
}

bool MainWindow::eventFilter(QObject *watched, QEvent *event) { return QMainWindow::eventFilter(watched, event); }

void MainWindow::showEvent(QShowEvent *event)
{
    QMainWindow::showEvent(event);
    applySize();
}

} // namespace winnow
