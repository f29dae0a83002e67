#include "app/window/cache_page.h"

#include "app/window/look.h"
#include "app/window/panel_widgets.h"
#include "app/window/view_slot.h"
#include "app/workbench/workbench.h"
#include "views/format.h"
#include "views/token_strip.h"
#include "views/view_factory.h"
#include "views/widgets/scrubber.h"
#include "views/widgets/view_frame.h"

#include <QSplitter>
#include <QVBoxLayout>

namespace winnow {
namespace {

    constexpr int kMostSlots = 3;
    const char *const kFirstViews[kMostSlots] = {"keptMap", "quality", "agreement"};

    /// Ids that a slot may show: all but the token strip, as far as this build has them.
    QStringList slotChoices()
    {
        QStringList ids = viewIds(ViewPage::Cache);
        ids.removeAll(QStringLiteral("tokens"));
        return ids;
    }

} // namespace

CachePage::CachePage(Workbench &bench, Look &look, QWidget *parent)
    : QWidget(parent)
    , m_bench(bench)
    , m_look(look)
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_vertical = new QSplitter(Qt::Vertical, this);
    m_vertical->setHandleWidth(1);
    m_vertical->setChildrenCollapsible(false);
    m_top = new QWidget(m_vertical);
    auto *top = new QVBoxLayout(m_top);
    top->setContentsMargins(0, 0, 0, 0);
    top->setSpacing(0);
    m_tokens = new ViewSlot(bench, look, {QStringLiteral("tokens")}, m_top);
    m_tokens->showView(QStringLiteral("tokens"));
    m_scrubber = new Scrubber(m_top);
    m_scrubber->setTheme(look.theme());
    top->addWidget(m_tokens, 1);
    top->addWidget(m_scrubber);
    m_horizontal = new QSplitter(Qt::Horizontal, m_vertical);
    m_horizontal->setHandleWidth(1);
    m_horizontal->setChildrenCollapsible(false);
    const QStringList choices = slotChoices();
    for (int i = 0; i < kMostSlots; ++i) {
        auto *slot = new ViewSlot(bench, look, choices, m_horizontal);
        const QString first = QString::fromLatin1(kFirstViews[i]);
        slot->showView(choices.contains(first) ? first : choices.value(std::min<int>(i, static_cast<int>(choices.size()) - 1)));
        m_slots.append(slot);
        joinSlot(slot);
        m_horizontal->addWidget(slot);
    }
    joinSlot(m_tokens);
    m_vertical->addWidget(m_top);
    m_vertical->addWidget(m_horizontal);
    m_vertical->setStretchFactor(0, 5);
    m_vertical->setStretchFactor(1, 4);
    m_vertical->setSizes({560, 450});
    m_horizontal->setStretchFactor(0, 4);
    m_horizontal->setStretchFactor(1, 3);
    m_horizontal->setStretchFactor(2, 3);
    layout->addWidget(m_vertical);
    connect(m_scrubber, &Scrubber::stepChanged, this, [this](int step) {
        Selection selection = m_bench.selection();
        selection.step = step;
        m_bench.setSelection(selection);
    });
    connect(&bench, &Workbench::viewDataChanged, this, &CachePage::refreshScrubber);
    connect(&bench, &Workbench::selectionChanged, this, &CachePage::refreshScrubber);
    connect(&look, &Look::changed, this, [this] { m_scrubber->setTheme(m_look.theme()); });
    arrange();
    refreshScrubber();
}

void CachePage::joinSlot(ViewSlot *slot)
{
    connect(slot, &ViewSlot::exportAsked, this, &CachePage::exportAsked);
    connect(slot, &ViewSlot::figureAsked, this, &CachePage::figureAsked);
    connect(slot, &ViewSlot::copyImageAsked, this, &CachePage::copyImageAsked);
    connect(slot, &ViewSlot::maximiseAsked, this, [this, slot] { toggleMaximised(slot); });
}

