#include "cli/method_text.h"

#include "cli/text_table.h"

#include <charconv>

namespace winnow {
namespace {

    std::string numberText(double value)
    {
        char buffer[64];
        return std::string(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
    }

    std::string defaultText(const ParameterInfo &parameter)
    {
        switch (parameter.type) {
        case ParameterType::Bool:
            return parameter.defaultValue != 0 ? "on" : "off";
        case ParameterType::Choice:
            return parameter.choices.at(size_t(parameter.defaultValue));
        case ParameterType::Text:
            return "empty";
        case ParameterType::Int:
        case ParameterType::Float:
            break;
        }
        return numberText(parameter.defaultValue);
    }

    std::string rangeText(const ParameterInfo &parameter)
    {
        if (parameter.type == ParameterType::Bool)
            return "on, off";
        if (parameter.type == ParameterType::Text)
            return "text";
        if (parameter.type == ParameterType::Choice) {
            std::string words;
            for (const std::string &choice : parameter.choices)
                words += (words.empty() ? "" : ", ") + choice;
            return words;
        }
        return numberText(parameter.minimum) + ".." + numberText(parameter.maximum) + (parameter.oddOnly ? " odd" : "");
    }

    std::string budgetRange(const MethodInfo &method)
    {
        return method.budgetUnit.empty() ? "none"
                                         : numberText(method.minimumFraction * 100) + " % to 100 % of the "
                + method.budgetUnit + ", default " + numberText(method.defaultFraction * 100) + " %";
    }

} // namespace

std::string methodText(const MethodInfo &method)
{
    std::string text = method.id + "  " + method.title + " (" + method.family + ", " + method.source + ")\n  " + method.summary
        + "\n  budget: " + budgetRange(method) + '\n';
    if (method.parameters.empty())
        return text + '\n';
    TextTable table({"  parameter", "default", "range", "unit", "effect"});
    for (const ParameterInfo &parameter : method.parameters)
        table.row({"  " + parameter.name, defaultText(parameter), rangeText(parameter), parameter.unit, parameter.tooltip});
    return text + table.text() + '\n';
}

std::string methodMarkdown(const std::vector<MethodInfo> &methods)
{
    std::string text = "| id | method | source | budget | parameters (default; range) | what it keeps |\n|---|---|---|---|---|---|\n";
    for (const MethodInfo &method : methods) {
        std::string parameters;
        for (const ParameterInfo &parameter : method.parameters)
            parameters += (parameters.empty() ? "" : ", ") + ("`" + parameter.name) + "` (" + defaultText(parameter) + "; "
                + rangeText(parameter) + ")";
        const std::string source
            = method.sourceUrl.empty() ? method.source : "[" + method.source + "](" + method.sourceUrl + ")";
        text += "| `" + method.id + "` | " + method.title + " | " + source + " | "
            + (method.budgetUnit.empty() ? "-" : method.budgetUnit) + " | " + (parameters.empty() ? "-" : parameters) + " | "
            + method.summary + " |\n";
    }
    return text;
}

} // namespace winnow
