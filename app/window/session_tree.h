#pragma once

#include <QTreeWidget>

namespace winnow {

class Look;
class Workbench;

/// What the session holds: inputs with token counts, runs with their letter, figures, notes. Click makes active; F2
/// renames, Delete removes, drag reorders inputs and gives texts to other programs.
class SessionTree : public QTreeWidget {
    Q_OBJECT
public:
    enum class Kind { Section, Input, Run, Figure, Note };
    enum Role { KindRole = Qt::UserRole + 1, IdRole, RightRole, LetterRole, ActiveRole };

    SessionTree(Workbench &bench, Look &look, QWidget *parent = nullptr);

    void renameCurrent();
    void removeCurrent();
    /// Kind and id of the current row; Section and 0 when none.
    std::pair<Kind, qint64> currentRecord() const;

    /// On the Words page the active run is that of the segmenters.
    void setWordsShown(bool shown);

Q_SIGNALS:
    void figureOpened(qint64 id);
    void noteOpened(qint64 id);
    void copyCommandAsked(qint64 runId);
    void evaluateAsked(qint64 runId);
    void generateAsked(qint64 runId);
    void scoredTokensAsked(qint64 inputId);
    void addTextAsked();
    void addNoteAsked();

protected:
    void contextMenuEvent(QContextMenuEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    QMimeData *mimeData(const QList<QTreeWidgetItem *> &items) const override;
    QStringList mimeTypes() const override;
    void dropEvent(QDropEvent *event) override;
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dragMoveEvent(QDragMoveEvent *event) override;

private:
    void rebuild();
    void refreshActive();
    QTreeWidgetItem *section(const QString &title, int count, const char *key);
    QTreeWidgetItem *addRow(QTreeWidgetItem *parent, Kind kind, qint64 id, const QString &text, const QString &right, const QString &icon);
    void onActivated(QTreeWidgetItem *item);
    void onEdited(QTreeWidgetItem *item);
    void fillRunMenu(QMenu &menu, qint64 id);

    Workbench &m_bench;
    Look &m_look;
    bool m_building = false, m_wordsShown = false;
    QSet<QString> m_collapsed{QStringLiteral("notes")};
};

} // namespace winnow
