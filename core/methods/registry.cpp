#include "core/methods/registry.h"

namespace winnow {

const MethodSpec *findMethod(std::string_view id)
{
    for (const MethodSpec *spec : methodTable()) {
        if (spec->id == id)
            return spec;
    }
    return nullptr;
}

std::vector<const MethodSpec *> methodsOf(std::string_view family)
{
    std::vector<const MethodSpec *> found;
    for (const MethodSpec *spec : methodTable()) {
        if (spec->family == family)
            found.push_back(spec);
    }
    return found;
}

} // namespace winnow
