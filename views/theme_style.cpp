#include "views/theme.h"

#include <QHash>
#include <QRegularExpression>

namespace winnow {

namespace {

// One short sheet over Fusion. @name is a token of the table; @kind picks the chevrons drawn for light or dark ground.
constexpr auto kSheet = R"(
QMainWindow, QDialog { background: @bg; }
QMainWindow::separator { background: @hair; width: 1px; height: 1px; }
QToolTip { background: @raised; color: @t1; border: 1px solid @border; padding: 4px 6px; }
QMenuBar { background: @bg; color: @t1; padding: 0 8px; }
QMenuBar::item { background: transparent; padding: 5px 8px; border-radius: 4px; }
QMenuBar::item:selected { background: @hover; }
QMenu { background: @raised; color: @t1; border: 1px solid @border; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 26px; border-radius: 4px; }
QMenu::item:selected { background: @accentSoft; }
QMenu::item:disabled { color: @disabled; }
QMenu::icon { padding-left: 6px; }
QMenu::separator { height: 1px; background: @hair; margin: 4px 6px; }
QToolBar { background: @bg; border: none; border-bottom: 1px solid @hair; spacing: 8px; padding: 0 10px; }
QToolBar::separator { background: @hair; width: 1px; margin: 9px 6px; }
QStatusBar { background: @bg; color: @t2; border-top: 1px solid @hair; }
QStatusBar::item { border: none; }
QSplitter::handle { background: @hair; }
QSplitter::handle:hover { background: @border; }

QTabWidget::pane { border: none; border-top: 1px solid @hair; }
QTabBar { background: @bg; qproperty-drawBase: 0; }
QTabBar::tab { background: transparent; color: @t2; padding: 0 14px; height: 33px; border: none; border-top: 2px solid transparent; }
QTabBar::tab:selected { background: @surface; color: @t1; border-top: 2px solid @accent; font-weight: 600; }
QTabBar::tab:hover:!selected { color: @t1; }
QTabBar[place="dock"]::tab { padding: 0 10px; height: 28px; border-top: none; border-bottom: 2px solid transparent; }
QTabBar[place="dock"]::tab:selected { background: transparent; border-top: none; border-bottom: 2px solid @accent; }

QDockWidget { color: @t2; }
QDockWidget::title { background: @dock; padding: 8px 12px; }
QWidget[ground="dock"] { background: @dock; }
QWidget[ground="surface"] { background: @surface; }
QWidget[ground="sunken"] { background: @sunken; }
QWidget[ground="bg"] { background: @bg; }
QLabel { background: transparent; }
QLabel[tone="t2"] { color: @t2; }
QLabel[tone="t3"] { color: @t3; }
QLabel[tone="err"] { color: @err; }
QLabel[tone="warn"] { color: @warn; }
QLabel[tone="ok"] { color: @ok; }
QLabel[badge="ok"] { color: @ok; background: @okSoft; border-radius: 3px; padding: 1px 6px; }
QLabel[badge="warn"] { color: @warn; background: @warnSoft; border-radius: 3px; padding: 1px 6px; }
QLabel[badge="err"] { color: @err; background: @errSoft; border-radius: 3px; padding: 1px 6px; }
QLabel[badge="quiet"] { color: @t2; background: @sunken; border: 1px solid @hair; border-radius: 3px; padding: 0 6px; }

QPushButton { background: @raised; color: @t1; border: 1px solid @border; border-radius: 5px; padding: 0 12px; min-height: 26px; }
QPushButton:hover { border-color: @axis; }
QPushButton:pressed { background: @sunken; }
QPushButton:disabled { color: @disabled; background: transparent; border-color: @hair; }
QPushButton[primary="true"] { background: @accent; color: @onAccent; border-color: @accent; font-weight: 600; }
QPushButton[primary="true"]:hover { background: @accentHover; border-color: @accentHover; }
QPushButton[primary="true"]:disabled { color: @disabled; background: transparent; border-color: @hair; }
QPushButton[flat="true"] { background: transparent; border-color: transparent; }
QPushButton[flat="true"]:hover { background: @hover; }
QToolButton { background: transparent; color: @t2; border: 1px solid transparent; border-radius: 5px; padding: 2px; }
QToolButton:hover { background: @hover; }
QToolButton:pressed { background: @pressed; }
QToolButton:checked { background: @accentSoft; color: @accentText; }
QToolButton:disabled { color: @disabled; }
QToolButton::menu-indicator { image: none; width: 0; }
QToolButton[segment] { color: @t2; border: 1px solid @border; border-left-width: 0; border-radius: 0; padding: 0 9px; background: transparent; }
QToolButton[segment="first"], QToolButton[segment="only"] { border-left-width: 1px; border-top-left-radius: 5px; border-bottom-left-radius: 5px; }
QToolButton[segment="last"], QToolButton[segment="only"] { border-top-right-radius: 5px; border-bottom-right-radius: 5px; }
QToolButton[segment]:hover { background: @hover; }
QToolButton[segment]:checked { background: @accentSoft; color: @accentText; font-weight: 600; }
QToolButton[segment]:disabled { color: @disabled; }
QToolButton[chooser="true"] { background: @raised; color: @t1; border: 1px solid @border; padding: 0 8px; }
QToolButton[chooser="true"]:hover { border-color: @axis; }

QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDoubleSpinBox, QComboBox { background: @raised; color: @t1; border: 1px solid @border;
    border-radius: 4px; selection-background-color: @accent; selection-color: @onAccent; }
QLineEdit { padding: 0 8px; min-height: 26px; }
QSpinBox, QDoubleSpinBox { min-height: 24px; padding: 0 2px 0 4px; }
QComboBox { min-height: 24px; padding: 0 4px 0 8px; }
QLineEdit:hover, QSpinBox:hover, QDoubleSpinBox:hover, QComboBox:hover { border-color: @axis; }
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled { background: transparent; color: @disabled; border-color: @hair; }
winnow--ViewHeader QComboBox { min-height: 20px; max-height: 20px; }
QComboBox::drop-down { border: none; width: 20px; }
QComboBox::down-arrow { image: url(:/winnow/icons/chevron-down-@kind.svg); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: @raised; color: @t1; border: 1px solid @border; outline: none; padding: 3px;
    selection-background-color: @accentSoft; selection-color: @t1; }
QSpinBox::up-button, QDoubleSpinBox::up-button { border: none; border-left: 1px solid @hair; width: 16px; subcontrol-position: top right; }
QSpinBox::down-button, QDoubleSpinBox::down-button { border: none; border-left: 1px solid @hair; width: 16px; subcontrol-position: bottom right; }
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow { image: url(:/winnow/icons/chevron-up-@kind.svg); width: 9px; height: 9px; }
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow { image: url(:/winnow/icons/chevron-down-@kind.svg); width: 9px; height: 9px; }

QTreeView, QTableView, QListView { background: @surface; color: @t1; border: none; outline: none; gridline-color: transparent;
    selection-background-color: @accentSoft; selection-color: @t1; }
QTreeView::item { height: 26px; border: none; }
QTableView::item { border: none; border-bottom: 1px solid @grid; padding: 0 8px; }
QTreeView::item:hover, QTableView::item:hover, QListView::item:hover { background: @hover; }
QTreeView::item:selected, QTableView::item:selected, QListView::item:selected { background: @accentSoft; color: @t1; }
QTreeView::branch:has-children:closed { image: url(:/winnow/icons/chevron-right-@kind.svg); }
QTreeView::branch:has-children:open { image: url(:/winnow/icons/chevron-down-@kind.svg); }
QHeaderView { background: @surface; border: none; }
QHeaderView::section { background: @surface; color: @t2; border: none; border-bottom: 1px solid @hair; padding: 0 8px; height: 25px; }
QHeaderView::down-arrow { image: url(:/winnow/icons/chevron-down-@kind.svg); width: 9px; height: 9px; }
QHeaderView::up-arrow { image: url(:/winnow/icons/chevron-up-@kind.svg); width: 9px; height: 9px; }
QTableCornerButton::section { background: @surface; border: none; }

QProgressBar { background: @hair; border: none; border-radius: 2px; max-height: 4px; min-height: 4px; color: transparent; }
QProgressBar::chunk { background: @accent; border-radius: 2px; }
QSlider::groove:horizontal { height: 4px; background: @hair; border-radius: 2px; }
QSlider::sub-page:horizontal { background: @accent; border-radius: 2px; }
QSlider::handle:horizontal { width: 12px; height: 12px; margin: -5px 0; border-radius: 7px; background: #ffffff; border: 1px solid @border; }
QScrollBar { background: transparent; border: none; margin: 0; }
QScrollBar:vertical { width: 10px; }
QScrollBar:horizontal { height: 10px; }
QScrollBar::handle { background: @border; border-radius: 3px; margin: 2px; min-height: 24px; min-width: 24px; }
QScrollBar::handle:hover { background: @axis; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QScrollArea { border: none; background: transparent; }
QCheckBox { color: @t1; spacing: 6px; background: transparent; }
QCheckBox:disabled { color: @disabled; }
QCheckBox::indicator { width: 13px; height: 13px; border: 1px solid @border; border-radius: 3px; background: @raised; }
QCheckBox::indicator:hover { border-color: @axis; }
QCheckBox::indicator:checked { background: @accent; border-color: @accent; image: url(:/winnow/icons/check-@kind.svg); }
QCheckBox::indicator:disabled { border-color: @hair; background: transparent; }
)";

QString cssColor(const QColor &color)
{
    if (color.alpha() == 255)
        return color.name();
    return QStringLiteral("rgba(%1,%2,%3,%4)").arg(color.red()).arg(color.green()).arg(color.blue()).arg(color.alpha());
}

QColor withAlpha(QColor color, double alpha)
{
    color.setAlphaF(static_cast<float>(alpha));
    return color;
}

QHash<QString, QString> tokens(const Theme &t)
{
    const std::initializer_list<std::pair<const char *, QColor>> colors{{"bg", t.bg}, {"dock", t.dock},
        {"surface", t.surface}, {"raised", t.raised}, {"sunken", t.sunken}, {"hair", t.hair}, {"border", t.border},
        {"grid", t.grid}, {"axis", t.axis}, {"t1", t.t1}, {"t2", t.t2}, {"t3", t.t3}, {"disabled", t.disabled},
        {"accent", t.accent}, {"accentHover", t.accentHover}, {"onAccent", t.onAccent}, {"accentText", t.accentText},
        {"accentSoft", t.accentSoft}, {"ok", t.ok}, {"okSoft", t.okSoft}, {"warn", t.warn}, {"warnSoft", t.warnSoft},
        {"err", t.err}, {"errSoft", t.errSoft}, {"hover", withAlpha(t.t1, 0.05)}, {"pressed", withAlpha(t.t1, 0.10)}};
    QHash<QString, QString> table;
    for (const auto &[name, color] : colors)
        table.insert(QLatin1String(name), cssColor(color));
    table.insert(QStringLiteral("kind"), t.kind == ThemeKind::Light ? QStringLiteral("light") : QStringLiteral("dark"));
    return table;
}

} // namespace

QString Theme::styleSheet() const
{
    const QHash<QString, QString> table = tokens(*this);
    static const QRegularExpression name(QStringLiteral("@([A-Za-z0-9]+)"));
    const QString sheet = QLatin1String(kSheet);
    QString result;
    result.reserve(sheet.size());
    qsizetype from = 0;
    for (auto it = name.globalMatch(sheet); it.hasNext();) {
        const auto match = it.next();
        result += QStringView(sheet).mid(from, match.capturedStart() - from);
        result += table.value(match.captured(1));
        from = match.capturedEnd();
    }
    result += QStringView(sheet).mid(from);
    return result;
}

} // namespace winnow
