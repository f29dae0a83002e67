#include "app/window/data_browser.h"

#include "app/engine/error_sentence.h"
#include "app/window/data_lengths.h"
#include "app/window/data_record.h"
#include "app/window/data_sets.h"
#include "app/window/data_table.h"
#include "app/window/look.h"
#include "app/workbench/workbench.h"
#include "views/format.h"
#include "views/type.h"

#include <QComboBox>
#include <QDir>
#include <QDragEnterEvent>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPointer>
#include <QPushButton>
#include <QSpinBox>
#include <QSplitter>
#include <QStackedWidget>
#include <QTabBar>
#include <QTableWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace winnow {
namespace {

    constexpr int kMost = 5000, kUsual = 200; // records that are read at once
    constexpr int kRecords = 1; // tab

    /// The licence file of a set, beside its file or above; empty = none is there.
    QString licenceFile(const QString &path)
    {
        QDir folder = QFileInfo(path).dir();
        for (int level = 0; level < 2; ++level) {
            if (const QStringList found = folder.entryList({QStringLiteral("LICEN[CS]E*"), QStringLiteral("licen[cs]e*")}, QDir::Files); !found.isEmpty())
                return folder.filePath(found.front());
            if (!folder.cdUp())
                break;
        }
        return {};
    }

} // namespace

DataBrowser::DataBrowser(Workbench &bench, Look &look, QWidget *parent)
    : QDialog(parent)
    , m_bench(bench)
{
    setWindowTitle(tr("Data Set"));
    setAcceptDrops(true);
    setStyleProperty(this, "ground", "dock");
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(12, 12, 12, 12);
    column->setSpacing(8);
    column->addWidget(makeHead());
    m_problem = new QLabel(this);
    m_problem->setWordWrap(true);
    m_problem->setFont(typeFont(TypeRole::Hint));
    column->addWidget(m_problem);
    makePages(look);
    column->addWidget(m_tabs);
    column->addWidget(m_pages, 1);
    column->addLayout(makeFoot());
    connect(m_table, &QTableWidget::currentCellChanged, this, [this](int row, int, int before) {
        if (row != before)
            showRow();
    });
    connect(m_table, &QTableWidget::cellActivated, this, &DataBrowser::take);
    connect(m_use, &QPushButton::clicked, this, &DataBrowser::take);
    connect(m_licence, &QPushButton::clicked, this, &DataBrowser::showLicence);
    connect(m_tabs, &QTabBar::currentChanged, m_pages, &QStackedWidget::setCurrentIndex);
    connect(m_setsView, &DataSetsView::fileChosen, this, [this](const QString &file, const QString &set) {
        m_path->setText(file);
        m_sets->setCurrentIndex(std::max(0, m_sets->findData(set)));
        m_tabs->setCurrentIndex(kRecords);
        ask();
    });
    connect(m_warnings, &QTableWidget::currentCellChanged, this, [this](int row) { showWarned(row); });
    connect(&look, &Look::changed, this, qOverload<>(&QWidget::update));
    connect(&bench.engine(), &EngineClient::stateChanged, this, &DataBrowser::askSets);
    for (QPushButton *button : findChildren<QPushButton *>())
        button->setAutoDefault(false); // Return in a field is the field's
    say(tr("Choose a file of a data set, or drop one here."));
    resize(940, 660);
    askSets();
}

