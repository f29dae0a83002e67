#include "../fuzz/exercise_tokenizer.h"
#include "tokenizer_files.h"

#include <QTemporaryDir>
#include <QTest>

#include <filesystem>
#include <random>

using namespace winnow;
using namespace winnow::test;

/// Damages of the small tokenizers in tests/data/tokenizers/corpus (which hold every node type) by a fixed random sequence.
/// tests/fuzz/tokenizer_fuzzer goes on from there.
class TokenizerFuzzTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    void exercise(const std::string &json, const std::string &what)
    {
        const auto made = tokenizerOf(m_folder.path().toStdString(), json);
        QVERIFY2(made || !made.error().message.empty(), what.c_str());
        if (!made)
            return;
        const std::string wrong = exerciseTokenizer(**made);
        QVERIFY2(wrong.empty(), (wrong + "\n" + what + "\n" + json).c_str());
    }

    static void addCorpus()
    {
        QTest::addColumn<QString>("name");
        for (const auto &entry : std::filesystem::directory_iterator(tokenizerData() / "corpus"))
            QTest::newRow(entry.path().stem().string().c_str()) << QString::fromStdString(entry.path().string());
    }

private Q_SLOTS:
    void bytesThatAreChangedOrMissing_data() { addCorpus(); }
    void bytesThatAreChangedOrMissing()
    {
        QFETCH(QString, name);
        const std::string whole = readFile(name.toStdString());
        exercise(whole, "as it is");
        std::mt19937 random(21);
        for (int i = 0; i < 30; ++i) {
            std::string changed = whole;
            for (auto count = random() % 3 + 1; count > 0; --count)
                changed[random() % changed.size()] = static_cast<char>(random() % 256);
            exercise(changed, "bytes changed, number " + std::to_string(i));
            exercise(whole.substr(0, random() % whole.size()), "cut off");
            if (QTest::currentTestFailed())
                return;
        }
    }

    /// Whole values in each other's places: these reach the readers behind the parser.
    void valuesInWrongPlaces_data() { addCorpus(); }
    void valuesInWrongPlaces()
    {
        QFETCH(QString, name);
        const Json whole = recordedJson(name.toStdString());
        const Json strange[] = {nullptr, true, -1, 0, 1, 4194303, 4294967295u, 1e300, 0.5, "", "a", " ", "\xE2\x96\x81", "(", "[^\\s", "(a*)*$",
            "<0xE9>", Json::array(), Json::object(), Json::array({"a", "b"}), {{"String", ""}}, {{"Regex", "\\s*"}}, {{"type", "ByteLevel"}},
            {{"type", "Sequence"}, {"normalizers", Json::array()}}};
        std::mt19937 random(22);
        const Json flat = whole.flatten();
        std::vector<std::string> places;
        for (const auto &[place, value] : flat.items())
            places.push_back(place);
        for (int i = 0; i < 50; ++i) {
            Json changed = whole;
            for (auto count = random() % 2 + 1; count > 0; --count) {
                auto place = Json::json_pointer(places[random() % places.size()]);
                for (auto up = random() % 3; up > 0 && !place.empty(); --up)
                    place.pop_back();
                if (!changed.contains(place))
                    continue;
                const auto other = Json::json_pointer(places[random() % places.size()]);
                const bool copies = random() % 4 == 0 && whole.contains(other);
                changed[place] = copies ? whole[other] : strange[random() % std::size(strange)];
            }
            exercise(changed.dump(-1, ' ', false, Json::error_handler_t::replace), "values changed, number " + std::to_string(i));
            if (QTest::currentTestFailed())
                return;
        }
    }
};

QTEST_GUILESS_MAIN(TokenizerFuzzTest)
#include "tokenizer_fuzz_test.moc"
