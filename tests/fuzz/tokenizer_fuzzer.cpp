#include "exercise_tokenizer.h"
#include "memory_file.h"

#include <cstdio>
#include <filesystem>

namespace {

/// A folder whose tokenizer.json is the file in memory at `path`.
std::filesystem::path folderOf(const std::string &path)
{
    const auto folder = std::filesystem::temp_directory_path() / ("tokenizer_fuzzer." + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    std::filesystem::create_symlink(path, folder / "tokenizer.json");
    return folder;
}

} // namespace

/// libFuzzer entry: the bytes are a tokenizer.json. Build: option WINNOW_FUZZ with clang (tests/CMakeLists.txt).
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const winnow::test::MemoryFile file("tokenizer.json");
    const std::string path = file.hold(data, size);
    static const std::filesystem::path folder = folderOf(path);
    const auto tokenizer = winnow::Tokenizer::fromFolder(folder);
    const std::string wrong = tokenizer ? winnow::test::exerciseTokenizer(**tokenizer)
        : tokenizer.error().message.empty() ? "an error without a message"
                                            : "";
    if (!wrong.empty()) {
        std::fprintf(stderr, "%s\n", wrong.c_str());
        std::abort();
    }
    return 0;
}