void DataBrowser::makePages(Look &look)
{
    m_tabs = new QTabBar(this);
    m_tabs->setProperty("place", "dock");
    m_tabs->setStyleSheet(QStringLiteral("QTabBar { background: transparent; }"));
    m_tabs->setDrawBase(false);
    m_tabs->setExpanding(false);
    for (const QString &name : {tr("Sets"), tr("Records"), tr("Lengths")})
        m_tabs->addTab(name);
    m_pages = new QStackedWidget(this);
    m_setsView = new DataSetsView(m_bench, look, m_pages);
    auto *split = new QSplitter(Qt::Vertical, m_pages);
    m_lengths = new DataLengths(m_bench, look, m_pages);
    for (QWidget *page : {static_cast<QWidget *>(m_setsView), static_cast<QWidget *>(split), static_cast<QWidget *>(m_lengths)})
        m_pages->addWidget(page);
    split->setChildrenCollapsible(false);
    m_table = makeDataTable({tr("Number"), tr("Id"), tr("Question or line"), tr("Answer or words")}, tr("Records"), split);
    m_record = new DataRecordView(look, split);
    m_warnings = makeDataTable({tr("Line"), tr("Warning"), tr("File")}, tr("Warnings of the reader"), split);
    m_warnings->hide();
    split->setSizes({260, 180, 90});
    m_table->setColumnWidth(0, 90);
    m_table->setColumnWidth(1, 120);
    m_table->setColumnWidth(2, 420);
    m_warnings->setColumnWidth(1, 480);
}

QHBoxLayout *DataBrowser::makeFoot()
{
    m_about = new QLabel(this);
    m_about->setWordWrap(true);
    m_about->setFont(typeFont(TypeRole::Hint));
    m_about->setProperty("tone", "t2");
    m_use = new QPushButton(tr("Use as Prompt"), this);
    setStyleProperty(m_use, "primary", true);
    m_use->setFixedHeight(28);
    m_use->setEnabled(false);
    m_licence = new QPushButton(tr("Licence…"), this);
    m_licence->setFixedHeight(28);
    m_licence->hide();
    auto *foot = new QHBoxLayout;
    foot->addWidget(m_about, 1);
    foot->addWidget(m_licence);
    foot->addWidget(m_use);
    return foot;
}

QWidget *DataBrowser::makeHead()
{
    auto *head = new QWidget(this);
    auto *row = new QHBoxLayout(head);
    row->setContentsMargins(0, 0, 0, 0);
    m_sets = new QComboBox(head);
    m_sets->setAccessibleName(tr("Data set"));
    m_sets->setToolTip(tr("The format the file is read as"));
    m_sets->setSizeAdjustPolicy(QComboBox::AdjustToContents); // its names come later
    m_path = new QLineEdit(head);
    m_path->setAccessibleName(tr("File"));
    m_path->setPlaceholderText(tr("A file of the data set"));
    auto *choose = new QPushButton(tr("Choose…"), head);
    m_most = new QSpinBox(head);
    m_most->setRange(1, kMost);
    m_most->setValue(kUsual);
    m_most->setPrefix(tr("first "));
    m_most->setKeyboardTracking(false);
    m_most->setAccessibleName(tr("Records to read"));
    m_most->setToolTip(tr("Records that are read, from the first one"));
    for (QWidget *widget : {static_cast<QWidget *>(m_sets), static_cast<QWidget *>(m_path), static_cast<QWidget *>(choose), static_cast<QWidget *>(m_most)})
        widget->setFixedHeight(28);
    row->addWidget(m_sets);
    row->addWidget(m_path, 1);
    row->addWidget(choose);
    row->addWidget(m_most);
    connect(choose, &QPushButton::clicked, this, &DataBrowser::chooseFile);
    connect(m_path, &QLineEdit::returnPressed, this, [this] { openFile(m_path->text()); });
    connect(m_sets, &QComboBox::activated, this, &DataBrowser::ask);
    connect(m_most, &QSpinBox::valueChanged, this, &DataBrowser::ask);
    return head;
}

void DataBrowser::say(const QString &sentence)
{
    m_problem->setText(sentence);
    m_problem->setVisible(!sentence.isEmpty());
}

QString DataBrowser::chosenSet() const { return m_sets->currentData().toString(); }

