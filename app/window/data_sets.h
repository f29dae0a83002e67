#pragma once

#include "app/workbench/data_items.h"
#include "core/base/document.h"

#include <QWidget>

class QLabel;
class QLineEdit;
class QPushButton;
class QTableWidget;

namespace winnow {

class Look;
class Workbench;

/// The sets that can be read: their published files with item counts and whether the folder has them whole, and the names of the files
/// that a person has to bring; licence, origin and attribution of the marked one.
class DataSetsView : public QWidget {
    Q_OBJECT
public:
    DataSetsView(Workbench &bench, Look &look, QWidget *parent = nullptr);

    /// Looks into a folder; `verify` compares checksums, which reads the files.
    enum class Checksums { Skip, Compare };
    void look(const QString &folder, Checksums checksums);
    QString folder() const;
    QTableWidget *table() const { return m_table; }
    QLabel *about() const { return m_about; }

Q_SIGNALS:
    void fileChosen(const QString &path, const QString &set);

private:
    void fill(const Json &reply);
    void showAbout(int row);
    void openRow(int row);

    Workbench &m_bench;
    Look &m_look;
    QLineEdit *m_folder;
    QPushButton *m_verify;
    QTableWidget *m_table;
    QLabel *m_about;
    std::vector<DataSetInfo> m_sets;
};

} // namespace winnow
