#include "sessions/number_text.h"
#include "sessions/report_html.h"
#include "sessions/report_parts.h"
#include "tests/support/example_session.h"

#include <QRegularExpression>
#include <QTemporaryDir>
#include <QXmlStreamReader>
#include <QtTest>

using namespace winnow;

class ReportTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void tableHoldsTheNumbersOfTheRuns();
    void deltasOnlyBetweenRunsOverTheSameRows();
    void summaryIsComputedFromTheNumbers();
    void failedChecksAreSaidFirst();
    void csvQuotesAndKeepsEveryDigit();
    void latexEscapesWhatLatexReads();
    void jsonTableReadsBack();
    void numbersReadAsPeopleWriteThem();
    void pageIsWellFormedAndAsksForNothing();
    void textOfTheSessionIsNeverMarkup();
    void linkedDataReadsBack();
    void chosenRunsAloneAreInThePage();
    void emptySessionMakesAPage();

private:
    Result<std::string> page(const ReportContent &content)
    {
        return reportHtml(*m_session, content);
    }
    QTemporaryDir m_dir;
    std::unique_ptr<Session> m_session;
    std::vector<ComparedRun> m_runs;
};

void ReportTest::initTestCase()
{
    m_session = test::exampleSession(m_dir.filePath("a.winnow").toStdString());
    m_runs = *comparedRuns(*m_session);
}

void ReportTest::tableHoldsTheNumbersOfTheRuns()
{
    const Table table = compareTable(m_runs);
    const auto row = [&](size_t r) {
        QStringList cells;
        for (size_t c = 0; c < table.columns.size(); ++c)
            cells << QString::fromStdString(cellText(table, r, c));
        return cells.join('|');
    };
    QCOMPARE(table.rows.size(), size_t(3));
    // 3722445 / 14742978 - 1 = -0.7475
    QCOMPARE(
        row(0), QStringLiteral("A|SnapKV|25 %|2.5655|+0.0655|0.071|92.2|3.55|−74.8|21.6|1 of 1"));
    QCOMPARE(row(2), QStringLiteral("C|Full cache|100 %|2.5000|–|0.000|100.0|14.06|–|24.1|1 of 1"));
}

void ReportTest::deltasOnlyBetweenRunsOverTheSameRows()
{
    std::vector<ComparedRun> runs = m_runs;
    runs[0].record.request["scoreLast"] = 32;
    QVERIFY(!runNumbers(runs[0], runs).deltaNll);
    QVERIFY(runNumbers(runs[1], runs).deltaNll);
    runs[1].record.request["input"] = { { "text", "another" } };
    QVERIFY(!runNumbers(runs[1], runs).deltaNll);
}

void ReportTest::summaryIsComputedFromTheNumbers()
{
    // deltas .02 .05 .03 .04 of four tokens; 0.1264 / 0.0655 = 1.93
    const std::string text = summarySentence(m_runs);
    QVERIFY2(text.starts_with("At 25 % of the cache, SnapKV adds 0.066 nats/token (95 % band 0.0"),
        text.c_str());
    QVERIFY2(text.ends_with("and stores 3.55 instead of 14.06 MiB. H2O costs 1.9 times as much on "
                            "this text. All 3 checks passed."),
        text.c_str());
    const auto band = deltaNllInterval(*m_runs[0].report);
    QVERIFY(band);
    QVERIFY(std::abs(band->mean - 0.035) < 1e-7);
    QVERIFY(band->low >= 0.02 && band->low < 0.035 && band->high > 0.035 && band->high <= 0.05);
    QCOMPARE(summarySentence({}), std::string("No run of this session was measured."));
}

void ReportTest::failedChecksAreSaidFirst()
{
    std::vector<ComparedRun> runs = m_runs;
    test::ExampleNumbers numbers;
    numbers.checkOk = false;
    runs[1].report = test::exampleReport(runs[1].record.request, numbers);
    QVERIFY(summarySentence(runs).ends_with("1 of 3 checks failed."));
    ReportData data;
    data.runs = runs;
    const std::string html = checksHtml(data);
    QVERIFY(html.find("failed") < html.find("passed"));
    QVERIFY(html.find("layer 1, head 2") != std::string::npos);
}

void ReportTest::csvQuotesAndKeepsEveryDigit()
{
    Table table;
    table.columns = { { "a", "A", "nats", TableColumn::Kind::Number, 2 },
        { "b", "B", "", TableColumn::Kind::Text, 0 } };
    table.rows = { { 0.1, "x,\"y\"\nz" }, { Json(), "1e-300" }, { 1e-300, 7 } };
    QCOMPARE(
        csvText(table), std::string("A (nats),B\n0.1,\"x,\"\"y\"\"\nz\"\n,1e-300\n1e-300,7\n"));
}

void ReportTest::latexEscapesWhatLatexReads()
{
    Table table;
    table.columns = { { "a", "\xCE\x94NLL", "nats/token", TableColumn::Kind::Delta, 4 },
        { "b", "Run_1", "%", TableColumn::Kind::Text, 0 } };
    table.rows = { { -0.0099, "50 % & $x$ #1 {a} \\b ~ ^" }, { Json(), "x" } };
    QCOMPARE(latexText(table),
        std::string("% needs \\usepackage{booktabs}\n\\begin{tabular}{rl}\n\\toprule\n$\\Delta$NLL "
                    "[nats/token] & Run\\_1 [\\%] \\\\\n\\midrule\n"
                    "$-$0.0099 & 50 \\% \\& \\$x\\$ \\#1 \\{a\\} \\textbackslash{}b "
                    "\\textasciitilde{} \\textasciicircum{} \\\\\n"
                    "-- & x \\\\\n\\bottomrule\n\\end{tabular}\n"));
}

