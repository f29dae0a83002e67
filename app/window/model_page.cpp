#include "app/window/model_page.h"

#include "app/window/generation_pane.h"
#include "app/window/look.h"
#include "app/window/model_card.h"
#include "app/window/model_tables.h"
#include "app/window/prompt_pane.h"
#include "app/window/tokens_pane.h"
#include "app/workbench/workbench.h"
#include "views/widgets/view_header.h"

#include <QScrollArea>
#include <QSplitter>
#include <QTabBar>
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

} // namespace

ModelPage::ModelPage(Workbench &bench, Look &look, QWidget *parent)
    : QWidget(parent)
    , m_bench(bench)
    , m_inspector(bench.engine())
    , m_tryOut(bench.engine(), bench.jobs())
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    m_tabs = new QTabBar(this);
    m_tabs->setProperty("place", "dock");
    m_tabs->setDrawBase(false);
    m_tabs->setExpanding(false);
    m_tabs->setAccessibleName(tr("Parts of the page"));
    for (const QString &name : {tr("Model"), tr("Structure"), tr("Prompt"), tr("Generation")})
        m_tabs->addTab(name);
    column->addWidget(m_tabs);
    m_across = splitter(Qt::Horizontal, this);
    m_left = splitter(Qt::Vertical, m_across);
    m_right = splitter(Qt::Vertical, m_across);
    m_cardPane = new Pane(tr("Model"), look, m_left);
    auto *scroll = new QScrollArea(m_cardPane);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_card = new ModelCard(look, scroll);
    setStyleProperty(m_card, "ground", "surface");
    m_card->setAttribute(Qt::WA_StyledBackground);
    scroll->setWidget(m_card);
    m_cardPane->setContent(scroll);
    m_tables = new ModelTables(look, m_left);
    m_prompt = new PromptPane(m_tryOut, look, m_right);
    m_tokens = new TokensPane(m_tryOut, look, m_right);
    m_generation = new GenerationPane(bench, m_tryOut, look, m_right);
    m_left->addWidget(m_cardPane);
    m_left->addWidget(m_tables);
    for (QWidget *pane : {static_cast<QWidget *>(m_prompt), static_cast<QWidget *>(m_tokens), static_cast<QWidget *>(m_generation)})
        m_right->addWidget(pane);
    m_across->addWidget(m_left);
    m_across->addWidget(m_right);
    m_left->setSizes({470, 290});
    m_right->setSizes({220, 250, 280});
    m_across->setSizes({430, 510});
    m_across->setStretchFactor(0, 0);
    m_across->setStretchFactor(1, 1);
    column->addWidget(m_across, 1);
    connect(&bench, &Workbench::modelChanged, this, &ModelPage::followModel);
    connect(&bench.engine(), &EngineClient::stateChanged, this, &ModelPage::followModel);
    connect(&m_inspector, &ModelInspector::changed, this, &ModelPage::refreshDetails);
    connect(m_tables, &ModelTables::saveAsked, this, &ModelPage::saveAsked);
    connect(m_prompt, &PromptPane::useAsInput, this, [this](const QString &text) { m_bench.addTextInput(tr("prompt"), text); });
    connect(m_tabs, &QTabBar::currentChanged, this, &ModelPage::arrange);
    arrange();
    refreshDetails();
}

void ModelPage::followModel()
{
    if (!isVisible())
        return; // a page that is not looked at asks for nothing
    const bool engine = m_bench.engine().state() == EngineClient::State::Ready;
    const ModelChoice choice = m_bench.modelChoice();
    // While a model loads, the engine answers nothing else about it; asking then would only wait.
    const bool usable = engine && !choice.model.empty() && m_bench.model().phase != ModelState::Phase::Loading;
    m_inspector.setModel(choice, usable);
    m_tryOut.setModel(choice, usable);
    refreshDetails();
}

void ModelPage::showEvent(QShowEvent *event)
{
    QWidget::showEvent(event);
    followModel();
}

void ModelPage::refreshDetails()
{
    const ModelDetails &details = m_inspector.details();
    QString reason;
    if (details.empty()) {
        using Phase = ModelState::Phase;
        const bool engine = m_bench.engine().state() == EngineClient::State::Ready;
        if (m_bench.model().phase == Phase::None)
            reason = tr("No model yet. Choose one under Model, or drop a GGUF file or a Hugging Face folder on the window.");
        else if (!engine)
            reason = tr("Needs the engine. Start it to read the model's file.");
        else if (!m_inspector.problem().isEmpty())
            reason = m_inspector.problem();
        else
            reason = tr("The model's file is being read. This needs no weights.");
    }
    m_cardPane->setReason(reason);
    m_tables->setReason(reason);
    m_cardPane->header()->setBusy(m_inspector.busy());
    m_card->setDetails(details, m_bench.model().title());
    m_tables->setDetails(details);
}

void ModelPage::arrange()
{
    m_tabs->setVisible(m_compact);
    const int tab = m_tabs->currentIndex();
    m_cardPane->setVisible(!m_compact || tab == 0);
    m_tables->setVisible(!m_compact || tab == 1);
    m_left->setVisible(!m_compact || tab <= 1);
    m_prompt->setVisible(!m_compact || tab == 2);
    m_tokens->setVisible(!m_compact || tab == 2);
    m_generation->setVisible(!m_compact || tab == 3);
    m_right->setVisible(!m_compact || tab >= 2);
}

void ModelPage::setCompact(bool compact)
{
    if (m_compact == compact)
        return;
    m_compact = compact;
    arrange();
}

QJsonObject ModelPage::saveState() const
{
    return {{QStringLiteral("table"), static_cast<int>(m_tables->table())}, {QStringLiteral("tab"), m_tabs->currentIndex()}};
}

void ModelPage::restoreState(const QJsonObject &state)
{
    m_tables->showTable(static_cast<ModelTables::Table>(std::clamp(state[QStringLiteral("table")].toInt(), 0, 2)));
    m_tabs->setCurrentIndex(std::clamp(state[QStringLiteral("tab")].toInt(), 0, 3));
}

} // namespace winnow
