#include "tests/fuzz/exercise_data.h"
#include "tests/support/data_files.h"

#include <QtTest>

#include <random>

namespace winnow {

using namespace test;

/// Damages of the samples by a fixed random sequence, through every reader. tests/fuzz/data_fuzzer goes on from there.
class DataFuzzTest : public QObject {
    Q_OBJECT

    DataFolder m_folder;

    void exercise(const std::string &bytes, size_t reader, const std::string &what)
    {
        const auto path = m_folder.write("damaged.txt", bytes);
        const DataSettings settings{.whiteSpace = reader % 2 ? WhiteSpaceRule::Strip : WhiteSpaceRule::Separator, .documents = 3};
        const std::string wrong = exerciseData(path.string(), reader, settings);
        QVERIFY2(wrong.empty(), (wrong + ": " + what).c_str());
    }

private Q_SLOTS:
    void damagedFilesGiveSoundItemsOrAReason_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<int>("reader");
        const std::pair<const char *, const char *> files[] = {{"gsm8k", "gsm8k/test.first12.jsonl"}, {"bbh", "bbh/tasks/date_understanding.json"},
            {"mt_bench", "mt_bench/question.first4.jsonl"}, {"xquad", "xquad/xquad.zh.json"}, {"qmsum", "qmsum/ES2004a.json"},
            {"kv", "lost_in_the_middle/kv-retrieval-75_keys.first2.jsonl"}, {"nq", "lost_in_the_middle/nq-open-oracle.first18.jsonl"},
            {"text", "README.md"}, {"conllu", "ud/UD_Thai-PUD/th_pud-ud-test.first24.conllu"}, {"sighan", "bbh/cot_prompts/date_understanding.txt"},
            {"bars", "README.md"}};
        for (const auto &[set, file] : files) {
            const auto at = std::find_if(kFuzzedSets.begin(), kFuzzedSets.end(), [&](const char *name) { return std::string(name) == set; });
            QTest::newRow(set) << QString(file) << int(at - kFuzzedSets.begin());
        }
        QTest::newRow("words") << "README.md" << int(kFuzzedSets.size());
        QTest::newRow("wiki") << "README.md" << int(kFuzzedSets.size() + 1);
    }

    void damagedFilesGiveSoundItemsOrAReason()
    {
        QFETCH(QString, file);
        QFETCH(int, reader);
        std::string whole = bytesOf(sample(file.toStdString()));
        whole.resize(std::min<size_t>(whole.size(), 20000));
        exercise(whole, size_t(reader), "as it is");
        std::mt19937 random(7);
        constexpr std::string_view kSigns = "{}[]\",:|#\t\n\r\\\xE3\x80\x00\xFF -0";
        for (int i = 0; i < 20; ++i) {
            std::string changed = whole;
            for (auto count = random() % 4 + 1; count > 0; --count)
                changed[random() % changed.size()] = kSigns[random() % kSigns.size()];
            exercise(changed, size_t(reader), "bytes changed, number " + std::to_string(i));
            exercise(whole.substr(0, random() % whole.size()), size_t(reader), "cut off");
            if (QTest::currentTestFailed())
                return;
        }
    }
};

} // namespace winnow

QTEST_GUILESS_MAIN(winnow::DataFuzzTest)

#include "data_fuzz_test.moc"
