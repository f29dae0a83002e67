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

} // namespace winnow
