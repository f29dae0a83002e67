#include "app/window/generation_pane.h"

#include "app/window/look.h"
#include "app/workbench/try_out.h"
#include "app/workbench/workbench.h"
#include "views/format.h"
#include "views/type.h"
#include "views/widgets/elided_label.h"
#include "views/widgets/segmented_control.h"
#include "views/widgets/view_header.h"

#include <QDoubleSpinBox>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QSpinBox>
#include <QSplitter>
#include <QVBoxLayout>

namespace winnow {

GenerationPane::GenerationPane(Workbench &bench, TryOut &tryOut, Look &look, QWidget *parent)
    : Pane(tr("Generation"), look, parent)
    , m_bench(bench)
    , m_tryOut(tryOut)
{
    m_with = new SegmentedControl({tr("Full cache"), tr("Beside the method")}, this);
    m_with->setCurrent(1);
    header()->addControl(m_with);
    auto *body = new QWidget(this);
    auto *column = new QVBoxLayout(body);
    column->setContentsMargins(14, 0, 14, 10);
    column->setSpacing(6);
    auto *controls = new QHBoxLayout;
    controls->setSpacing(8);
    m_count = new QSpinBox(body);
    m_count->setRange(1, 4096);
    m_count->setValue(48);
    m_count->setSuffix(tr(" tokens"));
    m_count->setAccessibleName(tr("New tokens"));
    m_temperature = new QDoubleSpinBox(body);
    m_temperature->setRange(0, 5);
    m_temperature->setSingleStep(0.1);
    m_temperature->setSpecialValueText(tr("greedy"));
    m_temperature->setPrefix(tr("temperature "));
    m_temperature->setAccessibleName(tr("Temperature"));
    m_temperature->setToolTip(tr("0 takes the most likely token each time; higher values choose more freely"));
    m_go = new QPushButton(body);
    m_go->setFixedHeight(28);
    m_go->setMinimumWidth(112);
    controls->addWidget(m_go);
    controls->addWidget(m_count);
    controls->addWidget(m_temperature);
    m_note = new ElidedLabel(body);
    m_note->setFont(typeFont(TypeRole::Hint));
    m_note->setProperty("tone", "t2");
    controls->addWidget(m_note, 1);
    column->addLayout(controls);
    auto *split = new QSplitter(Qt::Horizontal, body);
    split->setHandleWidth(9);
    split->setChildrenCollapsible(false);
    split->setStyleSheet(QStringLiteral("QSplitter::handle { background: transparent; }"));
    for (Column &part : m_columns) {
        part = makeColumn(split);
        split->addWidget(part.area);
    }
    column->addWidget(split, 1);
    setContent(body);
    connect(m_go, &QPushButton::clicked, this, [this] { m_tryOut.generating() ? m_tryOut.stop() : start(); });
    connect(m_with, &SegmentedControl::chosen, this, &GenerationPane::refresh);
    connect(&tryOut, &TryOut::generationChanged, this, &GenerationPane::refresh);
    connect(&tryOut, &TryOut::tokensChanged, this, &GenerationPane::refresh);
    connect(&bench, &Workbench::settingChanged, this, &GenerationPane::refresh);
    connect(&bench, &Workbench::modelChanged, this, &GenerationPane::refresh);
    connect(&look, &Look::changed, this, &GenerationPane::refresh);
    refresh();
}

GenerationPane::Column GenerationPane::makeColumn(QWidget *parent)
{
    Column part;
    part.area = new QWidget(parent);
    auto *column = new QVBoxLayout(part.area);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(3);
    part.title = new ElidedLabel(part.area);
    part.title->setFont(typeFont(TypeRole::Label));
    part.note = new QLabel(part.area);
    part.note->setWordWrap(true); // beside each other the columns are too narrow for one line in a small window
    part.note->setFont(typeFont(TypeRole::Hint));
    part.note->setProperty("tone", "t2");
    column->addWidget(part.title);
    column->addWidget(part.note);
    part.text = new QPlainTextEdit(part.area);
    part.text->setReadOnly(true);
    part.text->setFont(typeFont(TypeRole::Body));
    column->addWidget(part.text, 1);
    return part;
}

QString GenerationPane::methodTitle() const
{
    const MethodInfo *method = m_bench.currentMethod();
    if (!method)
        return {};
    return method->budgetUnit.empty() ? QString::fromStdString(method->title) : QStringLiteral("%1, %2").arg(QString::fromStdString(method->title), budgetLabel(m_bench.setting().budget));
}

void GenerationPane::start()
{
    std::optional<Setting> setting;
    if (m_with->current() == 1 && m_bench.currentMethod())
        setting = m_bench.setting();
    m_ranMethod = setting ? methodTitle() : QString();
    m_tryOut.generate(setting, m_count->value(), m_temperature->value());
}

QString GenerationPane::columnNote(const QString &role) const
{
    QStringList parts;
    for (const GeneratedText &text : m_tryOut.outputs()) {
        if (text.role != role)
            continue;
        parts << format::tokens(text.tokens);
        if (text.tokensPerSecond > 0)
            parts << tr("%1 tokens/s").arg(format::decimals(text.tokensPerSecond, 1));
    }
    if (const ReportPtr &report = m_tryOut.report()) {
        const Savings savings = report->savings();
        const double bytes = role == QLatin1String("full") ? savings.fullBytes : savings.nativeBytes;
        if (bytes > 0)
            parts << tr("keeps %1").arg(format::bytes(bytes));
    }
    return parts.join(QStringLiteral(" · "));
}

void GenerationPane::refreshColumn(Column &column, const QString &role)
{
    const GeneratedText *shown = nullptr;
    for (const GeneratedText &text : m_tryOut.outputs()) {
        if (text.role == role)
            shown = &text;
    }
    const QString text = shown ? shown->text : QString();
    if (column.text->toPlainText() != text) {
        column.text->setPlainText(text);
        column.text->verticalScrollBar()->setValue(column.text->verticalScrollBar()->maximum());
    }
    column.text->setPlaceholderText(m_tryOut.generating() ? tr("Waiting for the first token…") : tr("Nothing generated yet"));
    column.note->setText(columnNote(role));
}

void GenerationPane::refresh()
{
    const bool running = m_tryOut.generating(), ready = m_bench.model().phase == ModelState::Phase::Ready;
    const bool beside = m_with->current() == 1 && m_bench.currentMethod();
    const bool shownBeside = m_tryOut.outputs().empty() ? beside : !m_ranMethod.isEmpty();
    m_go->setText(running ? tr("Stop") : tr("Generate"));
    m_go->setAccessibleName(m_go->text());
    setStyleProperty(m_go, "primary", !running);
    m_go->setEnabled(running || (ready && !m_tryOut.tokens().empty()));
    m_go->setToolTip(running ? tr("Ends after the present token; what came stays") : !ready ? tr("Needs the loaded model") : m_tryOut.tokens().empty() ? tr("Write a prompt first") : tr("Continues exactly the tokens above"));
    m_columns[0].title->setText(tr("Full cache"));
    m_columns[1].title->setText(m_tryOut.outputs().empty() ? methodTitle() : m_ranMethod);
    m_columns[1].area->setVisible(shownBeside);
    refreshColumn(m_columns[0], QStringLiteral("full"));
    refreshColumn(m_columns[1], QStringLiteral("modified"));
    QString note = m_tryOut.generationProblem();
    if (const ReportPtr &report = m_tryOut.report(); note.isEmpty() && report && !m_ranMethod.isEmpty()) {
        const std::optional<double> same = report->metric("firstDivergence"), similar = report->metric("editSimilarity");
        if (same && similar)
            note = *similar >= 1 ? tr("the same text") : tr("the same for %1, then apart").arg(format::tokens(static_cast<qint64>(*same)));
    }
    setStyleProperty(m_note, "tone", m_tryOut.generationProblem().isEmpty() ? "t2" : "err");
    m_note->setText(note);
}

} // namespace winnow