void CachePage::refreshScrubber()
{
    const std::shared_ptr<const KeptTokens> kept = m_bench.currentKept();
    const ReportPtr report = m_bench.currentReport();
    const qint64 fresh = kept && report ? static_cast<qint64>(m_bench.currentTokenCount()) - kept->tokens : 0;
    const int steps = static_cast<int>(std::max<qint64>(0, fresh - 1));
    m_scrubber->setSteps(steps);
    m_scrubber->setStep(m_bench.selection().step);
    if (!kept || steps == 0) {
        m_scrubber->setCacheText({});
        return;
    }
    const int step = m_bench.selection().step;
    const double heads = static_cast<double>(kept->layers * kept->heads);
    double held = m_bench.currentKeptSlots() / std::max(1.0, heads);
    double evicted = 0;
    for (const Eviction &eviction : kept->evictions)
        evicted += eviction.step <= step ? 1 : 0;
    held += step + 1 - evicted / std::max(1.0, heads);
    m_scrubber->setCacheText(tr("cache %1 of %2").arg(format::integer(held), format::integer(static_cast<double>(kept->tokens + step + 1))));
}

void CachePage::arrange()
{
    const int shown = m_compact ? 1 : m_slotCount;
    for (int i = 0; i < m_slots.size(); ++i) {
        const bool visible = m_maximised ? m_slots[i] == m_maximised : i < shown;
        m_slots[i]->setVisible(visible);
        m_slots[i]->setTabbed(m_compact);
    }
    m_top->setVisible(!m_maximised || m_maximised == m_tokens);
    m_horizontal->setVisible(m_maximised != m_tokens);
}

void CachePage::setCompact(bool compact)
{
    if (m_compact == compact)
        return;
    m_compact = compact;
    m_scrubber->setCompact(compact);
    if (auto *strip = qobject_cast<TokenStrip *>(m_tokens->view()))
        strip->setCompact(compact);
    m_vertical->setSizes(compact ? QList<int>{240, 260} : QList<int>{560, 450});
    arrange();
}

void CachePage::setSlotCount(int count)
{
    m_slotCount = std::clamp(count, 1, kMostSlots);
    m_maximised = nullptr;
    arrange();
}

void CachePage::toggleMaximised(ViewSlot *slot)
{
    m_maximised = m_maximised == slot ? nullptr : slot;
    arrange();
}

QVector<RunView *> CachePage::shownViews() const
{
    QVector<RunView *> views{m_tokens->view()};
    for (ViewSlot *slot : m_slots) {
        if (!slot->isHidden())
            views.append(slot->view());
    }
    return views;
}

RunView *CachePage::focusedView() const
{
    for (RunView *view : shownViews()) {
        if (view && (view->hasFocus() || (view->focusWidget() && view->focusWidget()->hasFocus())))
            return view;
    }
    return m_tokens->view();
}

RunView *CachePage::reveal(const QString &viewId)
{
    if (viewId == m_tokens->viewId()) {
        if (m_maximised)
            toggleMaximised(m_maximised);
        return m_tokens->view();
    }
    for (ViewSlot *slot : m_slots) {
        if (!slot->isHidden() && slot->viewId() == viewId)
            return slot->view();
    }
    ViewSlot *place = m_maximised && m_maximised != m_tokens ? m_maximised : m_slots.front();
    place->showView(viewId);
    return place->viewId() == viewId ? place->view() : nullptr;
}

void CachePage::focusNext()
{
    const QVector<RunView *> views = shownViews();
    const qsizetype at = views.indexOf(focusedView());
    views[(at + 1) % views.size()]->setFocus(Qt::TabFocusReason);
}

QJsonObject CachePage::saveState() const
{
    QJsonObject state{{QStringLiteral("slots"), m_slotCount}, {QStringLiteral("tokens"), m_tokens->saveState()}};
    for (int i = 0; i < m_slots.size(); ++i)
        state[QStringLiteral("slot%1").arg(i)] = m_slots[i]->saveState();
    return state;
}

void CachePage::restoreState(const QJsonObject &state)
{
    if (state.isEmpty())
        return;
    m_tokens->restoreState(state[QStringLiteral("tokens")].toObject());
    for (int i = 0; i < m_slots.size(); ++i)
        m_slots[i]->restoreState(state[QStringLiteral("slot%1").arg(i)].toObject());
    setSlotCount(state[QStringLiteral("slots")].toInt(m_slotCount));
}

} // namespace winnow
