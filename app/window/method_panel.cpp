#include "app/window/method_panel.h"

#include "app/window/actions.h"
#include "app/window/look.h"
#include "app/workbench/workbench.h"
#include "core/base/json_fields.h"
#include "views/format.h"
#include "views/type.h"
#include "views/widgets/budget_slider.h"

#include <QComboBox>
#include <QEvent>
#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QResizeEvent>
#include <QVBoxLayout>

#include <algorithm>
#include <cmath>

namespace winnow {
namespace {

    constexpr int kSliderSteps = 1000;
    constexpr int kFirstRows = 5; // parameters that are shown without being asked for

    /// The slider is linear in the kept fraction: what it shows is what stays.
    double sliderFraction(int position) { return static_cast<double>(position) / kSliderSteps; }

    /// The text as far as it fits into `lines` lines with `tail` behind it, cut at a word.
    QString fitLines(const QString &text, const QString &tail, const QFont &font, int width, int lines)
    {
        const QFontMetrics metrics(font);
        auto fits = [&](const QString &candidate) {
            return metrics.boundingRect(QRect(0, 0, width, 10000), Qt::TextWordWrap, candidate + tail).height() <= lines * metrics.lineSpacing() + 1;
        };
        QString shown = text;
        while (!shown.isEmpty() && !fits(shown == text ? shown : shown + QStringLiteral("…")))
            shown = shown.left(std::max<qsizetype>(0, shown.lastIndexOf(QLatin1Char(' '))));
        return shown == text ? shown : shown + QStringLiteral("…");
    }

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

MethodPanel::MethodPanel(Workbench &bench, Look &look, const Actions &actions, QWidget *parent)
    : QWidget(parent)
    , m_bench(bench)
    , m_look(look)
    , m_actions(actions)
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(12, 0, 12, 12);
    layout->setSpacing(6);
    m_method = new QComboBox(this);
    m_method->setAccessibleName(tr("Method"));
    m_method->setToolTip(tr("Method that decides what stays"));
    layout->addWidget(m_method);
    m_summary = new QLabel(this);
    m_summary->setWordWrap(true);
    m_summary->setFont(typeFont(TypeRole::Hint));
    m_summary->setProperty("tone", "t2");
    m_summary->setOpenExternalLinks(true);
    m_summary->setTextInteractionFlags(Qt::LinksAccessibleByMouse | Qt::LinksAccessibleByKeyboard);
    layout->addWidget(m_summary);
    buildBudget();
    layout->addWidget(m_budgetArea);
    m_rows = new QGridLayout;
    m_rows->setContentsMargins(0, 0, 0, 0);
    m_rows->setVerticalSpacing(4);
    m_rows->setColumnStretch(0, 1);
    layout->addLayout(m_rows);
    m_more = new QPushButton(this);
    m_more->setFixedHeight(22);
    m_more->setStyleSheet(QStringLiteral("QPushButton { min-height: 20px; padding: 0; text-align: left; }"));
    m_more->setFont(typeFont(TypeRole::Hint));
    setStyleProperty(m_more, "flat", true);
    layout->addWidget(m_more);
    connect(m_more, &QPushButton::clicked, this, [this] {
        m_expanded = !m_expanded;
        refresh();
    });
    m_buttons = new QHBoxLayout;
    m_buttons->setSpacing(8);
    m_buttons->setContentsMargins(0, 6, 0, 0);
    m_pin = new QPushButton(this);
    setStyleProperty(m_pin, "primary", true);
    m_sweep = new QPushButton(tr("Sweep…"), this);
    for (QPushButton *button : {m_pin, m_sweep}) {
        button->setFixedHeight(28);
        m_buttons->addWidget(button, 1);
    }
    m_sweep->setAccessibleName(tr("Sweep"));
    layout->addLayout(m_buttons);
    connect(m_pin, &QPushButton::clicked, actions.pin, &QAction::trigger);
    connect(m_sweep, &QPushButton::clicked, actions.sweep, &QAction::trigger);
    connect(actions.pin, &QAction::changed, this, &MethodPanel::refreshPin);
    connect(actions.sweep, &QAction::changed, this, &MethodPanel::refreshPin);
    connect(m_method, &QComboBox::activated, this, [this] { m_bench.setMethod(m_method->currentData().toString()); });
    connect(&bench, &Workbench::methodsChanged, this, &MethodPanel::rebuildMethods);
    connect(&bench, &Workbench::settingChanged, this, &MethodPanel::refresh);
    connect(&bench, &Workbench::viewDataChanged, this, &MethodPanel::refreshBudget);
    connect(&bench, &Workbench::activeRunChanged, this, &MethodPanel::refreshPin);
    connect(&bench.document(), &SessionDocument::runsChanged, this, &MethodPanel::refreshPin);
    connect(&look, &Look::changed, this, [this] {
        m_slider->setTheme(m_look.theme());
        m_formOf.clear();
        refresh();
        refreshPin();
    });
    rebuildMethods();
    refreshPin();
}

void MethodPanel::setDense(bool dense)
{
    layout()->setContentsMargins(12, 0, 12, dense ? 4 : 12);
    layout()->setSpacing(dense ? 3 : 6);
    m_rows->setVerticalSpacing(dense ? 0 : 4);
    m_buttons->setContentsMargins(0, dense ? 0 : 6, 0, 0);
}

void MethodPanel::buildBudget()
{
    m_budgetArea = new QWidget(this);
    auto *grid = new QGridLayout(m_budgetArea);
    grid->setContentsMargins(0, 0, 0, 2);
    grid->setHorizontalSpacing(6);
    grid->setVerticalSpacing(1);
    m_budgetTitle = new QLabel(tr("Budget"), m_budgetArea);
    m_budgetText = new QLineEdit(m_budgetArea);
    m_budgetText->setFont(typeFont(TypeRole::Value));
    m_budgetText->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_budgetText->setFrame(false);
    m_budgetText->setProperty("quiet", true);
    m_budgetText->setStyleSheet(QStringLiteral("QLineEdit { background: transparent; border: 1px solid transparent; padding: 0; min-height: 22px; }"));
    m_budgetText->setAccessibleName(tr("Budget"));
    m_budgetText->setToolTip(tr("What stays: a percentage (25 %), a count (80 tokens) or bytes (6 MiB)"));
    m_slider = new BudgetSlider(m_budgetArea);
    m_slider->setTheme(m_look.theme());
    m_slider->setRange(1, kSliderSteps);
    m_slider->setPageStep(50);
    m_slider->setSingleStep(10);
    m_slider->setAccessibleName(tr("Budget slider"));
    m_slider->setFixedHeight(20);
    m_tokens = new QLabel(m_budgetArea);
    m_bytes = new QLabel(m_budgetArea);
    for (QLabel *label : {m_tokens, m_bytes}) {
        label->setFont(typeFont(TypeRole::Hint));
        label->setProperty("tone", "t2");
        label->setMinimumWidth(10);
    }
    m_bytes->setAlignment(Qt::AlignRight);
    grid->addWidget(m_budgetTitle, 0, 0);
    grid->addWidget(m_budgetText, 0, 1);
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
    connect(m_budgetText, &QLineEdit::editingFinished, this, &MethodPanel::commitBudgetText);
    m_budgetText->installEventFilter(this);
}

bool MethodPanel::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::Wheel && watched != m_slider) {
        event->ignore(); // the panel scrolls; a value never changes by passing over it
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

void MethodPanel::commitBudgetText()
{
    if (!m_budgetText->isModified())
        return;
    Result<Budget> budget = parseTypedBudget(m_budgetText->text());
    if (!budget) {
        Q_EMIT m_bench.failed(QString::fromStdString(budget.error().message));
        refreshBudget();
        return;
    }
    m_bench.endGesture();
    m_bench.setBudget(*budget);
    m_bench.endGesture();
    m_budgetText->setModified(false);
    refreshBudget();
}

void MethodPanel::rebuildMethods()
{
    m_refreshing = true;
    m_method->clear();
    for (const MethodInfo &method : m_bench.methods()) {
        if (method.family != m_bench.family())
            continue;
        m_method->addItem(QString::fromStdString(method.title), QString::fromStdString(method.id));
        m_method->setItemData(m_method->count() - 1, QString::fromStdString(method.summary), Qt::ToolTipRole);
    }
    m_refreshing = false;
    m_formOf.clear();
    refresh();
}

QWidget *MethodPanel::editor(const QString &name) const
{
    auto it = m_editors.find(name.toStdString());
    return it == m_editors.end() ? nullptr : it->second.editor;
}

void MethodPanel::rebuildForm()
{
    for (auto &[name, row] : m_editors) {
        row.label->deleteLater();
        row.editor->deleteLater();
    }
    m_editors.clear();
    const MethodInfo *method = m_bench.currentMethod();
    m_formOf = method ? method->id : std::string();
    m_expanded = false;
    if (!method)
        return;
    int line = 0;
    const ParameterEdits edits{[this](const QString &name, const Json &value) { m_bench.setParameter(name, value); }, [this] { m_bench.endGesture(); }, [this] { return m_refreshing; }, this};
    for (const ParameterInfo &parameter : method->parameters) {
        if (parameter.name == method->budgetParameter)
            continue; // the slider is its editor
        ParameterRow row = makeParameterRow(parameter, edits, this);
        m_rows->addWidget(row.label, line, 0);
        m_rows->addWidget(row.editor, line++, 1, Qt::AlignRight);
        m_editors.emplace(parameter.name, std::move(row));
    }
}

void MethodPanel::showSummary(const MethodInfo &method)
{
    const bool linked = !method.sourceUrl.empty();
    const QString whole = QString::fromStdString(method.summary), link = tr("Source");
    const QString shown = fitLines(whole, linked ? QLatin1Char(' ') + link : QString(), m_summary->font(), width() - 26, 2);
    QString text = shown.toHtmlEscaped();
    if (linked)
        text += QStringLiteral(" <a href=\"%1\" style=\"color:%2; text-decoration:none\">%3</a>")
                    .arg(QString::fromStdString(method.sourceUrl), m_look.theme().accentText.name(), link);
    m_summary->setText(text);
    m_summary->setToolTip(QStringLiteral("%1\n%2").arg(whole, QString::fromStdString(method.source)).trimmed());
}

void MethodPanel::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    if (const MethodInfo *method = m_bench.currentMethod(); method && event->oldSize().width() != event->size().width())
        showSummary(*method);
}

