#include "core/model/jinja/format_field.h"

#include "core/model/jinja/text.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace winnow::jinja {

std::string asciiOnly(const std::string &text)
{
    std::string result;
    for (const char32_t point : decode(text)) {
        char buffer[12];
        if (point < 0x80)
            result += static_cast<char>(point);
        else {
            std::snprintf(buffer, sizeof buffer,
                point < 0x100         ? "\\x%02x"
                    : point < 0x10000 ? "\\u%04x"
                                      : "\\U%08x",
                static_cast<unsigned>(point));
            result += buffer;
        }
    }
    return result;
}

int64_t wholeOf(Machine &machine, double value)
{
    if (std::isnan(value))
        machine.fail("cannot convert float NaN to integer");
    if (std::isinf(value))
        machine.fail("cannot convert float infinity to integer");
    if (std::fabs(value) >= 9.2e18)
        machine.fail("a whole number does not fit into 64 bits", ErrorCode::Unsupported);
    return static_cast<int64_t>(value);
}

std::string cutText(const std::string &text, int64_t points)
{
    return points < 0 ? text : text.substr(0, byteOffset(text, static_cast<size_t>(points)));
}

void checkWidth(Machine &machine, const NumberFormat &format)
{
    if (format.width > kWidestField || format.precision > kWidestField)
        machine.fail("a field wider than " + std::to_string(kWidestField) + " characters");
    machine.meter.copied(static_cast<size_t>(format.width + std::max<int64_t>(format.precision, 0)) * 4);
}

} // namespace winnow::jinja
