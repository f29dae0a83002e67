#include "app/window/view_slot.h"

#include "app/window/look.h"
#include "app/window/word_panel.h"
#include "app/workbench/workbench.h"
#include "views/match_stability.h"
#include "views/prompt_attention.h"
#include "views/view_factory.h"
#include "views/widgets/view_frame.h"
#include "views/widgets/view_header.h"

#include <QAction>
#include <QComboBox>
#include <QCoreApplication>
#include <QJsonObject>
#include <QMap>
#include <QMenu>
#include <QTabBar>
#include <QToolButton>
#include <QVBoxLayout>

namespace winnow {
namespace {

    /// Names of views on tabs, where room is short.
    QString shortName(const QString &id)
    {
        static const QMap<QString, const char *> kNames{{QStringLiteral("keptMap"), QT_TRANSLATE_NOOP("ViewSlot", "Kept share")},
            {QStringLiteral("headMap"), QT_TRANSLATE_NOOP("ViewSlot", "Heads")}, {QStringLiteral("scores"), QT_TRANSLATE_NOOP("ViewSlot", "Scores")},
            {QStringLiteral("quality"), QT_TRANSLATE_NOOP("ViewSlot", "Quality")}, {QStringLiteral("bytes"), QT_TRANSLATE_NOOP("ViewSlot", "Bytes")},
            {QStringLiteral("keptPositions"), QT_TRANSLATE_NOOP("ViewSlot", "Positions")}, {QStringLiteral("saliencyTimeline"), QT_TRANSLATE_NOOP("ViewSlot", "Timeline")},
            {QStringLiteral("matchedPairs"), QT_TRANSLATE_NOOP("ViewSlot", "Pairs")}, {QStringLiteral("bestScores"), QT_TRANSLATE_NOOP("ViewSlot", "Scores")},
            {QStringLiteral("attentionMaps"), QT_TRANSLATE_NOOP("ViewSlot", "Maps")}, {QStringLiteral("columnSums"), QT_TRANSLATE_NOOP("ViewSlot", "Sums")},
            {QStringLiteral("matchStability"), QT_TRANSLATE_NOOP("ViewSlot", "Stability")}, {QStringLiteral("consistencyMap"), QT_TRANSLATE_NOOP("ViewSlot", "Consistency")},
            {QStringLiteral("rankedMass"), QT_TRANSLATE_NOOP("ViewSlot", "Mass")}, {QStringLiteral("promptRates"), QT_TRANSLATE_NOOP("ViewSlot", "Rates")},
            {QStringLiteral("promptQuality"), QT_TRANSLATE_NOOP("ViewSlot", "Quality")}, {QStringLiteral("promptDiff"), QT_TRANSLATE_NOOP("ViewSlot", "Agreement")},
            {QStringLiteral("promptRows"), QT_TRANSLATE_NOOP("ViewSlot", "Methods")}, {QStringLiteral("promptScatter"), QT_TRANSLATE_NOOP("ViewSlot", "Scatter")},
            {QStringLiteral("promptTrace"), QT_TRANSLATE_NOOP("ViewSlot", "Trace")}, {QStringLiteral("promptAttention"), QT_TRANSLATE_NOOP("ViewSlot", "Attention")},
            {QStringLiteral("pairMemory"), QT_TRANSLATE_NOOP("ViewSlot", "Memory")},
            {QStringLiteral("massBars"), QT_TRANSLATE_NOOP("ViewSlot", "Mass")},
            {QStringLiteral("wordDictionary"), QT_TRANSLATE_NOOP("ViewSlot", "List")}, {QStringLiteral("wordTeacher"), QT_TRANSLATE_NOOP("ViewSlot", "Replies")},
            {QStringLiteral("wordBranching"), QT_TRANSLATE_NOOP("ViewSlot", "Branches")}};
        const auto it = kNames.find(id);
        return it == kNames.end() ? viewChoice(id) : QCoreApplication::translate("ViewSlot", *it);
    }

