#pragma once

#include "core/model/jinja/syntax.h"

#include <map>
#include <set>
#include <string>

namespace winnow::jinja {

/// The variables of one frame while its code is analysed (jinja2.idtracking.Symbols). Branches of an `if` work on
/// copies, which share the frame and so the slots.
class Symbols {
public:
    Symbols(FramePlan &frame, const Symbols *parent)
        : m_frame(&frame)
        , m_parent(parent)
    {
    }

    void store(const std::string &name);
    void load(const std::string &name);
    size_t declareParameter(const std::string &name);
    void mergeBranches(const std::vector<Symbols> &branches);
    /// Where a name that was analysed lives; no slot for a name that was not.
    SlotRef find(const std::string &name) const;
    FramePlan &frame() const { return *m_frame; }
    /// Frames from here outwards may be held by a macro or a generator.
    void capture() const;

private:
    size_t define(const std::string &name, Load load, SlotRef outer = {});

    FramePlan *m_frame;
    const Symbols *m_parent;
    std::map<std::string, size_t> m_refs;
    std::map<size_t, SlotLoad> m_loads;
    std::set<std::string> m_stores;
};

} // namespace winnow::jinja
