#include "core/base/method_info.h"
#include "core/methods/registry.h"
#include "core/methods/segmenter.h"
#include "core/words/characters.h"

#include <QTest>

using namespace winnow;

namespace {

const char *const kLines[]{"武汉市长江大桥，2001年建成。", "现代 汉语\u3000词典", "", "   ", "John's car 3.5-4", "これは本です。", "สวัสดี ชาวโลก", "한국어 문장",
    "𠀀😀é\u0301", "。。。", "a"};

std::vector<std::vector<std::u32string>> trainingWords()
{
    return {{U"武汉", U"市", U"长江", U"大桥", U"，", U"建成", U"。"}, {U"现代", U"汉语", U"词典"}, {U"本", U"です", U"。"}, {U"한국어", U"문장"}};
}

SegmentSource fullSource(WhiteSpaceMode mode)
{
    SegmentSource source;
    source.whiteSpace = mode;
    source.lines.assign(std::begin(kLines), std::end(kLines));
    source.trainingGold = trainingWords();
    for (int64_t line = 0; line < int64_t(source.lines.size()); ++line)
        source.replies.push_back({line, source.lines[size_t(line)]});
    return source;
}

Parameters parametersOf(const MethodSpec &spec, const Json &given = Json::object())
{
    auto parameters = canonicalParameters(methodInfo(spec), given);
    if (!parameters)
        qFatal("%s", parameters.error().message.c_str());
    return Parameters(*parameters);
}

std::vector<const MethodSpec *> segmenters()
{
    std::vector<const MethodSpec *> specs;
    for (const MethodSpec *spec : methodTable()) {
        if (spec->family == "segment")
            specs.push_back(spec);
    }
    return specs;
}

Result<SegmentModelPtr> learn(const MethodSpec &spec, const SegmentSource &source, const Json &given = Json::object())
{
    return spec.createSegmenter()->learn(source, parametersOf(spec, given), {});
}

} // namespace

