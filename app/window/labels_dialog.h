#pragma once

#include "app/workbench/label_pairs.h"
#include "core/base/document.h"

#include <QDialog>
#include <QTimer>

class QLabel;
class QPlainTextEdit;
class QPushButton;
class QTableWidget;

namespace winnow {

class LabelledWords;
class Look;
class Workbench;

/// A window beside the main one: from texts and what was made of them by deleting words to keep labels for a tagger, with the rates by
/// which pairs are sorted out. Labels follow the typing; the engine aligns.
class LabelsDialog : public QDialog {
    Q_OBJECT
public:
    LabelsDialog(Workbench &bench, Look &look, QWidget *parent = nullptr);

    const std::vector<LabelPair> &pairs() const { return m_pairs; }
    const std::vector<LabelledPair> &labels() const { return m_labels; }
    void setPairs(std::vector<LabelPair> pairs);
    void addPair(const LabelPair &pair);
    void openFile(const QString &path);
    QPlainTextEdit *original() const { return m_original; }
    QPlainTextEdit *shortened() const { return m_shortened; }
    QLabel *rates() const { return m_rates; }

protected:
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;

private:
    QWidget *makeTexts();
    QWidget *makeResult(Look &look);
    void takePrompt();
    void removePair();
    void exportLabels();
    void edited();
    void ask();
    void onLabels(Result<Document> reply);
    void showTable();
    void showPair();
    void say(const QString &sentence);
    int current() const;

    Workbench &m_bench;
    QTableWidget *m_table;
    QPlainTextEdit *m_original, *m_shortened;
    LabelledWords *m_words, *m_short;
    QLabel *m_rates, *m_problem;
    QPushButton *m_export;
    std::vector<LabelPair> m_pairs;
    std::vector<LabelledPair> m_labels; // of the pairs as they were asked for
    QTimer m_timer;
    bool m_refreshing = false;
};

} // namespace winnow
