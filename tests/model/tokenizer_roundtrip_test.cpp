// labels: slow
#include "tokenizer_files.h"

#include <QTemporaryDir>

using namespace winnow;
using namespace winnow::test;

/// 10,000 random texts a tokenizer: what comes back, and whether spans hold.
class TokenizerRoundtripTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    std::filesystem::path folder(const std::string &name) const { return std::filesystem::path(m_folder.path().toStdString()) / name; }

private Q_SLOTS:
    /// Byte-level and byte-fallback vocabularies lose nothing (NFC aside): the text comes back and its spans cover it.
    void textsComeBack_data()
    {
        QTest::addColumn<QString>("name");
        for (const char *name : {"gpt2", "llama3", "qwen2", "spm"})
            QTest::newRow(name) << name;
    }
    void textsComeBack()
    {
        QFETCH(QString, name);
        const auto tokenizer = *Tokenizer::fromFolder(tokenizerData() / name.toStdString());
        std::mt19937 random(11);
        for (int i = 0; i < 10000; ++i) {
            const std::string text = randomText(random);
            const auto tokens = *tokenizer->encode(text, SpecialTokens::None);
            const QString expected = QString::fromStdString(text);
            const std::string decoded = *tokenizer->decode(idsOf(tokens), false);
            if (name != "spm" || text.find("\xE2\x96\x81") == std::string::npos) // the mark of a space reads as a space
                QCOMPARE(QString::fromStdString(decoded), name == "qwen2" ? expected.normalized(QString::NormalizationForm_C, QChar::Unicode_9_0) : expected);
            int64_t at = 0;
            for (const Token &token : tokens) {
                QVERIFY(name == "qwen2" ? token.begin <= at && token.end >= at : token.begin == at);
                at = token.end;
            }
            QCOMPARE(at, static_cast<int64_t>(text.size()));
        }
    }

    /// Whatever a tokenizer throws away, it does so once: reading its own text gives the same text again. Where unknown
    /// characters are left out or spaces are added that does not hold; there spans stay in order and inside the text.
    void spansStayInOrder_data()
    {
        QTest::addColumn<QString>("name");
        for (const std::string &name : tokenizerKinds())
            QTest::newRow(name.c_str()) << QString::fromStdString(name);
    }
    void spansStayInOrder()
    {
        QFETCH(QString, name);
        const Json file = recordedJson(tokenizerData() / (name.toStdString() + ".json"));
        const auto tokenizer = *tokenizerOf(folder(name.toStdString()), file.at("tokenizer").dump());
        std::mt19937 random(12);
        for (int i = 0; i < 10000; ++i) {
            const std::string text = randomText(random);
            const auto tokens = tokenizer->encode(text, SpecialTokens::Add);
            QVERIFY2(tokens, tokens ? "" : tokens.error().message.c_str());
            int64_t begin = 0, end = 0;
            for (const Token &token : *tokens) {
                QVERIFY(token.begin >= begin && token.end >= end && token.begin <= token.end);
                begin = token.begin;
                end = token.end;
            }
            QVERIFY(end <= static_cast<int64_t>(text.size()));
            QVERIFY(tokenizer->decode(idsOf(*tokens), i % 2 == 0));
        }
    }

    void aMegabyteTakesOnePass_data()
    {
        QTest::addColumn<QString>("name");
        for (const char *name : {"gpt2", "llama3", "qwen2", "spm"})
            QTest::newRow(name) << name;
    }
    void aMegabyteTakesOnePass()
    {
        QFETCH(QString, name);
        const auto tokenizer = *Tokenizer::fromFolder(tokenizerData() / name.toStdString());
        std::string text;
        while (text.size() < 1000000)
            text += "The quick brown fox, 12345 jumps; it's na\xC3\xAFve \xE4\xB8\xAD\xE6\x96\x87. ";
        for (const std::string &input : {text, std::string(1000000, ' '), std::string(1000000, 'a')}) {
            const auto tokens = tokenizer->encode(input, SpecialTokens::None);
            QVERIFY(tokens);
            QCOMPARE(tokens->back().end, static_cast<int64_t>(input.size()));
        }
    }
};

QTEST_GUILESS_MAIN(TokenizerRoundtripTest)
#include "tokenizer_roundtrip_test.moc"