void MethodPanel::refresh()
{
    const MethodInfo *method = m_bench.currentMethod();
    setEnabled(method != nullptr);
    const QString id = QString::fromStdString(m_bench.setting().method);
    m_refreshing = true;
    m_method->setCurrentIndex(m_method->findData(id));
    if (!method) {
        m_summary->setText(tr("The methods come from the engine."));
    } else if (m_formOf != method->id) {
        rebuildForm();
        showSummary(*method);
    }
    if (method) {
        const Json &values = m_bench.setting().parameters;
        for (const ParameterInfo &parameter : method->parameters) {
            auto found = m_editors.find(parameter.name);
            if (found == m_editors.end())
                continue;
            if (auto value = values.find(parameter.name); value != values.end())
                found->second.show(*value);
        }
    }
    showRows(method);
    m_refreshing = false;
    refreshBudget();
    refreshPin();
}

void MethodPanel::showRows(const MethodInfo *method)
{
    const Json &values = m_bench.setting().parameters;
    const Json usual = method ? defaultSetting(*method).parameters : Json::object();
    int shown = 0, folded = 0;
    for (const ParameterInfo &parameter : method ? method->parameters : std::vector<ParameterInfo>{}) {
        auto found = m_editors.find(parameter.name);
        if (found == m_editors.end())
            continue;
        const bool applies = parameterVisible(parameter, values);
        const bool changed = values.contains(parameter.name) && usual.contains(parameter.name) && values[parameter.name] != usual[parameter.name];
        const bool room = shown < kFirstRows || changed; // what was changed is never out of sight
        const bool visible = applies && (room || m_expanded);
        shown += visible ? 1 : 0;
        folded += applies && !room ? 1 : 0;
        found->second.label->setVisible(visible);
        found->second.editor->setVisible(visible);
    }
    m_more->setVisible(folded > 0);
    m_more->setText(m_expanded ? tr("Fewer parameters") : folded == 1 ? tr("1 more parameter") : tr("%1 more parameters").arg(folded));
    m_more->setIcon(m_look.icon(m_expanded ? QStringLiteral("go-up") : QStringLiteral("go-down")));
    m_more->setIconSize({12, 12});
}

