#include "app/workbench/setting_command.h"

namespace winnow {

SettingCommand::SettingCommand(Workbench &bench, Setting before, Setting after, const QString &text, const QString &mergeKey, int gesture)
    : QUndoCommand(text)
    , m_bench(bench)
    , m_before(std::move(before))
    , m_after(std::move(after))
    , m_mergeKey(mergeKey)
    , m_gesture(gesture)
{
}

void SettingCommand::redo() { m_bench.applySetting(m_after); }

void SettingCommand::undo() { m_bench.applySetting(m_before); }

bool SettingCommand::mergeWith(const QUndoCommand *other)
{
    const auto *next = static_cast<const SettingCommand *>(other);
    if (next->m_mergeKey != m_mergeKey || next->m_gesture != m_gesture)
        return false;
    m_after = next->m_after;
    return true;
}

} // namespace winnow
