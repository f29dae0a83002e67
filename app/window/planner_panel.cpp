#include "app/window/planner_panel.h"

#include "app/window/look.h"
#include "app/window/panel_widgets.h"
#include "app/window/view_slot.h"
#include "app/workbench/workbench.h"
#include "core/base/json_fields.h"
#include "views/format.h"
#include "views/layer_planner.h"
#include "views/type.h"
#include "views/widgets/budget_slider.h"

#include <QGridLayout>
#include <QLabel>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace winnow {
namespace {

    constexpr const char *kRatio = "mappingRatio", *kRule = "layerRule", *kLayers = "layers", *kProfile = "profile";
    constexpr int kMostPercent = 80, kFactRows = 7;

    DecoderSizes sizesOf(const Json &model)
    {
        return {integerField(model, "layers"), integerField(model, "heads"), integerField(model, "kvHeads"), integerField(model, "headDim"), integerField(model, "hidden"), integerField(model, "ffn")};
    }

    double elementBytes(const Json &model, const DecoderSizes &sizes)
    {
        const double numbers = cacheBytesPerToken(sizes, 0, 1);
        return numbers > 0 ? numberField(model, "cacheBytesPerToken") / numbers : 0;
    }

    QString signedBytes(double bytes) { return (bytes > 0 ? QStringLiteral("+") : bytes < 0 ? QStringLiteral("−") : QString()) + format::bytes(std::abs(bytes)); }

    QString flop(double value)
    {
        const double size = std::abs(value);
        return size >= 1e9 ? PlannerPanel::tr("%1 GFLOP").arg(format::decimals(size / 1e9, 3)) : PlannerPanel::tr("%1 MFLOP").arg(format::decimals(size / 1e6, 1));
    }

    /// "−0.30, +0.35 GFLOP": both in the unit of the larger one.
    QString flopPair(double skipped, double added)
    {
        const bool giga = std::max(skipped, added) >= 1e9;
        const double unit = giga ? 1e9 : 1e6;
        const QString numbers = QStringLiteral("−%1, +%2").arg(format::decimals(skipped / unit, giga ? 2 : 1), format::decimals(added / unit, giga ? 2 : 1));
        return giga ? PlannerPanel::tr("%1 GFLOP").arg(numbers) : PlannerPanel::tr("%1 MFLOP").arg(numbers);
    }

    FactRow::Tone toneOf(double added) { return added < 0 ? FactRow::Tone::Better : added > 0 ? FactRow::Tone::Worse : FactRow::Tone::Plain; }

    QString signedFlop(double value) { return (value > 0 ? QStringLiteral("+") : value < 0 ? QStringLiteral("−") : QString()) + flop(value); }

    QString ruleName(const QString &rule)
    {
        return rule == QLatin1String("profile") ? PlannerPanel::tr("rule: lowest delta") : rule == QLatin1String("manual") ? PlannerPanel::tr("rule: by hand") : PlannerPanel::tr("rule: published");
    }

} // namespace

PlannerPanel::PlannerPanel(Workbench &bench, Look &look, QWidget *parent)
    : QWidget(parent)
    , m_bench(bench)
    , m_look(look)
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 8);
    column->setSpacing(0);
    auto *head = new PanelHeader(tr("Layer planner"), this);
    QToolButton *measure = head->addButton(QStringLiteral("office-chart-line"), tr("Measure what replacing each block of layers would lose"), look);
    connect(measure, &QToolButton::clicked, this, [this] { m_bench.pair().measureProfile(); });
    column->addWidget(head);
    m_planner = new LayerPlanner(this);
    m_planner->setFixedHeight(qRound(scaled(168)));
    joinView(m_planner, bench, look);
    connect(&look, &Look::changed, m_planner, [this] { m_planner->setTheme(m_look.theme()); });
    column->addWidget(m_planner);
    addRatio(column);
    addSavings(column);
    connect(m_slider, &QSlider::valueChanged, this, [this](int percent) {
        if (!m_refreshing)
            setRatio(percent / 100.0);
    });
    connect(m_slider, &QSlider::sliderReleased, this, [this] { m_bench.endGesture(); });
    connect(m_planner, &LayerPlanner::layerToggled, this, &PlannerPanel::toggle);
    for (auto signal : {&Workbench::settingChanged, &Workbench::modelChanged, &Workbench::smallModelChanged, &Workbench::viewDataChanged, &Workbench::tokenCountsChanged, &Workbench::activeInputChanged})
        connect(&bench, signal, this, &PlannerPanel::refresh);
    connect(&look, &Look::changed, this, [this] {
        m_slider->setTheme(m_look.theme());
        refresh();
    });
    refresh();
}

