#include "app/window/top_bar.h"

#include "app/window/actions.h"
#include "app/window/chooser.h"
#include "app/window/look.h"
#include "app/workbench/workbench.h"
#include "views/format.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QMenu>
#include <QPainter>
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

    QToolButton *iconButton(QAction *action, QWidget *parent)
    {
        auto *button = new QToolButton(parent);
        button->setDefaultAction(action);
        button->setFixedSize(28, 28);
        button->setIconSize({16, 16});
        button->setToolButtonStyle(Qt::ToolButtonIconOnly);
        button->setFocusPolicy(Qt::TabFocus);
        return button;
    }

    /// A short line between groups, with room on both sides.
    class Divider : public QWidget {
    public:
        Divider(Look &look, QWidget *parent)
            : QWidget(parent)
            , m_look(look)
        {
            setFixedSize(9, 18);
        }

    protected:
        void paintEvent(QPaintEvent *) override { QPainter(this).fillRect(QRect(4, 0, 1, height()), m_look.theme().hair); }

    private:
        Look &m_look;
    };

    QWidget *divider(Look &look, QWidget *parent) { return new Divider(look, parent); }

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
    setStyleSheet(QStringLiteral("QToolBar { padding: 0; spacing: 0; }"));
    layout()->setContentsMargins(0, 0, 0, 0);
    auto *row = m_row = new QWidget(this);
    auto *line = new QHBoxLayout(row);
    line->setContentsMargins(10, 0, 10, 0);
    line->setSpacing(8);
    row->setFixedHeight(41);
    row->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    m_pane = iconButton(actions.toggleSession, row);
    m_model = new Chooser(tr("Model"), look, row);
    m_small = new Chooser(tr("Small model"), look, row);
    m_input = new Chooser(tr("Input"), look, row);
    m_model->setMenu(new QMenu(m_model));
    m_small->setMenu(new QMenu(m_small));
    m_input->setMenu(new QMenu(m_input));
    m_run = buttonFor(actions.run, tr("Run"), row);
    setStyleProperty(m_run, "primary", true);
    m_cancel = buttonFor(actions.cancel, tr("Cancel"), row);
    m_undo = iconButton(actions.undo, row);
    m_redo = iconButton(actions.redo, row);
    m_find = new FindBox(look, row);
    for (QWidget *widget : {static_cast<QWidget *>(m_pane), static_cast<QWidget *>(m_model), static_cast<QWidget *>(m_small), static_cast<QWidget *>(m_input), divider(look, row),
             static_cast<QWidget *>(m_run), static_cast<QWidget *>(m_cancel), divider(look, row), static_cast<QWidget *>(m_undo), static_cast<QWidget *>(m_redo)})
        line->addWidget(widget);
    line->addStretch(1);
    line->addWidget(m_find);
    addWidget(row);
    m_pane->hide();
    m_small->hide();
    connect(m_find, &QToolButton::clicked, actions.find, &QAction::trigger);
    connect(m_model->menu(), &QMenu::aboutToShow, this, [this] { fillModelMenu(Role::Model); });
    connect(m_small->menu(), &QMenu::aboutToShow, this, [this] { fillModelMenu(Role::SmallModel); });
    connect(m_input->menu(), &QMenu::aboutToShow, this, &TopBar::fillInputMenu);
    for (auto signal : {&Workbench::modelChanged, &Workbench::smallModelChanged, &Workbench::activeInputChanged, &Workbench::sessionChanged, &Workbench::tokenCountsChanged})
        connect(&bench, signal, this, &TopBar::refresh);
    connect(&bench, &Workbench::familyChanged, this, &TopBar::refresh);
    connect(&look, &Look::changed, this, &TopBar::refresh);
    refresh();
}

void TopBar::setCompact(bool compact)
{
    if (m_compact == compact)
        return;
    m_compact = compact;
    m_pane->setVisible(compact);
    m_model->setCompact(compact);
    m_small->setCompact(compact);
    m_input->setCompact(compact);
    m_cancel->setText(compact ? QString() : tr("Cancel"));
    m_cancel->setStyleSheet(compact ? QStringLiteral("QPushButton { padding: 0; }") : QString());
    m_cancel->setMinimumWidth(compact ? 28 : 0);
    m_cancel->setMaximumWidth(compact ? 28 : QWIDGETSIZE_MAX);
    m_find->setCompact(compact);
    setSmallModelShown(!m_small->isHidden());
}

void TopBar::setSmallModelShown(bool shown)
{
    m_small->setVisible(shown);
    fit();
}

void TopBar::fit()
{
    const bool shown = !m_small->isHidden();
    for (Chooser *chooser : {m_model, m_small, m_input})
        chooser->setNarrow(m_compact && shown);
    if (m_compact || !shown || m_row->layout()->sizeHint().width() <= width())
        return;
    for (Chooser *chooser : {m_model, m_small})
        chooser->setNarrow(true);
}