/// What every method of the family segment keeps to.
class SegmentersTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void familyIsThere()
    {
        QCOMPARE(segmenters().size(), size_t(14));
        for (const MethodSpec *spec : segmenters()) {
            QVERIFY2(spec->createSegmenter && !spec->create && !spec->createPrompt, spec->id.data());
            QVERIFY2(methodInfo(*spec).parameter("whiteSpace"), spec->id.data());
        }
    }

    void wordsCoverEveryLineWithoutGaps()
    {
        for (const WhiteSpaceMode mode : {WhiteSpaceMode::Strip, WhiteSpaceMode::Separator, WhiteSpaceMode::Literal}) {
            const SegmentSource source = fullSource(mode);
            for (const MethodSpec *spec : segmenters()) {
                const auto model = learn(*spec, source);
                QVERIFY2(model.has_value(), spec->id.data());
                const auto cutter = (*model)->cutter();
                for (const char *line : kLines) {
                    const CutText text = cutText(line, mode);
                    // Replies are cut at white space, so the chat model's own words know none.
                    if (!(*model)->covers(text) || (mode == WhiteSpaceMode::Literal && spec->id == "llm_direct"))
                        continue;
                    std::vector<int32_t> ends{99};
                    const double score = cutter->cut(text, ends);
                    QVERIFY2(std::isfinite(score), spec->id.data());
                    int32_t last = 0;
                    for (const int32_t end : ends) {
                        QVERIFY2(end > last, spec->id.data());
                        last = end;
                    }
                    QCOMPARE(last, int32_t(text.size()));
                    for (const int32_t piece : text.pieceEnds)
                        QVERIFY2(std::find(ends.begin(), ends.end(), piece) != ends.end(), spec->id.data());
                    if (text.size() == 0)
                        QCOMPARE(score, 0.0);
                    const auto ranges = originRanges(text, ends);
                    QCOMPARE(wordEnds(text, ranges), ends);
                    for (size_t i = 0; i < ends.size(); ++i)
                        QVERIFY((*model)->explain(text, i == 0 ? 0 : ends[i - 1], ends[i]).is_object());
                }
            }
        }
    }

    void savedModelsCutAlike()
    {
        const SegmentSource source = fullSource(WhiteSpaceMode::Strip);
        for (const MethodSpec *spec : segmenters()) {
            const auto model = learn(*spec, source);
            const std::string saved = (*model)->saved();
            if (saved.empty())
                continue;
            SegmentSource again;
            again.whiteSpace = source.whiteSpace;
            again.lines = source.lines;
            DictionaryNotes notes;
            if (saved.starts_with('{'))
                again.model = Json::parse(saved);
            else
                again.dictionary = *WordDictionary::parse(saved, "saved", 256, notes);
            const auto reread = learn(*spec, again);
            QVERIFY2(reread.has_value(), spec->id.data());
            const auto one = (*model)->cutter(), two = (*reread)->cutter();
            for (const char *line : kLines) {
                const CutText text = cutText(line, WhiteSpaceMode::Strip);
                std::vector<int32_t> ends, others;
                one->cut(text, ends);
                two->cut(text, others);
                QCOMPARE(ends, others);
            }
        }
    }

    void missingSourcesAreNamed()
    {
        SegmentSource source;
        source.lines = {"武汉市"};
        for (const char *id : {"llaca", "llaca_unigram", "fmm", "bmm", "bidirectional", "jieba_like", "tag_model", "llm_direct"}) {
            const auto model = learn(*findMethod(id), source);
            QVERIFY2(!model && model.error().code == ErrorCode::BadInput && !model.error().hint.empty(), id);
        }
        for (const char *id : {"unigram_lm", "bpe", "nvbe", "accessor_variety", "singles", "chunks"})
            QVERIFY2(learn(*findMethod(id), source).has_value(), id);
        source.replies = {{7, "武汉 市"}};
        const auto model = learn(*findMethod("llaca"), source);
        QVERIFY(!model && model.error().message.find("line 7") != std::string::npos);
        source.dictionary = WordDictionary(std::vector<WordCount>{{U"武汉", 2}});
        QVERIFY(!learn(*findMethod("llaca"), source, {{"oovModel", true}}));
        QVERIFY(!learn(*findMethod("unigram_lm"), source, {{"size", 50}}));
        QVERIFY(!learn(*findMethod("nvbe"), source, {{"longest", 1}}));
    }

    void linesWithoutAReplyAreNotCovered()
    {
        SegmentSource source;
        source.lines = {"武汉市", "长江", "武汉市"};
        source.replies = {{0, "武汉 市"}, {2, "武 汉市"}};
        const auto model = learn(*findMethod("llm_direct"), source);
        QVERIFY(model.has_value());
        QVERIFY(!(*model)->covers(cutText("长江", source.whiteSpace)));
        const auto cutter = (*model)->cutter();
        std::vector<int32_t> ends;
        cutter->cut(cutText("武汉市", source.whiteSpace), ends);
        QCOMPARE(ends, (std::vector<int32_t>{2, 3}));
        cutter->cut(cutText("武汉市", source.whiteSpace), ends);
        QCOMPARE(ends, (std::vector<int32_t>{1, 3}));
    }

    void rejectedReplyWordsStayOutOfTheDictionary()
    {
        SegmentSource source;
        source.lines = {"武汉市长江大桥"};
        source.replies = {{0, "武汉 长江 大桥 公园"}};
        const Json all{{"topRatio", 1.0}}, official{{"topRatio", 1.0}, {"align", false}};
        const auto aligned = learn(*findMethod("llaca"), source, all), unchecked = learn(*findMethod("llaca"), source, official);
        QCOMPARE((*aligned)->wordList()->count(U"公园"), uint64_t(0));
        QCOMPARE((*aligned)->wordList()->count(U"大桥"), uint64_t(1));
        QCOMPARE((*aligned)->wordList()->count(U"市"), uint64_t(0)); // nobody said it
        QCOMPARE((*unchecked)->wordList()->count(U"公园"), uint64_t(1));
    }

    void trainingIsCancelled()
    {
        std::stop_source stop;
        stop.request_stop();
        const RunContext context{stop.get_token(), nullptr};
        const SegmentSource source = fullSource(WhiteSpaceMode::Strip);
        for (const char *id : {"unigram_lm", "bpe", "nvbe", "accessor_variety"}) {
            const MethodSpec &spec = *findMethod(id);
            const auto model = spec.createSegmenter()->learn(source, parametersOf(spec), context);
            QVERIFY2(!model && model.error().code == ErrorCode::Cancelled, id);
        }
    }
};

QTEST_GUILESS_MAIN(SegmentersTest)
#include "segmenters_test.moc"