void PlannerPanel::addRatio(QVBoxLayout *column)
{
    m_ratioRow = new QWidget(this);
    auto *grid = new QGridLayout(m_ratioRow);
    grid->setContentsMargins(12, 2, 12, 2);
    grid->setVerticalSpacing(1);
    auto *name = new QLabel(tr("Replaced layers"), m_ratioRow);
    m_ratio = new QLabel(m_ratioRow);
    m_ratio->setFont(typeFont(TypeRole::Value));
    m_slider = new BudgetSlider(m_ratioRow);
    m_slider->setTheme(m_look.theme());
    m_slider->setRange(0, kMostPercent);
    m_slider->setPageStep(5);
    m_slider->setFixedHeight(20);
    m_slider->setAccessibleName(tr("Replaced layers"));
    m_count = new QLabel(m_ratioRow);
    m_rule = new QLabel(m_ratioRow);
    for (QLabel *label : {m_count, m_rule}) {
        label->setFont(typeFont(TypeRole::Hint));
        label->setProperty("tone", "t2");
    }
    grid->addWidget(name, 0, 0);
    grid->addWidget(m_ratio, 0, 1, Qt::AlignRight);
    grid->addWidget(m_slider, 1, 0, 1, 2);
    grid->addWidget(m_count, 2, 0);
    grid->addWidget(m_rule, 2, 1, Qt::AlignRight);
    column->addWidget(m_ratioRow);
}

void PlannerPanel::addSavings(QVBoxLayout *column)
{
    column->addSpacing(6);
    column->addWidget(new HairLine(m_look, this));
    auto *head = new QHBoxLayout;
    head->setContentsMargins(0, 0, 12, 0);
    auto *title = new PanelHeader(tr("Savings"), this);
    title->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    m_badge = new QLabel(this);
    m_badge->setProperty("badge", "err");
    m_badge->setFont(typeFont(TypeRole::Hint));
    m_badge->setFixedHeight(20);
    head->addWidget(title, 1);
    head->addWidget(m_badge, 0, Qt::AlignVCenter);
    column->addLayout(head);
    auto *facts = new QVBoxLayout;
    facts->setContentsMargins(12, 0, 12, 0);
    facts->setSpacing(1);
    for (int i = 0; i < kFactRows; ++i) {
        m_facts.append(new FactRow(m_look, this));
        facts->addWidget(m_facts.last());
    }
    m_inactive = new QLabel(this);
    m_inactive->setWordWrap(true);
    m_inactive->setFont(typeFont(TypeRole::Hint));
    m_inactive->setProperty("tone", "t2");
    facts->addWidget(m_inactive);
    column->addLayout(facts);
    column->addStretch(1);
}

void PlannerPanel::setDense(bool dense)
{
    for (FactRow *row : m_facts)
        row->setFixedHeight(dense ? 17 : 20);
    m_planner->setFixedHeight(qRound(scaled(dense ? 136 : 168)));
    layout()->setContentsMargins(0, 0, 0, dense ? 1 : 8);
}

QString PlannerPanel::badge() const { return m_badge->isHidden() ? QString() : m_badge->text(); }

bool PlannerPanel::methodPlans() const
{
    const MethodInfo *method = m_bench.currentMethod();
    return method && method->parameter(kRatio) && method->parameter(kRule);
}

