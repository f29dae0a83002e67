#pragma once

#include "app/window/parameter_rows.h"

#include <QWidget>

#include <map>
#include <string>

class QComboBox;
class QGridLayout;
class QHBoxLayout;
class QLabel;
class QPushButton;
class QVBoxLayout;

namespace winnow {

struct Actions;
class BudgetSlider;
class Look;
class PanelHeader;
class WordDictionaryView;
class Workbench;

/// Form of the segmenter: method, where its words come from, its parameters from the registry, Pin, Sweep and Train.
class WordForm : public QWidget {
    Q_OBJECT
public:
    WordForm(Workbench &bench, Look &look, const Actions &actions, QWidget *parent = nullptr);

    QWidget *editor(const QString &name) const;
    QComboBox *methodBox() const { return m_method; }
    QComboBox *sourceBox() const { return m_source; }
    QPushButton *trainButton() const { return m_train; }
    void setDense(bool dense);
    /// Lets the user choose a parameter to vary, at `place` on the screen.
    void askSweep(const QPoint &place);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;

private:
    void buildShare();
    void rebuildMethods();
    void rebuildForm();
    void refresh();
    void refreshShare();
    void refreshSource();
    void refreshPin();
    void showRows();
    void showSummary();
    void chooseSource(const QString &kind);
    void askTrain();

    Workbench &m_bench;
    Look &m_look;
    const Actions &m_actions;
    QComboBox *m_method, *m_source;
    QLabel *m_summary, *m_sourceLabel, *m_sourceFile, *m_shareValue, *m_shareLines, *m_shareAltered, *m_problem;
    QWidget *m_shareArea;
    BudgetSlider *m_share;
    QVBoxLayout *m_column;
    QGridLayout *m_rows;
    QHBoxLayout *m_buttons;
    QPushButton *m_pin, *m_sweep, *m_train, *m_more;
    std::map<std::string, ParameterRow> m_editors;
    std::string m_formOf;
    bool m_refreshing = false, m_expanded = false;
};

/// The first words of the shown list below the form, with what it was learned from.
class WordListPanel : public QWidget {
    Q_OBJECT
public:
    WordListPanel(Workbench &bench, Look &look, QWidget *parent = nullptr);
    WordDictionaryView *view() const { return m_view; }

private:
    void refresh();

    Workbench &m_bench;
    PanelHeader *m_header;
    WordDictionaryView *m_view;
    QLabel *m_badge, *m_empty;
};

/// Connects the signals of a view of the Words page that are no selection: counts, ratio, merges, alphabet, replies.
void joinWordView(QWidget *view, Workbench &bench);

} // namespace winnow
