#include "core/model/tokenizer/decoded_spans.h"
#include "tokenizer_files.h"

#include <QTemporaryDir>

using namespace winnow;
using namespace winnow::test;

/// Hugging Face folders against Hugging Face tokenizers 0.23.3: ids, texts, spans, and what stands around them.
class TokenizerFolderTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    std::filesystem::path folder(const std::string &name) const { return std::filesystem::path(m_folder.path().toStdString()) / name; }

    static QString field(const Json &item, const char *key) { return QString::fromStdString(item.at(key).get<std::string>()); }

    /// A byte-level tokenizer of 256 bytes and a few words, changed by `change`.
    Result<TokenizerPtr> changed(const std::function<void(Json &)> &change, const std::function<void(const std::filesystem::path &)> &more = {})
    {
        Json json = recordedJson(tokenizerData() / "gpt2" / "tokenizer.json");
        change(json);
        const auto path = folder("changed");
        std::filesystem::remove_all(path);
        std::filesystem::create_directories(path);
        if (more)
            more(path);
        return tokenizerOf(path, json.dump());
    }

private Q_SLOTS:
    void everyRecordedTextOfTheFourFoldersIsEqual_data()
    {
        QTest::addColumn<QString>("name");
        for (const char *name : {"gpt2", "llama3", "qwen2", "spm"})
            QTest::newRow(name) << name;
    }
    void everyRecordedTextOfTheFourFoldersIsEqual()
    {
        QFETCH(QString, name);
        const auto path = tokenizerData() / name.toStdString();
        const auto tokenizer = Tokenizer::fromFolder(path);
        QVERIFY2(tokenizer, tokenizer ? "" : tokenizer.error().message.c_str());
        for (const Json &item : recordedJson(path / "cases.json"))
            QCOMPARE(QString::fromStdString(differenceTo(**tokenizer, item)), QString());
        QCOMPARE((*tokenizer)->vocabulary(), int64_t{512});
        QCOMPARE((*tokenizer)->hash().size(), size_t{64});
        QVERIFY((*tokenizer)->warnings().empty());
    }

    void everyRecordedTextOfEveryNodeTypeIsEqual_data()
    {
        QTest::addColumn<QString>("name");
        for (const std::string &name : tokenizerKinds())
            QTest::newRow(name.c_str()) << QString::fromStdString(name);
    }
    void everyRecordedTextOfEveryNodeTypeIsEqual()
    {
        QFETCH(QString, name);
        const Json file = recordedJson(tokenizerData() / (name.toStdString() + ".json"));
        const auto tokenizer = tokenizerOf(folder(name.toStdString()), file.at("tokenizer").dump());
        QVERIFY2(tokenizer, tokenizer ? "" : tokenizer.error().message.c_str());
        QVERIFY(file.at("cases").size() >= 60);
        for (const Json &item : file.at("cases"))
            QCOMPARE(QString::fromStdString(differenceTo(**tokenizer, item)), QString());
    }

    void readsWhatEndsATextAndTheTemplate()
    {
        const auto llama3 = *Tokenizer::fromFolder(tokenizerData() / "llama3");
        QCOMPARE(llama3->bos(), std::optional<int32_t>(1));
        QCOMPARE(llama3->endIds(), (std::vector<int32_t>{2, 4})); // eos_token_id, then <|im_end|>
        QCOMPARE(llama3->kind(), std::string("byte-level BPE, Split + ByteLevel"));
        QCOMPARE(llama3->chatTemplate(), readFile(tokenizerData() / "llama3" / "chat_template.jinja"));
        QVERIFY(!llama3->chatTemplate().empty());
        const auto spm = *Tokenizer::fromFolder(tokenizerData() / "spm");
        QCOMPARE(spm->kind(), std::string("BPE with byte fallback"));
        QVERIFY(spm->isSpecial(1));
        QVERIFY(!spm->isSpecial(400));
        const auto gpt2 = *Tokenizer::fromFolder(tokenizerData() / "gpt2");
        QVERIFY(!gpt2->bos());
        QVERIFY(gpt2->hash() != llama3->hash());
        QCOMPARE(gpt2->hash(), (*Tokenizer::fromFolder(tokenizerData() / "gpt2"))->hash());
    }

    void takesTheTemplateAndSpecialTokensFromTheConfiguration()
    {
        const auto unchanged = [](Json &) {};
        const auto named = changed(unchanged, [](const auto &path) {
            writeFile(path / "tokenizer_config.json",
                R"({"chat_template": [{"name": "tool_use", "template": "T"}, {"name": "default", "template": "D"}], "eos_token": {"content": "</s>"}})");
            writeFile(path / "generation_config.json", R"({"eos_token_id": [4, 2]})");
            writeFile(path / "config.json", R"({"text_config": {"eos_token_id": 7, "vocab_size": 600}})");
        });
        QCOMPARE((*named)->chatTemplate(), std::string("D"));
        QCOMPARE((*named)->endIds(), (std::vector<int32_t>{4, 2, 7}));
        QCOMPARE((*named)->vocabulary(), int64_t{600}); // rows of the model without a token
        QCOMPARE(*(*named)->decode(std::vector<int32_t>{5, 599}, false), *(*named)->decode(std::vector<int32_t>{5}, false));
        QVERIFY(!(*named)->decode(std::vector<int32_t>{600}, false));
        const auto special = changed([](Json &json) { json["added_tokens"] = Json::array(); },
            [](const auto &path) { writeFile(path / "tokenizer_config.json", R"({"eos_token": "</s>", "pad_token": null, "chat_template": "X"})"); });
        QVERIFY((*special)->isSpecial(2));
        QVERIFY(!(*special)->isSpecial(1));
        QCOMPARE(idsOf(*(*special)->encode("</s>", SpecialTokens::None)), std::vector<int32_t>{2});
        QCOMPARE((*special)->chatTemplate(), std::string("X"));
    }

    void spansPointIntoTheOriginalText()
    {
        const auto spm = *Tokenizer::fromFolder(tokenizerData() / "spm");
        const auto tokens = *spm->encode("Hello world", SpecialTokens::Add);
        QCOMPARE(tokens[0].end, int64_t{0}); // <s>
        QCOMPARE(tokens[1].begin, int64_t{0}); // the space in front stands for nothing
        QCOMPARE(tokens.back().end, int64_t{11});
        const auto nfc = *Tokenizer::fromFolder(tokenizerData() / "qwen2");
        const auto composed = *nfc->encode("A\xCC\x8A", SpecialTokens::None); // each byte of it stands for both
        QVERIFY(!composed.empty());
        for (const Token &token : composed) {
            QCOMPARE(token.begin, int64_t{0});
            QCOMPARE(token.end, int64_t{3});
        }
    }

    void idsFindTheirPartOfTheDecodedText()
    {
        using Spans = std::vector<std::pair<int64_t, int64_t>>;
        const auto spm = *Tokenizer::fromFolder(tokenizerData() / "spm");
        // The space in front is gone, later ones are not; U+00E9 is two byte tokens.
        const auto text = *spm->encode("a a \xC3\xA9", SpecialTokens::None);
        const auto ids = idsOf(text);
        QCOMPARE(*spm->decode(ids, false), std::string("a a \xC3\xA9"));
        const Spans spans = *decodedSpans(*spm, ids);
        QCOMPARE(spans.size(), ids.size());
        QCOMPARE(spans.front(), (std::pair<int64_t, int64_t>{0, 1}));
        QCOMPARE(spans.back(), (std::pair<int64_t, int64_t>{4, 6}));
        const auto gpt2 = *Tokenizer::fromFolder(tokenizerData() / "gpt2");
        std::mt19937 random(3);
        for (int i = 0; i < 200; ++i) { // where nothing is added or lost, both ways agree up to whole characters
            const std::string input = randomText(random);
            const auto tokens = *gpt2->encode(input, SpecialTokens::None);
            const Spans found = *decodedSpans(*gpt2, idsOf(tokens));
            for (size_t k = 0; k < tokens.size(); ++k)
                QVERIFY(found[k].first <= tokens[k].begin && found[k].second >= tokens[k].end);
            QVERIFY(tokens.empty() || found.back().second == static_cast<int64_t>(input.size()));
        }
        QVERIFY(!decodedSpans(*gpt2, std::vector<int32_t>{-1}));
    }

    void refusesByName_data()
    {
        QTest::addColumn<QString>("key");
        QTest::addColumn<QString>("value");
        QTest::addColumn<QString>("code");
        QTest::addColumn<QString>("part");
        for (const Json &item : recordedJson(tokenizerData() / "refusals" / "parts.json")) {
            QTest::addRow("%s", field(item, "part").toUtf8().constData())
                << field(item, "key") << field(item, "value") << field(item, "code") << field(item, "part");
        }
    }
    void refusesByName()
    {
        QFETCH(QString, key);
        QFETCH(QString, value);
        QFETCH(QString, code);
        QFETCH(QString, part);
        const auto made = changed([&](Json &json) { json[key.toStdString()] = Json::parse(value.toStdString()); });
        QVERIFY(!made);
        QVERIFY2(made.error().message.find(part.toStdString()) != std::string::npos, made.error().message.c_str());
        QVERIFY2(made.error().message.find("tokenizer.json: ") != std::string::npos, made.error().message.c_str());
        QCOMPARE(QString(errorCodeName(made.error().code)), code);
        QVERIFY(!made.error().hint.empty());
    }

    void refusesModelsThatDoNotFitTogether_data()
    {
        QTest::addColumn<QString>("model");
        QTest::addColumn<QString>("part");
        for (const Json &item : recordedJson(tokenizerData() / "refusals" / "models.json"))
            QTest::addRow("%s", field(item, "part").toUtf8().constData()) << field(item, "model") << field(item, "part");
    }
    void refusesModelsThatDoNotFitTogether()
    {
        QFETCH(QString, model);
        QFETCH(QString, part);
        const auto made = tokenizerOf(folder("model"), "{\"model\": " + model.toStdString() + "}");
        QVERIFY(!made);
        QVERIFY2(made.error().message.find(part.toStdString()) != std::string::npos, made.error().message.c_str());
    }

    void namesTheFileThatIsMissing()
    {
        std::filesystem::create_directories(folder("empty"));
        const auto made = Tokenizer::fromFolder(folder("empty"));
        QCOMPARE(errorCodeName(made.error().code), "not_found");
        QVERIFY(made.error().message.find("tokenizer.json: there is no such file") != std::string::npos);
        QVERIFY(!Tokenizer::fromFolder(folder("not there")));
    }

    /// Every beginning of a file ends in an error that says something.
    void cutOffFilesAreRefused()
    {
        const std::string whole = readFile(tokenizerData() / "spm" / "tokenizer.json");
        for (size_t size = 0; size + 1 < whole.size(); size += 61) {
            const auto made = tokenizerOf(folder("cut"), whole.substr(0, size));
            QVERIFY(!made);
            QVERIFY(!made.error().message.empty());
        }
        QVERIFY(tokenizerOf(folder("cut"), whole));
    }

    void hostileFilesAreRefusedAtOnce()
    {
        QVERIFY(!tokenizerOf(folder("deep"), std::string(1000000, '[')));
        std::string nested = "{\"type\":\"NFC\"}";
        for (int i = 0; i < 40; ++i)
            nested = "{\"type\":\"Sequence\",\"normalizers\":[" + nested + "]}";
        const auto made = tokenizerOf(folder("nested"), "{\"normalizer\": " + nested + ", \"model\": {\"type\": \"BPE\", \"vocab\": {}, \"merges\": []}}");
        QVERIFY(!made);
        QVERIFY2(made.error().message.find("more than 64 deep") != std::string::npos, made.error().message.c_str());
        QVERIFY(!tokenizerOf(folder("nul"), std::string_view("\0\0\0", 3)));
    }

    /// (a+)+$ needs 2^n steps on "aaa...b".
    void anExpressionWithoutEndIsStopped()
    {
        const auto tokenizer = changed([](Json &json) {
            json["pre_tokenizer"] = Json::parse(R"({"type": "Split", "pattern": {"Regex": "(a+)+\\z"}, "behavior": "Isolated", "invert": false})");
        });
        QVERIFY(tokenizer);
        const auto tokens = (*tokenizer)->encode(std::string(60, 'a') + "b", SpecialTokens::None);
        QVERIFY(!tokens);
        QVERIFY(tokens.error().message.find("takes too long") != std::string::npos);
    }

    void saysWhatTheFileStatesWrongly()
    {
        const auto made = changed([](Json &json) { json["added_tokens"].push_back({{"id", 700}, {"content", "<new>"}, {"special", true}}); });
        QCOMPARE((*made)->warnings(), std::vector<std::string>{"added token \"<new>\" has id 512, tokenizer.json says 700"}); // as in the reference
        QCOMPARE(idsOf(*(*made)->encode("<new>", SpecialTokens::None)), std::vector<int32_t>{512});
    }
};

QTEST_GUILESS_MAIN(TokenizerFolderTest)
#include "tokenizer_folder_test.moc"