LayerProfile PlannerPanel::profile() const
{
    LayerProfile profile = m_bench.pair().measuredProfile().value_or(PairData::noProfile());
    const QString text = QString::fromStdString(stringField(m_bench.setting().parameters, kProfile));
    const QStringList parts = text.split(QLatin1Char(','), Qt::SkipEmptyParts);
    if (!methodPlans() || parts.size() != kProfileBlocks)
        return profile;
    for (int i = 0; i < kProfileBlocks; ++i)
        profile[static_cast<size_t>(i)] = parts[i].trimmed().toDouble();
    return profile;
}

PlannerPanel::Plan PlannerPanel::methodPlan(int64_t layers) const
{
    Plan plan = m_own;
    if (methodPlans()) {
        const Json &values = m_bench.setting().parameters;
        const Budget &budget = m_bench.setting().budget;
        plan.ratio = numberField(values, kRatio, plan.ratio);
        if (const MethodInfo *method = m_bench.currentMethod(); !method->budgetUnit.empty() && budget.kind != BudgetKind::Bytes)
            plan.ratio = budget.kind == BudgetKind::Fraction ? budget.value : layers > 0 ? budget.value / static_cast<double>(layers) : plan.ratio;
        plan.rule = QString::fromStdString(stringField(values, kRule, "published"));
        plan.layers.clear();
        if (const auto list = parseLayerList(stringField(values, kLayers), layers))
            plan.layers = *list;
    }
    if (plan.rule == QLatin1String("profile"))
        plan.layers = profileLayers(layers, plan.ratio, profile());
    else if (plan.rule != QLatin1String("manual"))
        plan.layers = publishedLayers(layers, plan.ratio);
    std::erase_if(plan.layers, [layers](int64_t layer) { return layer >= layers; });
    return plan;
}

void PlannerPanel::setRatio(double ratio)
{
    if (!methodPlans()) {
        m_own.ratio = ratio;
        m_own.rule = QStringLiteral("published");
        refresh();
        return;
    }
    if (m_bench.setting().parameters.contains(kRule) && m_bench.setting().parameters[kRule] == "manual")
        m_bench.setParameter(QString::fromLatin1(kRule), "published"); // a ratio says nothing about a list
    if (!m_bench.currentMethod()->budgetUnit.empty() && ratio > 0)
        m_bench.setBudget({BudgetKind::Fraction, ratio});
    else
        m_bench.setParameter(QString::fromLatin1(kRatio), ratio);
}

void PlannerPanel::toggle(int layer)
{
    const PairDataPtr &data = m_bench.viewData()->pair;
    if (!data)
        return;
    Plan plan = methodPlan(data->large.layers());
    const auto at = std::lower_bound(plan.layers.begin(), plan.layers.end(), static_cast<int64_t>(layer));
    if (at != plan.layers.end() && *at == layer)
        plan.layers.erase(at);
    else
        plan.layers.insert(at, layer);
    plan.rule = QStringLiteral("manual");
    plan.ratio = static_cast<double>(plan.layers.size()) / std::max(1, data->large.layers());
    if (!methodPlans()) {
        m_own = plan;
        refresh();
        return;
    }
    Json values = m_bench.setting().parameters;
    values[kRule] = "manual";
    values[kLayers] = layerListText(plan.layers);
    m_bench.endGesture();
    m_bench.setParameters(values, tr("Replace other layers"));
    m_bench.endGesture();
}

void PlannerPanel::refresh()
{
    if (m_refreshing)
        return;
    m_refreshing = true;
    const PairDataPtr &data = m_bench.viewData()->pair;
    m_planner->setVisible(data != nullptr);
    const int64_t layers = data ? data->large.layers() : integerField(m_bench.model().description, "layers");
    const Plan plan = methodPlan(layers);
    m_bench.pair().setPlan(plan.layers, plan.ratio, plan.rule, profile());
    m_ratioRow->setVisible(!methodPlans() || m_bench.currentMethod()->budgetUnit.empty());
    if (!m_slider->isSliderDown())
        m_slider->setValue(static_cast<int>(std::lround(100 * plan.ratio)));
    m_ratio->setText(format::percent(plan.ratio));
    m_count->setText(tr("%1 of %2 layers").arg(plan.layers.size()).arg(layers));
    m_rule->setText(ruleName(plan.rule));
    refreshCosts(plan);
    m_refreshing = false;
}

