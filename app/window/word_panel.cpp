#include "app/window/word_panel.h"

#include "app/window/actions.h"
#include "app/window/look.h"
#include "app/workbench/workbench.h"
#include "core/base/json_fields.h"
#include "views/format.h"
#include "views/type.h"
#include "views/widgets/budget_slider.h"

#include <QComboBox>
#include <QEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QGridLayout>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QResizeEvent>
#include <QVBoxLayout>

#include <cmath>

namespace winnow {

namespace {

constexpr int kShareSteps = 100;
constexpr int kFirstRows = 3; // parameters that are shown without being asked for, beside the source
const char *const kShare = "share"; // the parameter that the slider edits

QLabel *hint(QWidget *parent, Qt::Alignment alignment)
{
    auto *label = new QLabel(parent);
    label->setFont(typeFont(TypeRole::Hint));
    label->setProperty("tone", "t2");
    label->setAlignment(alignment);
    label->setMinimumWidth(10);
    return label;
}

} // namespace

WordForm::WordForm(Workbench &bench, Look &look, const Actions &actions, QWidget *parent)
    : QWidget(parent)
    , m_bench(bench)
    , m_look(look)
    , m_actions(actions)
{
    m_column = new QVBoxLayout(this);
    m_column->setContentsMargins(12, 0, 12, 12);
    m_column->setSpacing(6);
    m_method = new QComboBox(this);
    m_method->setAccessibleName(tr("Segmenter"));
    m_method->setToolTip(tr("Method that decides where words begin and end"));
    m_summary = hint(this, Qt::AlignLeft);
    m_summary->setWordWrap(true);
    m_summary->setOpenExternalLinks(true);
    m_summary->setTextInteractionFlags(Qt::LinksAccessibleByMouse | Qt::LinksAccessibleByKeyboard);
    buildShare();
    m_rows = new QGridLayout;
    m_rows->setContentsMargins(0, 0, 0, 0);
    m_rows->setVerticalSpacing(4);
    m_rows->setColumnStretch(0, 1);
    m_sourceLabel = new QLabel(tr("Words from"), this);
    m_sourceLabel->setFont(typeFont(TypeRole::Label));
    m_source = new QComboBox(this);
    m_source->setFixedHeight(26);
    m_source->setMinimumWidth(92);
    m_source->setFont(typeFont(TypeRole::Label));
    m_source->setAccessibleName(tr("Words from"));
    m_source->installEventFilter(this);
    m_source->setFocusPolicy(Qt::StrongFocus);
    m_sourceLabel->setBuddy(m_source);
    m_sourceFile = hint(this, Qt::AlignRight);
    m_rows->addWidget(m_sourceLabel, 0, 0);
    m_rows->addWidget(m_source, 0, 1, Qt::AlignRight);
    m_rows->addWidget(m_sourceFile, 1, 0, 1, 2);
    m_buttons = new QHBoxLayout;
    m_buttons->setSpacing(6);
    m_buttons->setContentsMargins(0, 6, 0, 0);
    m_pin = new QPushButton(this);
    setStyleProperty(m_pin, "primary", true);
    m_sweep = new QPushButton(tr("Sweep…"), this);
    m_train = new QPushButton(tr("Train…"), this);
    m_train->setToolTip(tr("Learn from the lines and write the word list or model to a file; progress and cancel are under Jobs"));
    m_sweep->setToolTip(tr("Draw F1 over values of one parameter"));
    for (QPushButton *button : {m_pin, m_sweep, m_train}) {
        button->setFixedHeight(28);
        button->setStyleSheet(QStringLiteral("QPushButton { padding: 0 4px; }")); // three in a row
        m_buttons->addWidget(button, button == m_pin ? 4 : 3);
    }
    m_problem = hint(this, Qt::AlignLeft);
    m_problem->setProperty("tone", "err");
    m_problem->setWordWrap(true);
    m_column->addWidget(m_method);
    m_column->addWidget(m_summary);
    m_column->addWidget(m_problem);
    m_column->addWidget(m_shareArea);
    m_column->addLayout(m_rows);
    m_more = new QPushButton(this);
    m_more->setFixedHeight(22);
    m_more->setStyleSheet(QStringLiteral("QPushButton { min-height: 20px; padding: 0; text-align: left; }"));
    m_more->setFont(typeFont(TypeRole::Hint));
    setStyleProperty(m_more, "flat", true);
    m_column->addWidget(m_more);
    m_column->addLayout(m_buttons);
    connect(m_more, &QPushButton::clicked, this, [this] {
        m_expanded = !m_expanded;
        showRows();
    });
    connect(m_method, &QComboBox::activated, this, [this] { m_bench.words().setMethod(m_method->currentData().toString()); });
    connect(m_source, &QComboBox::activated, this, [this] { chooseSource(m_source->currentData().toString()); });
    connect(m_pin, &QPushButton::clicked, this, [this] { m_bench.words().pin(); });
    connect(m_train, &QPushButton::clicked, this, &WordForm::askTrain);
    connect(m_sweep, &QPushButton::clicked, this, [this] { askSweep(m_sweep->mapToGlobal(QPoint(0, m_sweep->height()))); });
    connect(&bench, &Workbench::methodsChanged, this, &WordForm::rebuildMethods);
    connect(&bench.words(), &WordBench::settingChanged, this, &WordForm::refresh);
    connect(&bench.words(), &WordBench::changed, this, &WordForm::refreshShare);
    connect(&bench.words(), &WordBench::activeRunChanged, this, &WordForm::refreshPin);
    connect(&bench.document(), &SessionDocument::runsChanged, this, &WordForm::refreshPin);
    connect(&bench.engine(), &EngineClient::stateChanged, this, &WordForm::refreshPin);
    connect(&look, &Look::changed, this, [this] {
        m_share->setTheme(m_look.theme());
        m_formOf.clear();
        refresh();
    });
    rebuildMethods();
}

void WordForm::buildShare()
{
    m_shareArea = new QWidget(this);
    auto *grid = new QGridLayout(m_shareArea);
    grid->setContentsMargins(0, 0, 0, 2);
    grid->setHorizontalSpacing(6);
    grid->setVerticalSpacing(1);
    m_shareValue = new QLabel(m_shareArea);
    m_shareValue->setFont(typeFont(TypeRole::Value));
    m_shareValue->setAlignment(Qt::AlignRight);
    m_share = new BudgetSlider(m_shareArea);
    m_share->setTheme(m_look.theme());
    m_share->setRange(1, kShareSteps);
    m_share->setFixedHeight(20);
    m_share->setAccessibleName(tr("Lines sent to the model"));
    m_shareLines = hint(m_shareArea, Qt::AlignLeft);
    m_shareAltered = hint(m_shareArea, Qt::AlignRight);
    grid->addWidget(new QLabel(tr("Lines sent to the model"), m_shareArea), 0, 0);
    grid->addWidget(m_shareValue, 0, 1);
    grid->addWidget(m_share, 1, 0, 1, 2);
    grid->addWidget(m_shareLines, 2, 0);
    grid->addWidget(m_shareAltered, 2, 1);
    connect(m_share, &QSlider::valueChanged, this, [this](int value) {
        if (!m_refreshing)
            m_bench.words().setParameter(QLatin1String(kShare), static_cast<double>(value) / kShareSteps);
    });
    connect(m_share, &QSlider::sliderReleased, this, [this] { m_bench.words().endGesture(); });
}

bool WordForm::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::Wheel) {
        event->ignore(); // the dock scrolls; a value never changes by passing over it
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

void WordForm::setDense(bool dense)
{
    m_column->setContentsMargins(12, 0, 12, dense ? 4 : 12);
    m_column->setSpacing(dense ? 3 : 6);
    m_rows->setVerticalSpacing(dense ? 0 : 4);
    m_buttons->setContentsMargins(0, dense ? 0 : 6, 0, 0);
}

QWidget *WordForm::editor(const QString &name) const
{
    auto it = m_editors.find(name.toStdString());
    return it == m_editors.end() ? nullptr : it->second.editor;
}

void WordForm::rebuildMethods()
{
    m_refreshing = true;
    m_method->clear();
    for (const MethodInfo &method : m_bench.words().methods()) {
        m_method->addItem(QString::fromStdString(method.title), QString::fromStdString(method.id));
        m_method->setItemData(m_method->count() - 1, QString::fromStdString(method.summary), Qt::ToolTipRole);
    }
    m_refreshing = false;
    m_formOf.clear();
    refresh();
}

void WordForm::rebuildForm()
{
    for (auto &[name, row] : m_editors) {
        row.label->deleteLater();
        row.editor->deleteLater();
    }
    m_editors.clear();
    const MethodInfo *method = m_bench.words().method();
    m_formOf = method ? method->id : std::string();
    if (!method)
        return;
    const ParameterEdits edits{[this](const QString &name, const Json &value) { m_bench.words().setParameter(name, value); }, [this] { m_bench.words().endGesture(); }, [this] { return m_refreshing; }, this};
    int line = 2;
    for (const ParameterInfo &parameter : method->parameters) {
        if (parameter.name == kShare)
            continue; // the slider is its editor
        ParameterRow row = makeParameterRow(parameter, edits, this);
        placeParameterRow(*m_rows, row, line++);
        m_editors.emplace(parameter.name, std::move(row));
    }
}

void WordForm::showSummary()
{
    const MethodInfo *method = m_bench.words().method();
    if (!method)
        return m_summary->setText(m_bench.words().methods().empty() ? tr("The segmenters come from the engine.") : QString());
    QString text = QString::fromStdString(method->summary).toHtmlEscaped();
    if (!method->sourceUrl.empty())
        text += QStringLiteral(" <a href=\"%1\" style=\"color:%2; text-decoration:none\">%3</a>").arg(QString::fromStdString(method->sourceUrl), m_look.theme().accentText.name(), tr("Source"));
    m_summary->setText(text);
    m_summary->setToolTip(QString::fromStdString(method->source));
}

void WordForm::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    for (const auto &[name, row] : m_editors)
        fitParameterRow(row, contentsRect().width() - 24);
}

