#include "app/window/results_dock.h"

#include "app/window/compare_panel.h"
#include "app/window/jobs_panel.h"
#include "app/window/look.h"
#include "app/workbench/workbench.h"
#include "views/type.h"
#include "views/widgets/meter_bar.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QSplitter>
#include <QStackedWidget>
#include <QTabBar>
#include <QToolButton>
#include <QVBoxLayout>

namespace winnow {
namespace {

    constexpr int kSideBySide = 1300, kHeadHeight = 30;

    QTabBar *dockTabs(QWidget *parent)
    {
        auto *tabs = new QTabBar(parent);
        tabs->setProperty("place", "dock");
        tabs->setDrawBase(false);
        tabs->setExpanding(false);
        return tabs;
    }

} // namespace

ResultsDock::ResultsDock(Workbench &bench, Look &look, const Actions &actions, QWidget *parent)
    : QWidget(parent)
    , m_bench(bench)
    , m_look(look)
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 1, 0, 0);
    layout->setSpacing(0);
    m_split = new QSplitter(Qt::Horizontal, this);
    m_split->setHandleWidth(1);
    m_split->setChildrenCollapsible(false);
    m_left = new QWidget(m_split);
    m_right = new QWidget(m_split);
    m_compare = new ComparePanel(bench, look, actions, m_left);
    m_jobs = new JobsPanel(bench, look, m_left);
    m_log = new LogPanel(bench, m_left);
    m_leftTabs = dockTabs(m_left);
    m_rightTabs = dockTabs(m_right);
    m_leftStack = new QStackedWidget(m_left);
    m_rightStack = new QStackedWidget(m_right);
    m_progress = new MeterBar(m_left);
    m_progress->setBarHeight(4);
    m_progress->setFixedSize(90, 8);
    m_progressText = new QLabel(m_left);
    m_progressText->setFont(typeFont(TypeRole::Hint));
    m_progressText->setProperty("tone", "t2");
    m_fold = new QToolButton(m_left);
    m_fold->setFixedSize(22, 22);
    m_fold->setIconSize({14, 14});
    auto head = [](QWidget *parent, QTabBar *tabs) {
        auto *row = new QWidget(parent);
        row->setFixedHeight(kHeadHeight);
        setStyleProperty(row, "ground", "bg");
        row->setAttribute(Qt::WA_StyledBackground);
        auto *line = new QHBoxLayout(row);
        line->setContentsMargins(8, 0, 6, 0);
        line->setSpacing(6);
        line->addWidget(tabs, 0, Qt::AlignBottom);
        return row;
    };
    m_leftHead = head(m_left, m_leftTabs);
    m_rightHead = head(m_right, m_rightTabs);
    auto *line = static_cast<QHBoxLayout *>(m_leftHead->layout());
    line->addWidget(m_progress);
    line->addWidget(m_progressText);
    line->addStretch(1);
    line->addWidget(m_compare->controls());
    line->addWidget(m_fold);
    static_cast<QHBoxLayout *>(m_rightHead->layout())->addStretch(1);
    for (auto [side, top, stack] : {std::tuple{m_left, m_leftHead, m_leftStack}, std::tuple{m_right, m_rightHead, m_rightStack}}) {
        auto *column = new QVBoxLayout(side);
        column->setContentsMargins(0, 0, 0, 0);
        column->setSpacing(0);
        column->addWidget(top);
        column->addWidget(stack, 1);
    }
    for (const QString &name : {tr("Compare"), tr("Jobs"), tr("Log")})
        m_leftTabs->addTab(name);
    for (const QString &name : {tr("Jobs"), tr("Log")})
        m_rightTabs->addTab(name);
    m_split->addWidget(m_left);
    m_split->addWidget(m_right);
    m_split->setStretchFactor(0, 3);
    m_split->setStretchFactor(1, 1);
    layout->addWidget(m_split);
    connect(m_leftTabs, &QTabBar::currentChanged, this, &ResultsDock::arrange);
    connect(m_rightTabs, &QTabBar::currentChanged, this, &ResultsDock::arrange);
    connect(m_leftTabs, &QTabBar::tabBarClicked, this, [this] {
        if (m_folded)
            setFolded(false);
    });
    connect(m_fold, &QToolButton::clicked, this, [this] { setFolded(!m_folded); });
    connect(m_compare, &ComparePanel::countChanged, this, &ResultsDock::refreshTitles);
    connect(m_jobs, &JobsPanel::countChanged, this, &ResultsDock::refreshTitles);
    connect(&look, &Look::changed, this, &ResultsDock::refreshTitles);
    refreshTitles();
    arrange();
}