    /// Family of the runs a view draws; empty = it draws what both families share.
    std::string familyOf(const QString &viewId)
    {
        if (viewIds(ViewPage::Prompt).contains(viewId))
            return "prompt";
        return viewIds(ViewPage::Cache).contains(viewId) ? "kv" : std::string();
    }

} // namespace

void joinView(RunView *view, Workbench &bench, Look &look)
{
    view->setTheme(look.theme());
    // A view of the other family keeps what it has until its page is shown again.
    const auto meant = [family = familyOf(view->viewId()), &bench] { return family.empty() || family == bench.family(); };
    if (meant()) {
        view->setData(bench.viewData());
        view->setSelection(bench.selection());
    }
    view->setAccessibleName(view->title());
    view->setFocusPolicy(Qt::StrongFocus);
    QObject::connect(&bench, &Workbench::viewDataChanged, view, [view, meant, &bench] {
        if (meant())
            view->setData(bench.viewData());
    });
    QObject::connect(&bench, &Workbench::selectionChanged, view, [view, meant, &bench] {
        if (!meant())
            return;
        view->setSelection(bench.selection());
        if (view->hasFocus())
            view->setAccessibleDescription(view->describe());
    });
    QObject::connect(view, &RunView::selectionRequested, &bench, &Workbench::requestSelection);
    QObject::connect(view, &RunView::budgetRequested, &bench, [&bench](double fraction) { bench.setBudget(Budget{BudgetKind::Fraction, fraction}); });
    if (auto *attention = qobject_cast<PromptAttention *>(view))
        QObject::connect(attention, &PromptAttention::mapRequested, &bench, [&bench](int layer, int head) { bench.promptMap().want(layer, head); });
    joinWordView(view, bench);
    if (auto *stability = qobject_cast<MatchStability *>(view))
        QObject::connect(stability, &MatchStability::spansRequested, &bench, [&bench] { bench.pair().measureSpans(); });
    QObject::connect(view, &RunView::activated, &bench, [&bench](int letter) {
        for (const RunRecord &run : bench.document().runs()) {
            if (run.letter == letter)
                bench.setActiveRun(run.id);
        }
    });
}

ViewSlot::ViewSlot(Workbench &bench, Look &look, const QStringList &choices, QWidget *parent)
    : QWidget(parent)
    , m_bench(bench)
    , m_look(look)
    , m_choices(choices)
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_tabRow = new QWidget(this);
    setStyleProperty(m_tabRow, "ground", "surface");
    m_tabRow->setAttribute(Qt::WA_StyledBackground);
    auto *line = new QHBoxLayout(m_tabRow);
    line->setContentsMargins(0, 0, 0, 0);
    line->setSpacing(0);
    m_tabs = new QTabBar(m_tabRow);
    m_tabs->setProperty("place", "dock");
    m_tabs->setStyleSheet(QStringLiteral("QTabBar { background: transparent; }"));
    m_tabs->setDrawBase(false);
    m_tabs->setExpanding(false);
    m_tabs->setFocusPolicy(Qt::TabFocus);
    line->addWidget(m_tabs);
    m_tabRow->hide();
    layout->addWidget(m_tabRow);
    m_frame = new ViewFrame(this);
    layout->addWidget(m_frame, 1);
    m_chooser = new QComboBox(this);
    m_chooser->setProperty("size", "header");
    m_chooser->setAccessibleName(tr("View"));
    m_chooser->setToolTip(tr("Choose what this place shows"));
    m_chooser->setSizeAdjustPolicy(QComboBox::AdjustToContentsOnFirstShow);
    for (const QString &id : choices) {
        m_chooser->addItem(viewChoice(id), id);
        m_tabs->setTabToolTip(m_tabs->addTab(shortName(id)), viewChoice(id));
    }
    m_chooser->hide();
    m_arrow = new QToolButton(this);
    m_arrow->setFixedSize(22, 22);
    m_arrow->setIconSize({14, 14});
    m_arrow->setPopupMode(QToolButton::InstantPopup);
    m_arrow->setAccessibleName(tr("View"));
    m_arrow->setToolTip(tr("Choose what this place shows"));
    auto *menu = new QMenu(m_arrow);
    for (const QString &id : choices) {
        QAction *action = menu->addAction(viewChoice(id), this, [this, id] { showView(id); });
        action->setCheckable(true);
        action->setData(id);
    }
    m_arrow->setMenu(menu);
    connect(menu, &QMenu::aboutToShow, this, [this, menu] {
        for (QAction *action : menu->actions())
            action->setChecked(action->data().toString() == m_id);
    });
    m_arrow->hide();
    connect(m_chooser, &QComboBox::activated, this, [this] { showView(m_chooser->currentData().toString()); });
    connect(m_tabs, &QTabBar::tabBarClicked, this, [this](int index) {
        if (index >= 0)
            showView(m_choices[index]);
    });
    connect(m_tabs, &QTabBar::currentChanged, this, [this](int index) {
        if (m_tabbed && index >= 0)
            showView(m_choices[index]);
    });
    connect(m_frame, &ViewFrame::exportRequested, this, [this] { Q_EMIT exportAsked(view()); });
    connect(&look, &Look::changed, this, [this] {
        m_arrow->setIcon(m_look.icon(QStringLiteral("go-down")));
        m_frame->setTheme(m_look.theme());
        for (auto &[id, view] : m_views)
            view->setTheme(m_look.theme());
    });
    if (ofPair())
        connect(&bench.pair(), &PairCompare::busyChanged, this, [this] { m_frame->header()->setBusy(m_bench.pair().busy() || (m_id == QLatin1String("attentionMaps") && m_bench.pair().mapsBusy())); });
    else if (ofPrompt())
        connect(&bench.promptPreview(), &PromptPreview::busyChanged, this, [this] {
            m_frame->header()->setBusy(m_bench.promptPreview().busy());
            refreshReason();
        });
    else if (ofWords())
        connect(&bench.words(), &WordBench::busyChanged, this, [this] { m_frame->header()->setBusy(m_bench.words().busy()); });
    else
        connect(&bench.preview(), &Preview::busyChanged, this, [this] { m_frame->header()->setBusy(m_bench.preview().busy()); });
    for (auto signal : {&Workbench::modelChanged, &Workbench::smallModelChanged, &Workbench::activeInputChanged, &Workbench::viewDataChanged, &Workbench::settingChanged})
        connect(&bench, signal, this, &ViewSlot::refreshReason);
    m_arrow->setIcon(look.icon(QStringLiteral("go-down")));
    m_frame->setTheme(look.theme());
    refreshReason();
}

