#include "app/window/method_panel.h"

#include "app/window/actions.h"
#include "app/window/budget_editor.h"
#include "app/window/look.h"
#include "app/workbench/workbench.h"
#include "views/type.h"

#include <QComboBox>
#include <QEvent>
#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QResizeEvent>
#include <QVBoxLayout>

#include <algorithm>

namespace winnow {
namespace {

    constexpr int kFirstRows = 5; // parameters that are shown without being asked for

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
    m_budget = new BudgetEditor(bench, look, this);
    layout->addWidget(m_budget);
    m_rows = new QGridLayout;
    m_rows->setContentsMargins(0, 0, 0, 0);
    m_rows->setVerticalSpacing(4);
    m_rows->setColumnStretch(0, 1);
    layout->addLayout(m_rows);
    m_presetLabel = new QLabel(tr("Preset"), this);
    m_presetLabel->setFont(typeFont(TypeRole::Label));
    m_preset = new QComboBox(this);
    m_preset->setFixedHeight(26);
    m_preset->setMinimumWidth(92);
    m_preset->setFont(typeFont(TypeRole::Label));
    m_preset->setAccessibleName(tr("Preset"));
    m_preset->setObjectName(QStringLiteral("preset"));
    m_preset->setFocusPolicy(Qt::StrongFocus);
    m_preset->installEventFilter(this);
    m_presetLabel->setBuddy(m_preset);
    m_presetLabel->hide();
    m_preset->hide();
    connect(m_preset, &QComboBox::activated, this, &MethodPanel::choosePreset);
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
    connect(&bench, &Workbench::viewDataChanged, m_budget, &BudgetEditor::refresh);
    connect(&bench, &Workbench::activeRunChanged, this, &MethodPanel::refreshPin);
    connect(&bench.document(), &SessionDocument::runsChanged, this, &MethodPanel::refreshPin);
    connect(&look, &Look::changed, this, [this] {
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

void MethodPanel::setRowSpacing(int pixels) { m_rows->setVerticalSpacing(pixels); }

bool MethodPanel::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::Wheel) {
        event->ignore(); // the panel scrolls; a value never changes by passing over it
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

BudgetSlider *MethodPanel::budgetSlider() const { return m_budget->slider(); }

QLineEdit *MethodPanel::budgetEdit() const { return m_budget->text(); }

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

int MethodPanel::addPresetRow(const MethodInfo &method)
{
    m_preset->clear();
    for (const PresetInfo &preset : method.presets) {
        m_preset->addItem(QString::fromStdString(preset.title));
        m_preset->setItemData(m_preset->count() - 1, QString::fromStdString(preset.tooltip), Qt::ToolTipRole);
    }
    const bool any = !method.presets.empty();
    m_presetLabel->setVisible(any);
    m_preset->setVisible(any);
    if (any) {
        m_rows->addWidget(m_presetLabel, 0, 0);
        m_rows->addWidget(m_preset, 0, 1, Qt::AlignRight);
    }
    return any ? 1 : 0;
}

void MethodPanel::showPreset(const MethodInfo &method)
{
    const int matching = matchingPreset(method, m_bench.setting());
    const int own = static_cast<int>(method.presets.size()); // stands at the end while no preset matches
    if (matching < 0 && m_preset->count() == own)
        m_preset->addItem(tr("Own values"));
    else if (matching >= 0 && m_preset->count() > own)
        m_preset->removeItem(own);
    m_preset->setCurrentIndex(matching < 0 ? own : matching);
    m_preset->setToolTip(matching < 0 ? tr("Values of no named setting") : QString::fromStdString(method.presets[static_cast<size_t>(matching)].tooltip));
}

void MethodPanel::choosePreset(int index)
{
    const MethodInfo *method = m_bench.currentMethod();
    if (!method || index < 0 || index >= static_cast<int>(method->presets.size()))
        return;
    const PresetInfo &preset = method->presets[static_cast<size_t>(index)];
    const Setting chosen = presetSetting(*method, preset, m_bench.setting());
    m_bench.endGesture();
    m_bench.setParameters(chosen.parameters, tr("Choose %1").arg(QString::fromStdString(preset.title)), chosen.budget);
    m_bench.endGesture();
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
    int line = addPresetRow(*method);
    const ParameterEdits edits{[this](const QString &name, const Json &value) { m_bench.setParameter(name, value); }, [this] { m_bench.endGesture(); }, [this] { return m_refreshing; }, this};
    for (const ParameterInfo &parameter : method->parameters) {
        if (parameter.name == method->budgetParameter)
            continue; // the slider is its editor
        ParameterRow row = makeParameterRow(parameter, edits, this);
        placeParameterRow(*m_rows, row, line++);
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
    if (event->oldSize().width() == event->size().width())
        return;
    for (const auto &[name, row] : m_editors)
        fitParameterRow(row, contentsRect().width() - 24);
    // Behind the layout that is under way: another text within it would have the scroll area measure again, and again.
    QMetaObject::invokeMethod(
        this,
        [this] {
            if (const MethodInfo *method = m_bench.currentMethod())
                showSummary(*method);
        },
        Qt::QueuedConnection);
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
        showPreset(*method);
    }
    showRows(method);
    m_refreshing = false;
    m_budget->refresh();
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
        fitParameterRow(found->second, contentsRect().width() - 24);
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
