#include "app/window/prompt_pane.h"

#include "app/window/look.h"
#include "app/workbench/try_out.h"
#include "views/type.h"
#include "views/widgets/segmented_control.h"
#include "views/widgets/view_header.h"

#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

namespace winnow {
namespace {

    const char *const kRoles[] = {"system", "user", "assistant"};

    QPlainTextEdit *plainEdit(const QString &name, const QString &hint, QWidget *parent)
    {
        auto *edit = new QPlainTextEdit(parent);
        edit->setAccessibleName(name);
        edit->setPlaceholderText(hint);
        edit->setTabChangesFocus(true);
        edit->setFont(typeFont(TypeRole::Body));
        return edit;
    }

    QWidget *row(QWidget *parent, std::initializer_list<QWidget *> left, std::initializer_list<QWidget *> right)
    {
        auto *area = new QWidget(parent);
        auto *line = new QHBoxLayout(area);
        line->setContentsMargins(0, 0, 0, 0);
        line->setSpacing(8);
        for (QWidget *widget : left)
            line->addWidget(widget);
        line->addStretch(1);
        for (QWidget *widget : right)
            line->addWidget(widget);
        return area;
    }

} // namespace

PromptPane::PromptPane(TryOut &tryOut, Look &look, QWidget *parent)
    : Pane(tr("Prompt"), look, parent)
    , m_tryOut(tryOut)
    , m_look(look)
{
    m_choice = new SegmentedControl({tr("Text"), tr("Chat")}, this);
    header()->addControl(m_choice);
    auto *body = new QWidget(this);
    auto *column = new QVBoxLayout(body);
    column->setContentsMargins(14, 0, 14, 8);
    column->setSpacing(6);
    m_stack = new QStackedWidget(body);
    m_stack->addWidget(makeTextPage());
    m_stack->addWidget(makeChatPage());
    column->addWidget(m_stack, 1);
    m_use = new QPushButton(tr("Add to Inputs"), body);
    m_use->setFixedHeight(28);
    m_use->setToolTip(tr("Makes the prompt an input of the session, for the Cache page"));
    m_special = new QCheckBox(tr("Add special tokens"), body);
    m_special->setToolTip(tr("What the tokenizer puts around a text: beginning and end of the sequence"));
    m_generationPrompt = new QCheckBox(tr("Ask for an answer"), body);
    m_generationPrompt->setToolTip(tr("The template ends with the beginning of the assistant's turn (add_generation_prompt)"));
    column->addWidget(row(body, {m_special, m_generationPrompt}, {m_use}));
    setContent(body);
    connect(m_choice, &SegmentedControl::chosen, this, [this](int index) { m_tryOut.setSource(index == 1 ? TryOut::Source::Chat : TryOut::Source::Text); });
    connect(m_text, &QPlainTextEdit::textChanged, this, [this] {
        if (!m_refreshing)
            m_tryOut.setText(m_text->toPlainText());
    });
    connect(m_rendered, &QPlainTextEdit::textChanged, this, [this] {
        if (!m_refreshing)
            m_tryOut.editRendered(m_rendered->toPlainText());
    });
    connect(m_special, &QCheckBox::toggled, &tryOut, &TryOut::setAddSpecial);
    connect(m_generationPrompt, &QCheckBox::toggled, &tryOut, &TryOut::setGenerationPrompt);
    connect(m_use, &QPushButton::clicked, this, [this] { Q_EMIT useAsInput(m_tryOut.prompt()); });
    connect(m_reset, &QPushButton::clicked, &tryOut, &TryOut::resetRendered);
    connect(&tryOut, &TryOut::promptChanged, this, &PromptPane::refresh);
    connect(&tryOut, &TryOut::renderedChanged, this, &PromptPane::refreshRendered);
    refresh();
}

QWidget *PromptPane::makeTextPage()
{
    m_text = plainEdit(tr("Prompt text"), tr("Type or paste a text to see its tokens"), this);
    return m_text;
}

QWidget *PromptPane::makeChatPage()
{
    auto *split = new QSplitter(Qt::Horizontal, this);
    split->setHandleWidth(1);
    split->setChildrenCollapsible(false);
    auto *left = new QScrollArea(split);
    left->setWidgetResizable(true);
    left->setFrameShape(QFrame::NoFrame);
    m_messageArea = new QWidget(left);
    setStyleProperty(m_messageArea, "ground", "surface");
    m_messageArea->setAttribute(Qt::WA_StyledBackground);
    m_messages = new QVBoxLayout(m_messageArea);
    m_messages->setContentsMargins(0, 0, 8, 0);
    m_messages->setSpacing(6);
    auto *add = new QPushButton(tr("Add message"), m_messageArea);
    add->setFixedHeight(26);
    setStyleProperty(add, "flat", true);
    m_messages->addWidget(add, 0, Qt::AlignLeft);
    m_messages->addStretch(1);
    connect(add, &QPushButton::clicked, this, [this] {
        std::vector<ChatMessage> messages = m_tryOut.messages();
        const bool answered = messages.empty() || messages.back().role != QLatin1String("user");
        messages.push_back({answered ? QStringLiteral("user") : QStringLiteral("assistant"), {}});
        m_tryOut.setMessages(std::move(messages));
    });
    left->setWidget(m_messageArea);
    auto *right = new QWidget(split);
    auto *column = new QVBoxLayout(right);
    column->setContentsMargins(8, 0, 0, 0);
    column->setSpacing(4);
    m_renderedNote = new QLabel(right);
    m_renderedNote->setFont(typeFont(TypeRole::Hint));
    m_renderedNote->setProperty("tone", "t2");
    m_renderedNote->setWordWrap(true);
    m_reset = new QPushButton(tr("Use the template"), right);
    m_reset->setFixedHeight(22);
    m_reset->setStyleSheet(QStringLiteral("QPushButton { min-height: 20px; }"));
    m_reset->setToolTip(tr("Drops the changes and renders the messages again"));
    column->addWidget(row(right, {m_renderedNote}, {m_reset}));
    m_rendered = plainEdit(tr("Rendered prompt"), tr("What the template makes of the messages"), right);
    m_rendered->setFont(typeFont(TypeRole::Fixed));
    column->addWidget(m_rendered, 1);
    split->addWidget(left);
    split->addWidget(right);
    split->setStretchFactor(0, 1);
    split->setStretchFactor(1, 1);
    return split;
}

void PromptPane::addMessageRow(int index)
{
    auto *area = new QWidget(m_messageArea);
    auto *column = new QVBoxLayout(area);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(2);
    auto *role = new QComboBox(area);
    role->setFont(typeFont(TypeRole::Label));
    role->setAccessibleName(tr("Role of message %1").arg(index + 1));
    for (const char *name : kRoles)
        role->addItem(QString::fromLatin1(name));
    const ChatMessage &message = m_tryOut.messages()[static_cast<size_t>(index)];
    if (role->findText(message.role) < 0)
        role->addItem(message.role);
    role->setCurrentText(message.role);
    auto *remove = new QToolButton(area);
    remove->setIcon(m_look.icon(QStringLiteral("window-close")));
    remove->setIconSize({12, 12});
    remove->setFixedSize(22, 22);
    remove->setToolTip(tr("Remove this message"));
    remove->setAccessibleName(remove->toolTip());
    remove->setEnabled(m_tryOut.messages().size() > 1);
    auto *text = plainEdit(tr("Message %1").arg(index + 1), tr("What the %1 says").arg(message.role), area);
    text->setPlainText(message.content);
    text->setFixedHeight(54);
    column->addWidget(row(area, {role}, {remove}));
    column->addWidget(text);
    connect(role, &QComboBox::textActivated, this, [this, index](const QString &name) {
        std::vector<ChatMessage> messages = m_tryOut.messages();
        messages[static_cast<size_t>(index)].role = name;
        m_tryOut.setMessages(std::move(messages));
    });
    connect(text, &QPlainTextEdit::textChanged, this, [this, index, text] {
        if (m_refreshing)
            return;
        std::vector<ChatMessage> messages = m_tryOut.messages();
        messages[static_cast<size_t>(index)].content = text->toPlainText();
        m_tryOut.setMessages(std::move(messages));
    });
    connect(remove, &QToolButton::clicked, this, [this, index] {
        std::vector<ChatMessage> messages = m_tryOut.messages();
        messages.erase(messages.begin() + index);
        m_tryOut.setMessages(std::move(messages));
    });
    m_messages->insertWidget(index, area);
    m_rows.append(area);
}

QPlainTextEdit *PromptPane::messageEdit(int index) const { return index >= 0 && index < m_rows.size() ? m_rows[index]->findChild<QPlainTextEdit *>() : nullptr; }

void PromptPane::rebuildMessages()
{
    // Rows are kept while only their words change: whoever types must not lose the cursor.
    bool same = m_rows.size() == static_cast<qsizetype>(m_tryOut.messages().size());
    for (int i = 0; same && i < m_rows.size(); ++i) {
        const ChatMessage &message = m_tryOut.messages()[static_cast<size_t>(i)];
        same = m_rows[i]->findChild<QComboBox *>()->currentText() == message.role && messageEdit(i)->toPlainText() == message.content;
    }
    if (same)
        return;
    for (QWidget *old : m_rows) {
        old->hide();
        old->deleteLater();
    }
    m_rows.clear();
    for (int i = 0; i < static_cast<int>(m_tryOut.messages().size()); ++i)
        addMessageRow(i);
}

void PromptPane::refresh()
{
    m_refreshing = true;
    const bool chat = m_tryOut.source() == TryOut::Source::Chat;
    m_choice->setCurrent(chat ? 1 : 0);
    m_stack->setCurrentIndex(chat ? 1 : 0);
    m_special->setVisible(!chat);
    m_special->setChecked(m_tryOut.addSpecial());
    m_generationPrompt->setVisible(chat);
    m_generationPrompt->setChecked(m_tryOut.generationPrompt());
    if (m_text->toPlainText() != m_tryOut.text())
        m_text->setPlainText(m_tryOut.text());
    rebuildMessages();
    m_refreshing = false;
    refreshRendered();
}

void PromptPane::refreshRendered()
{
    m_refreshing = true;
    if (m_rendered->toPlainText() != m_tryOut.rendered())
        m_rendered->setPlainText(m_tryOut.rendered());
    m_refreshing = false;
    const bool edited = m_tryOut.renderedEdited();
    const QString problem = m_tryOut.templateProblem();
    m_renderedNote->setText(!problem.isEmpty() && !edited ? problem : edited ? tr("Changed by hand") : tr("As the model's template renders it; may be changed"));
    setStyleProperty(m_renderedNote, "tone", problem.isEmpty() || edited ? "t2" : "err");
    m_reset->setVisible(edited);
    m_use->setEnabled(!m_tryOut.prompt().trimmed().isEmpty());
}

} // namespace winnow
