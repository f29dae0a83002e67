#include "app/window/prompt_page.h"

#include "app/window/look.h"
#include "app/window/prompt_bar.h"
#include "app/window/view_slot.h"
#include "app/workbench/workbench.h"
#include "views/format.h"
#include "views/prompt_canvas.h"
#include "views/view_factory.h"
#include "views/widgets/scrubber.h"

#include <QAction>
#include <QLineEdit>
#include <QSplitter>
#include <QVBoxLayout>

#include <algorithm>

namespace winnow {
namespace {

    constexpr int kPlaces = 3;
    const char *const kFirstViews[kPlaces] = {"promptRates", "promptAnswers", "promptQuality"};

    QSplitter *splitter(Qt::Orientation orientation, QWidget *parent)
    {
        auto *split = new QSplitter(orientation, parent);
        split->setHandleWidth(1);
        split->setChildrenCollapsible(false);
        return split;
    }

    /// What a place may show: all but the text; the strips have their own.
    QStringList placeChoices()
    {
        QStringList ids = viewIds(ViewPage::Prompt);
        ids.removeAll(QStringLiteral("prompt"));
        ids.removeAll(QStringLiteral("promptStrips"));
        return ids;
    }

} // namespace

PromptPage::PromptPage(Workbench &bench, Look &look, QWidget *parent)
    : QWidget(parent)
    , m_bench(bench)
    , m_look(look)
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_rows = splitter(Qt::Vertical, this);
    m_top = new QWidget(m_rows);
    auto *top = new QVBoxLayout(m_top);
    top->setContentsMargins(0, 0, 0, 0);
    top->setSpacing(0);
    m_bar = new PromptBar(bench, look, m_top);
    m_bar->hide();
    m_canvas = addSlot(m_top, {QStringLiteral("prompt")});
    m_scrubber = new Scrubber(m_top);
    m_scrubber->setKind(Scrubber::Kind::Stage);
    m_scrubber->setTheme(look.theme());
    top->addWidget(m_bar);
    top->addWidget(m_canvas, 1);
    top->addWidget(m_scrubber);
    m_strips = addSlot(m_rows, {QStringLiteral("promptStrips")});
    m_below = splitter(Qt::Horizontal, m_rows);
    for (const char *first : kFirstViews) {
        ViewSlot *slot = addSlot(m_below, placeChoices());
        slot->setChooser(ViewSlot::Chooser::Arrow);
        slot->showView(QLatin1String(first));
        m_places.append(slot);
        m_below->addWidget(slot);
    }
    QStringList small = placeChoices();
    small.prepend(QStringLiteral("promptStrips"));
    m_small = addSlot(m_below, small);
    m_small->setTabbed(true);
    m_below->addWidget(m_small);
    m_rows->addWidget(m_top);
    m_rows->addWidget(m_strips);
    m_rows->addWidget(m_below);
    m_rows->setStretchFactor(0, 5);
    m_rows->setStretchFactor(1, 1);
    m_rows->setStretchFactor(2, 3);
    m_rows->setSizes({362, 155, 225});
    m_below->setSizes({370, 261, 308, 0});
    layout->addWidget(m_rows);
    addPartsAction();
    connect(m_scrubber, &Scrubber::stepChanged, this, [this](int step) {
        Selection selection = m_bench.selection();
        const int stage = step + 1; // the scrubber counts from "nothing cut"
        selection.step = stage >= m_scrubber->steps() ? -1 : stage; // the last stage is followed when there are more
        m_bench.setSelection(selection);
    });
    connect(&bench, &Workbench::viewDataChanged, this, &PromptPage::refreshScrubber);
    connect(&bench, &Workbench::selectionChanged, this, &PromptPage::refreshScrubber);
    connect(&look, &Look::changed, this, [this] { m_scrubber->setTheme(m_look.theme()); });
    arrange();
    refreshScrubber();
}

ViewSlot *PromptPage::addSlot(QWidget *parent, const QStringList &choices)
{
    auto *slot = new ViewSlot(m_bench, m_look, choices, parent);
    slot->showView(choices.value(0));
    connect(slot, &ViewSlot::exportAsked, this, &PromptPage::exportAsked);
    connect(slot, &ViewSlot::figureAsked, this, &PromptPage::figureAsked);
    connect(slot, &ViewSlot::copyImageAsked, this, &PromptPage::copyImageAsked);
    connect(slot, &ViewSlot::maximiseAsked, this, [this, slot] { toggleMaximised(slot); });
    return slot;
}

void PromptPage::addPartsAction()
{
    m_partsAction = new QAction(tr("Question and Answer"), this);
    m_partsAction->setCheckable(true);
    m_partsAction->setToolTip(tr("Shows instruction, question and answer of this input"));
    connect(m_partsAction, &QAction::toggled, this, &PromptPage::setPartsShown);
    m_canvas->addMenuAction(m_partsAction);
}

