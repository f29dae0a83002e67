#include "core/base/command_line.h"

#include "core/base/json_fields.h"

#include <algorithm>
#include <array>
#include <utility>

namespace winnow {
namespace {

    // Linux refuses longer arguments (MAX_ARG_STRLEN is 131,072 bytes).
    constexpr size_t kLongestWord = 100000;

    /// Collects options; the first thing that has no option form makes the whole command fall back
    /// to a request file.
    class OptionWriter {
    public:
        void option(const char *name, std::string value)
        {
            if (value.size() > kLongestWord || value.find('\0') != std::string::npos)
                m_expressible = false;
            m_words.emplace_back(name);
            m_words.push_back(std::move(value));
        }
        void flag(const char *name) { m_words.emplace_back(name); }
        void refuse() { m_expressible = false; }
        bool expressible() const { return m_expressible; }
        std::vector<std::string> &words() { return m_words; }

    private:
        std::vector<std::string> m_words;
        bool m_expressible = true;
    };

    std::string plainText(const Json &value)
    {
        return value.is_string() ? value.get<std::string>() : jsonText(value);
    }

    std::string joined(const Json &list, OptionWriter &writer)
    {
        std::string text;
        if (!list.is_array() || list.empty())
            writer.refuse();
        for (const Json &entry : list)
            text.append(text.empty() ? "" : ",").append(plainText(entry));
        return text;
    }

    const MethodInfo *find(std::span<const MethodInfo> methods, const std::string &id)
    {
        const auto at = std::find_if(
            methods.begin(), methods.end(), [&](const MethodInfo &info) { return info.id == id; });
        return at == methods.end() ? nullptr : &*at;
    }

    /// The parameters that differ from the method's defaults, all when the method is not known.
    Json chosenParameters(const Json &given, const MethodInfo *info)
    {
        Json chosen = Json::object();
        if (!given.is_object())
            return chosen;
        const Result<Json> defaults
            = info ? canonicalParameters(*info, Json::object()) : Result<Json>(Json::object());
        for (const auto &[name, value] : given.items()) {
            if (!defaults || !defaults->contains(name) || defaults->at(name) != value)
                chosen[name] = value;
        }
        return chosen;
    }

    void writeInput(const Json &input, const CommandFiles &files, OptionWriter &writer)
    {
        if (input.contains("ids")) {
            if (files.ids.empty())
                writer.refuse();
            writer.option("--ids-file", files.ids);
        } else if (!files.text.empty()) {
            writer.option("--text-file", files.text);
        } else if (input.contains("text") && input["text"].is_string()) {
            writer.option("--text", input["text"].get<std::string>());
        } else {
            writer.refuse();
        }
        for (const auto &[name, value] : input.items()) {
            if (name != "ids" && name != "text" && name != "name")
                writer.refuse();
        }
    }

    void writeContinuation(
        const Json &continuation, const CommandFiles &files, OptionWriter &writer)
    {
        const bool ids = continuation.contains("ids");
        if (files.continuation.empty() || !(ids || continuation.contains("text")))
            writer.refuse();
        writer.option(ids ? "--continuation-ids" : "--continuation-file", files.continuation);
    }

    void writeMethods(const Json &list, std::span<const MethodInfo> methods, OptionWriter &writer)
    {
        std::string ids;
        if (!list.is_array() || list.empty())
            writer.refuse();
        for (const Json &entry : list) {
            const std::string id
                = entry.is_object() ? stringField(entry, "method") : plainText(entry);
            ids.append(ids.empty() ? "" : ",").append(id);
            // --param holds for every method of the command; values of one method cannot be said
            // there.
            if (!chosenParameters(childField(entry, "params"), find(methods, id)).empty())
                writer.refuse();
        }
        writer.option("--methods", ids);
    }

    void writeParameters(
        const Json &request, std::span<const MethodInfo> methods, OptionWriter &writer)
    {
        const Json chosen = chosenParameters(
            childField(request, "params"), find(methods, stringField(request, "method")));
        for (const auto &[name, value] : chosen.items())
            writer.option("--param", name + "=" + plainText(value));
    }

