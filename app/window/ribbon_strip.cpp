#include "app/window/ribbon_strip.h"

#include "app/window/look.h"
#include "app/workbench/text_ribbon.h"
#include "app/workbench/workbench.h"
#include "views/type.h"
#include "views/widgets/view_frame.h"
#include "views/word_ribbon.h"

#include <QAction>
#include <QVBoxLayout>

#include <algorithm>

namespace winnow {
namespace {

    constexpr int kHead = 32, kRow = 21, kFewest = 5, kMost = 12; // rows that the strip has room for

} // namespace

RibbonStrip::RibbonStrip(Workbench &bench, Look &look, QWidget *parent)
    : QWidget(parent)
    , m_bench(bench)
    , m_ribbon(new TextRibbon(bench, this))
    , m_frame(new ViewFrame(this))
    , m_view(new WordRibbonView(m_frame))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 1, 0, 0); // the line between views
    layout->addWidget(m_frame);
    auto *close = new QAction(tr("Close Ribbon"), m_view);
    connect(close, &QAction::triggered, this, &RibbonStrip::closeAsked);
    m_view->addAction(close);
    m_frame->setView(m_view);
    m_frame->setTheme(look.theme());
    connect(&look, &Look::changed, this, [this, &look] { m_frame->setTheme(look.theme()); });
    connect(m_frame, &ViewFrame::exportRequested, this, [this] { Q_EMIT exportAsked(m_view); });
    connect(m_ribbon, &TextRibbon::changed, this, &RibbonStrip::refresh);
    connect(&bench, &Workbench::selectionChanged, this, [this] { mark(m_bench.selection()); });
    connect(m_view, &RunView::selectionRequested, this, &RibbonStrip::take);
    setOpen(false);
}

void RibbonStrip::setOpen(bool open)
{
    setVisible(open);
    m_ribbon->setWanted(open);
}

/// What the page has marked, as characters of the line.
void RibbonStrip::mark(const Selection &selection)
{
    if (isHidden())
        return;
    Selection own = selection;
    own.word = m_marked = m_ribbon->markOf(selection.token);
    m_view->setSelection(own);
}

/// What the strip marks, as a token of the page. Characters of one token stay as they were marked.
void RibbonStrip::take(const Selection &asked)
{
    Selection next = m_bench.selection();
    next.token = m_ribbon->tokenAt(asked.word);
    next.pinned = asked.pinned && next.token >= 0;
    m_bench.setSelection(next);
    if (next.token < 0)
        return;
    Selection own = m_bench.selection();
    own.word = m_marked = asked.word;
    m_view->setSelection(own);
}

void RibbonStrip::refresh()
{
    auto data = std::make_shared<ViewData>();
    data->words = m_ribbon->data();
    const WordRibbon *ribbon = data->words ? data->words->ribbon.get() : nullptr;
    const int rows = ribbon ? std::clamp(static_cast<int>(ribbon->rows.size()), kFewest, kMost) : kFewest;
    setFixedHeight(qRound(scaled(kHead) + scaled(kRow) * rows) + 18);
    m_view->setData(std::move(data));
    mark(m_bench.selection());
}

} // namespace winnow
