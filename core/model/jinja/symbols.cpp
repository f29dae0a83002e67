#include "core/model/jinja/symbols.h"

namespace winnow::jinja {

size_t Symbols::define(const std::string &name, Load load, SlotRef outer)
{
    // one slot a name and frame, also when several branches define it
    size_t slot = m_frame->slots.size();
    for (size_t i = 0; i < m_frame->slots.size(); ++i) {
        if (m_frame->slots[i].name == name)
            slot = i;
    }
    if (slot == m_frame->slots.size())
        m_frame->slots.push_back({ Load::Undefined, name, {} });
    m_frame->slots[slot].load = load;
    m_frame->slots[slot].outer = outer;
    m_refs[name] = slot;
    return slot;
}

SlotRef Symbols::find(const std::string &name) const
{
    int hops = 0;
    for (const Symbols *at = this; at; at = at->m_parent, ++hops) {
        if (const auto found = at->m_refs.find(name); found != at->m_refs.end())
            return { hops, found->second };
    }
    return {};
}

void Symbols::capture() const
{
    for (const Symbols *at = this; at; at = at->m_parent)
        at->m_frame->captured = true;
}

void Symbols::store(const std::string &name)
{
    m_stores.insert(name);
    if (m_refs.contains(name))
        return;
    const SlotRef outer = m_parent ? m_parent->find(name) : SlotRef();
    if (outer.slot != SIZE_MAX)
        define(name, Load::Alias, outer);
    else
        define(name, Load::Undefined);
}

size_t Symbols::declareParameter(const std::string &name)
{
    m_stores.insert(name);
    return define(name, Load::Parameter);
}

void Symbols::load(const std::string &name)
{
    if (find(name).slot == SIZE_MAX)
        define(name, Load::Resolve);
}

void Symbols::mergeBranches(const std::vector<Symbols> &branches)
{
    std::set<std::string> stored;
    for (const Symbols &branch : branches)
        stored.insert(branch.m_stores.begin(), branch.m_stores.end());
    for (const std::string &name : m_stores)
        stored.erase(name);
    for (const Symbols &branch : branches) {
        for (const auto &[name, slot] : branch.m_refs)
            m_refs[name] = slot;
        m_stores.insert(branch.m_stores.begin(), branch.m_stores.end());
    }
    for (const std::string &name : stored) { // set on one way only: what it was before is looked up
        SlotLoad &slot = m_frame->slots[m_refs.at(name)];
        const SlotRef outer = m_parent ? m_parent->find(name) : SlotRef();
        slot.load = outer.slot != SIZE_MAX ? Load::Alias : Load::Resolve;
        slot.outer = outer;
    }
}

} // namespace winnow::jinja
