#pragma once

#include "app/workbench/model_inspector.h"
#include "app/workbench/try_out.h"

#include <QJsonObject>
#include <QWidget>

class QSplitter;
class QTabBar;

namespace winnow {

class GenerationPane;
class Look;
class ModelCard;
class ModelTables;
class Pane;
class PromptPane;
class TokensPane;
class Workbench;

/// The Model page: what the model consists of on the left, a prompt, its tokens and what the model writes after them on the
/// right. In a small window one part at a time, chosen by tabs.
class ModelPage : public QWidget {
    Q_OBJECT
public:
    ModelPage(Workbench &bench, Look &look, QWidget *parent = nullptr);

    void setCompact(bool compact);
    TryOut &tryOut() { return m_tryOut; }
    ModelInspector &inspector() { return m_inspector; }
    ModelTables *tables() const { return m_tables; }
    PromptPane *prompt() const { return m_prompt; }
    TokensPane *tokens() const { return m_tokens; }
    GenerationPane *generation() const { return m_generation; }
    QTabBar *tabs() const { return m_tabs; }

    QJsonObject saveState() const;
    void restoreState(const QJsonObject &state);

Q_SIGNALS:
    void saveAsked(const QString &name, const QString &csv);

protected:
    void showEvent(QShowEvent *event) override;

private:
    void followModel();
    void refreshDetails();
    void arrange();

    Workbench &m_bench;
    ModelInspector m_inspector;
    TryOut m_tryOut;
    QTabBar *m_tabs;
    QSplitter *m_across, *m_left, *m_right;
    Pane *m_cardPane;
    ModelCard *m_card;
    ModelTables *m_tables;
    PromptPane *m_prompt;
    TokensPane *m_tokens;
    GenerationPane *m_generation;
    bool m_compact = false;
};

} // namespace winnow
