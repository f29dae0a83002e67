#pragma once

#include "core/base/json.h"
#include "core/model/gguf_file.h"
#include "core/model/tokenizer.h"
#include "gguf_writer.h"

#include <QTest>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

namespace winnow::test {

using TokenizerPtr = std::shared_ptr<const Tokenizer>;

inline std::filesystem::path tokenizerData() { return std::filesystem::path(WINNOW_TEST_DATA) / "tokenizers"; }

inline Json recordedJson(const std::filesystem::path &path) { return Json::parse(readFile(path)); }

/// Names of the files of tests/data/tokenizers that hold a tokenizer.json with texts and their ids.
inline std::vector<std::string> tokenizerKinds()
{
    std::vector<std::string> names;
    for (const auto &entry : std::filesystem::directory_iterator(tokenizerData())) {
        if (entry.path().extension() == ".json")
            names.push_back(entry.path().stem().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

inline std::vector<int32_t> idsOf(const std::vector<Token> &tokens)
{
    std::vector<int32_t> ids;
    for (const Token &token : tokens)
        ids.push_back(token.id);
    return ids;
}

/// A folder with nothing but this tokenizer.json.
inline Result<TokenizerPtr> tokenizerOf(const std::filesystem::path &folder, std::string_view json)
{
    std::filesystem::create_directories(folder);
    writeFile(folder / "tokenizer.json", json);
    return Tokenizer::fromFolder(folder);
}

/// Checks one recorded text; "" when everything is equal.
inline std::string differenceTo(const Tokenizer &tokenizer, const Json &item)
{
    const auto text = item.at("text").get<std::string>();
    const auto plain = tokenizer.encode(text, SpecialTokens::None), special = tokenizer.encode(text, SpecialTokens::Add);
    const std::string shown = "text " + Json(text).dump() + ": ";
    if (!plain || !special)
        return shown + (plain ? special.error() : plain.error()).message;
    if (idsOf(*plain) != item.at("ids_no_special").get<std::vector<int32_t>>())
        return shown + "found ids " + Json(idsOf(*plain)).dump() + " expected " + item.at("ids_no_special").dump();
    const auto ids = item.at("ids").get<std::vector<int32_t>>();
    if (idsOf(*special) != ids)
        return shown + "found ids " + Json(idsOf(*special)).dump() + " expected " + item.at("ids").dump();
    const auto decoded = tokenizer.decode(ids, false), skipped = tokenizer.decode(ids, true);
    if (!decoded || *decoded != item.at("decoded").get<std::string>())
        return shown + "decoded as " + Json(decoded.value_or("")).dump();
    if (!skipped || *skipped != item.at("decoded_skip_special").get<std::string>())
        return shown + "decoded without special tokens as " + Json(skipped.value_or("")).dump();
    int64_t before = 0;
    for (const Token &token : *plain) {
        if (token.begin < 0 || token.begin > token.end || token.end > static_cast<int64_t>(text.size()) || token.end < before)
            return shown + "a span that goes back or outside";
        before = token.end;
    }
    return {};
}

/// A text of up to 40 code points of all planes, without surrogates.
inline std::string randomText(std::mt19937 &random)
{
    constexpr char32_t kEnds[] = {0x80, 0x800, 0x3000, 0x10000, 0x110000};
    std::string text;
    for (auto length = random() % 40; length > 0; --length) {
        char32_t point = static_cast<char32_t>(random() % kEnds[random() % 5]);
        if (point >= 0xD800 && point < 0xE000)
            point = U'\u6F22';
        for (const auto &unit : QString::fromUcs4(&point, 1).toUtf8())
            text += unit;
    }
    return text;
}

} // namespace winnow::test
