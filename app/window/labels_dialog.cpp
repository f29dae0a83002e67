#include "app/window/labels_dialog.h"

#include "app/engine/error_sentence.h"
#include "app/export/figure_file.h"
#include "app/window/look.h"
#include "app/workbench/workbench.h"
#include "views/format.h"
#include "views/prompt_data.h"
#include "views/type.h"
#include "views/widgets/labelled_words.h"

#include <QDragEnterEvent>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QMimeData>
#include <QPlainTextEdit>
#include <QPointer>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QTableWidget>
#include <QVBoxLayout>

#include <algorithm>

namespace winnow {
namespace {

    constexpr int kDelayMs = 250;

    QPlainTextEdit *makeEdit(const QString &name, const QString &hint, QWidget *parent)
    {
        auto *edit = new QPlainTextEdit(parent);
        edit->setAccessibleName(name);
        edit->setPlaceholderText(hint);
        edit->setFont(typeFont(TypeRole::Body));
        edit->setTabChangesFocus(true);
        return edit;
    }

    QLabel *head(const QString &text, QWidget *parent)
    {
        auto *label = new QLabel(text, parent);
        label->setFont(typeFont(TypeRole::ViewTitle));
        return label;
    }

    std::vector<LabelledWords::Class> wordClasses(const LabelledPair &pair)
    {
        std::vector<LabelledWords::Class> classes;
        for (const bool keep : pair.keep)
            classes.push_back(keep ? LabelledWords::Class::Kept : LabelledWords::Class::Cut);
        return classes;
    }