bool ViewSlot::ofPrompt() const { return viewIds(ViewPage::Prompt).contains(m_choices.value(0)); }

QWidget *ViewSlot::chooser() const { return m_chooserKind == Chooser::Arrow ? static_cast<QWidget *>(m_arrow) : m_chooser; }

void ViewSlot::setChooser(Chooser kind)
{
    if (kind == m_chooserKind)
        return;
    const bool placed = !m_tabbed && m_choices.size() > 1 && view();
    chooser()->setParent(this);
    chooser()->hide();
    m_chooserKind = kind;
    if (placed)
        m_frame->header()->addChooser(chooser());
    showTitle();
}

void ViewSlot::addMenuAction(QAction *action)
{
    m_menuActions.append(action);
    if (RunView *shown = view()) {
        shown->insertAction(shown->actions().value(0), action);
        m_frame->refreshMenu();
    }
}

QString ViewSlot::promptReason() const
{
    using Phase = ModelState::Phase;
    const InputRecord *input = m_bench.document().input(m_bench.activeInput());
    if (!input || m_bench.currentReport())
        return {};
    if (const QString problem = m_bench.promptPreview().problem(); !problem.isEmpty())
        return problem;
    const Phase model = m_bench.model().phase, small = m_bench.smallModel().phase;
    if (model == Phase::None)
        return tr("No model yet. Choose one under Model: it scores the prompt and answers it.");
    if (model == Phase::Failed || small == Phase::Failed)
        return tr("A model could not be loaded. Choose another one, or see the message above.");
    if (model == Phase::NotLoaded || small == Phase::NotLoaded)
        return tr("The model is not loaded. Start the engine, or load it under Model.");
    if (model == Phase::Loading || small == Phase::Loading)
        return tr("The model is loading. The prompt is scored once after that.");
    return tr("The model reads the prompt. This is done once; another budget reads only what is left after the first stage.");
}

bool ViewSlot::ofPair() const { return viewIds(ViewPage::Similarity).contains(m_choices.value(0)); }

bool ViewSlot::ofWords() const { return viewIds(ViewPage::Words).contains(m_choices.value(0)); }

void ViewSlot::refreshReason()
{
    if (ofPair() || ofWords())
        return; // the page and the views say what is missing
    if (ofPrompt())
        return m_frame->setReason(promptReason());
    // What a view cannot know: why there is no result yet.
    QString reason;
    if (m_bench.preview().lacksSmallModel() && m_bench.previewIsCurrent())
        reason = tr("No small model. This method asks one: choose it in the toolbar, with the tokenizer of the large model.");
    else if (!m_bench.currentReport() && m_bench.document().input(m_bench.activeInput())) {
        switch (m_bench.model().phase) {
        case ModelState::Phase::None: reason = tr("No model yet. Choose one under Model, or drop a GGUF file or a Hugging Face folder on the window."); break;
        case ModelState::Phase::NotLoaded: reason = tr("The model is not loaded. Start the engine, or load it under Model."); break;
        case ModelState::Phase::Loading: reason = tr("The model is loading. The text is read once after that."); break;
        case ModelState::Phase::Failed: reason = tr("The model could not be loaded. Choose another one, or see the message above."); break;
        case ModelState::Phase::Ready: reason = tr("The model reads the text. This is done once; budgets and methods need no second pass."); break;
        }
    }
    m_frame->setReason(reason);
}

