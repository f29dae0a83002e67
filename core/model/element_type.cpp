#include "core/model/element_type.h"

namespace winnow {

std::string_view nameOf(ElementType type)
{
    switch (type) {
    case ElementType::Bf16:
        return "bf16";
    case ElementType::F16:
        return "f16";
    case ElementType::F32:
        break;
    }
    return "f32";
}

Result<ElementType> chooseElementType(std::string_view dtype)
{
    if (dtype.empty() || dtype == "auto")
        return ElementType::F32;
    for (const ElementType type : {ElementType::F32, ElementType::Bf16, ElementType::F16}) {
        if (dtype == nameOf(type))
            return type;
    }
    return fail(ErrorCode::BadInput, "dtype: expected auto, f32, bf16 or f16, found \"" + std::string(dtype) + "\"");
}

} // namespace winnow
