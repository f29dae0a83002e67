#include "app/window/similarity_page.h"

#include "app/window/look.h"
#include "app/window/pair_bar.h"
#include "app/window/view_slot.h"
#include "app/workbench/workbench.h"
#include "views/view_factory.h"
#include "views/widgets/empty_state.h"

#include <QSplitter>
#include <QStackedLayout>
#include <QVBoxLayout>

#include <algorithm>

namespace winnow {
namespace {

    QSplitter *splitter(Qt::Orientation orientation, QWidget *parent)
    {
        auto *split = new QSplitter(orientation, parent);
        split->setHandleWidth(1);
        split->setChildrenCollapsible(false);
        return split;
    }

    QStringList known(const QStringList &ids)
    {
        QStringList found;
        for (const QString &id : ids)
            if (viewIds().contains(id))
                found << id;
        return found;
    }

} // namespace

SimilarityPage::SimilarityPage(Workbench &bench, Look &look, QWidget *parent)
    : QWidget(parent)
    , m_bench(bench)
    , m_look(look)
{
    m_stack = new QStackedLayout(this);
    m_empty = new EmptyState(this);
    setStyleProperty(m_empty, "ground", "surface");
    m_empty->setAttribute(Qt::WA_StyledBackground);
    m_empty->setTheme(look.theme());
    m_content = new QWidget(this);
    auto *column = new QVBoxLayout(m_content);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    buildPlaces(column);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_content);
    connect(m_empty, &EmptyState::buttonClicked, this, &SimilarityPage::onButton);
    for (auto signal : {&Workbench::modelChanged, &Workbench::smallModelChanged, &Workbench::activeInputChanged, &Workbench::sessionChanged, &Workbench::viewDataChanged})
        connect(&bench, signal, this, &SimilarityPage::refresh);
    connect(&bench.pair(), &PairCompare::changed, this, &SimilarityPage::refresh);
    connect(&bench.pair(), &PairCompare::busyChanged, this, &SimilarityPage::refresh);
    connect(&look, &Look::changed, this, [this] { m_empty->setTheme(m_look.theme()); });
    arrange();
    refresh();
}

void SimilarityPage::buildPlaces(QVBoxLayout *column)
{
    m_rows = splitter(Qt::Vertical, m_content);
    auto *above = new QWidget(m_rows);
    auto *aboveColumn = new QVBoxLayout(above);
    aboveColumn->setContentsMargins(0, 0, 0, 0);
    aboveColumn->setSpacing(0);
    m_top = splitter(Qt::Horizontal, above);
    m_bar = new PairBar(m_bench, m_look, above);
    aboveColumn->addWidget(m_top, 1);
    aboveColumn->addWidget(m_bar);
    m_bottom = splitter(Qt::Horizontal, m_rows);
    m_layers = addSlot(m_top, {QStringLiteral("layerMatrix")});
    m_right = splitter(Qt::Vertical, m_top);
    m_upper = splitter(Qt::Horizontal, m_right);
    m_heads = addSlot(m_upper, {QStringLiteral("headMatrix")});
    m_pairs = addSlot(m_upper, {QStringLiteral("matchedPairs")});
    m_scores = addSlot(m_right, {QStringLiteral("bestScores"), QStringLiteral("matchStability"), QStringLiteral("consistencyMap")});
    m_maps = addSlot(m_bottom, {QStringLiteral("attentionMaps")});
    m_sums = addSlot(m_bottom, {QStringLiteral("columnSums"), QStringLiteral("rankedMass"), QStringLiteral("pairMemory")});
    QStringList others = viewIds(ViewPage::Similarity);
    others.removeAll(QStringLiteral("layerMatrix"));
    others.removeAll(QStringLiteral("layerPlanner"));
    others << QStringLiteral("pairMemory");
    m_small = addSlot(m_top, others);
    m_slots.removeAll(m_small);
    m_small->setTabbed(true);
    m_top->setSizes({408, 532, 0});
    m_upper->setSizes({272, 260});
    m_right->setSizes({315, 168});
    m_bottom->setSizes({582, 358});
    m_rows->addWidget(above);
    m_rows->addWidget(m_bottom);
    m_rows->setSizes({492, 250});
    m_rows->setStretchFactor(0, 5);
    m_rows->setStretchFactor(1, 3);
    column->addWidget(m_rows);
}

