#include "app/window/top_bar.h"

#include "app/window/actions.h"
#include "app/window/chooser.h"
#include "app/window/look.h"
#include "app/workbench/workbench.h"
#include "views/format.h"

#include <QFileInfo>
#include <QLayout>
#include <QMenu>
#include <QPushButton>

namespace winnow {
namespace {

    /// Binds a push button to an action: text, state and tooltip follow it.
    QPushButton *buttonFor(QAction *action, const QString &text, QWidget *parent)
    {
        auto *button = new QPushButton(text, parent);
        button->setFixedHeight(28);
        button->setAccessibleName(text);
        auto follow = [button, action] {
            button->setEnabled(action->isEnabled());
            button->setToolTip(action->toolTip());
        };
        QObject::connect(action, &QAction::changed, button, follow);
        QObject::connect(button, &QPushButton::clicked, action, &QAction::trigger);
        follow();
        return button;
    }

} // namespace

TopBar::TopBar(Workbench &bench, Look &look, const Actions &actions, QWidget *parent)
    : QToolBar(tr("Toolbar"), parent)
    , m_bench(bench)
    , m_look(look)
    , m_actions(actions)
{
    setObjectName(QStringLiteral("toolbar"));
    setMovable(false);
    setFloatable(false);
    setContextMenuPolicy(Qt::PreventContextMenu);
    setFixedHeight(42);
    setIconSize({16, 16});
    layout()->setContentsMargins(10, 0, 10, 0);
    layout()->setSpacing(8);
    setStyleSheet(QStringLiteral("QToolBar { padding: 0; }"));
    m_pane = new QToolButton(this);
    m_pane->setDefaultAction(actions.toggleSession);
    m_pane->setFixedSize(28, 28);
    m_paneAction = addWidget(m_pane);
    m_model = new Chooser(tr("Model"), look, this);
    m_input = new Chooser(tr("Input"), look, this);
    m_model->setMenu(new QMenu(m_model));
    m_input->setMenu(new QMenu(m_input));
    addWidget(m_model);
    addWidget(m_input);
    addSeparator();
    m_run = buttonFor(actions.run, tr("Run"), this);
    setStyleProperty(m_run, "primary", true);
    m_cancel = buttonFor(actions.cancel, tr("Cancel"), this);
    addWidget(m_run);
    addWidget(m_cancel);
    addSeparator();
    m_undo = new QToolButton(this);
    m_redo = new QToolButton(this);
    m_undo->setDefaultAction(actions.undo);
    m_redo->setDefaultAction(actions.redo);
    for (QToolButton *button : {m_undo, m_redo}) {
        button->setFixedSize(28, 28);
        button->setToolButtonStyle(Qt::ToolButtonIconOnly);
        addWidget(button);
    }
    auto *space = new QWidget(this);
    space->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    addWidget(space);
    auto *find = new FindBox(look, this);
    addWidget(find);
    connect(find, &QToolButton::clicked, actions.find, &QAction::trigger);
    connect(this, &QToolBar::orientationChanged, find, [] {});
    setProperty("findBox", QVariant::fromValue(static_cast<QObject *>(find)));
    connect(m_model->menu(), &QMenu::aboutToShow, this, &TopBar::fillModelMenu);
    connect(m_input->menu(), &QMenu::aboutToShow, this, &TopBar::fillInputMenu);
    for (auto signal : {&Workbench::modelChanged, &Workbench::activeInputChanged, &Workbench::sessionChanged, &Workbench::tokenCountsChanged})
        connect(&bench, signal, this, &TopBar::refresh);
    connect(&look, &Look::changed, this, &TopBar::refresh);
    refresh();
}

void TopBar::setCompact(bool compact)
{
    if (m_compact == compact && m_paneAction->isVisible() == compact)
        return;
    m_compact = compact;
    m_paneAction->setVisible(compact);
    m_model->setCompact(compact);
    m_input->setCompact(compact);
    m_cancel->setText(compact ? QString() : tr("Cancel"));
    m_cancel->setFixedWidth(compact ? 28 : m_cancel->sizeHint().width());
    setStyleProperty(m_cancel, "square", compact);
    if (auto *find = qobject_cast<FindBox *>(property("findBox").value<QObject *>()))
        find->setCompact(compact);
}

void TopBar::refresh()
{
    const ModelState &model = m_bench.model();
    using Phase = ModelState::Phase;
    const QString title = model.phase == Phase::None ? tr("none") : model.title();
    switch (model.phase) {
    case Phase::None: m_model->setValue(title); break;
    case Phase::NotLoaded: m_model->setValue(title, tr("not loaded"), m_bench.engine().state() == EngineClient::State::Lost ? Chooser::Tone::Error : Chooser::Tone::Quiet); break;
    case Phase::Loading: m_model->setValue(title, tr("loading")); break;
    case Phase::Failed: m_model->setValue(title, tr("failed"), Chooser::Tone::Error); break;
    case Phase::Ready: m_model->setValue(title, model.place()); break;
    }
    const InputRecord *input = m_bench.document().input(m_bench.activeInput());
    m_input->setValue(input ? QString::fromStdString(input->name) : tr("none"));
    m_run->setIcon(m_look.icon(QStringLiteral("media-playback-start"), m_look.theme().onAccent));
    m_cancel->setIcon(m_look.icon(QStringLiteral("process-stop"), m_look.theme().t1));
}

void TopBar::fillModelMenu()
{
    QMenu *menu = m_model->menu();
    menu->clear();
    menu->addAction(m_actions.openModel);
    menu->addAction(m_actions.reloadModel);
    menu->addAction(m_actions.modelInfo);
    menu->addSeparator();
    QAction *wait = menu->addAction(tr("Asking the engine…"));
    wait->setEnabled(false);
    RequestHandlers handlers;
    handlers.done = [this, menu, wait](Result<Document> reply) {
        if (!reply || !reply->body.contains("models") || !reply->body["models"].is_array()) {
            wait->setText(tr("The engine is not running"));
            return;
        }
        menu->removeAction(wait);
        for (const Json &entry : reply->body["models"]) {
            const QString name = QString::fromStdString(entry.value("name", ""));
            const bool present = entry.value("present", false);
            const QString title = QString::fromStdString(entry.value("title", entry.value("name", "")));
            const QString size = format::bytes(entry.value("bytes", -1.0));
            QAction *action = menu->addAction(present ? title : tr("%1 (not here, %2)").arg(title, size));
            action->setEnabled(present);
            action->setToolTip(present ? QString::fromStdString(entry.value("path", "")) : tr("Fetch it with: winnow-cli models get %1").arg(name));
            action->setCheckable(true);
            action->setChecked(name.toStdString() == m_bench.model().choice.model);
            connect(action, &QAction::triggered, &m_bench, [this, name] { m_bench.chooseModel(name); });
        }
    };
    m_bench.engine().send(Json{{"command", "models"}}, {}, std::move(handlers));
}

void TopBar::fillInputMenu()
{
    QMenu *menu = m_input->menu();
    menu->clear();
    for (const InputRecord &input : m_bench.document().inputs()) {
        QAction *action = menu->addAction(QString::fromStdString(input.name));
        action->setCheckable(true);
        action->setChecked(input.id == m_bench.activeInput());
        const qint64 id = input.id;
        connect(action, &QAction::triggered, &m_bench, [this, id] { m_bench.setActiveInput(id); });
    }
    menu->addSeparator();
    menu->addAction(m_actions.addText);
    menu->addAction(m_actions.pasteText);
}

} // namespace winnow
