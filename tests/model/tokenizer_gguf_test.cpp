#include "tokenizer_files.h"

#include <QTemporaryDir>

using namespace winnow;
using namespace winnow::test;

/// Tokenizers of GGUF that are no byte-level BPE, against SentencePiece 0.2.3 and Hugging Face tokenizers 0.23.3.
class TokenizerGgufTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    Result<TokenizerPtr> open(const GgufBytes &bytes)
    {
        const auto path = std::filesystem::path(m_folder.path().toStdString()) / "t.gguf";
        writeFile(path, bytes.bytes());
        const auto file = GgufFile::open(path);
        if (!file)
            return fail(file.error());
        return Tokenizer::fromGguf(**file);
    }

    /// The metadata a converter writes for a SentencePiece model.
    static GgufBytes sentencePiece(const Json &file)
    {
        GgufBytes bytes;
        const auto scores = file.at("scores").get<std::vector<float>>();
        const auto map = file.at("charsmap").get<std::vector<uint8_t>>();
        bytes.header(0, 10).stringKey("tokenizer.ggml.model", file.at("model").get<std::string>());
        bytes.stringsKey("tokenizer.ggml.tokens", file.at("tokens").get<std::vector<std::string>>());
        bytes.intsKey("tokenizer.ggml.token_type", file.at("types").get<std::vector<int32_t>>());
        bytes.text("tokenizer.ggml.scores").put(uint32_t{9}).put(uint32_t{6}).put(static_cast<uint64_t>(scores.size()));
        for (const float score : scores)
            bytes.put(score);
        bytes.text("tokenizer.ggml.precompiled_charsmap").put(uint32_t{9}).put(uint32_t{0}).put(static_cast<uint64_t>(map.size()));
        for (const uint8_t byte : map)
            bytes.put(byte);
        bytes.key("tokenizer.ggml.add_space_prefix", 7, static_cast<uint8_t>(file.at("add_space_prefix").get<bool>()));
        bytes.key("tokenizer.ggml.remove_extra_whitespaces", 7, static_cast<uint8_t>(file.at("remove_extra_whitespaces").get<bool>()));
        bytes.key("tokenizer.ggml.unknown_token_id", 4, uint32_t{0}).key("tokenizer.ggml.bos_token_id", 4, uint32_t{1});
        bytes.key("tokenizer.ggml.eos_token_id", 4, uint32_t{2});
        return bytes;
    }

private Q_SLOTS:
    void everyRecordedTextOfSentencePieceIsEqual_data()
    {
        QTest::addColumn<QString>("name");
        for (const char *name : {"bpe_byte_fallback", "bpe_without_prefix", "unigram", "unigram_fallback"})
            QTest::newRow(name) << name;
    }
    void everyRecordedTextOfSentencePieceIsEqual()
    {
        QFETCH(QString, name);
        const Json file = recordedJson(tokenizerData() / "sentencepiece" / (name.toStdString() + ".json"));
        const auto made = open(sentencePiece(file));
        QVERIFY2(made, made ? "" : made.error().message.c_str());
        const Tokenizer &tokenizer = **made;
        QCOMPARE(file.at("cases").size(), size_t{60});
        for (const Json &item : file.at("cases")) {
            const auto text = item.at("text").get<std::string>();
            const auto expected = item.at("ids").get<std::vector<int32_t>>();
            const auto ids = idsOf(*tokenizer.encode(text, SpecialTokens::None));
            QVERIFY2(ids == expected, (Json(text).dump() + " found " + Json(ids).dump() + " expected " + Json(expected).dump()).c_str());
            if (name.startsWith("bpe"))
                QCOMPARE(*tokenizer.decode(ids, false), text);
        }
        // Llama's type begins with BOS, T5's ends with EOS, where the file does not say.
        const auto around = idsOf(*tokenizer.encode("a", SpecialTokens::Add));
        QCOMPARE(name.startsWith("bpe") ? around.front() : around.back(), name.startsWith("bpe") ? 1 : 2);
        QCOMPARE(tokenizer.endIds(), std::vector<int32_t>{2});
    }

    void theSpaceInFrontStandsForNothing()
    {
        const auto tokenizer = *open(sentencePiece(recordedJson(tokenizerData() / "sentencepiece" / "bpe_byte_fallback.json")));
        QCOMPARE(tokenizer->kind(), std::string("BPE with byte fallback, SentencePiece, space in front"));
        const auto tokens = *tokenizer->encode("the \xF0\x9D\x84\x9E", SpecialTokens::None);
        QCOMPARE(tokens.front().begin, int64_t{0});
        QCOMPARE(tokens.back().end, int64_t{8});
        for (size_t i = 1; i < tokens.size(); ++i)
            QCOMPARE(tokens[i].begin, tokens[i - 1].end);
        QCOMPARE(tokenizer->piece(tokens.back().id), std::string("\xEF\xBF\xBD")); // one byte of four
    }

    /// bert-base-uncased's way in GGUF: no "##", words begin with U+2581.
    void wordPieceIsThatOfTheFolder()
    {
        const Json file = recordedJson(tokenizerData() / "wordpiece_bert.json");
        std::vector<std::string> tokens(file.at("tokenizer").at("model").at("vocab").size());
        std::vector<int32_t> types(tokens.size(), 1);
        for (const auto &[text, id] : file.at("tokenizer").at("model").at("vocab").items()) {
            const auto index = id.get<size_t>();
            const bool special = index < 5;
            types[index] = special ? 3 : 1;
            tokens[index] = special ? text : text.starts_with("##") ? text.substr(2) : "\xE2\x96\x81" + text;
        }
        GgufBytes bytes;
        bytes.header(0, 6).stringKey("tokenizer.ggml.model", "bert").stringsKey("tokenizer.ggml.tokens", tokens);
        bytes.intsKey("tokenizer.ggml.token_type", types).key("tokenizer.ggml.unknown_token_id", 4, uint32_t{1});
        bytes.key("tokenizer.ggml.cls_token_id", 4, uint32_t{2}).key("tokenizer.ggml.seperator_token_id", 4, uint32_t{3});
        const auto made = open(bytes);
        QVERIFY2(made, made ? "" : made.error().message.c_str());
        for (const Json &item : file.at("cases"))
            QCOMPARE(QString::fromStdString(differenceTo(**made, item)), QString());
    }

    void refusesListsThatDoNotFit()
    {
        Json file = recordedJson(tokenizerData() / "sentencepiece" / "unigram.json");
        file["scores"].erase(0);
        const auto scores = open(sentencePiece(file));
        QVERIFY(!scores);
        QVERIFY2(scores.error().message.find("tokenizer.ggml.scores: expected 500 entries") != std::string::npos, scores.error().message.c_str());
        file = recordedJson(tokenizerData() / "sentencepiece" / "unigram.json");
        file["charsmap"] = {255, 255, 255, 255, 0};
        const auto map = open(sentencePiece(file));
        QVERIFY(!map);
        QVERIFY2(map.error().message.find("precompiled_charsmap") != std::string::npos, map.error().message.c_str());
    }
};

QTEST_GUILESS_MAIN(TokenizerGgufTest)
#include "tokenizer_gguf_test.moc"
