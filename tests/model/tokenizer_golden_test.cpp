#include "core/base/json.h"
#include "core/model/gguf_file.h"
#include "core/model/tokenizer.h"

#include <QTest>
#include <cstdlib>
#include <fstream>

using namespace winnow;

namespace {

using TokenizerPtr = std::shared_ptr<const Tokenizer>;

std::string data(const char *name) { return std::string(WINNOW_TEST_DATA) + "/models/" + name; }

Json readJson(const char *name)
{
    std::ifstream stream(data(name));
    return Json::parse(stream);
}

TokenizerPtr load(const std::string &path)
{
    const auto file = GgufFile::open(path);
    if (!file) {
        qWarning("%s", file.error().message.c_str());
        return nullptr;
    }
    const auto tokenizer = Tokenizer::fromGguf(**file);
    if (!tokenizer)
        qWarning("%s", tokenizer.error().message.c_str());
    return tokenizer ? *tokenizer : nullptr;
}

std::string userModel(const char *name)
{
    const char *home = std::getenv("HOME");
    return std::string(home ? home : "") + "/.local/share/winnow/models/" + name;
}

std::string smollm2() { return userModel("smollm2-135m/SmolLM2-135M-Instruct.Q4_1.gguf"); }

std::vector<int32_t> idsOf(const Result<std::vector<Token>> &tokens)
{
    std::vector<int32_t> ids;
    for (const Token &token : tokens.value_or(std::vector<Token>()))
        ids.push_back(token.id);
    return ids;
}

std::string shown(const std::string &text, const std::vector<int32_t> &found, const std::vector<int32_t> &expected)
{
    return "text " + Json(text).dump() + " found " + Json(found).dump() + " expected " + Json(expected).dump();
}

/// Spans of tokens cut the text into parts without gaps.
bool spansCover(const std::vector<Token> &tokens, size_t size)
{
    int64_t at = 0;
    for (const Token &token : tokens) {
        if (token.begin != at || token.end < at)
            return false;
        at = token.end;
    }
    return at == static_cast<int64_t>(size);
}

} // namespace