void DataBrowser::askSets()
{
    if (m_sets->count() > 0 || m_bench.engine().state() != EngineClient::State::Ready)
        return;
    RequestHandlers handlers;
    handlers.done = [this, alive = QPointer<DataBrowser>(this)](Result<Document> reply) {
        if (!alive || m_sets->count() > 0)
            return;
        if (!reply)
            return say(errorSentence(reply.error()));
        for (const DataSetInfo &set : readDataSets(reply->body))
            if (set.kind != QLatin1String("text")) {
                m_sets->addItem(set.title, set.name);
                m_sets->setItemData(m_sets->count() - 1, set.licence, Qt::ToolTipRole);
            }
        if (m_path->text().isEmpty())
            return;
        openFile(m_path->text());
    };
    m_bench.engine().send(Json{{"command", "datasets"}}, {}, std::move(handlers));
    m_setsView->look(m_setsView->folder(), DataSetsView::Checksums::Skip);
}

void DataBrowser::chooseFile()
{
    const QString path = QFileDialog::getOpenFileName(this, tr("File of a Data Set"), m_path->text(), tr("Data sets (*.jsonl *.json *.conllu *.utf8 *.txt *.gz);;All files (*)"));
    if (!path.isEmpty())
        openFile(path);
}

void DataBrowser::openFile(const QString &path)
{
    m_path->setText(path);
    if (const int guess = m_sets->findData(guessDataSet(path)); guess >= 0)
        m_sets->setCurrentIndex(guess);
    m_tabs->setCurrentIndex(kRecords);
    ask();
}

void DataBrowser::ask()
{
    if (m_path->text().isEmpty())
        return;
    if (m_bench.engine().state() != EngineClient::State::Ready)
        return say(tr("The engine is not running: it reads data sets. Start it, and the file is read."));
    if (m_sets->count() == 0)
        return; // the list is on its way, and asks
    say(tr("Reading %1…").arg(QFileInfo(m_path->text()).fileName()));
    const Json request{{"command", "items"}, {"dataset", chosenSet().toStdString()}, {"datasetFile", m_path->text().toStdString()}, {"items", std::to_string(m_most->value())}};
    RequestHandlers handlers;
    handlers.done = [this, alive = QPointer<DataBrowser>(this)](Result<Document> reply) {
        if (alive)
            onItems(std::move(reply));
    };
    m_bench.engine().send(request, QStringLiteral("data.items"), std::move(handlers));
}

void DataBrowser::onItems(Result<Document> reply)
{
    if (!reply && reply.error().code == ErrorCode::Cancelled)
        return; // a newer wish took its place
    m_table->setRowCount(0);
    m_rows = reply ? readDataRows(reply->body) : DataRows();
    showWarnings();
    m_lengths->setRows(m_rows);
    m_licence->setVisible(!licenceFile(m_path->text()).isEmpty());
    m_about->setText(m_rows.set.attribution.isEmpty() ? m_rows.set.licence : m_rows.set.attribution);
    const bool lines = !m_rows.rows.empty() && m_rows.rows.front().isLine();
    for (const DataRow &row : m_rows.rows)
        addDataRow(m_table, {QString::number(row.number), row.id, row.title(), row.isLine() ? row.words.join(QStringLiteral(" / ")) : row.answers.join(QStringLiteral(" | ")).simplified()});
    m_use->setText(lines ? tr("Add %1 Lines to Words").arg(format::integer(static_cast<double>(m_rows.rows.size()))) : tr("Use as Prompt"));
    m_use->setEnabled(!m_rows.rows.empty());
    if (!reply)
        return say(errorSentence(reply.error()));
    say(m_rows.rows.empty() ? tr("No record could be read as %1. Choose another format above.").arg(m_rows.set.title)
                            : tr("%1 records, %2 of the file could not be read, %3 warnings.")
                                  .arg(format::integer(static_cast<double>(m_rows.rows.size())), format::integer(static_cast<double>(m_rows.rejected)),
                                      format::integer(static_cast<double>(m_rows.warnings.size()) + static_cast<double>(m_rows.moreWarnings))));
    m_table->setCurrentCell(0, 0);
}

