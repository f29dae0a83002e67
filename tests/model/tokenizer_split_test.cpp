#include "core/base/json.h"
#include "core/model/tokenizer/pre_tokenizer_names.h"
#include "core/model/tokenizer/split_rules.h"

#include <QTest>
#include <fstream>

using namespace winnow;

namespace {

/// Lengths in bytes of the pieces of `text`.
std::vector<size_t> pieces(const std::string &text, std::string_view pre)
{
    std::vector<CodePoint> points;
    appendCodePoints(text, 0, points);
    std::vector<size_t> lengths, bytes;
    lengths.assign(points.empty() ? 0 : 1, points.size());
    for (const std::string_view expression : preTokenizerRules(pre).expressions) { // each cuts the pieces of the one before
        const Splitter stage = splitterOf(expression);
        std::vector<size_t> finer;
        size_t from = 0;
        for (const size_t length : lengths) {
            stage(std::span(points).subspan(from, length), finer);
            from += length;
        }
        lengths = finer;
    }
    size_t at = 0;
    for (const size_t length : lengths) {
        const size_t begin = points[at].begin;
        at += length;
        bytes.push_back((at < points.size() ? points[at].begin : text.size()) - begin);
    }
    return bytes;
}

} // namespace

class TokenizerSplitTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// tests/data/models/pre_tokenizer_cases.json: 200 texts cut by Hugging Face tokenizers 0.22.2 (Oniguruma) with the
    /// regular expressions that the splitters write out.
    void cutsAsTheRegularExpressionsDo_data()
    {
        QTest::addColumn<QByteArray>("pre");
        for (const char *pre : {"gpt-2", "llama-bpe", "qwen2", "smollm"})
            QTest::newRow(pre) << QByteArray(pre);
    }
    void cutsAsTheRegularExpressionsDo()
    {
        QFETCH(QByteArray, pre);
        std::ifstream stream(std::string(WINNOW_TEST_DATA) + "/models/pre_tokenizer_cases.json");
        const Json cases = Json::parse(stream);
        QCOMPARE(cases.size(), size_t{200});
        for (const Json &item : cases) {
            const auto text = item.at("text").get<std::string>();
            const auto expected = item.at("bytes").at(pre.constData()).get<std::vector<size_t>>();
            const auto found = pieces(text, pre.constData());
            QVERIFY2(found == expected, (item.dump() + " found " + Json(found).dump()).c_str());
        }
    }

    /// By hand from the four expressions of llama.cpp's "default".
    void theDefaultRulesIsolatePunctuationAndTriplesOfDigits()
    {
        QCOMPARE(pieces("Hi, you!", "default"), (std::vector<size_t>{2, 1, 4, 1})); // Hi|,| you|!
        QCOMPARE(pieces("12345", "default"), (std::vector<size_t>{3, 2})); // 123|45
        QCOMPARE(pieces("x 1234", "default"), (std::vector<size_t>{1, 1, 3, 1})); // x| |123|4
        QCOMPARE(pieces("a\tb", "default"), (std::vector<size_t>{1, 1, 1}));
        QCOMPARE(pieces("a\t\tb", "default"), (std::vector<size_t>{1, 1, 1, 1}));
        QCOMPARE(pieces("$5<=6", "default"), (std::vector<size_t>{1, 1, 2, 1}));
    }

    void unknownNamesHaveNoStages()
    {
        QVERIFY(preTokenizerRules("unheard-of").expressions.empty());
        QVERIFY(preTokenizerNames().find("smollm, starcoder") != std::string::npos);
    }

    void aMillionSpacesTakeOnePass()
    {
        for (const char *pre : {"gpt-2", "llama-bpe", "qwen2", "smollm", "default"}) {
            QCOMPARE(pieces(std::string(1000000, ' '), pre), std::vector<size_t>{1000000});
            QCOMPARE(pieces(std::string(1000000, '1'), pre).empty(), false);
        }
    }

    void illFormedPartsBecomeOneReplacementEach()
    {
        const std::string mark = "\xEF\xBF\xBD";
        // The Unicode Standard 15.0, table 3-8, and truncated sequences.
        QCOMPARE(replaceIllFormed("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"), mark + mark + mark + mark + mark + mark + mark + mark + "A");
        QCOMPARE(replaceIllFormed("\xED\xA0\x80\x41"), mark + mark + mark + "A");
        QCOMPARE(replaceIllFormed("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"), mark + mark + mark + mark + "A");
        QCOMPARE(replaceIllFormed("\xE6\xBC"), mark);
        QCOMPARE(replaceIllFormed("a\xE6\xBC\xA2z"), std::string("a\xE6\xBC\xA2z"));
    }
};

QTEST_GUILESS_MAIN(TokenizerSplitTest)
#include "tokenizer_split_test.moc"