/// Ids, texts and spans against the reference tokenizers (Hugging Face tokenizers 0.22 and 0.23).
class TokenizerGoldenTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyRecordedStringOfSmolLm2IsEqual()
    {
        if (!std::filesystem::exists(smollm2()))
            QSKIP("SmolLM2-135M is not in the user's model folder");
        const TokenizerPtr tokenizer = load(smollm2());
        QVERIFY(tokenizer);
        const Json golden = readJson("tokenizer_smollm2-135m.json");
        size_t checked = 0;
        for (const Json &item : golden.at("strings")) {
            const auto text = item.at("text").get<std::string>();
            const auto expected = item.at("ids").get<std::vector<int32_t>>();
            const auto tokens = tokenizer->encode(text, SpecialTokens::None);
            QVERIFY2(tokens, tokens ? "" : tokens.error().message.c_str());
            QVERIFY2(idsOf(tokens) == expected, shown(text, idsOf(tokens), expected).c_str());
            QVERIFY2(spansCover(*tokens, text.size()), text.c_str());
            QCOMPARE(idsOf(tokenizer->encode(text, SpecialTokens::Add)), expected); // nothing is added
            const auto decoded = item.value("decode", text);
            QCOMPARE(*tokenizer->decode(expected, false), decoded);
            QCOMPARE(*tokenizer->decode(expected, true), item.value("decode_skip_special", decoded));
            ++checked;
        }
        QCOMPARE(checked, size_t{200});
        for (const Json &chat : golden.at("chats")) {
            const auto text = chat.at("text").get<std::string>();
            QCOMPARE(idsOf(tokenizer->encode(text, SpecialTokens::None)), chat.at("ids").get<std::vector<int32_t>>());
        }
        QCOMPARE(tokenizer->chatTemplate(), golden.at("chat_template").get<std::string>());
        QCOMPARE(tokenizer->kind(), std::string("byte-level BPE, pre smollm"));
        QCOMPARE(tokenizer->vocabulary(), int64_t{49152});
        QCOMPARE(tokenizer->endIds(), (std::vector<int32_t>{2, 0}));
        QVERIFY(!tokenizer->bos());
    }

    void everyRecordedStringOfGemma3IsEqual()
    {
        const std::string path = userModel("gemma3-270m/gemma-3-270m-q4_k_m.gguf");
        if (!std::filesystem::exists(path))
            QSKIP("Gemma 3 270M is not in the user's model folder");
        const TokenizerPtr tokenizer = load(path);
        QVERIFY(tokenizer);
        const Json golden = readJson("tokenizer_gemma3-270m.json");
        QCOMPARE(golden.at("strings").size(), size_t{200});
        for (const Json &item : golden.at("strings")) {
            const auto text = item.at("text").get<std::string>();
            const auto expected = item.at("ids").get<std::vector<int32_t>>();
            const auto tokens = tokenizer->encode(text, SpecialTokens::None);
            QVERIFY2(tokens, tokens ? "" : tokens.error().message.c_str());
            QVERIFY2(idsOf(tokens) == expected, shown(text, idsOf(tokens), expected).c_str());
            QVERIFY2(spansCover(*tokens, text.size()), text.c_str());
            auto withBos = idsOf(tokenizer->encode(text, SpecialTokens::Add));
            QCOMPARE(withBos.front(), 2);
            withBos.erase(withBos.begin());
            QCOMPARE(withBos, expected);
            const auto decoded = item.value("decode", text);
            QCOMPARE(*tokenizer->decode(expected, false), decoded);
            QCOMPARE(*tokenizer->decode(expected, true), item.value("decode_skip_special", decoded));
        }
        QCOMPARE(tokenizer->kind(), std::string("BPE with byte fallback, SentencePiece"));
        QCOMPARE(tokenizer->vocabulary(), int64_t{262144});
        QCOMPARE(tokenizer->endIds(), (std::vector<int32_t>{1, 106})); // <eos>, <end_of_turn>
    }

    void everyRecordedStringOfTheTinyModelsIsEqual_data()
    {
        QTest::addColumn<QByteArray>("model");
        QTest::addColumn<QByteArray>("cases");
        QTest::newRow("llama-gguf") << QByteArray("llama-f16.gguf") << QByteArray("llama-gguf-tokenizer.json");
        QTest::newRow("llama-gguf-kquant") << QByteArray("llama-q4_k_m.gguf")
                                           << QByteArray("llama-gguf-kquant-tokenizer.json");
    }

    void everyRecordedStringOfTheTinyModelsIsEqual()
    {
        QFETCH(QByteArray, model);
        QFETCH(QByteArray, cases);
        const TokenizerPtr tokenizer = load(data(model.constData()));
        QVERIFY(tokenizer);
        for (const Json &item : readJson(cases.constData()).at("tokenizer_cases")) {
            const auto text = item.at("text").get<std::string>();
            const auto withSpecial = item.at("ids").get<std::vector<int32_t>>();
            const auto plain = item.at("ids_no_special").get<std::vector<int32_t>>();
            const auto found = idsOf(tokenizer->encode(text, SpecialTokens::None));
            QVERIFY2(found == plain, shown(text, found, plain).c_str());
            QCOMPARE(idsOf(tokenizer->encode(text, SpecialTokens::Add)), withSpecial);
            QCOMPARE(*tokenizer->decode(withSpecial, false), item.at("decoded").get<std::string>());
            QCOMPARE(*tokenizer->decode(withSpecial, true), item.at("decoded_skip_special").get<std::string>());
        }
        QCOMPARE(tokenizer->bos(), std::optional<int32_t>(1));
    }
};

QTEST_GUILESS_MAIN(TokenizerGoldenTest)
#include "tokenizer_golden_test.moc"