void DataBrowser::showWarnings()
{
    m_warnings->setRowCount(0);
    for (const DataFileWarning &warning : m_rows.warnings)
        addDataRow(m_warnings, {QString::number(warning.line), warning.reason, warning.file});
    m_warnings->setVisible(!m_rows.warnings.empty());
}

void DataBrowser::showRow()
{
    const int row = m_table->currentRow();
    m_record->show(row >= 0 && row < static_cast<int>(m_rows.rows.size()) ? &m_rows.rows[static_cast<size_t>(row)] : nullptr);
}

void DataBrowser::showWarned(int row)
{
    if (row < 0 || row >= static_cast<int>(m_rows.warnings.size()))
        return;
    const DataFileWarning &warning = m_rows.warnings[static_cast<size_t>(row)];
    const QFileInfo given(m_path->text());
    const QString path = QFileInfo::exists(warning.file) ? warning.file : given.dir().filePath(QFileInfo(warning.file).fileName());
    const QString line = rawLine(path, warning.line);
    m_record->showRawLine(line.isEmpty() ? tr("Line %1 of %2 has no text that could be shown.").arg(warning.line).arg(QFileInfo(path).fileName()) : line);
}

void DataBrowser::showLicence()
{
    QFile file(licenceFile(m_path->text()));
    if (!file.open(QIODevice::ReadOnly))
        return say(tr("The licence %1 cannot be read: %2.").arg(file.fileName(), file.errorString()));
    auto *window = new QDialog(this);
    window->setAttribute(Qt::WA_DeleteOnClose);
    window->setWindowTitle(tr("Licence of %1").arg(m_rows.set.title));
    auto *text = new QPlainTextEdit(QString::fromUtf8(file.readAll()), window);
    text->setReadOnly(true);
    text->setAccessibleName(window->windowTitle());
    auto *column = new QVBoxLayout(window);
    column->setContentsMargins(12, 12, 12, 12);
    auto *about = new QLabel(QStringList{m_rows.set.licence, m_rows.set.attribution}.join(QStringLiteral("\n")).trimmed(), window);
    about->setWordWrap(true);
    column->addWidget(about);
    column->addWidget(text, 1);
    window->resize(640, 480);
    window->show();
}

void DataBrowser::take()
{
    const int at = m_table->currentRow();
    if (m_rows.rows.empty())
        return;
    const QString file = QFileInfo(m_path->text()).fileName();
    if (m_rows.rows.front().isLine()) {
        std::optional<InputRecord> lines = goldInput(file, m_rows);
        if (!lines)
            return say(tr("These lines have no words that could be compared with."));
        m_bench.addTextInput(file, QString::fromStdString(lines->content), lines->extra);
        Q_EMIT linesTaken();
        return;
    }
    if (at < 0 || at >= static_cast<int>(m_rows.rows.size()))
        return say(tr("Mark the record to take."));
    const DataRow &row = m_rows.rows[static_cast<size_t>(at)];
    if (row.parts.contexts.isEmpty())
        return say(tr("This record has no context: there is nothing to compress."));
    m_bench.addPromptInput(QStringLiteral("%1 %2").arg(file, row.id.isEmpty() ? QString::number(row.number) : row.id), row.parts);
    Q_EMIT promptTaken();
}

void DataBrowser::dragEnterEvent(QDragEnterEvent *event)
{
    if (event->mimeData()->hasUrls())
        event->acceptProposedAction();
}

void DataBrowser::dropEvent(QDropEvent *event)
{
    const QList<QUrl> urls = event->mimeData()->urls();
    event->acceptProposedAction();
    if (!urls.isEmpty() && urls.front().isLocalFile())
        openFile(urls.front().toLocalFile());
}

} // namespace winnow
