#pragma once

#include "app/window/pane.h"

class QCheckBox;
class QLabel;
class QPlainTextEdit;
class QPushButton;
class QStackedWidget;
class QVBoxLayout;

namespace winnow {

class SegmentedControl;
class TryOut;

/// Where a prompt is written: as text, or as messages that the model's template turns into the prompt, which is shown and may
/// be changed before it is used.
class PromptPane : public Pane {
    Q_OBJECT
public:
    PromptPane(TryOut &tryOut, Look &look, QWidget *parent = nullptr);

    QPlainTextEdit *textEdit() const { return m_text; }
    QPlainTextEdit *renderedEdit() const { return m_rendered; }
    /// The edit of a message; null when there are fewer.
    QPlainTextEdit *messageEdit(int index) const;

Q_SIGNALS:
    /// The prompt shall become an input of the session.
    void useAsInput(const QString &text);

private:
    QWidget *makeTextPage();
    QWidget *makeChatPage();
    void rebuildMessages();
    void addMessageRow(int index);
    void refresh();
    void refreshRendered();

    TryOut &m_tryOut;
    Look &m_look;
    SegmentedControl *m_choice;
    QStackedWidget *m_stack;
    QPlainTextEdit *m_text, *m_rendered;
    QCheckBox *m_special, *m_generationPrompt;
    QWidget *m_messageArea;
    QVBoxLayout *m_messages;
    QVector<QWidget *> m_rows;
    QLabel *m_renderedNote;
    QPushButton *m_reset, *m_use;
    bool m_refreshing = false;
};

} // namespace winnow