void WordForm::refresh()
{
    const WordBench &words = m_bench.words();
    const MethodInfo *method = words.method();
    setEnabled(method != nullptr);
    m_refreshing = true;
    m_method->setCurrentIndex(m_method->findData(QString::fromStdString(words.setting().setting.method)));
    if (!method || m_formOf != method->id) {
        rebuildForm();
        showSummary();
    }
    const Json &values = words.setting().setting.parameters;
    for (const ParameterInfo &parameter : method ? method->parameters : std::vector<ParameterInfo>()) {
        auto found = m_editors.find(parameter.name);
        if (found == m_editors.end())
            continue;
        if (auto value = values.find(parameter.name); value != values.end())
            found->second.show(*value);
    }
    showRows();
    refreshSource();
    m_problem->setText(words.previewProblem());
    m_problem->setVisible(!words.previewProblem().isEmpty());
    m_refreshing = false;
    refreshShare();
    refreshPin();
}

/// The first rows that apply, and what was changed; the rest on demand.
void WordForm::showRows()
{
    const MethodInfo *method = m_bench.words().method();
    const Json &values = m_bench.words().setting().setting.parameters;
    const Json usual = method ? defaultSetting(*method).parameters : Json::object();
    int shown = 0, folded = 0;
    for (const ParameterInfo &parameter : method ? method->parameters : std::vector<ParameterInfo>()) {
        auto found = m_editors.find(parameter.name);
        if (found == m_editors.end())
            continue;
        const bool applies = parameterVisible(parameter, values), room = shown < kFirstRows;
        const bool changed = values.contains(parameter.name) && usual.contains(parameter.name) && values[parameter.name] != usual[parameter.name];
        const bool visible = applies && (room || changed || m_expanded);
        fitParameterRow(found->second, contentsRect().width() - 24);
        shown += visible ? 1 : 0;
        folded += applies && !room && !changed ? 1 : 0;
        found->second.label->setVisible(visible);
        found->second.editor->setVisible(visible);
    }
    m_more->setVisible(folded > 0);
    m_more->setText(m_expanded ? tr("Fewer parameters") : folded == 1 ? tr("1 more parameter") : tr("%1 more parameters").arg(folded));
    m_more->setIcon(m_look.icon(m_expanded ? QStringLiteral("go-up") : QStringLiteral("go-down")));
    m_more->setIconSize({12, 12});
}

