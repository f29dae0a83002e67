#include "cli/cli.h"

#include "cli/command.h"
#include "cli/lost_file.h"
#include "cli/text_table.h"
#include "core/serve/machine.h"

#include <algorithm>
#include <cstdio>

namespace winnow {
namespace {

    std::string overview()
    {
        std::string text = "winnow-cli: shows what a language model can do without\n\nusage: winnow-cli COMMAND [options]\n\n";
        size_t width = 0;
        for (const CommandSpec &command : commandTable())
            width = std::max(width, command.name.size());
        for (const CommandSpec &command : commandTable())
            text += "  " + std::string(command.name) + std::string(width - command.name.size() + 2, ' ')
                + std::string(command.summary) + '\n';
        return text + "\nwinnow-cli COMMAND --help lists the options of a command. Exit status: 0 done, 1 failed, 2 wrong usage, "
                      "130 interrupted.\n";
    }

    std::string helpPage(const CommandSpec &command, const Arguments &arguments)
    {
        std::string text = "usage: winnow-cli " + std::string(command.name) + ' ' + std::string(command.usage) + "\n\n"
            + std::string(command.summary) + '\n' + optionHelp(command.options);
        if (command.details)
            text += '\n' + command.details(arguments);
        return text;
    }

    const CommandSpec *findCommand(const std::string &name)
    {
        const auto &table = commandTable();
        const auto found
            = std::find_if(table.begin(), table.end(), [&](const CommandSpec &command) { return command.name == name; });
        return found == table.end() ? nullptr : &*found;
    }

    int complainUnknown(const std::string &name)
    {
        std::vector<std::string> known;
        for (const CommandSpec &command : commandTable())
            known.emplace_back(command.name);
        const std::string near = nearestWord(name, known);
        std::fprintf(stderr, "winnow-cli: unknown command \"%s\"; %s\n", oneLine(name).c_str(),
            near.empty() ? "winnow-cli --help lists the commands" : ("did you mean " + near + "?").c_str());
        return kExitUsage;
    }

    int runCommand(const CommandSpec &command, const std::vector<std::string> &words)
    {
        auto arguments = Arguments::parse(words, command.options);
        if (!arguments) {
            const Error &error = arguments.error();
            std::fprintf(stderr, "winnow-cli %s: %s; %s\n", std::string(command.name).c_str(), oneLine(error.message).c_str(),
                oneLine(error.hint).c_str());
            return kExitUsage;
        }
        if (arguments->has("--help")) {
            std::fputs(helpPage(command, *arguments).c_str(), stdout);
            return kExitDone;
        }
        if (command.name != "serve") // whose window says it in its own words
            explainLostFiles();
        CommandContext context(std::string(command.name), std::move(*arguments));
        if (const auto style = context.arguments().value("--progress"); style && *style != "json")
            return context.wrongUsage({ErrorCode::BadInput, "--progress: expected json, found \"" + *style + "\"", ""});
        auto status = command.run(context);
        if (status)
            return *status;
        const bool cancelled = status.error().code == ErrorCode::Cancelled;
        return context.complain(status.error(), cancelled ? kExitInterrupted : kExitFailed);
    }

} // namespace

int runCli(int argc, char **argv)
{
    const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
    if (words.empty()) {
        std::fputs(overview().c_str(), stderr);
        return kExitUsage;
    }
    if (words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
        std::fputs(overview().c_str(), stdout);
        return kExitDone;
    }
    if (words[0] == "--version") {
        std::printf("winnow-cli %s (%s)\n", versionText().c_str(), commitText().c_str());
        return kExitDone;
    }
    const CommandSpec *command = findCommand(words[0]);
    if (!command)
        return complainUnknown(words[0]);
    return runCommand(*command, {words.begin() + 1, words.end()});
}

} // namespace winnow
