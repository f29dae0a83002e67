#include "core/methods/prompt/unspaced_words.h"

#include "core/base/method_info.h"
#include "core/methods/prompt/characters.h"
#include "core/methods/registry.h"

#include <unicode/uscript.h>

namespace winnow {
namespace {

    constexpr size_t kLongestWord = 20;

    bool isUnspaced(char32_t value)
    {
        UErrorCode error = U_ZERO_ERROR;
        const UScriptCode script = uscript_getScript(static_cast<UChar32>(value), &error);
        return U_SUCCESS(error) && (script == USCRIPT_HAN || script == USCRIPT_HIRAGANA || script == USCRIPT_KATAKANA);
    }

    /// Byte offsets of the characters of a text, and its end.
    std::vector<int64_t> characterBytes(std::string_view text)
    {
        std::vector<int64_t> out;
        for (size_t i = 0; i < text.size(); ++i) {
            if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80)
                out.push_back(static_cast<int64_t>(i));
        }
        out.push_back(static_cast<int64_t>(text.size()));
        return out;
    }

} // namespace

Result<UnspacedWords> UnspacedWords::open(const std::string &dictionary, const RunContext &context)
{
    UnspacedWords words;
    if (dictionary.empty())
        return words;
    DictionaryNotes notes;
    auto loaded = WordDictionary::load(dictionary, kLongestWord, notes);
    if (!loaded)
        return fail(loaded.error());
    const MethodSpec *spec = findMethod("jieba_like");
    auto parameters = canonicalParameters(methodInfo(*spec), {});
    if (!parameters)
        return fail(parameters.error());
    SegmentSource source;
    source.dictionary = std::move(*loaded);
    auto model = spec->createSegmenter()->learn(source, Parameters(*parameters), context);
    if (!model)
        return fail(model.error());
    words.m_model = std::move(*model);
    return words;
}

std::vector<ByteSpan> UnspacedWords::cut(std::string_view text, const std::vector<ByteSpan> &words) const
{
    std::vector<ByteSpan> out;
    const std::unique_ptr<LineCutter> cutter = m_model ? m_model->cutter() : nullptr;
    for (const ByteSpan &span : words) {
        const std::string_view word = text.substr(static_cast<size_t>(span.first), static_cast<size_t>(span.second - span.first));
        if (!isUnspaced(firstCharacter(word))) {
            out.push_back(span);
            continue;
        }
        const std::vector<int64_t> bytes = characterBytes(word);
        std::vector<int32_t> ends;
        if (cutter)
            cutter->cut(cutText(word, WhiteSpaceMode::Literal), ends);
        else
            for (size_t i = 1; i < bytes.size(); ++i)
                ends.push_back(static_cast<int32_t>(i));
        int64_t begin = 0;
        for (const int32_t end : ends) {
            out.emplace_back(span.first + begin, span.first + bytes[static_cast<size_t>(end)]);
            begin = bytes[static_cast<size_t>(end)];
        }
    }
    return out;
}

} // namespace winnow
