#include "app/window/compare_panel.h"

#include "app/window/actions.h"
#include "app/window/look.h"
#include "app/workbench/run_family.h"
#include "app/workbench/workbench.h"
#include "sessions/compare_table.h"
#include "views/legend.h"
#include "views/type.h"
#include "views/widgets/switch_box.h"

#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QMenu>
#include <QPainter>
#include <QTableView>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace winnow {
namespace {

    /// Letter chip and name in the first column, badge of checks in the last, numbers with equally wide digits between.
    class CompareDelegate : public QStyledItemDelegate {
    public:
        CompareDelegate(Look &look, CompareModel &model, Workbench &bench, QObject *parent)
            : QStyledItemDelegate(parent)
            , m_look(look)
            , m_model(model)
            , m_bench(bench)
        {
        }

        void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override
        {
            const Theme &theme = m_look.theme();
            const CompareRow &row = m_model.rows()[static_cast<size_t>(index.row())];
            const CompareColumn column = m_model.columns()[static_cast<size_t>(index.column())];
            painter->save();
            if (row.runId == (m_bench.comparedFamily() == "segment" ? m_bench.words().activeRun() : m_bench.activeRun())) {
                painter->fillRect(option.rect, theme.accentSoft);
            } else if (option.state & QStyle::State_MouseOver) {
                QColor hover = theme.t1;
                hover.setAlphaF(0.04F);
                painter->fillRect(option.rect, hover);
            }
            painter->fillRect(QRect(option.rect.left(), option.rect.bottom(), option.rect.width(), 1), theme.grid);
            painter->setFont(typeFont(TypeRole::Label));
            if (column == CompareColumn::Run)
                paintRun(*painter, option.rect, row);
            else if (column == CompareColumn::Checks)
                paintChecks(*painter, option.rect, row);
            else {
                painter->setPen(index.data(Qt::ForegroundRole).value<QColor>());
                drawTabular(*painter, QRectF(option.rect).adjusted(8, 0, -12, 0), Qt::AlignRight, index.data().toString());
            }
            painter->restore();
        }

