#pragma once

#include "app/workbench/data_items.h"
#include "core/base/document.h"

#include <QDialog>

class QComboBox;
class QHBoxLayout;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;
class QStackedWidget;
class QTabBar;
class QTableWidget;

namespace winnow {

class DataLengths;
class DataRecordView;
class DataSetsView;
class Look;
class Workbench;

/// A window beside the main one: the records of a data set file as the engine reads them, its warnings by line, and the way of one
/// record to the Prompt page, or of all lines to the Words page. Beside them the sets that there are, and the lengths of the records.
class DataBrowser : public QDialog {
    Q_OBJECT
public:
    DataBrowser(Workbench &bench, Look &look, QWidget *parent = nullptr);

    /// Reads a file; the set is guessed from its name where nobody chose one.
    void openFile(const QString &path);
    const DataRows &rows() const { return m_rows; }
    QTableWidget *table() const { return m_table; }
    QTableWidget *warnings() const { return m_warnings; }
    QLabel *problem() const { return m_problem; }
    QPushButton *useButton() const { return m_use; }
    QComboBox *sets() const { return m_sets; }
    QTabBar *tabs() const { return m_tabs; }
    DataSetsView *setsView() const { return m_setsView; }
    DataRecordView *record() const { return m_record; }
    DataLengths *lengths() const { return m_lengths; }

Q_SIGNALS:
    void promptTaken();
    void linesTaken();

protected:
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;

private:
    QWidget *makeHead();
    void makePages(Look &look);
    QHBoxLayout *makeFoot();
    void askSets();
    void chooseFile();
    void ask();
    void onItems(Result<Document> reply);
    void showRow();
    void showWarned(int row);
    void showLicence();
    void showWarnings();
    void say(const QString &sentence);
    void take();
    QString chosenSet() const;

    Workbench &m_bench;
    QComboBox *m_sets;
    QLineEdit *m_path;
    QSpinBox *m_most;
    QTableWidget *m_table, *m_warnings;
    QTabBar *m_tabs;
    QStackedWidget *m_pages;
    DataSetsView *m_setsView;
    DataRecordView *m_record;
    DataLengths *m_lengths;
    QLabel *m_problem, *m_about;
    QPushButton *m_use, *m_licence;
    DataRows m_rows;
    QString m_wantedSet; // chosen before the list of sets came
};

} // namespace winnow