ViewSlot *SimilarityPage::addSlot(QSplitter *where, const QStringList &choices)
{
    const QStringList ids = known(choices);
    auto *slot = new ViewSlot(m_bench, m_look, ids, where);
    slot->showView(ids.value(0));
    where->addWidget(slot);
    m_slots.append(slot);
    connect(slot, &ViewSlot::exportAsked, this, &SimilarityPage::exportAsked);
    connect(slot, &ViewSlot::figureAsked, this, &SimilarityPage::figureAsked);
    connect(slot, &ViewSlot::copyImageAsked, this, &SimilarityPage::copyImageAsked);
    connect(slot, &ViewSlot::maximiseAsked, this, [this, slot] { toggleMaximised(slot); });
    return slot;
}

void SimilarityPage::setCompact(bool compact)
{
    if (m_compact == compact)
        return;
    m_compact = compact;
    m_maximised = nullptr;
    m_bar->setCompact(compact);
    arrange();
    if (compact)
        m_top->setSizes({320, 0, 440});
}

void SimilarityPage::arrange()
{
    for (ViewSlot *slot : m_slots)
        slot->setVisible(m_maximised ? slot == m_maximised : !m_compact || slot == m_layers);
    m_small->setVisible(m_maximised ? m_maximised == m_small : m_compact);
    const auto shows = [](QSplitter *split, const QVector<ViewSlot *> &slots) {
        split->setVisible(std::any_of(slots.begin(), slots.end(), [](ViewSlot *slot) { return !slot->isHidden(); }));
    };
    shows(m_upper, {m_heads, m_pairs});
    shows(m_right, {m_heads, m_pairs, m_scores});
    shows(m_bottom, {m_maps, m_sums});
    shows(m_top, {m_layers, m_heads, m_pairs, m_scores, m_small});
}

void SimilarityPage::toggleMaximised(ViewSlot *slot)
{
    m_maximised = m_maximised == slot ? nullptr : slot;
    arrange();
}

QVector<RunView *> SimilarityPage::shownViews() const
{
    QVector<RunView *> views;
    for (ViewSlot *slot : m_slots + QVector<ViewSlot *>{m_small})
        if (!slot->isHidden() && slot->view())
            views.append(slot->view());
    return views;
}

RunView *SimilarityPage::focusedView() const
{
    const QVector<RunView *> views = shownViews();
    for (RunView *view : views)
        if (view->hasFocus())
            return view;
    return views.value(0);
}

RunView *SimilarityPage::reveal(const QString &viewId)
{
    const QVector<ViewSlot *> slots = m_compact ? QVector<ViewSlot *>{m_layers, m_small} : m_slots;
    if (m_maximised)
        toggleMaximised(m_maximised);
    for (ViewSlot *slot : slots) {
        slot->showView(viewId); // does nothing where the place cannot show it
        if (slot->viewId() == viewId)
            return slot->view();
    }
    return nullptr;
}

void SimilarityPage::focusNext()
{
    const QVector<RunView *> views = shownViews();
    if (!views.isEmpty())
        views[(views.indexOf(focusedView()) + 1) % views.size()]->setFocus(Qt::TabFocusReason);
}

void SimilarityPage::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    m_bench.pair().setWanted(true);
}

void SimilarityPage::hideEvent(QHideEvent *event)
{
    QWidget::hideEvent(event);
    m_bench.pair().setWanted(false);
}

void SimilarityPage::refresh()
{
    const bool any = m_bench.pair().data() != nullptr;
    m_stack->setCurrentWidget(any ? m_content : static_cast<QWidget *>(m_empty));
    if (any)
        markSomething();
    else
        refreshEmpty();
}

