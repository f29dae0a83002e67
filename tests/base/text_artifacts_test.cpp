#include "core/base/json_fields.h"
#include "core/base/report.h"
#include "core/base/report_artifacts.h"

#include <QtTest>

using namespace winnow;

class TextArtifactsTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void promptTokensComeBackFromAReport();
    void promptTokensThatDoNotAscendAreNoPromptTokens();
    void segmentationsComeBackFromAReport();
    void overlappingWordsAreNoSegmentation();
    void theJsonOfTheCommandLineHasPlainLists();
};

namespace {

PromptTokens someTokens()
{
    return {"prompt", "dac", {0, 2, 5}, "a c f", 0.5, 0.5, {0, 1, 0, 2, 1, 0}, {2}};
}

ReportPtr reportOf(const PromptTokens &tokens)
{
    ReportBuilder builder;
    builder.setInput({1, 2, 3, 4, 5, 6}, {"a", "b", "c", "d", "e", "f"}, "abcdef");
    builder.add(tokens);
    return builder.build();
}

} // namespace

void TextArtifactsTest::promptTokensComeBackFromAReport()
{
    const PromptTokens given = someTokens();
    const auto read = reportOf(given)->promptTokens();
    QVERIFY(read);
    QCOMPARE(read->kept, given.kept);
    QCOMPARE(read->stageOf, given.stageOf);
    QCOMPARE(read->protectedTokens, given.protectedTokens);
    QCOMPARE(read->text, given.text);
    QCOMPARE(read->method, given.method);
    QCOMPARE(read->askedRate, 0.5);
    QCOMPARE(read->achievedRate, 0.5);
}

void TextArtifactsTest::promptTokensThatDoNotAscendAreNoPromptTokens()
{
    for (const std::vector<int32_t> &kept : {std::vector<int32_t>{0, 2, 2}, {3, 1}, {-1, 2}}) {
        PromptTokens given = someTokens();
        given.kept = kept;
        QVERIFY(!reportOf(given)->promptTokens());
    }
}

void TextArtifactsTest::segmentationsComeBackFromAReport()
{
    ReportBuilder builder;
    builder.add(Segmentation{"gold", "", "Gold", "zh", {{"我们 的", {{0, 2}, {3, 4}}, 0}}});
    builder.add(Segmentation{"llaca", "llaca", "LLACA", "zh", {{"我们 的", {{0, 1}, {1, 2}, {3, 4}}, -7.25}}});
    const auto read = builder.build()->segmentations();
    QCOMPARE(read.size(), size_t(2));
    QCOMPARE(read[0].id, std::string("gold"));
    QCOMPARE(read[1].lines[0].words.size(), size_t(3));
    QCOMPARE(read[1].lines[0].words[2], (std::pair<int32_t, int32_t>(3, 4)));
    QCOMPARE(read[1].lines[0].score, -7.25);
    QCOMPARE(read[1].language, std::string("zh"));
}

void TextArtifactsTest::overlappingWordsAreNoSegmentation()
{
    const Json good = writeArtifact(Segmentation{"a", "a", "", "", {{"abc", {{0, 1}, {1, 3}}, 0}}});
    QVERIFY(readSegmentation(good));
    for (const Json &words : {Json{{0, 2}, {1, 3}}, Json{{0, 0}}, Json{{0, 9}}, Json{{0, "x"}}}) {
        Json bad = good;
        bad["lines"][0]["words"] = words;
        QVERIFY2(!readSegmentation(bad), jsonText(words).c_str());
    }
}

void TextArtifactsTest::theJsonOfTheCommandLineHasPlainLists()
{
    const Json json = reportOf(someTokens())->toCliJson();
    QCOMPARE(json["artifacts"][0]["kept"], (Json{0, 2, 5}));
    QCOMPARE(json["artifacts"][0]["achievedRate"], Json(0.5));
}

QTEST_GUILESS_MAIN(TextArtifactsTest)
#include "text_artifacts_test.moc"
