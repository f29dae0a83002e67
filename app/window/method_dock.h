#pragma once

#include <QTimer>
#include <QWidget>

class QScrollArea;
class QTabBar;
class QVBoxLayout;

namespace winnow {

struct Actions;
class ChecksPanel;
class Look;
class MethodPanel;
class PlannerPanel;
class PromptSavingsPanel;
class StagesPanel;
class SavingsPanel;
class SavingsSummary;
class SelectionPanel;
class WordForm;
class WordListPanel;
class Workbench;

/// The right dock: Method, Savings and Checks below each other; in small windows as tabs with the selection.
class MethodDock : public QWidget {
    Q_OBJECT
public:
    MethodDock(Workbench &bench, Look &look, const Actions &actions, QWidget *parent = nullptr);
    void setCompact(bool compact);
    /// On the page of two models the layer planner and its costs stand below the form instead of the savings of a run.
    void setPairShown(bool shown);
    /// On the page of prompts what compressing costs and the table of stages stand below the form.
    void setPromptShown(bool shown);
    /// On the Words page the form of the segmenters, their list of words and their checks stand here.
    void setWordsShown(bool shown);
    WordForm *wordForm() const { return m_wordForm; }
    PlannerPanel *planner() const { return m_planner; }
    MethodPanel *form() const { return m_form; }
    /// Height that all parts need as they stand, and what there is for them.
    int neededHeight() const;
    int roomHeight() const;

Q_SIGNALS:
    void closeAsked();

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void arrange();
    /// Closer rows where everything fits only with them.
    void fit();
    int heightAt(int width) const;
    void setDense(bool dense);
    void relayout();

    QVBoxLayout *m_layout;
    QTabBar *m_tabs;
    QWidget *m_methodHead, *m_lineOne, *m_lineTwo;
    MethodPanel *m_form;
    SavingsPanel *m_savings;
    SavingsSummary *m_summary;
    ChecksPanel *m_checks;
    SelectionPanel *m_selection;
    PlannerPanel *m_planner;
    PromptSavingsPanel *m_promptSavings;
    StagesPanel *m_stages;
    WordForm *m_wordForm;
    WordListPanel *m_wordList;
    ChecksPanel *m_wordChecks;
    QScrollArea *m_scroll;
    QTimer m_fit;
    int m_fitted = -1; // neededHeight after the last fit
    bool m_compact = false, m_dense = false, m_pairShown = false, m_promptShown = false, m_wordsShown = false;
};

} // namespace winnow
