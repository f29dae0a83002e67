#include "app/window/prompt_bar.h"

#include "app/window/look.h"
#include "app/workbench/workbench.h"
#include "views/type.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPainter>

namespace winnow {

PromptBar::PromptBar(Workbench &bench, Look &look, QWidget *parent)
    : QWidget(parent)
    , m_bench(bench)
    , m_look(look)
{
    setFixedHeight(qRound(scaled(36)));
    auto *row = new QHBoxLayout(this);
    row->setContentsMargins(14, 0, 14, 0);
    row->setSpacing(8);
    m_instruction = addField(tr("Instruction"), tr("in front, never cut"), 2);
    m_question = addField(tr("Question"), tr("behind the contexts, never cut"), 4);
    m_answer = addField(tr("Answer"), tr("to compare with"), 2);
    for (auto signal : {&Workbench::activeInputChanged, &Workbench::sessionChanged})
        connect(&bench, signal, this, &PromptBar::refresh);
    connect(&bench.document(), &SessionDocument::inputsChanged, this, &PromptBar::refresh);
    connect(&look, &Look::changed, this, qOverload<>(&QWidget::update));
    refresh();
}

QLineEdit *PromptBar::addField(const QString &name, const QString &hint, int stretch)
{
    auto *label = new QLabel(name, this);
    label->setFont(typeFont(TypeRole::Label));
    label->setProperty("tone", "t2");
    auto *edit = new QLineEdit(this);
    edit->setFont(typeFont(TypeRole::Label));
    edit->setFixedHeight(26);
    edit->setMinimumWidth(60);
    edit->setAccessibleName(name);
    edit->setPlaceholderText(hint);
    label->setBuddy(edit);
    auto *layout = static_cast<QHBoxLayout *>(this->layout());
    layout->addWidget(label);
    layout->addWidget(edit, stretch);
    connect(edit, &QLineEdit::editingFinished, this, &PromptBar::commit);
    return edit;
}

void PromptBar::refresh()
{
    const InputRecord *input = m_bench.document().input(m_bench.activeInput());
    setEnabled(input != nullptr);
    const PromptParts parts = input ? promptParts(*input) : PromptParts();
    const auto show = [](QLineEdit *edit, const QString &text) {
        if (edit->text() != text && !(edit->hasFocus() && edit->isModified())) {
            edit->setText(text);
            edit->setCursorPosition(0);
        }
    };
    show(m_instruction, parts.instruction);
    show(m_question, parts.question);
    show(m_answer, parts.answer);
}

void PromptBar::commit()
{
    const InputRecord *input = m_bench.document().input(m_bench.activeInput());
    if (!input)
        return;
    PromptParts parts = promptParts(*input);
    parts.instruction = m_instruction->text();
    parts.question = m_question->text();
    parts.answer = m_answer->text();
    for (QLineEdit *edit : {m_instruction, m_question, m_answer})
        edit->setModified(false);
    m_bench.setPromptParts(parts);
}

void PromptBar::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.fillRect(rect(), m_look.theme().sunken);
    painter.fillRect(QRect(0, height() - 1, width(), 1), m_look.theme().hair);
}

} // namespace winnow