    private:
        void paintRun(QPainter &painter, const QRect &cell, const CompareRow &row) const
        {
            const Theme &theme = m_look.theme();
            paintLetterChip(painter, QRectF(cell.left() + 10, cell.top() + (cell.height() - 16) / 2.0, 16, 16), row.letter, theme);
            const QFontMetrics metrics(painter.font());
            const QString badge = row.baseline ? ComparePanel::tr("baseline") : row.numbers.nominalOnly ? ComparePanel::tr("nominal only") : QString();
            const int badgeWidth = badge.isEmpty() ? 0 : metrics.horizontalAdvance(badge) + 22;
            const QString name = metrics.elidedText(row.name, Qt::ElideMiddle, cell.width() - 44 - badgeWidth - 8);
            painter.setPen(theme.t1);
            painter.drawText(cell.adjusted(44, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, name);
            if (badge.isEmpty())
                return;
            const QRectF box(cell.left() + 44 + metrics.horizontalAdvance(name) + 10, cell.top() + 4.5, badgeWidth - 8, cell.height() - 10);
            painter.setRenderHint(QPainter::Antialiasing);
            painter.setPen(Qt::NoPen);
            painter.setBrush(row.baseline ? theme.sunken : theme.warnSoft);
            painter.drawRoundedRect(box, 3, 3);
            painter.setPen(row.baseline ? theme.t2 : theme.warn);
            painter.drawText(box, Qt::AlignCenter, badge);
        }

        void paintChecks(QPainter &painter, const QRect &cell, const CompareRow &row) const
        {
            const Theme &theme = m_look.theme();
            if (row.numbers.checks == 0) {
                painter.setPen(theme.t3);
                painter.drawText(cell.adjusted(8, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, QStringLiteral("–"));
                return;
            }
            const bool ok = row.numbers.checksPassed == row.numbers.checks;
            painter.setFont(typeFont(TypeRole::Axis));
            const QString text = compareText(row, CompareColumn::Checks);
            const QRectF box(cell.left() + 8, cell.top() + 4, QFontMetrics(painter.font()).horizontalAdvance(text) + 30, cell.height() - 9);
            painter.setRenderHint(QPainter::Antialiasing);
            painter.setPen(Qt::NoPen);
            painter.setBrush(ok ? theme.okSoft : theme.errSoft);
            painter.drawRoundedRect(box, 3, 3);
            painter.drawPixmap(QPointF(box.left() + 6, box.center().y() - 6), m_look.pixmap(ok ? QStringLiteral("emblem-ok") : QStringLiteral("dialog-error"), 12, ok ? theme.ok : theme.err, painter.device()->devicePixelRatioF()));
            painter.setPen(ok ? theme.ok : theme.err);
            painter.drawText(box.adjusted(22, 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft, text);
        }

        Look &m_look;
        CompareModel &m_model;
        Workbench &m_bench;
    };

    /// Share of the room a column of numbers needs for its head.
    double columnWeight(CompareColumn column)
    {
        switch (column) {
        case CompareColumn::Nll: return 1.35;
        case CompareColumn::Decode: return 1.5;
        case CompareColumn::Stored: return 1.1;
        case CompareColumn::Budget: return 0.85;
    case CompareColumn::DeltaNll: return 1.1;
    case CompareColumn::Information: return 1.2;
        default: return 1.0;
        }
    }

} // namespace

ComparePanel::ComparePanel(Workbench &bench, Look &look, const Actions &actions, QWidget *parent)
    : QWidget(parent)
    , m_bench(bench)
    , m_look(look)
    , m_actions(actions)
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    m_model = new CompareModel(look, this);
    m_table = new QTableView(this);
    m_table->setModel(m_model);
    m_table->setItemDelegate(new CompareDelegate(look, *m_model, bench, m_table));
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(27);
    m_table->horizontalHeader()->setFixedHeight(26);
    m_table->horizontalHeader()->setMinimumSectionSize(40);
    m_table->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_table->horizontalHeader()->setStyleSheet(QStringLiteral("QHeaderView::section { padding: 0 12px 0 4px; } QHeaderView::section:first { padding-left: 44px; } QHeaderView::section:last { padding-left: 8px; }"));
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->horizontalHeader()->setSortIndicatorClearable(true);
    m_table->horizontalHeader()->setSortIndicator(-1, Qt::AscendingOrder);
    m_table->setSortingEnabled(true);
    m_table->setShowGrid(false);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setMouseTracking(true);
    m_table->setContextMenuPolicy(Qt::CustomContextMenu);
    m_table->setAccessibleName(tr("Compare"));
    m_table->setAccessibleDescription(tr("Pinned runs with deltas against the baseline"));
    m_empty = new QLabel(tr("No runs yet. Pin a setting to compare it with others."), this);
    m_empty->setAlignment(Qt::AlignCenter);
    m_empty->setProperty("tone", "t3");
    layout->addWidget(m_table, 1);
    layout->addWidget(m_empty, 1);
    m_controls = new QWidget;
    auto *row = new QHBoxLayout(m_controls);
    row->setContentsMargins(0, 0, 6, 0);
    row->setSpacing(10);
    m_differences = new SwitchBox(tr("Differences only"), m_controls);
    m_baseline = new QComboBox(m_controls);
    m_baseline->setProperty("size", "header");
    m_baseline->setAccessibleName(tr("Baseline"));
    m_baseline->setMinimumWidth(110);
    auto *label = new QLabel(tr("Baseline"), m_controls);
    label->setFont(typeFont(TypeRole::Label));
    label->setProperty("tone", "t2");
    m_export = new QToolButton(m_controls);
    m_export->setDefaultAction(actions.exportTable);
    m_export->setToolButtonStyle(Qt::ToolButtonIconOnly);
    m_export->setFixedSize(24, 24);
    for (QWidget *widget : {static_cast<QWidget *>(m_differences), static_cast<QWidget *>(label), static_cast<QWidget *>(m_baseline), static_cast<QWidget *>(m_export)})
        row->addWidget(widget);
    connect(m_differences, &SwitchBox::toggled, actions.differencesOnly, &QAction::setChecked);
    connect(actions.differencesOnly, &QAction::toggled, this, [this](bool on) {
        m_differences->setChecked(on);
        refresh();
    });
    connect(m_baseline, &QComboBox::activated, this, [this] { m_bench.document().setBaseline(m_baseline->currentData().toLongLong()); });
    connect(m_table, &QTableView::clicked, this, [this](const QModelIndex &index) { m_bench.setActiveRun(m_model->rows()[static_cast<size_t>(index.row())].runId); });
    connect(m_table, &QTableView::activated, this, [this](const QModelIndex &index) { m_bench.setActiveRun(m_model->rows()[static_cast<size_t>(index.row())].runId); });
    connect(m_table, &QTableView::customContextMenuRequested, this, &ComparePanel::showMenu);
    for (auto signal : {&SessionDocument::runsChanged, &SessionDocument::opened, &SessionDocument::closed})
        connect(&bench.document(), signal, this, &ComparePanel::refresh);
    connect(&bench.document(), &SessionDocument::reportChanged, this, &ComparePanel::refresh);
    connect(&bench, &Workbench::familyChanged, this, &ComparePanel::refresh);
    connect(&bench, &Workbench::activeRunChanged, this, [this] { m_table->viewport()->update(); });
    connect(&bench.words(), &WordBench::activeRunChanged, this, [this] { m_table->viewport()->update(); });
    connect(&look, &Look::changed, this, [this] {
        m_differences->setTheme(m_look.theme());
        refresh();
    });
    m_differences->setTheme(look.theme());
    refresh();
}

int ComparePanel::runCount() const
{
    const std::vector<RunRecord> &runs = m_bench.document().runs();
    return static_cast<int>(std::count_if(runs.begin(), runs.end(), [this](const RunRecord &run) { return runFamily(run) == m_bench.comparedFamily(); }));
}

void ComparePanel::refresh()
{
    std::vector<ComparedRun> runs;
    const SessionDocument &document = m_bench.document();
    const std::string family = m_bench.comparedFamily();
    const bool prompt = family != "kv"; // no run of the cache: no baseline
    for (const RunRecord &run : document.runs())
        if (runFamily(run) == family)
            runs.push_back({run, document.report(run.id), !prompt && run.id == document.baseline()});
    std::vector<CompareRow> rows = compareRows(runs);
    std::vector<CompareColumn> columns;
    if (m_actions.differencesOnly->isChecked()) {
        columns = differingColumns(rows);
    } else {
        columns = compareColumns(family);
    }
    m_model->setRows(std::move(rows), std::move(columns));
    fitColumns();
    m_baseline->clear();
    m_baseline->addItem(family == "prompt" ? tr("full prompt") : tr("none"), 0);
    m_baseline->setEnabled(!prompt); // the report of a prompt run holds its difference
    for (const RunRecord &run : document.runs())
        if (!prompt && runFamily(run) == "kv")
            m_baseline->addItem(QStringLiteral("%1 %2").arg(runLetter(run.letter), QString::fromStdString(run.name)), static_cast<qlonglong>(run.id));
    m_baseline->setCurrentIndex(prompt ? 0 : std::max(0, m_baseline->findData(static_cast<qlonglong>(document.baseline()))));
    m_table->setVisible(!runs.empty());
    m_empty->setVisible(runs.empty());
    Q_EMIT countChanged();
}

void ComparePanel::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    fitColumns();
}

void ComparePanel::fitColumns()
{
    // The name takes what it needs up to a fifth and a bit; the numbers share the rest evenly.
    const int columns = m_model->columnCount(), room = m_table->viewport()->width();
    if (columns == 0 || room < 100)
        return;
    QHeaderView *header = m_table->horizontalHeader();
    header->setSectionResizeMode(QHeaderView::Interactive);
    const int name = columns == 1 ? room : std::max(200, room * 17 / 100);
    header->resizeSection(0, name);
    // First what the heads need, so that none is cut where there is room for all, then shares of the rest.
    double total = 0, heads = 0;
    for (int i = 1; i < columns; ++i) {
        total += columnWeight(m_model->columns()[static_cast<size_t>(i)]);
        heads += header->sectionSizeHint(i);
    }
    const double spare = std::max(0.0, room - name - heads), squeeze = std::min(1.0, (room - name) / heads);
    int left = room - name;
    for (int i = 1; i < columns; ++i) {
        const double needed = header->sectionSizeHint(i) * squeeze, share = spare * columnWeight(m_model->columns()[static_cast<size_t>(i)]) / total;
        const int width = i == columns - 1 ? left : static_cast<int>(needed + share);
        header->resizeSection(i, width);
        left -= width;
    }
}

void ComparePanel::showMenu(const QPoint &position)
{
    const QModelIndex index = m_table->indexAt(position);
    QMenu menu(this);
    if (index.isValid()) {
        const qint64 id = m_model->rows()[static_cast<size_t>(index.row())].runId;
        menu.addAction(tr("Measure"), this, [this, id] { m_bench.evaluate(id); });
        menu.addAction(tr("Use as Baseline"), this, [this, id] { m_bench.document().setBaseline(id); });
        menu.addAction(tr("Copy as Command"), this, [this, id] { Q_EMIT copyCommandAsked(id); });
        menu.addAction(tr("Delete"), this, [this, id] { m_bench.document().removeRun(id); });
        menu.addSeparator();
    }
    menu.addAction(m_actions.copyTable);
    menu.addAction(m_actions.exportTable);
    menu.exec(m_table->viewport()->mapToGlobal(position));
}

void ComparePanel::copyTable() const { QGuiApplication::clipboard()->setText(comparePlain(m_model->rows(), m_model->columns())); }

QString ComparePanel::exportText(const QString &ending) const
{
    if (m_bench.comparedFamily() != "kv") {
        const Table own = compareTable(m_model->rows(), compareColumns("prompt"));
        return QString::fromStdString(ending == QLatin1String("json") ? jsonTableText(own) : ending == QLatin1String("tex") ? latexText(own) : csvText(own));
    }
    const Session *session = m_bench.document().session();
    Result<std::vector<ComparedRun>> runs = session ? comparedRuns(*session) : Result<std::vector<ComparedRun>>();
    if (!runs)
        return {};
    const Table table = compareTable(*runs);
    const std::string text = ending == QLatin1String("json") ? jsonTableText(table) : ending == QLatin1String("tex") ? latexText(table) : csvText(table);
    return QString::fromStdString(text);
}

} // namespace winnow