void PlannerPanel::refreshCosts(const Plan &plan)
{
    const Json &largeModel = m_bench.model().description, &smallModel = m_bench.smallModel().description;
    const DecoderSizes large = sizesOf(largeModel), small = sizesOf(smallModel);
    const double largeElement = elementBytes(largeModel, large), smallElement = elementBytes(smallModel, small);
    const bool known = largeElement > 0 && smallElement > 0 && large.hidden > 0 && small.hidden > 0;
    for (FactRow *row : m_facts)
        row->setVisible(known);
    m_badge->hide();
    m_inactive->setVisible(!known);
    setStyleProperty(m_inactive, "badge", known ? QVariant("warn") : QVariant());
    if (!known) {
        m_inactive->setText(tr("What it saves and costs appears when both models were loaded once."));
        return;
    }
    const PairDataPtr &data = m_bench.viewData()->pair;
    const qint64 counted = m_bench.tokenCount(m_bench.activeInput());
    const int64_t tokens = counted > 0 ? counted : data ? data->tokens : 2048;
    const auto mapped = static_cast<int64_t>(plan.layers.size());
    const MappingCost cost = mappingCost(large, small, small.layers, mapped, tokens, largeElement, smallElement);
    const QString largeName = data ? data->large.shortName : tr("the large model");
    const int64_t bytesFrom = bytesBreakEven(large, small, mapped, numberField(smallModel, "weightBytes"), largeElement, smallElement);
    const int64_t flopFrom = flopBreakEven(large, small, mapped);
    const auto from = [&](int64_t context) { return mapped == 0 || context < 0 ? tr("never") : context == 0 ? tr("the first token") : format::tokens(context); };
    m_facts[0]->set(tr("Key cache of %1").arg(largeName), signedBytes(-cost.keyBytesSaved), tr("Keys of the replaced layers at %1, %2 of the cache").arg(format::tokens(tokens), format::percent(nominalCacheSaving(large, mapped), 1)));
    m_facts[1]->set(tr("Small model’s cache"), signedBytes(cost.smallCacheBytes), tr("All layers of the small model at %1").arg(format::tokens(tokens)));
    m_facts[2]->set(tr("Net"), signedBytes(cost.netBytes()), tr("%1 of the full cache").arg(format::signedPercent(-netCacheSaving(large, small, mapped, largeElement, smallElement))));
    m_facts[3]->set(tr("Pays off from"), from(bytesFrom), tr("Context from which bytes are saved with the small model’s weights counted"));
    m_facts[4]->set(tr("Work of a token"), flopPair(cost.skippedFlop, cost.addedFlop),
        tr("At %1: skipped in the replaced layers (query and key projections, scores), added by the small model").arg(format::tokens(tokens)));
    m_facts[5]->set(tr("Net work"), signedFlop(-cost.netFlop()), tr("%1 of the large model’s layers").arg(format::signedPercent(-cost.netFlop() / layerFlop(large, tokens))));
    m_facts[6]->set(tr("Work pays off from"), from(flopFrom), tr("Context from which every token costs less"));
    m_facts[0]->setTone(toneOf(-cost.keyBytesSaved));
    m_facts[1]->setTone(toneOf(cost.smallCacheBytes));
    m_facts[2]->setTone(toneOf(cost.netBytes()));
    m_facts[5]->setTone(toneOf(-cost.netFlop()));
    if (cost.isNetLoss()) {
        m_badge->setText(tr("net loss at %1").arg(format::tokens(tokens)));
        m_badge->show();
    }
    constexpr int kMatchMin = 100;
    const int64_t least = integerField(m_bench.setting().parameters, "matchMin", kMatchMin);
    m_inactive->setVisible(tokens < least);
    if (tokens < least)
        m_inactive->setText(tr("inactive: prompt shorter than %1 tokens").arg(least));
}

} // namespace winnow
