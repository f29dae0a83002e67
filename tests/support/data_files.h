#pragma once

#include "core/eval/data/data_sets.h"

#include <QTemporaryDir>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace winnow::test {

/// A folder for files that a test writes.
class DataFolder {
public:
    std::filesystem::path write(const std::string &name, const std::string &bytes) const
    {
        const auto path = std::filesystem::path(m_folder.path().toStdString()) / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary).write(bytes.data(), std::streamsize(bytes.size()));
        return path;
    }
    std::filesystem::path path() const { return m_folder.path().toStdString(); }

private:
    QTemporaryDir m_folder;
};

inline std::string bytesOf(const std::filesystem::path &path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// The samples of the source tree.
inline std::filesystem::path sample(const std::string &name) { return std::filesystem::path(WINNOW_SOURCE_DIR "/resources/data") / name; }

inline std::string withLineEnds(const std::string &text, const std::string &end)
{
    std::string out;
    for (const char c : text)
        out += c == '\n' ? end : std::string(1, c);
    return out;
}

template <typename Item>
struct Read {
    std::vector<Item> items;
    DataNotes notes;
    Error error; // empty message: none
};

/// All items of a file by a reader.
template <typename Item, typename Reader>
Read<Item> readAll(Reader reader, const std::filesystem::path &path, const DataSettings &settings = {}, const RunContext &context = {})
{
    Read<Item> read;
    auto notes = reader(path, settings, [&](Item &&item) {
        read.items.push_back(std::move(item));
        return true;
    }, context);
    if (notes)
        read.notes = std::move(*notes);
    else
        read.error = notes.error();
    return read;
}

inline int64_t codePoints(const std::string &text)
{
    return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
}

/// Code points [first, end) of a text.
inline std::string part(const std::string &text, int64_t first, int64_t end)
{
    std::string out;
    int64_t at = -1;
    for (const char c : text) {
        at += (c & 0xC0) != 0x80;
        if (at >= first && at < end)
            out += c;
    }
    return out;
}

} // namespace winnow::test