void MethodPanel::refreshBudget()
{
    const MethodInfo *method = m_bench.currentMethod();
    const bool has = method && !method->budgetUnit.empty();
    m_budgetArea->setVisible(has);
    if (!has)
        return;
    m_refreshing = true;
    const Budget &budget = m_bench.setting().budget;
    const CacheGeometry geometry = m_bench.geometry();
    if (!m_budgetText->isModified() || !m_budgetText->hasFocus()) {
        m_budgetText->setText(budgetLabel(budget));
        m_budgetText->setModified(false);
    }
    const double fraction = budgetFraction(budget, geometry);
    if (!m_slider->isSliderDown())
        m_slider->setValue(static_cast<int>(std::lround(fraction * kSliderSteps)));
    if (method->budgetMeaning == BudgetMeaning::ReplacedLayers) {
        showLayerBudget(*method);
        m_refreshing = false;
        return;
    }
    if (method->family == "prompt") {
        showPromptBudget(geometry);
        m_refreshing = false;
        return;
    }
    m_budgetTitle->setText(tr("Budget"));
    m_slider->setToolTip(tr("%1 of the cached tokens stay").arg(format::percent(fraction, 1)));
    m_tokens->setText(geometry.tokens > 0 ? tokenShareLabel(budget, geometry) : tr("tokens not counted yet"));
    const double bytes = static_cast<double>(budgetTokens(budget, geometry)) * geometry.bytesPerToken;
    m_bytes->setText(geometry.known() ? format::bytes(bytes) : QString());
    m_refreshing = false;
}