void ResultsDock::refreshTitles()
{
    const int runs = m_compare->runCount(), active = m_jobs->activeCount(), failed = m_jobs->failedCount();
    m_leftTabs->setTabText(0, runs > 0 ? tr("Compare  %1").arg(runs) : tr("Compare"));
    const QString jobs = failed > 0 ? tr("Jobs  %1 failed").arg(failed) : active > 0 ? tr("Jobs  %1").arg(active) : tr("Jobs");
    m_leftTabs->setTabText(1, jobs);
    m_rightTabs->setTabText(0, jobs);
    for (QTabBar *tabs : {m_leftTabs, m_rightTabs})
        tabs->setTabTextColor(tabs == m_leftTabs ? 1 : 0, failed > 0 ? m_look.theme().err : QColor());
    const Job *running = nullptr;
    for (const auto &job : m_bench.jobs().jobs()) {
        if (job->state == Job::State::Running)
            running = job.get();
    }
    const bool show = m_folded && running && running->progress.total > 0;
    m_progress->setVisible(show);
    m_progressText->setVisible(show);
    if (show) {
        m_progress->setTheme(m_look.theme());
        m_progress->setValue(static_cast<double>(running->progress.done) / static_cast<double>(running->progress.total));
        m_progressText->setText(progressText(running->progress));
    }
    m_fold->setIcon(m_look.icon(m_folded ? QStringLiteral("go-up") : QStringLiteral("go-down")));
    m_fold->setToolTip(m_folded ? tr("Unfold the results") : tr("Fold the results to this row"));
    m_fold->setAccessibleName(m_fold->toolTip());
    arrange();
}

void ResultsDock::arrange()
{
    const bool jobs = !m_bench.jobs().jobs().empty();
    const bool side = width() >= kSideBySide && !m_folded && m_jobs->activeCount() > 0 && jobs;
    m_split2 = side;
    m_right->setVisible(side);
    m_leftTabs->setTabVisible(1, !side);
    m_leftTabs->setTabVisible(2, !side);
    QStackedWidget *home = side ? m_rightStack : m_leftStack;
    if (m_leftStack->indexOf(m_compare) < 0)
        m_leftStack->addWidget(m_compare);
    for (QWidget *panel : {static_cast<QWidget *>(m_jobs), static_cast<QWidget *>(m_log)}) {
        if (home->indexOf(panel) < 0)
            home->addWidget(panel);
    }
    const int left = side ? 0 : m_leftTabs->currentIndex();
    m_leftStack->setCurrentWidget(left == 1 ? static_cast<QWidget *>(m_jobs) : left == 2 ? static_cast<QWidget *>(m_log) : m_compare);
    if (side && !m_sideBefore)
        m_split->setSizes({width() * 74 / 100, width() * 26 / 100});
    m_sideBefore = side;
    if (side)
        m_rightStack->setCurrentWidget(m_rightTabs->currentIndex() == 1 ? static_cast<QWidget *>(m_log) : m_jobs);
    m_leftStack->setVisible(!m_folded);
    m_rightStack->setVisible(!m_folded);
    m_compare->controls()->setVisible(!m_folded && left == 0);
}

void ResultsDock::showTab(Tab tab)
{
    setFolded(false);
    if (m_split2 && tab != Tab::Compare)
        m_rightTabs->setCurrentIndex(tab == Tab::Jobs ? 0 : 1);
    else
        m_leftTabs->setCurrentIndex(static_cast<int>(tab));
}

void ResultsDock::setCompact(bool compact)
{
    if (m_compact == compact)
        return;
    m_compact = compact;
    setFolded(compact);
}

void ResultsDock::setFolded(bool folded)
{
    m_folded = folded;
    setMinimumHeight(folded ? kHeadHeight + 1 : 120);
    setMaximumHeight(folded ? kHeadHeight + 1 : QWIDGETSIZE_MAX);
    refreshTitles();
    Q_EMIT foldedChanged();
}

void ResultsDock::resizeEvent(QResizeEvent *) { arrange(); }

void ResultsDock::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.fillRect(rect(), m_look.theme().surface);
    painter.fillRect(QRect(0, 0, width(), 1), m_look.theme().hair);
}

} // namespace winnow