void WordForm::refreshShare()
{
    const MethodInfo *method = m_bench.words().method();
    const bool taught = method && method->parameter(kShare) && m_bench.words().setting().source.counts.empty() && m_bench.words().setting().source.kind != "dictionary";
    m_shareArea->setVisible(taught);
    if (!taught)
        return;
    m_refreshing = true;
    const double share = numberField(m_bench.words().setting().setting.parameters, kShare, 1);
    if (!m_share->isSliderDown())
        m_share->setValue(static_cast<int>(std::lround(share * kShareSteps)));
    m_shareValue->setText(format::percent(share));
    const WordDataPtr &data = m_bench.words().data();
    const double lines = data ? static_cast<double>(data->lines.size()) : 0;
    m_shareLines->setText(tr("%1 of %2 lines").arg(format::integer(std::floor(lines * share)), format::integer(lines)));
    m_shareAltered->setText(data && data->teacher ? tr("%1 altered").arg(data->teacher->altered()) : QString());
    m_refreshing = false;
}

void WordForm::refreshSource()
{
    const WordBench &words = m_bench.words();
    const WordSource &source = words.setting().source;
    const std::vector<std::string> kinds = sourceKinds(words.setting().setting.method);
    const bool shown = !words.setting().setting.method.empty();
    m_sourceLabel->setVisible(shown);
    m_source->setVisible(shown);
    m_source->clear();
    const bool gold = words.data() && words.data()->hasGold();
    if (!source.counts.empty())
        m_source->addItem(tr("Edited list"), QStringLiteral("counts"));
    const bool lines = kinds.front() == "lines";
    if (lines || source.kind == "lines")
        m_source->addItem(lines ? tr("The lines") : tr("Nothing yet"), QStringLiteral("lines"));
    for (const std::string &kind : kinds) {
        if (kind == "simulated" && gold)
            m_source->addItem(tr("Simulated model"), QStringLiteral("simulated"));
        else if (kind == "replies")
            m_source->addItem(tr("Saved replies…"), QStringLiteral("replies"));
        else if (kind == "input")
            for (const InputRecord &other : m_bench.document().inputs())
                if (const InputRecord *mine = words.input(); mine && other.id != mine->id && goldLines(other) > 0)
                    m_source->addItem(tr("Gold of %1").arg(QString::fromStdString(other.name)), QStringLiteral("input:%1").arg(other.id));
        if (kind == "dictionary")
            m_source->addItem(usesDictionary(words.setting().setting.method) ? tr("Dictionary file…") : tr("Trained model…"), QStringLiteral("dictionary"));
    }
    QString current = source.counts.empty() ? QString::fromStdString(source.kind) : QStringLiteral("counts");
    if (current == QLatin1String("input"))
        current += QLatin1Char(':') + QString::fromStdString(source.path);
    if (m_source->findData(current) < 0) // never another source than the one that is asked
        m_source->insertItem(0, tr("Nothing yet"), current);
    m_source->setCurrentIndex(m_source->findData(current));
    m_sourceFile->setVisible(shown && (source.kind == "replies" || source.kind == "dictionary") && source.counts.empty());
    m_sourceFile->setText(QFileInfo(QString::fromStdString(source.path)).fileName());
    m_sourceFile->setToolTip(QString::fromStdString(source.path));
}

