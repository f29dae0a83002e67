#include "app/window/words_page.h"

#include "app/window/look.h"
#include "app/window/view_slot.h"
#include "app/workbench/workbench.h"
#include "core/base/json_fields.h"
#include "views/view_factory.h"
#include "views/widgets/banner.h"
#include "views/widgets/empty_state.h"
#include "views/word_lines.h"

#include <QPushButton>
#include <QSplitter>
#include <QStackedLayout>
#include <QVBoxLayout>

namespace winnow {
namespace {

    constexpr int kPlaces = 3;
    const char *const kFirstViews[kPlaces] = {"wordLattice", "wordScores", "wordCurves"};

    QSplitter *splitter(Qt::Orientation orientation, QWidget *parent)
    {
        auto *split = new QSplitter(orientation, parent);
        split->setHandleWidth(1);
        split->setChildrenCollapsible(false);
        return split;
    }

} // namespace

WordsPage::WordsPage(Workbench &bench, Look &look, QWidget *parent)
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
    m_offer = new Banner(m_content);
    m_offer->setTheme(look.theme());
    m_offer->hide();
    m_vertical = splitter(Qt::Vertical, m_content);
    column->addWidget(m_offer);
    column->addWidget(m_vertical, 1);
    m_stack->addWidget(m_empty);
    m_stack->addWidget(m_content);
    connect(m_offer, &Banner::closed, m_offer, &QWidget::hide);
    m_lines = new ViewSlot(bench, look, {QStringLiteral("wordLines")}, m_vertical);
    m_lines->showView(QStringLiteral("wordLines"));
    m_horizontal = splitter(Qt::Horizontal, m_vertical);
    QStringList choices = viewIds(ViewPage::Words);
    choices.removeAll(QStringLiteral("wordLines"));
    for (int i = 0; i < kPlaces; ++i) {
        auto *slot = new ViewSlot(bench, look, choices, m_horizontal);
        slot->setChooser(ViewSlot::Chooser::Arrow);
        slot->showView(QString::fromLatin1(kFirstViews[i]));
        m_slots.append(slot);
        joinSlot(slot);
        m_horizontal->addWidget(slot);
    }
    joinSlot(m_lines);
    m_vertical->addWidget(m_lines);
    m_vertical->addWidget(m_horizontal);
    m_vertical->setStretchFactor(0, 4);
    m_vertical->setStretchFactor(1, 3);
    m_vertical->setSizes({428, 314});
    m_horizontal->setSizes({386, 326, 228});
    connect(&look, &Look::changed, this, [this] {
        m_empty->setTheme(m_look.theme());
        m_offer->setTheme(m_look.theme());
    });
    connect(m_empty, &EmptyState::buttonClicked, this, [this] {
        if (const qint64 first = m_bench.addWordSamples(); first != 0)
            m_bench.chooseInput(first);
    });
    for (auto signal : {&Workbench::activeInputChanged, &Workbench::sessionChanged, &Workbench::viewDataChanged})
        connect(&bench, signal, this, &WordsPage::refreshEmpty);
    arrange();
    refreshEmpty();
}

void WordsPage::joinSlot(ViewSlot *slot)
{
    connect(slot, &ViewSlot::exportAsked, this, &WordsPage::exportAsked);
    connect(slot, &ViewSlot::figureAsked, this, &WordsPage::figureAsked);
    connect(slot, &ViewSlot::copyImageAsked, this, &WordsPage::copyImageAsked);
    connect(slot, &ViewSlot::maximiseAsked, this, [this, slot] { toggleMaximised(slot); });
}

void WordsPage::refreshEmpty()
{
    const bool lines = m_bench.words().data() != nullptr;
    m_stack->setCurrentWidget(lines ? m_content : m_empty);
    if (lines) {
        refreshOffer();
        return markSomething();
    }
    m_markedFor = 0;
    m_empty->setIconName(QStringLiteral("text-x-generic"));
    m_empty->setText(tr("No lines yet"), tr("This page cuts lines into words. Add a text, or a treebank (CoNLL-U) or text in the bar format, whose words are known: then every segmenter is scored. Samples of four languages come with the program."));
    m_empty->setButton(tr("Add Samples"));
}

void WordsPage::refreshOffer()
{
    const InputRecord *shown = m_bench.words().input(), *active = m_bench.document().input(m_bench.activeInput());
    const InputRecord *known = nullptr;
    for (const InputRecord &input : m_bench.document().inputs())
        if (goldLines(input) > 0 && !known)
            known = &input;
    // Text that came with the program needs no excuse; one's own does, when another one stands in its place.
    const bool instead = shown && active && shown->id != active->id && !isCut(*active) && stringField(active->extra, "licence").empty();
    const bool better = known && shown && goldLines(*shown) == 0;
    if (!instead && !better) {
        m_offer->hide();
        m_offered = 0;
        return;
    }
    if (m_offered == shown->id)
        return; // offered before, maybe closed
    m_offered = shown->id;
    const InputRecord &other = instead ? *active : *known;
    const QString name = QString::fromStdString(other.name);
    m_offer->clearButtons();
    m_offer->setClosable(true);
    m_offer->showMessage(Banner::Tone::Information, QString::fromStdString(shown->name),
        instead ? tr("is shown: the words of %1 stand between spaces already.").arg(name) : tr("has no known words: it can be cut, not scored. %1 has.").arg(name));
    connect(m_offer->addButton(tr("Show %1").arg(name)), &QPushButton::clicked, this, [this, id = other.id] { m_bench.chooseInput(id); });
    m_offer->show();
}

