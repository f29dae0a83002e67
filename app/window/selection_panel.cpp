#include "app/window/selection_panel.h"

#include "app/window/look.h"
#include "app/window/panel_widgets.h"
#include "app/workbench/workbench.h"
#include "core/base/json_fields.h"
#include "views/format.h"
#include "views/guided_heads.h"
#include "views/token_text.h"
#include "views/type.h"

#include <QGridLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace winnow {
namespace {

    constexpr int kFactRows = 5;

    QString className(TokenClass kind)
    {
        switch (kind) {
        case TokenClass::Evicted: return SelectionPanel::tr("evicted");
        case TokenClass::Kept: return SelectionPanel::tr("kept");
        case TokenClass::Window: return SelectionPanel::tr("window");
        case TokenClass::Sink: return SelectionPanel::tr("sink");
        case TokenClass::Marginal: return SelectionPanel::tr("marginal");
        case TokenClass::Merged: return SelectionPanel::tr("merged");
        }
        return {};
    }

    /// Score of a token in one head and its rank among the layer's tokens.
    QString scoreText(const KeptTokens &kept, int64_t layer, int64_t head, int64_t token)
    {
        if (kept.score.empty())
            return {};
        const size_t row = static_cast<size_t>((layer * kept.heads + head) * kept.tokens);
        if (row + static_cast<size_t>(kept.tokens) > kept.score.size())
            return {};
        const float value = kept.score[row + static_cast<size_t>(token)];
        int64_t better = 0;
        for (int64_t i = 0; i < kept.tokens; ++i)
            better += kept.score[row + static_cast<size_t>(i)] > value ? 1 : 0;
        return SelectionPanel::tr("%1, %2 of %3").arg(format::shortNumber(static_cast<double>(value)), format::integer(static_cast<double>(better + 1)), format::integer(static_cast<double>(kept.tokens)));
    }

    int64_t evictionStep(const KeptTokens &kept, int layer, int head, int token)
    {
        for (const Eviction &eviction : kept.evictions) {
            if (eviction.position == token && (layer < 0 || eviction.layer == layer) && (head < 0 || eviction.head == head))
                return eviction.step;
        }
        return -1;
    }

    /// "kept, marginal from step 4, kept from step 9" of one head.
    QString classHistory(const KeptTokens &kept, int64_t layer, int64_t head, int64_t token)
    {
        QString text = token < kept.tokens ? className(kept.tokenClass(layer, head, token)) : SelectionPanel::tr("new");
        for (const ClassChange &change : kept.changes)
            if (change.layer == layer && change.head == head && change.position == token)
                text += SelectionPanel::tr(", %1 from step %2").arg(className(change.to)).arg(change.step + 1);
        return text;
    }

    /// Where classes change at every step: what the token was in the marked head, or in the layer's first one, and which heads of
    /// the small model decided.
    void historyRows(SelectionFacts &facts, const Report &report, const KeptTokens &kept, const Selection &mark)
    {
        if (mark.layer < 0 || mark.layer >= kept.layers || mark.head >= kept.heads)
            return;
        const int head = std::max(0, mark.head);
        facts.rows.append({mark.head >= 0 ? SelectionPanel::tr("History") : SelectionPanel::tr("History, head 0"), classHistory(kept, mark.layer, head, mark.token)});
        const auto group = static_cast<int>(integerField(report.model(), "heads") / std::max<int64_t>(1, kept.heads));
        if (const QString serving = servingText(servingHeads(report), mark.layer, head, group); !serving.isEmpty())
            facts.rows.append({SelectionPanel::tr("Decided by"), serving});
    }

    void keptRows(SelectionFacts &facts, const KeptTokens &kept, const Selection &mark)
    {
        const int64_t token = mark.token;
        int64_t all = 0;
        for (int64_t layer = 0; layer < kept.layers; ++layer) {
            for (int64_t head = 0; head < kept.heads; ++head)
                all += kept.kept(layer, head, token) ? 1 : 0;
        }
        if (mark.layer >= 0 && mark.layer < kept.layers) {
            int64_t here = 0;
            for (int64_t head = 0; head < kept.heads; ++head)
                here += kept.kept(mark.layer, head, token) ? 1 : 0;
            if (mark.head >= 0 && mark.head < kept.heads)
                facts.rows.append({SelectionPanel::tr("Head %1").arg(format::headAddress(mark.layer, mark.head)), className(kept.tokenClass(mark.layer, mark.head, token))});
            else
                facts.rows.append({SelectionPanel::tr("Layer %1").arg(mark.layer), SelectionPanel::tr("kept by %1 of %2").arg(here).arg(kept.heads)});
        }
        facts.rows.append({SelectionPanel::tr("All layers"), SelectionPanel::tr("%1 of %2 heads").arg(all).arg(kept.layers * kept.heads)});
        if (mark.layer >= 0 && mark.layer < kept.layers) {
            const QString score = scoreText(kept, mark.layer, std::max(0, mark.head), token);
            if (!score.isEmpty())
                facts.rows.append({mark.head >= 0 ? SelectionPanel::tr("Score, rank") : SelectionPanel::tr("Score, rank, head 0"), score});
        }
        if (!kept.changes.empty())
            return;
        const int64_t step = evictionStep(kept, mark.layer, mark.head, mark.token);
        facts.rows.append({SelectionPanel::tr("Evicted at step"), step >= 0 ? QString::number(step) : QStringLiteral("–")});
    }

} // namespace