void ReportTest::jsonTableReadsBack()
{
    const Json json = Json::parse(jsonTableText(compareTable(m_runs)));
    QCOMPARE(json["rows"].size(), size_t(3));
    QVERIFY(json["rows"][0]["nll"] == Json(2.5655));
    QVERIFY(json["rows"][2]["deltaNll"].is_null());
    QCOMPARE(json["columns"][4]["unit"].get<std::string>(), std::string("nats/token"));
}

void ReportTest::numbersReadAsPeopleWriteThem()
{
    QCOMPARE(groupedText(1234567), std::string("1,234,567"));
    QCOMPARE(groupedText(-1024),
        std::string("\xE2\x88\x92"
                    "1,024"));
    QCOMPARE(groupedText(999), std::string("999"));
    QCOMPARE(fixedText(-0.001, 2), std::string("0.00"));
    QCOMPARE(signedText(0.00001, 4), std::string("0.0000"));
    QCOMPARE(budgetLabel("25%"), std::string("25 %"));
    QCOMPARE(budgetLabel("0.125"), std::string("12.5 %"));
    QCOMPARE(budgetLabel("1024t"), std::string("1,024 tokens"));
    QCOMPARE(budgetLabel("6MiB"), std::string("6.00 MiB"));
    QCOMPARE(letterText(27), std::string("B2"));
    QCOMPARE(dateText("2026-11-25T18:41:07Z"), std::string("25 Nov 2026"));
    QCOMPARE(durationText(221000), std::string("3 min 41 s"));
}

void ReportTest::pageIsWellFormedAndAsksForNothing()
{
    ReportContent content;
    content.title = "What a quarter of the cache costs";
    content.sessionName = "demo.winnow";
    content.figures.push_back(
        { "Quality", "Loss against bytes.", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "", {},
            {}, "x,y\n", { { "view", "quality" } } });
    const auto html = page(content);
    QVERIFY(html);
    const QString text = QString::fromStdString(*html);
    for (const char *id :
        { "summary", "figure-1", "kept", "runs", "run-A", "checks", "notes", "provenance" })
        QVERIFY2(text.contains(QStringLiteral("id=\"%1\"").arg(QLatin1String(id)))
                && text.contains(QStringLiteral("href=\"#%1\"").arg(QLatin1String(id))),
            id);
    QVERIFY(!text.contains("{{"));
    QVERIFY(text.contains("--text-file panthers.txt"));
    // Every address in the page is a data: URI or a place in the page itself.
    const QRegularExpression addresses(QStringLiteral("(?:href|src|srcset)=\"([^\"]*)\""));
    for (auto matches = addresses.globalMatch(text); matches.hasNext();) {
        const QString address = matches.next().captured(1);
        QVERIFY2(address.startsWith("data:") || address.startsWith('#'), qPrintable(address));
    }
    QVERIFY(!text.contains("@import") && !text.contains("url("));
    const QRegularExpression tags(QStringLiteral(
        "<(/?)(section|table|tr|div|span|figure|main|aside|nav|dl|p|a|thead|tbody)\\b[^>]*>"));
    QStringList open;
    for (auto matches = tags.globalMatch(text); matches.hasNext();) {
        const auto match = matches.next();
        if (match.captured(1).isEmpty())
            open << match.captured(2);
        else
            QCOMPARE(open.takeLast(), match.captured(2));
    }
    QVERIFY(open.isEmpty());
}

void ReportTest::textOfTheSessionIsNeverMarkup()
{
    const std::string html = *page({});
    QVERIFY(html.find("<b>defense</b>") == std::string::npos);
    QVERIFY(html.find("&lt;b&gt;defense&lt;/b&gt;") != std::string::npos);
    QVERIFY(html.find("The &lt;fact&gt; stays &amp; is kept.") != std::string::npos);
    ReportContent content;
    content.title = "{{table}}<script>";
    const std::string titled = *page(content);
    QVERIFY(titled.find("{{table}}&lt;script&gt;") != std::string::npos);
}

void ReportTest::linkedDataReadsBack()
{
    const QString html = QString::fromStdString(*page({}));
    const QRegularExpression link(
        QStringLiteral("download=\"runs.csv\" href=\"data:text/csv;base64,([^\"]*)\""));
    const auto match = link.match(html);
    QVERIFY(match.hasMatch());
    QCOMPARE(QByteArray::fromBase64(match.captured(1).toLatin1()).toStdString(),
        csvText(compareTable(m_runs)));
}

void ReportTest::chosenRunsAloneAreInThePage()
{
    ReportContent content;
    content.runIds = { m_runs[2].record.id, m_runs[1].record.id };
    const std::string html = *page(content);
    QVERIFY(html.find("id=\"run-A\"") == std::string::npos);
    QVERIFY(html.find("id=\"run-B\"") < html.find("id=\"run-C\""));
    content.runIds = { 12345 };
    QCOMPARE(page(content).error().code, ErrorCode::NotFound);
}

void ReportTest::emptySessionMakesAPage()
{
    auto empty = *Session::create(m_dir.filePath("empty.winnow").toStdString());
    const auto html = reportHtml(*empty, {});
    QVERIFY(html);
    QVERIFY(html->find("No run of this session was measured.") != std::string::npos);
}

QTEST_GUILESS_MAIN(ReportTest)
#include "report_test.moc"
