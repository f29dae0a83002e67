#include "core/serve/engine.h"

#include "core/base/json_fields.h"
#include "core/base/report.h"

#include <QTest>

using namespace winnow;

namespace {

/// Lists of lists of words; braces alone would read two pairs as an object.
Json wordLists(const std::vector<std::vector<std::string>> &lines) { return lines; }

const TableArtifact *tableOf(const std::vector<TableArtifact> &tables, const std::string &id)
{
    for (const TableArtifact &table : tables) {
        if (table.id == id)
            return &table;
    }
    return nullptr;
}

} // namespace

/// Several segmenters over the same lines: each by its own parameters, and what is left of an interrupted sweep.
class SegmentSweepTest : public QObject {
    Q_OBJECT

    Engine m_engine{{.threads = 1, .captureBudgetBytes = 0, .modelFolder = WINNOW_TEST_DATA}};

    Result<Document> ask(const Json &request, std::vector<Report> *parts = nullptr)
    {
        return m_engine.handle(request, {}, [parts](Document part) {
            if (parts)
                parts->emplace_back(std::move(part));
        });
    }
    Error refusal(const Json &request)
    {
        const auto reply = ask(request);
        return reply ? Error{} : reply.error();
    }

private Q_SLOTS:
    /// What a resumed sweep reports is what an uninterrupted one does: words, lengths, errors, differences, curves.
    void aResumedSweepReportsAllOfIt()
    {
        std::vector<Report> parts;
        Json request{{"command", "sweep"}, {"methods", {"llaca", "fmm", "llm_direct"}}, {"teacher", "simulated"}, {"language", "th"},
            {"lines", {"中国 人民", "中国大学", "", "人民大学", "大学"}},
            {"gold", wordLists({{"中国", "人民"}, {"中国", "大学"}, {}, {"人民", "大学"}, {"大学"}})},
            {"vary", {{"name", "share"}, {"values", {.5, 1}}}}};
        auto reply = ask(request, &parts);
        QVERIFY(reply.has_value());
        const Report whole(std::move(*reply));
        Json known = Json::object();
        for (size_t i = 0; i + 1 < parts.size(); ++i) { // the last cell is missing
            Json lines = Json::array();
            const auto segmentations = parts[i].segmentations();
            for (const SegmentedLine &line : segmentations[0].lines)
                lines.push_back({{"words", line.words}, {"score", line.score}});
            known[stringField(parts[i].body(), "cellKey")] = {{"metrics", childField(parts[i].body(), "metrics")}, {"lines", std::move(lines)}};
        }
        request["knownCells"] = known;
        parts.clear();
        reply = ask(request, &parts);
        QVERIFY2(reply.has_value(), reply ? "" : reply.error().message.c_str());
        QCOMPARE(parts.size(), size_t(1));
        const Report resumed(std::move(*reply));
        QCOMPARE(resumed.segmentations().size(), whole.segmentations().size());
        for (size_t i = 0; i < whole.segmentations().size(); ++i) {
            QCOMPARE(resumed.segmentations()[i].id, whole.segmentations()[i].id);
            for (size_t line = 0; line < 5; ++line)
                QCOMPARE(resumed.segmentations()[i].lines[line].words, whole.segmentations()[i].lines[line].words);
        }
        const auto before = whole.tables(), after = resumed.tables();
        for (const char *id : {"byLength", "errors", "differences"}) {
            QVERIFY2(tableOf(before, id) && tableOf(after, id), id);
            QVERIFY2(tableOf(before, id)->rows == tableOf(after, id)->rows, id);
        }
        QCOMPARE(resumed.curves().size(), whole.curves().size());
        QCOMPARE(resumed.curves()[0].y, whole.curves()[0].y);
        for (auto &[key, cell] : known.items())
            cell["lines"] = Json::array({Json{{"words", Json::array()}, {"score", 0}}}); // of one line
        request["knownCells"] = known;
        QCOMPARE(refusal(request).code, ErrorCode::BadInput);
    }

    /// llaca.md 4: longer words are rejected on load and counted, for each method of a sweep by its own limit.
    void eachMethodHasItsOwnLongestWord()
    {
        Json request{{"command", "sweep"}, {"lines", {"abcb"}}, {"language", "zh"},
            {"dictionary", {{"a", 3}, {"ab", 2}, {"abc", 1}, {"b", 4}, {"bc", 5}, {"c", 1}}}};
        request["methods"] = {{{"method", "fmm"}, {"params", {{"maxWord", 2}}}}, "bmm"};
        std::vector<Report> parts;
        QVERIFY(ask(request, &parts).has_value());
        QCOMPARE(parts.size(), size_t(2));
        QCOMPARE(parts[0].segmentations()[0].lines[0].words, (std::vector<std::pair<int32_t, int32_t>>{{0, 2}, {2, 3}, {3, 4}}));
        QVERIFY(parts[0].notices().at(0).find("1 too long") != std::string::npos);
        QCOMPARE(parts[1].segmentations()[0].lines[0].words, (std::vector<std::pair<int32_t, int32_t>>{{0, 3}, {3, 4}}));
        QVERIFY(parts[1].notices().empty());
    }
};

QTEST_GUILESS_MAIN(SegmentSweepTest)
#include "segment_sweep_test.moc"
