#pragma once

#include "app/workbench/workbench.h"

#include <QUndoCommand>

namespace winnow {

/// A change of the form; changes of one value in one gesture (a drag) are one step.
class SettingCommand : public QUndoCommand {
public:
    SettingCommand(Workbench &bench, Setting before, Setting after, const QString &text, const QString &mergeKey, int gesture);
    void redo() override;
    void undo() override;
    int id() const override { return 1; }
    bool mergeWith(const QUndoCommand *other) override;

private:
    Workbench &m_bench;
    Setting m_before, m_after;
    QString m_mergeKey;
    int m_gesture;
};

} // namespace winnow