    std::vector<LabelledWords::Class> shortClasses(const LabelledPair &pair)
    {
        std::vector<LabelledWords::Class> classes;
        for (const int match : pair.match)
            classes.push_back(match >= 0 ? LabelledWords::Class::Kept : LabelledWords::Class::Unmatched);
        return classes;
    }

} // namespace

LabelsDialog::LabelsDialog(Workbench &bench, Look &look, QWidget *parent)
    : QDialog(parent)
    , m_bench(bench)
{
    setWindowTitle(tr("Keep Labels"));
    setAcceptDrops(true);
    setStyleProperty(this, "ground", "surface");
    setAttribute(Qt::WA_StyledBackground);
    m_timer.setSingleShot(true);
    m_timer.setInterval(kDelayMs);
    connect(&m_timer, &QTimer::timeout, this, &LabelsDialog::ask);
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(12, 12, 12, 12);
    column->setSpacing(8);
    auto *split = new QSplitter(Qt::Horizontal, this);
    split->setChildrenCollapsible(false);
    split->addWidget(makeTexts());
    split->addWidget(makeResult(look));
    split->setSizes({440, 460});
    column->addWidget(split, 1);
    m_problem = new QLabel(this);
    m_problem->setWordWrap(true);
    m_problem->setFont(typeFont(TypeRole::Hint));
    m_problem->hide();
    m_export = new QPushButton(tr("Export Labels…"), this);
    m_export->setFixedHeight(28);
    m_export->setEnabled(false);
    auto *foot = new QHBoxLayout;
    foot->addWidget(m_problem, 1);
    foot->addStretch();
    foot->addWidget(m_export);
    column->addLayout(foot);
    connect(m_export, &QPushButton::clicked, this, &LabelsDialog::exportLabels);
    connect(&bench.engine(), &EngineClient::stateChanged, &m_timer, qOverload<>(&QTimer::start));
    const auto follow = [this, &look] {
        m_words->setTheme(look.theme());
        m_short->setTheme(look.theme());
    };
    connect(&look, &Look::changed, this, follow);
    follow();
    for (QPushButton *button : findChildren<QPushButton *>())
        button->setAutoDefault(false); // Return in a field is the field's
    resize(940, 620);
    setPairs({{}});
    takePrompt();
}

QWidget *LabelsDialog::makeTexts()
{
    auto *area = new QWidget(this);
    auto *column = new QVBoxLayout(area);
    column->setContentsMargins(0, 0, 8, 0);
    m_original = makeEdit(tr("Original text"), tr("The whole text"), area);
    m_shortened = makeEdit(tr("Shortened text"), tr("The same with words deleted"), area);
    auto *take = new QPushButton(tr("Take Prompt and Its Cuts"), area);
    take->setToolTip(tr("The contexts of the Prompt page, and what its method made of them"));
    auto *open = new QPushButton(tr("Open Pairs…"), area);
    open->setToolTip(tr("JSON lines, or a list, of {original, shortened}"));
    auto *buttons = new QHBoxLayout;
    for (QPushButton *button : {take, open}) {
        button->setFixedHeight(28);
        buttons->addWidget(button);
    }
    buttons->addStretch();
    column->addWidget(head(tr("Original"), area));
    column->addWidget(m_original, 3);
    column->addWidget(head(tr("Shortened"), area));
    column->addWidget(m_shortened, 2);
    column->addLayout(buttons);
    connect(m_original, &QPlainTextEdit::textChanged, this, &LabelsDialog::edited);
    connect(m_shortened, &QPlainTextEdit::textChanged, this, &LabelsDialog::edited);
    connect(take, &QPushButton::clicked, this, &LabelsDialog::takePrompt);
    connect(open, &QPushButton::clicked, this, [this] {
        const QString path = QFileDialog::getOpenFileName(this, tr("Pairs of Texts"), {}, tr("Pairs (*.jsonl *.json);;All files (*)"));
        if (!path.isEmpty())
            openFile(path);
    });
    return area;
}

QWidget *LabelsDialog::makeResult(Look &)
{
    auto *area = new QWidget(this);
    auto *column = new QVBoxLayout(area);
    column->setContentsMargins(8, 0, 0, 0);
    m_words = new LabelledWords(area);
    m_words->setAccessibleName(tr("Words of the original with their labels"));
    m_short = new LabelledWords(area);
    m_short->setAccessibleName(tr("Words of the shortened text; without a partner where marked"));
    m_rates = new QLabel(area);
    m_rates->setWordWrap(true);
    m_rates->setFont(typeFont(TypeRole::Label));
    const auto scrolled = [area](QWidget *widget) {
        auto *scroll = new QScrollArea(area);
        scroll->setWidget(widget);
        scroll->setWidgetResizable(true);
        scroll->setFrameShape(QFrame::NoFrame);
        scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
        setStyleProperty(widget, "ground", "surface");
        return scroll;
    };
    m_table = new QTableWidget(0, 6, area);
    m_table->setHorizontalHeaderLabels({tr("Pair"), tr("VR"), tr("HR"), tr("MR"), tr("AG"), tr("Filter")});
    for (int i = 0; i < m_table->columnCount(); ++i) // heads stand as their cells do
        m_table->horizontalHeaderItem(i)->setTextAlignment((i == 0 || i == 5 ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    m_table->horizontalHeaderItem(1)->setToolTip(tr("Variation rate: share of the shortened words that the original lacks"));
    m_table->horizontalHeaderItem(2)->setToolTip(tr("Hitting rate: shortened words that the original has, per original word"));
    m_table->horizontalHeaderItem(3)->setToolTip(tr("Matching rate: labelled words per original word"));
    m_table->horizontalHeaderItem(4)->setToolTip(tr("Alignment gap: hitting rate minus matching rate"));
    m_table->horizontalHeaderItem(5)->setToolTip(tr("Pairs at or above the 90th percentile of VR, then of AG, are left out"));
    m_table->setAccessibleName(tr("Pairs"));
    m_table->setShowGrid(false);
    m_table->setFont(typeFont(TypeRole::Label));
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(qRound(scaled(27)));
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::Stretch);
    m_table->horizontalHeader()->setHighlightSections(false);
    auto *add = new QPushButton(tr("Add Pair"), area);
    auto *remove = new QPushButton(tr("Remove"), area);
    auto *buttons = new QHBoxLayout;
    for (QPushButton *button : {add, remove}) {
        button->setFixedHeight(28);
        buttons->addWidget(button);
    }
    buttons->addStretch();
    column->addWidget(head(tr("Labelled words"), area));
    column->addWidget(scrolled(m_words), 3);
    column->addWidget(head(tr("Shortened, dashed: without a partner"), area));
    column->addWidget(scrolled(m_short), 2);
    column->addWidget(m_rates);
    column->addWidget(m_table, 2);
    column->addLayout(buttons);
    connect(m_table, &QTableWidget::currentCellChanged, this, [this](int row, int, int before) {
        if (row != before && !m_refreshing)
            showPair();
    });
    connect(add, &QPushButton::clicked, this, [this] { addPair({}); });
    connect(remove, &QPushButton::clicked, this, &LabelsDialog::removePair);
    return area;
}

int LabelsDialog::current() const { return std::clamp(m_table->currentRow(), 0, static_cast<int>(m_pairs.size()) - 1); }

void LabelsDialog::setPairs(std::vector<LabelPair> pairs)
{
    m_pairs = std::move(pairs);
    if (m_pairs.empty())
        m_pairs.push_back({});
    m_labels.clear();
    showTable();
    m_table->setCurrentCell(0, 0);
    showPair();
    m_timer.start();
}

void LabelsDialog::addPair(const LabelPair &pair)
{
    m_pairs.push_back(pair);
    showTable();
    m_table->setCurrentCell(static_cast<int>(m_pairs.size()) - 1, 0);
    showPair();
    m_original->setFocus();
    m_timer.start();
}

void LabelsDialog::removePair()
{
    std::vector<LabelPair> left = m_pairs;
    left.erase(left.begin() + current());
    setPairs(std::move(left));
}

void LabelsDialog::takePrompt()
{
    const std::shared_ptr<const PromptData> prompt = m_bench.viewData()->current.prompt;
    if (!prompt || !prompt->text)
        return say(tr("The Prompt page has nothing cut yet; type or paste both texts, or open a file of pairs."));
    QString original;
    if (const InputRecord *input = m_bench.document().input(m_bench.activeInput()))
        original = promptParts(*input).contexts.join(QStringLiteral("\n\n"));
    m_pairs[static_cast<size_t>(current())] = {original, prompt->rendered};
    showPair();
    m_timer.start();
}

void LabelsDialog::openFile(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return say(tr("%1 cannot be read: %2").arg(path, file.errorString()));
    LabelFile read = readLabelPairs(file.readAll());
    if (read.pairs.empty())
        return say(tr("%1 holds no pairs. It takes JSON lines, or a list, of {\"original\": …, \"shortened\": …}.").arg(QFileInfo(path).fileName()));
    setPairs(std::move(read.pairs));
    say(read.unread > 0 ? tr("%1 entries are no pairs and were left out.").arg(read.unread) : QString());
}

void LabelsDialog::edited()
{
    if (m_refreshing)
        return;
    m_pairs[static_cast<size_t>(current())] = {m_original->toPlainText(), m_shortened->toPlainText()};
    m_timer.start();
}

void LabelsDialog::ask()
{
    std::vector<LabelPair> filled;
    for (const LabelPair &pair : m_pairs)
        if (!pair.original.trimmed().isEmpty())
            filled.push_back(pair);
    if (filled.size() != m_pairs.size() || filled.empty()) { // the engine refuses pairs without an original
        m_labels.clear();
        showTable();
        return showPair();
    }
    if (m_bench.engine().state() != EngineClient::State::Ready)
        return say(tr("The engine is not running: it aligns the words."));
    RequestHandlers handlers;
    handlers.done = [this, alive = QPointer<LabelsDialog>(this)](Result<Document> reply) {
        if (alive)
            onLabels(std::move(reply));
    };
    m_bench.engine().send(labelRequest(m_pairs), QStringLiteral("labels"), std::move(handlers));
}

void LabelsDialog::onLabels(Result<Document> reply)
{
    if (!reply) {
        if (reply.error().code != ErrorCode::Cancelled)
            say(errorSentence(reply.error()));
        return;
    }
    m_labels = readLabels(reply->body);
    say({});
    showTable();
    showPair();
}

void LabelsDialog::showTable()
{
    m_refreshing = true;
    const int row = current();
    m_table->setRowCount(static_cast<int>(m_pairs.size()));
    for (int i = 0; i < m_table->rowCount(); ++i) {
        const LabelledPair *labels = i < static_cast<int>(m_labels.size()) ? &m_labels[static_cast<size_t>(i)] : nullptr;
        const auto rate = [labels](double value) { return labels ? format::decimals(value, 4) : QStringLiteral("–"); };
        const QStringList cells{QString::number(i + 1), rate(labels ? labels->variation : 0), rate(labels ? labels->hitting : 0), rate(labels ? labels->matching : 0), rate(labels ? labels->gap : 0),
            !labels ? QStringLiteral("–") : labels->kept ? tr("stays") : tr("left out")};
        for (int c = 0; c < cells.size(); ++c) {
            auto *item = new QTableWidgetItem(cells[c]);
            item->setTextAlignment((c > 0 && c < 5 ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
            m_table->setItem(i, c, item);
        }
    }
    m_table->setCurrentCell(row, 0);
    m_export->setEnabled(!m_labels.empty());
    m_refreshing = false;
}

void LabelsDialog::showPair()
{
    m_refreshing = true;
    const LabelPair &pair = m_pairs[static_cast<size_t>(current())];
    if (m_original->toPlainText() != pair.original)
        m_original->setPlainText(pair.original);
    if (m_shortened->toPlainText() != pair.shortened)
        m_shortened->setPlainText(pair.shortened);
    m_refreshing = false;
    const bool known = current() < static_cast<int>(m_labels.size());
    const LabelledPair labels = known ? m_labels[static_cast<size_t>(current())] : LabelledPair();
    m_words->setWords(labels.words, wordClasses(labels));
    m_short->setWords(labels.shortWords, shortClasses(labels));
    const auto kept = std::count(labels.keep.begin(), labels.keep.end(), true);
    m_rates->setText(!known ? tr("Labels appear when every pair has an original.")
                            : tr("%1 of %2 words stay. Variation rate %3, alignment gap %4.").arg(kept).arg(labels.words.size()).arg(format::percent(labels.variation, 1), format::percent(labels.gap, 1)));
}

void LabelsDialog::exportLabels()
{
    const QString path = QFileDialog::getSaveFileName(this, tr("Export Labels"), QStringLiteral("labels.jsonl"), tr("JSON lines, one pair each (*.jsonl);;CSV, one word each (*.csv)"));
    if (path.isEmpty())
        return;
    const QString text = path.endsWith(QLatin1String(".csv"), Qt::CaseInsensitive) ? labelCsv(m_labels) : labelLines(m_labels);
    const Result<void> written = writeFile(path, text.toUtf8());
    say(written ? tr("Wrote %1.").arg(path) : errorSentence(written.error()));
}

void LabelsDialog::say(const QString &sentence)
{
    m_problem->setText(sentence);
    m_problem->setVisible(!sentence.isEmpty());
}

void LabelsDialog::dragEnterEvent(QDragEnterEvent *event)
{
    if (event->mimeData()->hasUrls())
        event->acceptProposedAction();
}

void LabelsDialog::dropEvent(QDropEvent *event)
{
    const QList<QUrl> urls = event->mimeData()->urls();
    event->acceptProposedAction();
    if (!urls.isEmpty() && urls.front().isLocalFile())
        openFile(urls.front().toLocalFile());
}

} // namespace winnow
