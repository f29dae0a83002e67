#include "app/window/session_tree.h"

#include "app/window/look.h"
#include "app/window/session_tree_delegate.h"
#include "app/workbench/run_family.h"
#include "app/workbench/workbench.h"
#include "views/format.h"

#include <QContextMenuEvent>
#include <QHeaderView>
#include <QMenu>
#include <QMimeData>

namespace winnow {
namespace {

    constexpr const char *kInputMime = "application/x-winnow-input";

    SessionTree::Kind kindOf(const QTreeWidgetItem *item)
    {
        return item ? static_cast<SessionTree::Kind>(item->data(0, SessionTree::KindRole).toInt()) : SessionTree::Kind::Section;
    }

    qint64 idOf(const QTreeWidgetItem *item) { return item ? item->data(0, SessionTree::IdRole).toLongLong() : 0; }

} // namespace

SessionTree::SessionTree(Workbench &bench, Look &look, QWidget *parent)
    : QTreeWidget(parent)
    , m_bench(bench)
    , m_look(look)
{
    setHeaderHidden(true);
    setRootIsDecorated(false);
    setIndentation(0);
    setMouseTracking(true);
    setEditTriggers(QAbstractItemView::EditKeyPressed);
    setSelectionMode(QAbstractItemView::SingleSelection);
    setDragEnabled(true);
    setAcceptDrops(true);
    setDropIndicatorShown(true);
    setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setProperty("ground", "dock");
    setStyleSheet(QStringLiteral("QTreeView { background: transparent; }"));
    setAccessibleName(tr("Session"));
    setAccessibleDescription(tr("Inputs, runs, figures and notes of the session"));
    setItemDelegate(new SessionTreeDelegate(look, this));
    SessionDocument &document = bench.document();
    for (auto signal : {&SessionDocument::inputsChanged, &SessionDocument::runsChanged, &SessionDocument::figuresChanged, &SessionDocument::notesChanged,
             &SessionDocument::opened, &SessionDocument::closed})
        connect(&document, signal, this, &SessionTree::rebuild);
    connect(&bench, &Workbench::tokenCountsChanged, this, &SessionTree::rebuild);
    connect(&bench, &Workbench::activeInputChanged, this, &SessionTree::refreshActive);
    connect(&bench, &Workbench::activeRunChanged, this, &SessionTree::refreshActive);
    connect(&bench.words(), &WordBench::activeRunChanged, this, &SessionTree::refreshActive);
    connect(&document, &SessionDocument::reportChanged, this, [this](qint64 run) {
        const RunRecord *record = m_bench.document().run(run);
        if (record && runFamily(*record) == "segment")
            rebuild(); // its F1 stands beside its name
    });
    connect(&look, &Look::changed, this, &SessionTree::rebuild);
    connect(this, &QTreeWidget::itemClicked, this, [this](QTreeWidgetItem *item) {
        if (kindOf(item) == Kind::Section)
            item->setExpanded(!item->isExpanded());
        else
            onActivated(item);
    });
    connect(this, &QTreeWidget::itemActivated, this, &SessionTree::onActivated);
    connect(this, &QTreeWidget::itemChanged, this, &SessionTree::onEdited);
    connect(this, &QTreeWidget::itemCollapsed, this, [this](QTreeWidgetItem *item) { m_collapsed.insert(item->data(0, IdRole).toString()); });
    connect(this, &QTreeWidget::itemExpanded, this, [this](QTreeWidgetItem *item) {
        if (!m_building)
            m_collapsed.remove(item->data(0, IdRole).toString());
    });
    rebuild();
}

QTreeWidgetItem *SessionTree::section(const QString &title, int count, const char *key)
{
    auto *item = new QTreeWidgetItem(this);
    item->setText(0, title);
    item->setData(0, KindRole, static_cast<int>(Kind::Section));
    item->setData(0, IdRole, QString::fromLatin1(key));
    item->setData(0, RightRole, count > 0 ? QString::number(count) : QString());
    item->setFlags(Qt::ItemIsEnabled | Qt::ItemIsSelectable);
    return item;
}

QTreeWidgetItem *SessionTree::addRow(QTreeWidgetItem *parent, Kind kind, qint64 id, const QString &text, const QString &right, const QString &icon)
{
    auto *item = new QTreeWidgetItem(parent);
    item->setText(0, text);
    item->setToolTip(0, right.isEmpty() ? text : text + QStringLiteral(", ") + right);
    item->setData(0, KindRole, static_cast<int>(kind));
    item->setData(0, IdRole, id);
    item->setData(0, RightRole, right);
    item->setData(0, LetterRole, -1);
    if (!icon.isEmpty())
        item->setIcon(0, m_look.icon(icon));
    Qt::ItemFlags flags = Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsEditable;
    if (kind == Kind::Input)
        flags |= Qt::ItemIsDragEnabled;
    item->setFlags(flags);
    return item;
}

void SessionTree::rebuild()
{
    const auto [currentKind, currentId] = currentRecord();
    m_building = true;
    clear();
    const SessionDocument &document = m_bench.document();
    if (document.isOpen()) {
        QTreeWidgetItem *inputs = section(tr("Inputs"), static_cast<int>(document.inputs().size()), "inputs");
        for (const InputRecord &input : document.inputs()) {
            const size_t gold = goldLines(input); // a treebank counts lines
            const qint64 count = gold == 0 ? m_bench.tokenCount(input.id) : static_cast<qint64>(gold);
            addRow(inputs, Kind::Input, input.id, QString::fromStdString(input.name), count >= 0 ? format::integer(static_cast<double>(count)) : QString(),
                input.kind == "image" ? QStringLiteral("image-x-generic") : QStringLiteral("text-x-generic"));
        }
        QTreeWidgetItem *runs = section(tr("Runs"), static_cast<int>(document.runs().size()), "runs");
        for (const RunRecord &run : document.runs()) {
            const bool baseline = document.baseline() == run.id;
            QString budget = budgetLabel(settingFromJson(run.request).budget);
            if (runFamily(run) == "segment") { // a segmenter has no budget: its F1 says more
                const ReportPtr report = document.report(run.id);
                const std::optional<double> f1 = report ? report->metric("f1") : std::nullopt;
                budget = f1 ? format::decimals(*f1 * 100, 1) : QString();
            }
            QTreeWidgetItem *row = addRow(runs, Kind::Run, run.id, QString::fromStdString(run.name), baseline ? tr("baseline") : budget, {});
            row->setData(0, LetterRole, run.letter);
            row->setToolTip(0, tr("Run %1: %2, %3%4").arg(runLetter(run.letter), QString::fromStdString(run.name), budget, baseline ? tr(", baseline") : QString()));
        }
        QTreeWidgetItem *figures = section(tr("Figures"), static_cast<int>(document.figures().size()), "figures");
        for (const FigureRecord &figure : document.figures())
            addRow(figures, Kind::Figure, figure.id, QString::fromStdString(figure.name), {}, QStringLiteral("office-chart-line"));
        QTreeWidgetItem *notes = section(tr("Notes"), static_cast<int>(document.notes().size()), "notes");
        for (const NoteRecord &note : document.notes())
            addRow(notes, Kind::Note, note.id, QString::fromStdString(note.title), {}, QStringLiteral("note"));
        for (QTreeWidgetItem *item : {inputs, runs, figures, notes})
            item->setExpanded(!m_collapsed.contains(item->data(0, IdRole).toString()));
    }
    for (QTreeWidgetItemIterator it(this); *it; ++it) {
        if (kindOf(*it) == currentKind && currentKind != Kind::Section && idOf(*it) == currentId)
            setCurrentItem(*it);
    }
    m_building = false;
    refreshActive();
}

void SessionTree::setWordsShown(bool shown)
{
    m_wordsShown = shown;
    refreshActive();
}

void SessionTree::refreshActive()
{
    const qint64 activeRun = m_wordsShown ? m_bench.words().activeRun() : m_bench.activeRun();
    m_building = true;
    for (QTreeWidgetItemIterator it(this); *it; ++it) {
        const Kind kind = kindOf(*it);
        const bool active = (kind == Kind::Input && idOf(*it) == m_bench.shownInput()) || (kind == Kind::Run && idOf(*it) == activeRun);
        (*it)->setData(0, ActiveRole, active);
        if (active && kind == Kind::Run)
            setCurrentItem(*it);
    }
    if (activeRun == 0 && currentRecord().first == Kind::Run)
        setCurrentItem(nullptr);
    m_building = false;
}

std::pair<SessionTree::Kind, qint64> SessionTree::currentRecord() const
{
    const QTreeWidgetItem *item = currentItem();
    const Kind kind = kindOf(item);
    return {kind, kind == Kind::Section ? 0 : idOf(item)};
}

void SessionTree::onActivated(QTreeWidgetItem *item)
{
    const qint64 id = idOf(item);
    switch (kindOf(item)) {
    case Kind::Input: m_bench.chooseInput(id); break;
    case Kind::Run: m_bench.setActiveRun(id); break;
    case Kind::Figure: Q_EMIT figureOpened(id); break;
    case Kind::Note: Q_EMIT noteOpened(id); break;
    case Kind::Section: break;
    }
}

void SessionTree::onEdited(QTreeWidgetItem *item)
{
    if (m_building)
        return;
    const qint64 id = idOf(item);
    const QString text = item->text(0).trimmed();
    SessionDocument &document = m_bench.document();
    const Kind kind = kindOf(item);
    // The tree is rebuilt by the change: do it once the editor is closed.
    QMetaObject::invokeMethod(this, [this, &document, kind, id, text] {
        if (text.isEmpty())
            rebuild();
        else if (kind == Kind::Input)
            document.renameInput(id, text);
        else if (kind == Kind::Run)
            document.renameRun(id, text);
        else if (const FigureRecord *figure = kind == Kind::Figure ? document.figure(id) : nullptr) {
            FigureRecord changed = *figure;
            changed.name = text.toStdString();
            document.changeFigure(changed, tr("Rename figure"));
        } else if (const NoteRecord *note = kind == Kind::Note ? document.note(id) : nullptr) {
            NoteRecord changed = *note;
            changed.title = text.toStdString();
            document.changeNote(changed, tr("Rename note"));
        } }, Qt::QueuedConnection);
}

void SessionTree::renameCurrent()
{
    if (currentItem() && kindOf(currentItem()) != Kind::Section)
        editItem(currentItem());
}

void SessionTree::removeCurrent()
{
    const auto [kind, id] = currentRecord();
    SessionDocument &document = m_bench.document();
    switch (kind) {
    case Kind::Input: document.removeInput(id); break;
    case Kind::Run: document.removeRun(id); break;
    case Kind::Figure: document.removeFigure(id); break;
    case Kind::Note: document.removeNote(id); break;
    case Kind::Section: break;
    }
}

void SessionTree::fillRunMenu(QMenu &menu, qint64 id)
{
    menu.addAction(m_look.icon(QStringLiteral("media-playback-start")), tr("Measure"), this, [this, id] { Q_EMIT evaluateAsked(id); });
    menu.addAction(m_look.icon(QStringLiteral("text-x-generic")), tr("Generate Text…"), this, [this, id] { Q_EMIT generateAsked(id); });
    menu.addAction(tr("Use as Baseline"), this, [this, id] { m_bench.document().setBaseline(id); })->setEnabled(m_bench.document().baseline() != id);
    menu.addAction(m_look.icon(QStringLiteral("utilities-terminal")), tr("Copy as Command"), this, [this, id] { Q_EMIT copyCommandAsked(id); });
    menu.addSeparator();
}

void SessionTree::contextMenuEvent(QContextMenuEvent *event)
{
    QTreeWidgetItem *item = itemAt(event->pos());
    if (item)
        setCurrentItem(item);
    const Kind kind = kindOf(item);
    const qint64 id = kind == Kind::Section ? 0 : idOf(item);
    QMenu menu(this);
    if (kind == Kind::Run)
        fillRunMenu(menu, id);
    if (kind == Kind::Input) {
        menu.addAction(tr("Make Active"), this, [this, id] { m_bench.chooseInput(id); });
        menu.addAction(tr("Scored Tokens…"), this, [this, id] { Q_EMIT scoredTokensAsked(id); });
        menu.addSeparator();
    }
    if (kind == Kind::Figure || kind == Kind::Note) {
        menu.addAction(tr("Open"), this, [this, item] { onActivated(item); });
        menu.addSeparator();
    }
    if (kind != Kind::Section) {
        menu.addAction(tr("Rename"), QKeySequence(Qt::Key_F2), this, &SessionTree::renameCurrent);
        menu.addAction(tr("Delete"), QKeySequence(Qt::Key_Delete), this, &SessionTree::removeCurrent);
        menu.addSeparator();
    }
    menu.addAction(tr("Add Text File…"), this, &SessionTree::addTextAsked);
    menu.addAction(tr("Add Note"), this, &SessionTree::addNoteAsked);
    menu.exec(event->globalPos());
}

void SessionTree::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Delete) {
        removeCurrent();
        return;
    }
    if (event->key() == Qt::Key_F2) {
        renameCurrent();
        return;
    }
    QTreeWidget::keyPressEvent(event);
}