void TopBar::resizeEvent(QResizeEvent *event)
{
    QToolBar::resizeEvent(event);
    fit();
}

void TopBar::refresh()
{
    using Phase = ModelState::Phase;
    const auto show = [this](Chooser *chooser, const ModelState &model) {
        const QString title = model.phase == Phase::None ? tr("none") : model.title();
        switch (model.phase) {
        case Phase::None: chooser->setValue(title); break;
        case Phase::NotLoaded: chooser->setValue(title, tr("not loaded"), m_bench.engine().state() == EngineClient::State::Lost ? Chooser::Tone::Error : Chooser::Tone::Quiet); break;
        case Phase::Loading: chooser->setValue(title, tr("loading")); break;
        case Phase::Failed: chooser->setValue(title, tr("failed"), Chooser::Tone::Error); break;
        case Phase::Ready: chooser->setValue(title, chooser == m_model ? model.place() : QString()); break; // the small one runs where the large one does
        }
    };
    show(m_model, m_bench.model());
    show(m_small, m_bench.smallModel());
    const InputRecord *input = m_bench.document().input(m_bench.shownInput());
    m_input->setValue(input ? QString::fromStdString(input->name) : tr("none"));
    m_run->setIcon(m_look.icon(QStringLiteral("media-playback-start"), m_look.theme().onAccent));
    m_cancel->setIcon(m_look.icon(QStringLiteral("process-stop"), m_look.theme().t1));
    fit();
}

void TopBar::fillModelMenu(Role role)
{
    QMenu *menu = (role == Role::Model ? m_model : m_small)->menu();
    menu->clear();
    if (role == Role::Model) {
        menu->addActions({m_actions.openModel, m_actions.reloadModel, m_actions.modelInfo});
    } else {
        menu->addAction(m_actions.openSmallModel);
        const bool chosen = m_bench.smallModel().phase != ModelState::Phase::None;
        menu->addAction(tr("None"), &m_bench, &Workbench::forgetSmallModel)->setEnabled(chosen);
        const QString same = QString::fromStdString(m_bench.model().choice.model);
        if (!same.isEmpty())
            menu->addAction(tr("The Same Model, %1").arg(m_bench.model().title()), this, [this, same] { m_bench.chooseSmallModel(same); });
    }
    menu->addSeparator();
    QAction *wait = menu->addAction(tr("Asking the engine…"));
    wait->setEnabled(false);
    RequestHandlers handlers;
    handlers.done = [this, menu, wait, role](Result<Document> reply) {
        if (!reply || !reply->body.contains("models") || !reply->body["models"].is_array()) {
            wait->setText(tr("The engine is not running"));
            return;
        }
        menu->removeAction(wait);
        addModels(menu, reply->body["models"], role);
    };
    m_bench.engine().send(Json{{"command", "models"}}, {}, std::move(handlers));
}

void TopBar::addModels(QMenu *menu, const Json &models, Role role)
{
    const std::string &current = (role == Role::Model ? m_bench.model() : m_bench.smallModel()).choice.model;
    for (const Json &entry : models) {
        const QString name = QString::fromStdString(entry.value("name", ""));
        const bool present = entry.value("present", false);
        const QString title = QString::fromStdString(entry.value("title", entry.value("name", "")));
        const QString size = format::bytes(entry.value("bytes", -1.0));
        QAction *action = menu->addAction(present ? title : tr("%1 (not here, %2)").arg(title, size));
        action->setToolTip(present ? QString::fromStdString(entry.value("path", "")) : tr("Opens the chooser, which fetches it"));
        action->setCheckable(true);
        action->setChecked(name.toStdString() == current);
        connect(action, &QAction::triggered, this, [this, name, present, role] {
            if (role == Role::Model)
                present ? m_bench.chooseModel(name) : Q_EMIT modelAsked(name);
            else
                present ? m_bench.chooseSmallModel(name) : Q_EMIT smallModelAsked(name);
        });
    }
}

void TopBar::fillInputMenu()
{
    QMenu *menu = m_input->menu();
    menu->clear();
    for (const InputRecord &input : m_bench.document().inputs()) {
        QAction *action = menu->addAction(QString::fromStdString(input.name));
        action->setCheckable(true);
        action->setChecked(input.id == m_bench.shownInput());
        const qint64 id = input.id;
        connect(action, &QAction::triggered, &m_bench, [this, id] { m_bench.chooseInput(id); });
    }
    menu->addSeparator();
    menu->addAction(m_actions.addText);
    menu->addAction(m_actions.pasteText);
}

} // namespace winnow