void WordForm::chooseSource(const QString &kind)
{
    WordSource source{kind.toStdString(), {}, {}};
    if (kind == QLatin1String("counts"))
        return;
    if (kind.startsWith(QLatin1String("input:")))
        source = {"input", kind.mid(6).toStdString(), {}};
    if (kind == QLatin1String("replies") || kind == QLatin1String("dictionary")) {
        const QString path = kind == QLatin1String("replies") ? QFileDialog::getOpenFileName(this, tr("Saved Replies"), {}, tr("Replies (*.jsonl *.json);;All files (*)")) : QFileDialog::getOpenFileName(this, tr("Dictionary or Trained Model"), {}, tr("Word lists and models (*.txt *.dict *.tsv *.json);;All files (*)"));
        if (path.isEmpty())
            return refresh();
        source.path = path.toStdString();
    }
    m_bench.words().setSource(source);
}

void WordForm::askTrain()
{
    const QString path = QFileDialog::getSaveFileName(this, tr("Write Word List or Model"), m_method->currentData().toString() + QStringLiteral(".txt"), tr("Word lists and models (*.txt *.json);;All files (*)"));
    if (!path.isEmpty())
        m_bench.words().train(path);
}

void WordForm::askSweep(const QPoint &place)
{
    auto *menu = new QMenu(this);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    for (const WordBench::Variable &variable : m_bench.words().variables()) {
        QStringList values;
        for (const double value : variable.values)
            values << format::tick(value);
        menu->addAction(tr("F1 over %1: %2").arg(variable.title.toLower(), values.join(QStringLiteral(", "))), this, [this, variable] { m_bench.words().sweep(variable.name, variable.values); });
    }
    if (menu->isEmpty())
        menu->addAction(tr("This method has no number to vary"))->setEnabled(false);
    menu->popup(place);
}

void WordForm::refreshPin()
{
    const WordBench &words = m_bench.words();
    const RunRecord *run = m_bench.document().run(words.activeRun());
    m_pin->setText(run ? tr("Pinned as %1").arg(runLetter(run->letter)) : tr("Pin as %1").arg(runLetter(m_bench.document().nextLetter())));
    m_pin->setAccessibleName(m_pin->text());
    const bool input = words.data() != nullptr, engine = m_bench.engine().state() == EngineClient::State::Ready;
    m_pin->setEnabled(!run && input && words.method());
    m_pin->setIcon(m_look.icon(QStringLiteral("window-pin"), m_look.theme().onAccent));
    m_sweep->setEnabled(engine && input && words.method() && words.data()->hasGold());
    m_train->setEnabled(engine && input && words.method());
}

} // namespace winnow