SelectionFacts selectionFacts(const Workbench &bench)
{
    SelectionFacts facts;
    const Selection &mark = bench.selection();
    const ReportPtr report = bench.currentReport();
    if (mark.token < 0 && mark.layer < 0)
        return facts;
    if (mark.token >= 0 && report) {
        const TokenText text = TokenText::fromPieces(report->pieces(), stringField(report->input(), "text"));
        facts.title = static_cast<size_t>(mark.token) < text.spans.size() ? QStringLiteral("“%1”").arg(text.label(mark.token)) : QString();
        facts.place = SelectionPanel::tr("token %1").arg(mark.token);
    } else {
        facts.title = mark.head >= 0 ? SelectionPanel::tr("Head %1").arg(format::headAddress(mark.layer, mark.head)) : SelectionPanel::tr("Layer %1").arg(mark.layer);
    }
    if (!report)
        return facts;
    const std::shared_ptr<const KeptTokens> kept = bench.currentKept();
    if (!kept)
        return facts;
    if (mark.token >= 0 && mark.token < kept->tokens) {
        keptRows(facts, *kept, mark);
        if (!kept->changes.empty())
            historyRows(facts, *report, *kept, mark);
    } else if (mark.token >= kept->tokens) {
        facts.rows.append({SelectionPanel::tr("Scored token"), SelectionPanel::tr("%1 of the continuation").arg(mark.token - kept->tokens)});
    } else if (mark.layer >= 0 && mark.layer < kept->layers) {
        int64_t count = 0;
        for (int64_t head = 0; head < kept->heads; ++head)
            count += kept->countKept(mark.layer, head);
        facts.rows.append({SelectionPanel::tr("Kept slots"), SelectionPanel::tr("%1 of %2").arg(format::integer(static_cast<double>(count)), format::integer(static_cast<double>(kept->heads * kept->tokens)))});
    }
    return facts;
}

void SelectionPanel::setPairShown(bool shown)
{
    if (m_pairShown == shown)
        return;
    m_pairShown = shown;
    refresh();
}

void SelectionPanel::setWordsShown(bool shown)
{
    if (m_wordsShown == shown)
        return;
    m_wordsShown = shown;
    m_hint->setText(shown ? tr("Click a word, arc or token\nArrows move, Esc clears") : tr("Hover a token, layer or cell\nArrows move, Esc clears"));
    refresh();
}

SelectionPanel::SelectionPanel(Workbench &bench, Look &look, QWidget *parent)
    : QWidget(parent)
    , m_bench(bench)
    , m_look(look)
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 10);
    layout->setSpacing(0);
    auto *header = new PanelHeader(tr("Selection"), this);
    layout->addWidget(header);
    auto *clear = header->addButton(QStringLiteral("window-close"), tr("Clear the selection (Esc)"), look);
    connect(clear, &QToolButton::clicked, this, [this] { m_bench.setSelection({}); });
    auto *body = new QVBoxLayout;
    body->setContentsMargins(12, 2, 12, 0);
    body->setSpacing(1);
    auto *top = new QHBoxLayout;
    m_mark = new QLabel(this);
    m_mark->setFixedSize(10, 10);
    m_title = new QLabel(this);
    m_title->setFont(typeFont(TypeRole::ViewTitle));
    m_title->setTextFormat(Qt::PlainText);
    m_place = new QLabel(this);
    m_place->setFont(typeFont(TypeRole::Hint));
    m_place->setProperty("tone", "t2");
    top->setSpacing(8);
    top->addWidget(m_mark);
    top->addWidget(m_title, 1);
    top->addWidget(m_place);
    body->addLayout(top);
    body->addSpacing(4);
    m_hint = new QLabel(tr("Hover a token, layer or cell\nArrows move, Esc clears"), this);
    m_hint->setFont(typeFont(TypeRole::Label));
    m_hint->setProperty("tone", "t2");
    body->addWidget(m_hint);
    for (int i = 0; i < kFactRows; ++i) {
        m_facts.append(new FactRow(look, this));
        body->addWidget(m_facts.back());
    }
    layout->addLayout(body);
    layout->addStretch(1);
    connect(&bench, &Workbench::selectionChanged, this, &SelectionPanel::refresh);
    connect(&bench, &Workbench::viewDataChanged, this, &SelectionPanel::refresh);
    connect(&look, &Look::changed, this, &SelectionPanel::refresh);
    refresh();
}

void SelectionPanel::refresh()
{
    const SelectionFacts facts = m_wordsShown ? wordFacts(m_bench) : m_pairShown ? pairFacts(m_bench) : m_bench.family() == "prompt" ? promptFacts(m_bench) : selectionFacts(m_bench);
    const bool nothing = facts.title.isEmpty();
    const Theme &theme = m_look.theme();
    m_mark->setStyleSheet(QStringLiteral("border: 2px solid %1; border-radius: 2px;").arg((nothing ? theme.border : theme.mark).name()));
    m_title->setText(nothing ? tr("Nothing selected") : QFontMetrics(m_title->font()).elidedText(facts.title, Qt::ElideMiddle, 120));
    m_place->setText(facts.place);
    m_hint->setVisible(nothing);
    QStringList words{facts.title, facts.place};
    for (qsizetype i = 0; i < m_facts.size(); ++i) {
        const bool shown = i < facts.rows.size();
        m_facts[i]->setVisible(!nothing && shown);
        if (shown) {
            m_facts[i]->set(facts.rows[i].first, facts.rows[i].second);
            words << facts.rows[i].first + QLatin1Char(' ') + facts.rows[i].second;
        }
    }
    setAccessibleName(nothing ? tr("Nothing selected") : words.join(QStringLiteral(", ")));
}

} // namespace winnow