void PromptPage::setPartsShown(bool shown)
{
    m_bar->setVisible(shown);
    m_partsAction->setChecked(shown);
    if (shown && isVisible())
        m_bar->question()->setFocus();
}

void PromptPage::refreshScrubber()
{
    const std::shared_ptr<const PromptData> prompt = m_bench.viewData()->current.prompt;
    const int stages = prompt ? prompt->stageCount : 0;
    m_scrubber->setSteps(stages);
    const int stage = prompt ? prompt->shownStage(m_bench.selection().step) : 0;
    m_scrubber->setStep(stage - 1);
    m_scrubber->setCacheText(prompt ? tr("%1 of %2 tokens").arg(format::integer(prompt->leftAfter(stage)), format::integer(prompt->tokens())) : QString());
}

void PromptPage::arrange()
{
    const auto shows = [this](ViewSlot *slot, bool normally) { return m_maximised ? slot == m_maximised : normally; };
    m_top->setVisible(shows(m_canvas, true));
    m_strips->setVisible(shows(m_strips, !m_compact));
    for (ViewSlot *slot : m_places)
        slot->setVisible(shows(slot, !m_compact));
    m_small->setVisible(shows(m_small, m_compact));
    m_below->setVisible(std::any_of(m_places.begin(), m_places.end(), [](ViewSlot *slot) { return !slot->isHidden(); }) || !m_small->isHidden());
}

void PromptPage::setCompact(bool compact)
{
    if (m_compact == compact)
        return;
    m_compact = compact;
    m_maximised = nullptr;
    m_scrubber->setCompact(compact);
    if (auto *canvas = qobject_cast<PromptCanvas *>(m_canvas->view()))
        canvas->setCompact(compact);
    arrange();
    m_rows->setSizes(compact ? QList<int>{260, 0, 240} : QList<int>{362, 155, 225});
}

void PromptPage::toggleMaximised(ViewSlot *slot)
{
    m_maximised = m_maximised == slot ? nullptr : slot;
    arrange();
}

QVector<RunView *> PromptPage::shownViews() const
{
    QVector<RunView *> views;
    for (ViewSlot *slot : QVector<ViewSlot *>{m_canvas, m_strips} + m_places + QVector<ViewSlot *>{m_small})
        if (!slot->isHidden() && slot->view() && (slot != m_canvas || !m_top->isHidden()))
            views.append(slot->view());
    return views;
}

RunView *PromptPage::focusedView() const
{
    const QVector<RunView *> views = shownViews();
    for (RunView *view : views)
        if (view->hasFocus())
            return view;
    return views.value(0);
}

RunView *PromptPage::reveal(const QString &viewId)
{
    if (m_maximised)
        toggleMaximised(m_maximised);
    if (viewId == m_canvas->viewId())
        return m_canvas->view();
    if (!m_compact && viewId == m_strips->viewId())
        return m_strips->view();
    const QVector<ViewSlot *> slots = m_compact ? QVector<ViewSlot *>{m_small} : m_places;
    for (ViewSlot *slot : slots)
        if (slot->viewId() == viewId)
            return slot->view();
    slots.back()->showView(viewId);
    return slots.back()->viewId() == viewId ? slots.back()->view() : nullptr;
}

void PromptPage::focusNext()
{
    const QVector<RunView *> views = shownViews();
    if (!views.isEmpty())
        views[(views.indexOf(focusedView()) + 1) % views.size()]->setFocus(Qt::TabFocusReason);
}

void PromptPage::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    m_bench.promptPreview().setWanted(true);
}

void PromptPage::hideEvent(QHideEvent *event)
{
    QWidget::hideEvent(event);
    m_bench.promptPreview().setWanted(false);
}

QJsonObject PromptPage::saveState() const
{
    QJsonObject state{{QStringLiteral("canvas"), m_canvas->saveState()}, {QStringLiteral("strips"), m_strips->saveState()}, {QStringLiteral("small"), m_small->saveState()}, {QStringLiteral("parts"), !m_bar->isHidden()}};
    for (int i = 0; i < m_places.size(); ++i)
        state[QStringLiteral("place%1").arg(i)] = m_places[i]->saveState();
    return state;
}

void PromptPage::restoreState(const QJsonObject &state)
{
    if (state.isEmpty())
        return;
    m_canvas->restoreState(state[QStringLiteral("canvas")].toObject());
    m_strips->restoreState(state[QStringLiteral("strips")].toObject());
    m_small->restoreState(state[QStringLiteral("small")].toObject());
    for (int i = 0; i < m_places.size(); ++i)
        m_places[i]->restoreState(state[QStringLiteral("place%1").arg(i)].toObject());
    setPartsShown(state[QStringLiteral("parts")].toBool());
}

} // namespace winnow