RunView *ViewSlot::view() const { return m_frame->view(); }

RunView *ViewSlot::ensure(const QString &id)
{
    auto it = m_views.find(id);
    if (it != m_views.end())
        return it->second;
    std::unique_ptr<RunView> made = makeView(id);
    if (!made)
        return nullptr;
    RunView *view = made.release();
    view->setParent(this);
    view->hide();
    m_views[id] = view;
    joinView(view, m_bench, m_look);
    addActions(view);
    return view;
}

void ViewSlot::addActions(RunView *view)
{
    auto add = [this, view](const QString &text, auto &&slot) {
        auto *action = new QAction(text, view);
        connect(action, &QAction::triggered, this, slot);
        view->addAction(action);
    };
    add(tr("Export…"), [this, view] { Q_EMIT exportAsked(view); });
    add(tr("Copy Image"), [this, view] { Q_EMIT copyImageAsked(view); });
    add(tr("Add to Figures"), [this, view] { Q_EMIT figureAsked(view); });
    add(tr("Show as Table"), [this] { m_frame->showTable(); });
    add(tr("Fill the Page"), [this] { Q_EMIT maximiseAsked(); });
}

void ViewSlot::showView(const QString &id)
{
    if (id == m_id || !m_choices.contains(id))
        return;
    RunView *view = ensure(id);
    if (!view)
        return;
    m_id = id;
    chooser()->setParent(this);
    chooser()->hide();
    if (RunView *before = m_frame->setView(view)) {
        before->setParent(this);
        before->hide();
        if (qobject_cast<PromptAttention *>(before))
            m_bench.promptMap().wantNone();
    }
    if (const auto *map = qobject_cast<PromptAttention *>(view)) // the place is empty until the map comes: asked for here
        m_bench.promptMap().want(map->layer(), map->head());
    if (!m_tabbed && m_choices.size() > 1) {
        m_frame->header()->addChooser(chooser());
        m_chooser->setCurrentIndex(static_cast<int>(m_choices.indexOf(id)));
    }
    placeHeader();
    showTitle();
    const QSignalBlocker quiet(m_tabs);
    m_tabs->setCurrentIndex(static_cast<int>(m_choices.indexOf(id)));
    Q_EMIT viewChanged();
}

void ViewSlot::setTabbed(bool tabbed)
{
    if (m_tabbed == tabbed)
        return;
    m_tabbed = tabbed;
    m_tabRow->setVisible(tabbed && m_choices.size() > 1);
    placeHeader();
    if (tabbed) {
        chooser()->setParent(this);
        chooser()->hide();
    } else if (m_choices.size() > 1) {
        m_frame->header()->addChooser(chooser());
        m_chooser->setCurrentIndex(static_cast<int>(m_choices.indexOf(m_id)));
    }
    showTitle();
}

void ViewSlot::placeHeader()
{
    // Beside the tabs there is room for buttons; a view with controls of its own has its row below them.
    const bool beside = m_tabbed && m_choices.size() > 1 && !m_frame->header()->hasControls();
    m_frame->placeHeader(beside ? static_cast<QBoxLayout *>(m_tabRow->layout()) : nullptr);
}

void ViewSlot::showTitle()
{
    // Where a tab or the chooser says the same, the title would only repeat it.
    const bool boxed = m_chooserKind == Chooser::Box && view() && view()->title() == viewChoice(m_id);
    const bool repeats = view() && m_choices.size() > 1 && (m_tabbed || boxed);
    m_frame->header()->setTitleShown(!repeats);
}

QJsonObject ViewSlot::saveState() const
{
    QJsonObject views;
    for (const auto &[id, view] : m_views)
        views[id] = view->saveState();
    return {{QStringLiteral("view"), m_id}, {QStringLiteral("states"), views}};
}

void ViewSlot::restoreState(const QJsonObject &state)
{
    const QJsonObject views = state[QStringLiteral("states")].toObject();
    for (auto it = views.begin(); it != views.end(); ++it) {
        if (!m_choices.contains(it.key()))
            continue;
        if (RunView *view = ensure(it.key()))
            view->restoreState(it.value().toObject());
    }
    showView(state[QStringLiteral("view")].toString());
}

} // namespace winnow
