#include "app/window/data_sets.h"

#include "app/engine/error_sentence.h"
#include "app/window/data_table.h"
#include "app/window/look.h"
#include "app/workbench/workbench.h"
#include "core/base/json_fields.h"
#include "views/format.h"
#include "views/type.h"

#include <QDir>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPointer>
#include <QPushButton>
#include <QTableWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace winnow {
namespace {

    constexpr int kSetRole = Qt::UserRole, kPathRole = Qt::UserRole + 1;

    QString stateText(const std::string &state)
    {
        if (state == "whole")
            return DataSetsView::tr("checksum matches");
        if (state == "altered")
            return DataSetsView::tr("checksum differs");
        if (state == "present")
            return DataSetsView::tr("present");
        return DataSetsView::tr("missing");
    }

    QColor stateColor(const std::string &state, const Theme &theme) { return state == "whole" ? theme.ok : state == "altered" ? theme.err : state == "present" ? theme.t1 : theme.t3; }

} // namespace

DataSetsView::DataSetsView(Workbench &bench, Look &look, QWidget *parent)
    : QWidget(parent)
    , m_bench(bench)
    , m_look(look)
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(0, 8, 0, 0);
    column->setSpacing(8);
    auto *row = new QHBoxLayout;
    m_folder = new QLineEdit(this);
    m_folder->setPlaceholderText(tr("Folder with the files of the sets"));
    m_folder->setAccessibleName(tr("Folder of the data sets"));
    auto *choose = new QPushButton(tr("Folder…"), this);
    m_verify = new QPushButton(tr("Compare Checksums"), this);
    m_verify->setToolTip(tr("Reads every file that is there and compares it with the published one"));
    for (QWidget *widget : {static_cast<QWidget *>(m_folder), static_cast<QWidget *>(choose), static_cast<QWidget *>(m_verify)})
        widget->setFixedHeight(28);
    row->addWidget(m_folder, 1);
    row->addWidget(choose);
    row->addWidget(m_verify);
    column->addLayout(row);
    m_table = makeDataTable({tr("Set"), tr("File"), tr("Items"), tr("State"), tr("Licence")}, tr("Data sets"), this);
    m_table->horizontalHeaderItem(2)->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_table->setColumnWidth(0, 170);
    m_table->setColumnWidth(1, 300);
    m_table->setColumnWidth(2, 70);
    m_table->setColumnWidth(3, 190);
    column->addWidget(m_table, 1);
    m_about = new QLabel(this);
    m_about->setWordWrap(true);
    m_about->setFont(typeFont(TypeRole::Hint));
    m_about->setProperty("tone", "t2");
    column->addWidget(m_about);
    connect(choose, &QPushButton::clicked, this, [this] {
        if (const QString path = QFileDialog::getExistingDirectory(this, tr("Folder of the Data Sets"), folder()); !path.isEmpty())
            this->look(path, Checksums::Skip);
    });
    connect(m_folder, &QLineEdit::returnPressed, this, [this] { this->look(m_folder->text(), Checksums::Skip); });
    connect(m_verify, &QPushButton::clicked, this, [this] { this->look(m_folder->text(), Checksums::Compare); });
    connect(m_table, &QTableWidget::currentCellChanged, this, [this](int current) { showAbout(current); });
    connect(m_table, &QTableWidget::cellActivated, this, &DataSetsView::openRow);
}

QString DataSetsView::folder() const { return m_folder->text(); }

void DataSetsView::look(const QString &folder, Checksums checksums)
{
    m_folder->setText(folder);
    if (m_bench.engine().state() != EngineClient::State::Ready)
        return;
    m_verify->setEnabled(!folder.isEmpty());
    if (checksums == Checksums::Compare)
        m_about->setText(tr("Comparing checksums…"));
    RequestHandlers handlers;
    handlers.done = [this, alive = QPointer<DataSetsView>(this)](Result<Document> reply) {
        if (!alive || (!reply && reply.error().code == ErrorCode::Cancelled))
            return;
        if (!reply)
            return m_about->setText(errorSentence(reply.error()));
        fill(reply->body);
    };
    m_bench.engine().send(Json{{"command", "datasets"}, {"folder", folder.toStdString()}, {"verify", checksums == Checksums::Compare}}, QStringLiteral("data.sets"), std::move(handlers));
}

void DataSetsView::fill(const Json &reply)
{
    const Theme &theme = m_look.theme();
    m_sets = readDataSets(reply);
    m_table->setRowCount(0);
    const auto add = [&](size_t set, const QStringList &cells, const QColor &color, const QString &path) {
        addDataRow(m_table, cells);
        const int row = m_table->rowCount() - 1;
        m_table->item(row, 0)->setData(kSetRole, static_cast<int>(set));
        m_table->item(row, 0)->setData(kPathRole, path);
        m_table->item(row, 2)->setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
        m_table->item(row, 3)->setForeground(color);
    };
    for (size_t i = 0; i < m_sets.size(); ++i) {
        bool any = false;
        for (const Json &file : childField(reply, "files")) {
            if (stringField(file, "set") != m_sets[i].name.toStdString())
                continue;
            const std::string state = stringField(file, "state", "missing");
            const QString path = QString::fromStdString(stringField(file, "path"));
            add(i, {any ? QString() : m_sets[i].title, path, format::integer(static_cast<double>(integerField(file, "items"))), stateText(state), any ? QString() : m_sets[i].licence}, stateColor(state, theme),
                state == "missing" ? QString() : QDir(folder()).filePath(path));
            any = true;
        }
        if (!any) // files that a person brings
            add(i, {m_sets[i].title, m_sets[i].expected.isEmpty() ? QStringLiteral("–") : m_sets[i].expected, QStringLiteral("–"), tr("your own file"), m_sets[i].licence}, theme.t3, {});
    }
    m_about->setText(folder().isEmpty() ? tr("Choose the folder that holds the files: the table then says which are there. Double click opens one.") : QString());
    if (m_table->rowCount() > 0)
        showAbout(m_table->currentRow());
}

void DataSetsView::showAbout(int row)
{
    if (row < 0 || row >= m_table->rowCount())
        return;
    const DataSetInfo &set = m_sets[static_cast<size_t>(m_table->item(row, 0)->data(kSetRole).toInt())];
    QStringList parts{set.title + QStringLiteral(": ") + set.format};
    for (const QString &part : {set.origin, set.licence, set.attribution})
        if (!part.isEmpty() && !parts.contains(part))
            parts << part;
    m_about->setText(parts.join(QStringLiteral(" · ")));
}

void DataSetsView::openRow(int row)
{
    const QString path = m_table->item(row, 0)->data(kPathRole).toString();
    if (!path.isEmpty())
        Q_EMIT fileChosen(path, m_sets[static_cast<size_t>(m_table->item(row, 0)->data(kSetRole).toInt())].name);
}

} // namespace winnow
