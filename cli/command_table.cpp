#include "cli/command.h"

#include "cli/common_options.h"

#include <array>

namespace winnow {
namespace {

    constexpr std::array<OptionSpec, 2> kMethods{{
        {"--family", "F", "only methods of this family"},
        {"--markdown", "", "the methods table of the README"},
    }};

} // namespace

const std::vector<CommandSpec> &commandTable()
{
    static const std::vector<CommandSpec> kTable{
        {"methods", "[--family F]", "the methods with every parameter, default, range and unit",
            {{"Methods", kMethods}, outputOptions(), modelOptions()}, runMethods},
        {"serve", "", "the engine's side of docs/protocol.md, on standard input and output",
            {outputOptions(), modelOptions()}, runServe},
    };
    return kTable;
}

} // namespace winnow
