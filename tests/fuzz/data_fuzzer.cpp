#include "exercise_data.h"
#include "memory_file.h"

#include <cstdio>

/// libFuzzer entry: the first byte chooses the reader and its settings, the others are the file. Build: option WINNOW_FUZZ with clang
/// (tests/CMakeLists.txt).
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    static const winnow::test::MemoryFile file("data.txt");
    const std::string path = file.hold(data + 1, size - 1);
    winnow::DataSettings settings;
    settings.documents = 3;
    settings.whiteSpace = data[0] & 0x40 ? winnow::WhiteSpaceRule::Strip : winnow::WhiteSpaceRule::Separator;
    settings.braceMarks = data[0] & 0x80 ? winnow::BraceMarks::Keep : winnow::BraceMarks::Remove;
    settings.contextSplit = data[0] & 0x80 ? winnow::ContextSplit::BlankLines : winnow::ContextSplit::Whole;
    if (data[0] & 0x20)
        settings.promptFile = path; // worked examples of any bytes
    const std::string wrong = winnow::test::exerciseData(path, data[0] & 0x1F, settings);
    if (!wrong.empty()) {
        std::fprintf(stderr, "%s\n", wrong.c_str());
        std::abort();
    }
    return 0;
}