void SimilarityPage::markSomething()
{
    const PairDataPtr data = m_bench.viewData()->pair;
    if (!isVisible() || !data || !data->table || m_bench.selection().pair.hasLayers() || data->table->margin.empty())
        return;
    if (data->maps) { // those the session kept
        Selection kept = m_bench.selection();
        kept.pair = data->maps->heads;
        kept.pinned = true;
        return m_bench.setSelection(kept);
    }
    // The match that stands out most from the others: heads that look at themselves alone are alike in every layer.
    const std::vector<float> &margin = data->table->margin;
    const auto best = std::max_element(margin.begin(), margin.end(), [](float a, float b) { return !(a >= b); });
    Selection selection = m_bench.selection();
    selection.pair = matchOf(*data, static_cast<int>(best - margin.begin()));
    selection.pinned = true;
    m_bench.setSelection(selection);
}

void SimilarityPage::refreshEmpty()
{
    using Phase = ModelState::Phase;
    const ModelState &large = m_bench.model(), &small = m_bench.smallModel();
    const PairCompare &pair = m_bench.pair();
    m_empty->setIconName(QStringLiteral("view-grid"));
    QString missing, what, button;
    m_button = Button::None;
    const auto say = [&](const QString &bold, const QString &sentence, Button kind = Button::None, const QString &label = {}) {
        missing = bold;
        what = sentence;
        button = label;
        m_button = kind;
    };
    if (large.phase == Phase::None)
        say(tr("No model yet"), tr("This page compares what two models look at. Open the larger one first."), Button::Model, tr("Open Model…"));
    else if (!m_bench.document().input(m_bench.activeInput()))
        say(tr("No text yet"), tr("Both models read the same text: add one with Ctrl+T, or drop a file on the window."));
    else if (small.phase == Phase::None)
        say(tr("No small model"), tr("Choose one with the tokenizer of %1. Both read the text, and every head of one is compared with every head of the other. The same model twice is allowed.").arg(large.title()), Button::SmallModel, tr("Choose Small Model…"));
    else if (!pair.problem().isEmpty())
        say(tr("These two cannot be compared"), pair.problem(), Button::SmallModel, tr("Choose Another Small Model…"));
    else if (large.phase == Phase::Failed || small.phase == Phase::Failed)
        say(tr("%1 could not be loaded").arg(small.phase == Phase::Failed ? small.title() : large.title()), small.phase == Phase::Failed ? small.problem : large.problem, Button::SmallModel, tr("Choose Small Model…"));
    else if (large.phase == Phase::Loading || small.phase == Phase::Loading)
        say(tr("Loading %1").arg(large.phase == Phase::Loading ? large.title() : small.title()), tr("The two models are compared after that."));
    else if (large.phase == Phase::NotLoaded || small.phase == Phase::NotLoaded)
        say(tr("The models are not loaded"), tr("Start the engine under Model; this session holds no comparison of this text yet."));
    else if (pair.cancelled())
        say(tr("The comparison was cancelled"), tr("Nothing is lost; it can start again at any time."), Button::Compare, tr("Compare"));
    else
        say(tr("The models read the text"), tr("This is done once; other metrics and skipped tokens need no second pass."));
    m_empty->setText(missing, what);
    m_empty->setButton(button);
}

void SimilarityPage::onButton()
{
    switch (m_button) {
    case Button::Model: Q_EMIT modelAsked(); break;
    case Button::SmallModel: Q_EMIT smallModelAsked(); break;
    case Button::Compare: m_bench.pair().start(); break;
    case Button::None: break;
    }
}

QJsonObject SimilarityPage::saveState() const
{
    QJsonObject state;
    for (int i = 0; i < m_slots.size(); ++i)
        state[QStringLiteral("slot%1").arg(i)] = m_slots[i]->saveState();
    state[QStringLiteral("small")] = m_small->saveState();
    return state;
}

void SimilarityPage::restoreState(const QJsonObject &state)
{
    for (int i = 0; i < m_slots.size(); ++i)
        m_slots[i]->restoreState(state[QStringLiteral("slot%1").arg(i)].toObject());
    m_small->restoreState(state[QStringLiteral("small")].toObject());
}

} // namespace winnow
