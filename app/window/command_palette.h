#pragma once

#include <QFrame>
#include <QIcon>
#include <QStyledItemDelegate>

#include <functional>
#include <vector>

class QLabel;
class QLineEdit;
class QListWidget;

namespace winnow {

class Look;

/// One thing the palette can do.
struct PaletteEntry {
    QString group; // "Actions", "Methods", ...
    QString text, right; // right: shortcut or unit
    QString icon;
    std::function<void()> run;
    std::function<QString()> command; // Tab copies it; may be empty
};

/// Entries that match, best first within their group, groups in their order. Every word must occur; a prefix of a word
/// counts more than the middle of one.
std::vector<PaletteEntry> matchEntries(const std::vector<PaletteEntry> &entries, const QString &query, int most);

/// Find box over the page: type, choose with the arrows, Enter runs, Tab copies as command, Esc closes.
class CommandPalette : public QFrame {
    Q_OBJECT
public:
    CommandPalette(Look &look, QWidget *parent);
    void open(std::vector<PaletteEntry> entries);
    QLineEdit *edit() const { return m_edit; }
    QListWidget *list() const { return m_list; }

Q_SIGNALS:
    void commandCopied(const QString &line);

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;

private:
    void refresh();
    void runCurrent();
    void move(int by);

    Look &m_look;
    QLineEdit *m_edit;
    QLabel *m_count, *m_help;
    QListWidget *m_list;
    std::vector<PaletteEntry> m_entries, m_shown;
};

} // namespace winnow
