#include "cli/arguments.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>

namespace winnow {
namespace {

    constexpr size_t kHelpColumn = 34;
    constexpr size_t kHelpWidth = 110;

    const OptionSpec *findOption(std::span<const OptionGroup> groups, std::string_view name)
    {
        for (const OptionGroup &group : groups) {
            for (const OptionSpec &option : group.options) {
                if (option.name == name)
                    return &option;
            }
        }
        return nullptr;
    }

    tl::unexpected<Error> unknownOption(const std::string &name, std::span<const OptionGroup> groups)
    {
        std::vector<std::string> known;
        for (const OptionGroup &group : groups) {
            for (const OptionSpec &option : group.options)
                known.emplace_back(option.name);
        }
        const std::string near = nearestWord(name, known);
        return fail(ErrorCode::BadInput, "unknown option " + name,
            near.empty() ? "--help lists the options" : "did you mean " + near + "?");
    }

    size_t editDistance(const std::string &a, const std::string &b)
    {
        std::vector<size_t> row(b.size() + 1);
        std::iota(row.begin(), row.end(), size_t(0));
        for (size_t i = 0; i < a.size(); ++i) {
            size_t diagonal = row[0];
            row[0] = i + 1;
            for (size_t j = 0; j < b.size(); ++j) {
                const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
            }
        }
        return row.back();
    }

    /// Words of a help text in lines that begin at the help column.
    std::string wrapped(std::string_view text, size_t column)
    {
        std::string result;
        size_t at = column;
        while (!text.empty()) {
            const size_t end = std::min(text.find(' '), text.size());
            const std::string_view word = text.substr(0, end);
            if (at > column && at + 1 + word.size() > kHelpWidth) {
                result += '\n' + std::string(column, ' ');
                at = column;
            } else if (at > column) {
                result += ' ';
                ++at;
            }
            result += word;
            at += word.size();
            text.remove_prefix(std::min(end + 1, text.size()));
        }
        return result + '\n';
    }

    std::string numberText(double value)
    {
        char buffer[64];
        const auto written = std::to_chars(buffer, buffer + sizeof buffer, value);
        return std::string(buffer, written.ptr);
    }

} // namespace

std::string nearestWord(const std::string &word, const std::vector<std::string> &known)
{
    std::string best;
    size_t bestDistance = std::min(word.size(), std::max<size_t>(2, word.size() / 3) + 1);
    for (const std::string &candidate : known) {
        const size_t distance = editDistance(word, candidate);
        if (distance < bestDistance) {
            bestDistance = distance;
            best = candidate;
        }
    }
    return best;
}

Result<Arguments> Arguments::parse(const std::vector<std::string> &words, std::span<const OptionGroup> groups)
{
    Arguments arguments;
    bool optionsEnded = false;
    for (size_t i = 0; i < words.size(); ++i) {
        const std::string &word = words[i];
        if (optionsEnded || word.size() < 2 || word[0] != '-') {
            arguments.m_positional.push_back(word);
            continue;
        }
        if (word == "--") {
            optionsEnded = true;
            continue;
        }
        const size_t equals = word.find('=');
        const std::string name = word == "-h" ? "--help" : word.substr(0, equals);
        const OptionSpec *option = findOption(groups, name);
        if (!option)
            return unknownOption(name, groups);
        std::vector<std::string> &values = arguments.m_values[name];
        if (!values.empty() && !option->repeatable)
            return fail(ErrorCode::BadInput, name + " was given twice", "give it once");
        if (option->value.empty()) {
            if (equals != std::string::npos)
                return fail(ErrorCode::BadInput, name + " takes no value", "leave out \"" + word.substr(equals) + "\"");
            values.emplace_back();
        } else if (equals != std::string::npos) {
            values.push_back(word.substr(equals + 1));
        } else if (i + 1 < words.size()) {
            values.push_back(words[++i]);
        } else {
            return fail(ErrorCode::BadInput, name + " needs a value", "write " + name + " " + std::string(option->value));
        }
    }
    return arguments;
}

std::optional<std::string> Arguments::value(std::string_view option) const
{
    const auto found = m_values.find(std::string(option));
    return found == m_values.end() ? std::nullopt : std::optional(found->second.back());
}

std::vector<std::string> Arguments::values(std::string_view option) const
{
    const auto found = m_values.find(std::string(option));
    return found == m_values.end() ? std::vector<std::string>() : found->second;
}

Result<std::optional<int64_t>> Arguments::integer(std::string_view option, int64_t minimum, int64_t maximum) const
{
    const auto text = value(option);
    if (!text)
        return std::optional<int64_t>();
    int64_t number = 0;
    const auto read = std::from_chars(text->data(), text->data() + text->size(), number);
    if (read.ec != std::errc() || read.ptr != text->data() + text->size() || number < minimum || number > maximum)
        return fail(ErrorCode::BadInput,
            std::string(option) + ": expected a whole number from " + std::to_string(minimum) + " to "
                + std::to_string(maximum) + ", found \"" + *text + "\"");
    return std::optional(number);
}

Result<std::optional<double>> Arguments::number(std::string_view option, double minimum, double maximum) const
{
    const auto text = value(option);
    if (!text)
        return std::optional<double>();
    double number = 0;
    const auto read = std::from_chars(text->data(), text->data() + text->size(), number);
    const bool whole = read.ec == std::errc() && read.ptr == text->data() + text->size();
    if (!whole || !(number >= minimum && number <= maximum))
        return fail(ErrorCode::BadInput,
            std::string(option) + ": expected a number from " + numberText(minimum) + " to " + numberText(maximum)
                + ", found \"" + *text + "\"");
    return std::optional(number);
}

std::string optionHelp(std::span<const OptionGroup> groups)
{
    std::string help;
    for (const OptionGroup &group : groups) {
        help += '\n' + std::string(group.title) + ":\n";
        for (const OptionSpec &option : group.options) {
            std::string line = "  " + std::string(option.name);
            if (!option.value.empty())
                line += ' ' + std::string(option.value);
            if (line.size() + 2 > kHelpColumn)
                line += '\n' + std::string(kHelpColumn, ' ');
            else
                line.append(kHelpColumn - line.size(), ' ');
            help += line + wrapped(option.help, kHelpColumn);
        }
    }
    return help;
}

std::vector<std::string> splitList(std::string_view text)
{
    std::vector<std::string> parts;
    while (!text.empty()) {
        const size_t comma = std::min(text.find(','), text.size());
        std::string_view part = text.substr(0, comma);
        while (!part.empty() && part.front() == ' ')
            part.remove_prefix(1);
        while (!part.empty() && part.back() == ' ')
            part.remove_suffix(1);
        if (!part.empty())
            parts.emplace_back(part);
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return parts;
}

} // namespace winnow