QStringList SessionTree::mimeTypes() const { return {QString::fromLatin1(kInputMime), QStringLiteral("text/plain")}; }

QMimeData *SessionTree::mimeData(const QList<QTreeWidgetItem *> &items) const
{
    auto *data = new QMimeData;
    if (!items.isEmpty() && kindOf(items.front()) == Kind::Input) {
        data->setData(QString::fromLatin1(kInputMime), QByteArray::number(idOf(items.front())));
        if (const InputRecord *input = m_bench.document().input(idOf(items.front())))
            data->setText(QString::fromStdString(input->content));
    }
    return data;
}

void SessionTree::dragEnterEvent(QDragEnterEvent *event)
{
    if (event->mimeData()->hasFormat(QString::fromLatin1(kInputMime)))
        event->acceptProposedAction();
    else
        event->ignore(); // the window takes files
}

void SessionTree::dragMoveEvent(QDragMoveEvent *event)
{
    QTreeWidget::dragMoveEvent(event);
    if (event->mimeData()->hasFormat(QString::fromLatin1(kInputMime)))
        event->acceptProposedAction();
}

void SessionTree::dropEvent(QDropEvent *event)
{
    const qint64 id = event->mimeData()->data(QString::fromLatin1(kInputMime)).toLongLong();
    const QTreeWidgetItem *target = itemAt(event->position().toPoint());
    const qint64 before = kindOf(target) == Kind::Input ? idOf(target) : 0;
    if (id > 0 && before != id)
        m_bench.document().moveInput(id, before);
    event->accept();
}

} // namespace winnow