void WordsPage::markSomething()
{
    const WordDataPtr &data = m_bench.words().data();
    const WordRun *run = data->current();
    const InputRecord *input = m_bench.words().input();
    if (!isVisible() || !run || !input || input->id != m_bench.wordInput() || m_markedFor == input->id)
        return;
    const bool elsewhere = m_markedFor != 0; // what is marked stands in another input
    m_markedFor = input->id;
    if (m_bench.selection().word.isSet() && !elsewhere)
        return;
    WordMark mark;
    for (size_t line = 0; line < run->lines.size() && !mark.hasWord(); ++line)
        for (size_t w = 0; w < run->lines[line].words.size() && !mark.hasWord(); ++w)
            if (!run->errors.empty() && run->errors[line].words[w] != WordVerdict::Right)
                mark = {static_cast<int>(line), run->lines[line].words[w].first, run->lines[line].words[w].end, run->run};
    for (size_t line = 0; line < run->lines.size() && !mark.hasWord(); ++line)
        if (!run->lines[line].words.empty())
            mark = {static_cast<int>(line), run->lines[line].words.front().first, run->lines[line].words.front().end, run->run};
    Selection selection = m_bench.selection();
    selection.word = mark;
    selection.pinned = mark.hasWord();
    m_bench.setSelection(selection);
}

void WordsPage::arrange()
{
    for (int i = 0; i < m_slots.size(); ++i) {
        m_slots[i]->setVisible(m_maximised ? m_slots[i] == m_maximised : !m_compact || i == 0);
        m_slots[i]->setTabbed(m_compact);
    }
    m_lines->setVisible(!m_maximised || m_maximised == m_lines);
    m_horizontal->setVisible(m_maximised != m_lines);
}

void WordsPage::setCompact(bool compact)
{
    if (m_compact == compact)
        return;
    m_compact = compact;
    if (auto *lines = qobject_cast<WordLines *>(m_lines->view()))
        lines->setCompact(compact);
    m_vertical->setSizes(compact ? QList<int>{250, 250} : QList<int>{428, 314});
    arrange();
}

void WordsPage::toggleMaximised(ViewSlot *slot)
{
    m_maximised = m_maximised == slot ? nullptr : slot;
    arrange();
}

QVector<RunView *> WordsPage::shownViews() const
{
    QVector<RunView *> views{m_lines->view()};
    for (ViewSlot *slot : m_slots)
        if (!slot->isHidden())
            views.append(slot->view());
    return views;
}

RunView *WordsPage::focusedView() const
{
    for (RunView *view : shownViews())
        if (view && (view->hasFocus() || (view->focusWidget() && view->focusWidget()->hasFocus())))
            return view;
    return m_lines->view();
}

RunView *WordsPage::reveal(const QString &viewId)
{
    if (viewId == m_lines->viewId()) {
        if (m_maximised)
            toggleMaximised(m_maximised);
        return m_lines->view();
    }
    for (ViewSlot *slot : m_slots)
        if (!slot->isHidden() && slot->viewId() == viewId)
            return slot->view();
    ViewSlot *place = m_maximised && m_maximised != m_lines ? m_maximised : m_slots.front();
    place->showView(viewId);
    return place->viewId() == viewId ? place->view() : nullptr;
}

void WordsPage::focusNext()
{
    const QVector<RunView *> views = shownViews();
    views[(views.indexOf(focusedView()) + 1) % views.size()]->setFocus(Qt::TabFocusReason);
}

void WordsPage::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    m_bench.words().setWanted(true);
    if (m_bench.words().data())
        markSomething();
}

void WordsPage::hideEvent(QHideEvent *event)
{
    QWidget::hideEvent(event);
    m_bench.words().setWanted(false);
}

QJsonObject WordsPage::saveState() const
{
    QJsonObject state{{QStringLiteral("lines"), m_lines->saveState()}};
    for (int i = 0; i < m_slots.size(); ++i)
        state[QStringLiteral("slot%1").arg(i)] = m_slots[i]->saveState();
    return state;
}

void WordsPage::restoreState(const QJsonObject &state)
{
    if (state.isEmpty())
        return;
    m_lines->restoreState(state[QStringLiteral("lines")].toObject());
    for (int i = 0; i < m_slots.size(); ++i)
        m_slots[i]->restoreState(state[QStringLiteral("slot%1").arg(i)].toObject());
}

} // namespace winnow