    constexpr std::array<std::pair<const char *, const char *>, 15> kPlainFields { {
        { "device", "--device" },
        { "dtype", "--dtype" },
        { "weights", "--weights" },
        { "threads", "--threads" },
        { "seed", "--seed" },
        { "budget", "--budget" },
        { "scoreLast", "--score-last" },
        { "top", "--top" },
        { "window", "--window" },
        { "tokens", "--tokens" },
        { "maxNew", "--max-new" },
        { "generate", "--generate" },
        { "answer", "--answer" },
        { "temperature", "--temperature" },
        { "mode", "--mode" },
    } };

    // Values that say "as the program decides" add nothing to a command.
    bool isDefault(const std::string &name, const Json &value)
    {
        if (name == "device" || name == "dtype" || name == "weights")
            return value == "auto";
        return (name == "threads" && value == 0) || value.is_null();
    }

    bool writeField(const Json &request, const std::string &name, const CommandFiles &files,
        std::span<const MethodInfo> methods, OptionWriter &writer)
    {
        const Json &value = request[name];
        if (name == "model" || name == "method")
            writer.option(name == "model" ? "--model" : "--method", plainText(value));
        else if (name == "smallModel")
            writer.option("--small-model", plainText(value));
        else if (name == "input")
            writeInput(value, files, writer);
        else if (name == "continuation")
            writeContinuation(value, files, writer);
        else if (name == "methods")
            writeMethods(value, methods, writer);
        else if (name == "params")
            writeParameters(request, methods, writer);
        else if (name == "budgets" || name == "seeds")
            writer.option(name == "budgets" ? "--budgets" : "--seeds", joined(value, writer));
        else if ((name == "measure" || name == "withScores") && value.is_boolean()) {
            if (value.get<bool>())
                writer.flag(name == "measure" ? "--measure" : "--with-scores");
        } else
            return false;
        return true;
    }

    void writeFields(const Json &request, const CommandFiles &files,
        std::span<const MethodInfo> methods, OptionWriter &writer)
    {
        // The order people read in; what is left follows in the order of the table.
        std::vector<std::string> names { "model", "smallModel", "input", "method", "methods", "budget", "budgets",
            "params", "scoreLast", "continuation", "measure" };
        for (const auto &[name, value] : request.items()) {
            if (name != "command" && std::find(names.begin(), names.end(), name) == names.end())
                names.push_back(name);
        }
        for (const std::string &name : names) {
            if (!request.contains(name) || isDefault(name, request[name])
                || writeField(request, name, files, methods, writer))
                continue;
            const auto plain = std::find_if(kPlainFields.begin(), kPlainFields.end(),
                [&](const auto &field) { return name == field.first; });
            if (plain == kPlainFields.end() || request[name].is_structured())
                writer.refuse();
            else
                writer.option(plain->second, plainText(request[name]));
        }
    }

    bool isSafe(char c)
    {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
            || std::string_view("_./:=,%+@-").find(c) != std::string_view::npos;
    }

} // namespace

Command commandFor(
    const Json &request, const CommandFiles &files, std::span<const MethodInfo> methods)
{
    const std::string verb = request.is_object() ? stringField(request, "command", "run") : "run";
    OptionWriter writer;
    if (request.is_object())
        writeFields(request, files, methods, writer);
    else
        writer.refuse();
    Command command;
    command.words = { "winnow-cli", verb };
    command.needsRequestFile = !writer.expressible();
    if (command.needsRequestFile)
        command.words.insert(command.words.end(), { "--request", files.request });
    else
        command.words.insert(command.words.end(), writer.words().begin(), writer.words().end());
    return command;
}

std::string quoteForShell(std::string_view word)
{
    // A leading "~" or "=" is special in some shells; neither is a safe first character here ("="
    // is allowed inside).
    if (!word.empty() && word.front() != '=' && std::all_of(word.begin(), word.end(), isSafe))
        return std::string(word);
    std::string quoted(1, '\'');
    for (const char c : word) {
        if (c == '\'')
            quoted += "'\\''";
        else
            quoted += c;
    }
    quoted += '\'';
    return quoted;
}

std::string shellLine(const Command &command)
{
    std::string line;
    for (const std::string &word : command.words)
        line.append(line.empty() ? "" : " ").append(quoteForShell(word));
    return line;
}

std::string shellBlock(const Command &command)
{
    std::string block;
    for (const std::string &word : command.words) {
        const bool option = word.starts_with("--");
        if (!block.empty())
            block += option ? " \\\n  " : " ";
        block += quoteForShell(word);
    }
    return block;
}

} // namespace winnow
