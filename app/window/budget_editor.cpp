#include "app/window/budget_editor.h"

#include "app/window/look.h"
#include "app/workbench/workbench.h"
#include "core/base/json_fields.h"
#include "views/format.h"
#include "views/type.h"
#include "views/widgets/budget_slider.h"

#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>

#include <algorithm>
#include <cmath>

namespace winnow {
namespace {

    constexpr int kSliderSteps = 1000;

    /// The slider is linear in the kept fraction: what it shows is what stays.
    double sliderFraction(int position) { return static_cast<double>(position) / kSliderSteps; }

} // namespace

Result<Budget> parseTypedBudget(const QString &text)
{
    QString plain = text.trimmed();
    plain.remove(QLatin1Char(',')).remove(QLatin1Char(' '));
    if (plain.endsWith(QLatin1String("tokens")))
        plain.replace(QLatin1String("tokens"), QLatin1String("t"));
    else if (plain.endsWith(QLatin1String("token")))
        plain.replace(QLatin1String("token"), QLatin1String("t"));
    bool number = false;
    plain.toDouble(&number);
    if (number)
        plain += QLatin1Char('%');
    return parseBudget(plain.toStdString());
}

BudgetEditor::BudgetEditor(Workbench &bench, Look &look, QWidget *parent)
    : QWidget(parent)
    , m_bench(bench)
    , m_look(look)
{
    auto *grid = new QGridLayout(this);
    grid->setContentsMargins(0, 0, 0, 2);
    grid->setHorizontalSpacing(6);
    grid->setVerticalSpacing(1);
    m_title = new QLabel(tr("Budget"), this);
    m_text = new QLineEdit(this);
    m_text->setFont(typeFont(TypeRole::Value));
    m_text->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_text->setFrame(false);
    m_text->setProperty("quiet", true);
    m_text->setStyleSheet(QStringLiteral("QLineEdit { background: transparent; border: 1px solid transparent; padding: 0; min-height: 22px; }"));
    m_text->setAccessibleName(tr("Budget"));
    m_text->setToolTip(tr("What stays: a percentage (25 %), a count (80 tokens) or bytes (6 MiB)"));
    m_slider = new BudgetSlider(this);
    m_slider->setTheme(m_look.theme());
    m_slider->setRange(1, kSliderSteps);
    m_slider->setPageStep(50);
    m_slider->setSingleStep(10);
    m_slider->setAccessibleName(tr("Budget slider"));
    m_slider->setFixedHeight(20);
    m_tokens = new QLabel(this);
    m_bytes = new QLabel(this);
    for (QLabel *label : {m_tokens, m_bytes}) {
        label->setFont(typeFont(TypeRole::Hint));
        label->setProperty("tone", "t2");
        label->setMinimumWidth(10);
    }
    m_bytes->setAlignment(Qt::AlignRight);
    grid->addWidget(m_title, 0, 0);
    grid->addWidget(m_text, 0, 1);
    grid->addWidget(m_slider, 1, 0, 1, 2);
    grid->addWidget(m_tokens, 2, 0);
    grid->addWidget(m_bytes, 2, 1);
    grid->setColumnStretch(1, 1);
    connect(m_slider, &QSlider::valueChanged, this, [this](int position) {
        if (m_refreshing)
            return;
        const MethodInfo *method = m_bench.currentMethod();
        const double least = method ? method->minimumFraction : 0.01;
        m_bench.setBudget({BudgetKind::Fraction, std::max(least, sliderFraction(position))});
    });
    connect(m_slider, &QSlider::sliderReleased, this, [this] { m_bench.endGesture(); });
    connect(&look, &Look::changed, this, [this] { m_slider->setTheme(m_look.theme()); });
    connect(m_text, &QLineEdit::editingFinished, this, &BudgetEditor::commit);
}

void BudgetEditor::commit()
{
    if (!m_text->isModified())
        return;
    Result<Budget> budget = parseTypedBudget(m_text->text());
    if (!budget) {
        Q_EMIT m_bench.failed(QString::fromStdString(budget.error().message));
        refresh();
        return;
    }
    m_bench.endGesture();
    m_bench.setBudget(*budget);
    m_bench.endGesture();
    m_text->setModified(false);
    refresh();
}

void BudgetEditor::refresh()
{
    const MethodInfo *method = m_bench.currentMethod();
    const bool has = method && !method->budgetUnit.empty();
    setVisible(has);
    if (!has)
        return;
    m_refreshing = true;
    const Budget &budget = m_bench.setting().budget;
    const CacheGeometry geometry = m_bench.geometry();
    if (!m_text->isModified() || !m_text->hasFocus()) {
        m_text->setText(budgetLabel(budget));
        m_text->setModified(false);
    }
    const double fraction = budgetFraction(budget, geometry);
    if (!m_slider->isSliderDown())
        m_slider->setValue(static_cast<int>(std::lround(fraction * kSliderSteps)));
    if (method->budgetMeaning == BudgetMeaning::ReplacedLayers) {
        showLayers(*method);
        m_refreshing = false;
        return;
    }
    if (method->family == "prompt") {
        showPrompt(geometry);
        m_refreshing = false;
        return;
    }
    m_title->setText(tr("Budget"));
    m_slider->setToolTip(tr("%1 of the cached tokens stay").arg(format::percent(fraction, 1)));
    m_tokens->setText(geometry.tokens > 0 ? tokenShareLabel(budget, geometry) : tr("tokens not counted yet"));
    const double bytes = static_cast<double>(budgetTokens(budget, geometry)) * geometry.bytesPerToken;
    m_bytes->setText(geometry.known() ? format::bytes(bytes) : QString());
    m_refreshing = false;
}

void BudgetEditor::showPrompt(const CacheGeometry &geometry)
{
    const Budget &budget = m_bench.setting().budget;
    m_title->setText(tr("Kept"));
    m_slider->setToolTip(tr("%1 of the prompt's tokens stay").arg(format::percent(budgetFraction(budget, geometry), 1)));
    m_tokens->setText(geometry.tokens > 0 ? tokenShareLabel(budget, geometry) : tr("tokens not counted yet"));
    const std::shared_ptr<const PromptData> prompt = m_bench.viewData()->current.prompt;
    m_bytes->setText(prompt ? tr("achieved %1").arg(format::percent(prompt->achievedRate, 1)) : QString());
}

void BudgetEditor::showLayers(const MethodInfo &method)
{
    const ParameterInfo *parameter = method.parameter(method.budgetParameter);
    const Json &layers = childField(m_bench.model().description, "layers");
    const Budget &budget = m_bench.setting().budget;
    const QString name = parameter ? QString::fromStdString(parameter->title) : tr("Replaced layers");
    m_title->setText(name);
    m_slider->setToolTip(name);
    m_bytes->clear();
    if (!layers.is_number_integer() || budget.kind == BudgetKind::Bytes) {
        m_tokens->clear();
        return;
    }
    const int64_t all = layers.get<int64_t>();
    m_tokens->setText(tr("%1 of %2 layers").arg(budgetCount(budget, method.budgetMeaning, 0, all)).arg(all));
}

} // namespace winnow