void MethodPanel::showPromptBudget(const CacheGeometry &geometry)
{
    const Budget &budget = m_bench.setting().budget;
    m_budgetTitle->setText(tr("Kept"));
    m_slider->setToolTip(tr("%1 of the prompt's tokens stay").arg(format::percent(budgetFraction(budget, geometry), 1)));
    m_tokens->setText(geometry.tokens > 0 ? tokenShareLabel(budget, geometry) : tr("tokens not counted yet"));
    const std::shared_ptr<const PromptData> prompt = m_bench.viewData()->current.prompt;
    m_bytes->setText(prompt ? tr("achieved %1").arg(format::percent(prompt->achievedRate, 1)) : QString());
}

void MethodPanel::showLayerBudget(const MethodInfo &method)
{
    const ParameterInfo *parameter = method.parameter(method.budgetParameter);
    const Json &layers = childField(m_bench.model().description, "layers");
    const Budget &budget = m_bench.setting().budget;
    const QString name = parameter ? QString::fromStdString(parameter->title) : tr("Replaced layers");
    m_budgetTitle->setText(name);
    m_slider->setToolTip(name);
    m_bytes->clear();
    if (!layers.is_number_integer() || budget.kind == BudgetKind::Bytes) {
        m_tokens->clear();
        return;
    }
    const int64_t all = layers.get<int64_t>();
    m_tokens->setText(tr("%1 of %2 layers").arg(budgetCount(budget, method.budgetMeaning, 0, all)).arg(all));
}

void MethodPanel::refreshPin()
{
    const bool pinned = m_bench.activeRun() != 0;
    const QString letter = runLetter(m_bench.document().nextLetter());
    const RunRecord *run = m_bench.document().run(m_bench.activeRun());
    m_pin->setText(pinned && run ? tr("Pinned as %1").arg(runLetter(run->letter)) : tr("Pin as %1").arg(letter));
    m_pin->setAccessibleName(m_pin->text());
    m_pin->setToolTip(m_actions.pin->toolTip());
    m_pin->setEnabled(m_actions.pin->isEnabled());
    m_pin->setIcon(m_look.icon(QStringLiteral("window-pin"), m_look.theme().onAccent));
    m_sweep->setEnabled(m_actions.sweep->isEnabled());
    m_sweep->setToolTip(m_actions.sweep->toolTip());
}

} // namespace winnow
