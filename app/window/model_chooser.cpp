#include "app/window/model_chooser.h"

#include "app/engine/error_sentence.h"
#include "app/window/look.h"
#include "app/window/panel_widgets.h"
#include "app/workbench/workbench.h"
#include "views/format.h"
#include "views/type.h"
#include "views/widgets/elided_label.h"
#include "views/widgets/meter_bar.h"

#include <QDragEnterEvent>
#include <QFileDialog>
#include <QFileInfo>
#include <QLabel>
#include <QListWidget>
#include <QMimeData>
#include <QPointer>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

#include <algorithm>

namespace winnow {
namespace {

    constexpr int kEntryRole = Qt::UserRole + 1;

} // namespace

ModelChooser::ModelChooser(Workbench &bench, Look &look, Role role, QWidget *parent)
    : QDialog(parent)
    , m_bench(bench)
    , m_look(look)
    , m_role(role)
{
    setWindowTitle(role == Role::Model ? tr("Open Model") : tr("Open Small Model"));
    setAcceptDrops(true);
    resize(860, 560);
    auto *outer = new QVBoxLayout(this);
    outer->setContentsMargins(0, 0, 0, 0);
    outer->setSpacing(0);
    auto *across = new QHBoxLayout;
    across->setSpacing(0);
    across->addWidget(makeList());
    across->addWidget(makeFacts(), 1);
    outer->addLayout(across, 1);
    outer->addWidget(new HairLine(look, this));
    auto *foot = new QHBoxLayout;
    foot->setContentsMargins(16, 10, 16, 10);
    foot->setSpacing(8);
    auto *file = new QPushButton(tr("File…"), this);
    auto *folder = new QPushButton(tr("Folder…"), this);
    auto *cancel = new QPushButton(tr("Cancel"), this);
    m_open = new QPushButton(tr("Open"), this);
    setStyleProperty(m_open, "primary", true);
    m_open->setDefault(true);
    auto *hint = new QLabel(tr("or drop a GGUF file or a Hugging Face folder here"), this);
    hint->setFont(typeFont(TypeRole::Hint));
    hint->setProperty("tone", "t2");
    foot->addWidget(file);
    foot->addWidget(folder);
    foot->addWidget(hint);
    foot->addStretch(1);
    foot->addWidget(cancel);
    foot->addWidget(m_open);
    outer->addLayout(foot);
    connect(file, &QPushButton::clicked, this, &ModelChooser::browseFile);
    connect(folder, &QPushButton::clicked, this, &ModelChooser::browseFolder);
    connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
    connect(m_open, &QPushButton::clicked, this, &ModelChooser::open);
    connect(&bench.jobs(), &JobRunner::jobChanged, this, &ModelChooser::followFetch);
    m_wanted = QString::fromStdString((role == Role::Model ? bench.model() : bench.smallModel()).choice.model);
    askModels();
    fillList();
}

QWidget *ModelChooser::makeList()
{
    auto *area = new QWidget(this);
    setStyleProperty(area, "ground", "dock");
    area->setAttribute(Qt::WA_StyledBackground);
    area->setFixedWidth(340);
    auto *column = new QVBoxLayout(area);
    column->setContentsMargins(0, 6, 0, 0);
    m_list = new QListWidget(area);
    m_list->setAccessibleName(tr("Models"));
    m_list->setFont(typeFont(TypeRole::Label));
    m_list->setStyleSheet(QStringLiteral("QListWidget { background: transparent; } QListWidget::item { height: 27px; padding-left: 10px; }"));
    column->addWidget(m_list);
    connect(m_list, &QListWidget::currentItemChanged, this, [this] {
        if (const ModelEntry *entry = chosen())
            m_wanted = entry->name;
        describe();
    });
    connect(m_list, &QListWidget::itemDoubleClicked, this, [this] { open(); });
    return area;
}

QWidget *ModelChooser::makeFacts()
{
    auto *area = new QWidget(this);
    setStyleProperty(area, "ground", "surface");
    area->setAttribute(Qt::WA_StyledBackground);
    auto *column = new QVBoxLayout(area);
    column->setContentsMargins(20, 16, 20, 12);
    column->setSpacing(4);
    m_title = new ElidedLabel(area, Qt::ElideMiddle);
    m_title->setFont(typeFont(TypeRole::DialogTitle));
    m_detail = new ElidedLabel(area, Qt::ElideMiddle);
    m_detail->setFont(typeFont(TypeRole::Hint));
    m_detail->setProperty("tone", "t3");
    column->addWidget(m_title);
    column->addWidget(m_detail);
    column->addSpacing(6);
    m_fetchBar = new MeterBar(area);
    m_fetchBar->setBarHeight(4);
    m_fetchBar->hide();
    column->addWidget(m_fetchBar);
    m_factArea = new QVBoxLayout;
    m_factArea->setSpacing(0);
    column->addLayout(m_factArea);
    m_forecastArea = new QWidget(area);
    auto *forecast = new QVBoxLayout(m_forecastArea);
    forecast->setContentsMargins(0, 10, 0, 0);
    forecast->setSpacing(6);
    auto *head = new QHBoxLayout;
    auto *name = new QLabel(tr("Memory for a context of"), m_forecastArea);
    name->setFont(typeFont(TypeRole::ViewTitle));
    m_tokens = new QSpinBox(m_forecastArea);
    m_tokens->setRange(1, 1 << 24);
    m_tokens->setValue(1024);
    m_tokens->setSingleStep(1024);
    m_tokens->setSuffix(tr(" tokens"));
    m_tokens->setKeyboardTracking(false);
    m_tokens->setAccessibleName(tr("Tokens the forecast is for"));
    head->addWidget(name);
    head->addWidget(m_tokens);
    head->addStretch(1);
    forecast->addLayout(head);
    m_weights = new MeterBar(m_forecastArea);
    m_cache = new MeterBar(m_forecastArea);
    m_work = new MeterBar(m_forecastArea);
    for (MeterBar *bar : {m_weights, m_cache, m_work})
        forecast->addWidget(bar);
    column->addWidget(m_forecastArea);
    column->addSpacing(4);
    m_verdict = new QLabel(area);
    m_verdict->setWordWrap(true);
    column->addWidget(m_verdict);
    m_planArea = new QVBoxLayout;
    m_planArea->setSpacing(6);
    column->addLayout(m_planArea);
    column->addStretch(1);
    connect(m_tokens, &QSpinBox::valueChanged, this, &ModelChooser::describe);
    auto follow = [this] {
        for (MeterBar *bar : {m_weights, m_cache, m_work, m_fetchBar})
            bar->setTheme(m_look.theme());
    };
    connect(&m_look, &Look::changed, this, follow);
    follow();
    return area;
}

QString ModelChooser::verdict() const { return m_verdict->text(); }

void ModelChooser::askModels()
{
    RequestHandlers handlers;
    handlers.done = [this, self = QPointer<ModelChooser>(this)](Result<Document> reply) {
        if (!self || !reply)
            return;
        m_known = modelEntries(reply->body);
        fillList();
    };
    m_bench.engine().send(Json{{"command", "models"}}, {}, std::move(handlers));
}

void ModelChooser::addSection(const QString &title)
{
    auto *item = new QListWidgetItem(title.toUpper(), m_list);
    item->setFlags(Qt::NoItemFlags);
    item->setFont(typeFont(TypeRole::DockHead));
    item->setForeground(m_look.theme().t2);
}

void ModelChooser::addEntry(const ModelEntry &entry, const QString &note)
{
    auto *item = new QListWidgetItem(note.isEmpty() ? entry.title : QStringLiteral("%1   %2").arg(entry.title, note), m_list);
    item->setData(kEntryRole, static_cast<int>(m_entries.size()));
    item->setToolTip(entry.path.isEmpty() ? entry.name : entry.path);
    m_entries.push_back(entry);
    if (entry.name == m_wanted || (!entry.path.isEmpty() && entry.path == m_wanted))
        m_list->setCurrentItem(item);
}

void ModelChooser::fillList()
{
    const QSignalBlocker quiet(m_list);
    m_list->clear();
    m_entries.clear();
    auto lists = [this](const QString &name) {
        return std::any_of(m_entries.begin(), m_entries.end(), [&](const ModelEntry &entry) { return entry.name == name || entry.path == name; });
    };
    auto add = [this](const QString &title, bool ofCatalogue) {
        bool first = true;
        for (const ModelEntry &entry : m_known) {
            if (entry.ofCatalogue != ofCatalogue)
                continue;
            if (first)
                addSection(title);
            first = false;
            addEntry(entry, entry.present ? format::bytes(entry.bytes) : tr("%1, not here yet").arg(format::bytes(entry.bytes)));
        }
    };
    add(tr("Catalogue"), true);
    add(tr("In the model folder"), false);
    bool first = true;
    QStringList recent = m_bench.settings().recentModels();
    if (!m_wanted.isEmpty() && !recent.contains(m_wanted))
        recent.prepend(m_wanted);
    for (const QString &path : recent) {
        if (lists(path) || !path.contains(QLatin1Char('/')))
            continue;
        if (first)
            addSection(tr("Recent"));
        first = false;
        const QFileInfo info(path);
        addEntry({path, info.isDir() ? info.fileName() : info.completeBaseName(), path, info.isFile() ? static_cast<double>(info.size()) : -1, true, false}, {});
    }
    if (m_entries.empty()) {
        addSection(m_bench.engine().state() == EngineClient::State::Ready ? tr("Asking the engine") : tr("The engine is not running"));
    }
    describe();
}

void ModelChooser::select(const QString &nameOrPath)
{
    m_wanted = nameOrPath;
    fillList();
}

const ModelEntry *ModelChooser::chosen() const
{
    const QListWidgetItem *item = m_list->currentItem();
    const QVariant index = item ? item->data(kEntryRole) : QVariant();
    return index.isValid() ? &m_entries[static_cast<size_t>(index.toInt())] : nullptr;
}

void ModelChooser::fetch()
{
    const ModelEntry *entry = chosen();
    if (!entry || m_fetchJob != 0)
        return;
    JobSpec spec;
    spec.title = tr("Fetch");
    spec.detail = entry->title;
    spec.request = Json{{"command", "fetch"}, {"name", entry->name.toStdString()}};
    spec.resumable = true;
    spec.done = [this, self = QPointer<ModelChooser>(this)](Result<Document> reply) {
        if (!self)
            return;
        m_fetchJob = 0;
        m_fetchBar->hide();
        if (!reply && reply.error().code != ErrorCode::Cancelled)
            m_problem = errorSentence(reply.error());
        if (reply)
            askModels();
        showForecast();
    };
    m_fetchJob = m_bench.jobs().submit(std::move(spec));
    m_fetchBar->setText(tr("Fetching"), {});
    m_fetchBar->setValue(0);
    m_fetchBar->show();
    showForecast();
}

void ModelChooser::followFetch()
{
    const Job *job = m_fetchJob != 0 ? m_bench.jobs().job(m_fetchJob) : nullptr;
    if (!job)
        return;
    const double share = job->progress.total > 0 ? static_cast<double>(job->progress.done) / static_cast<double>(job->progress.total) : 0;
    const QString left = timeLeftText(job->secondsLeft);
    m_fetchBar->setText(tr("Fetching %1").arg(job->spec.detail), left.isEmpty() ? progressText(job->progress) : QStringLiteral("%1, %2").arg(progressText(job->progress), left));
    m_fetchBar->setValue(share);
}

void ModelChooser::open() { openWith(QStringLiteral("auto")); }

void ModelChooser::openWith(const QString &weights)
{
    const ModelEntry *entry = chosen();
    if (!entry || !m_open->isEnabled())
        return;
    if (!entry->present)
        return fetch();
    if (m_role == Role::Model)
        m_bench.chooseModel(entry->name, weights);
    else
        m_bench.chooseSmallModel(entry->name, weights);
    accept();
}

void ModelChooser::browseFile()
{
    const QString path = QFileDialog::getOpenFileName(this, tr("Open Model"), m_bench.settings().modelFolder(), tr("Models (*.gguf);;All files (*)"));
    if (!path.isEmpty())
        select(path);
}

void ModelChooser::browseFolder()
{
    const QString path = QFileDialog::getExistingDirectory(this, tr("Open Hugging Face Folder"), m_bench.settings().modelFolder());
    if (!path.isEmpty())
        select(path);
}

void ModelChooser::dragEnterEvent(QDragEnterEvent *event)
{
    if (event->mimeData()->hasUrls())
        event->acceptProposedAction();
}

void ModelChooser::dropEvent(QDropEvent *event)
{
    for (const QUrl &url : event->mimeData()->urls()) {
        if (!url.isLocalFile())
            continue;
        event->acceptProposedAction();
        select(url.toLocalFile());
        return;
    }
}

} // namespace winnow
