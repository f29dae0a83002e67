#include "core/eval/encoder_tagger.h"
#include "core/eval/prompt_scorer.h"
#include "core/model/token_classifier.h"

#include "tests/support/golden.h"
#include "tests/support/prompt_fixture.h"
#include "tests/support/toy_scorer.h"

#include <QTemporaryDir>

using namespace winnow;
using namespace winnow::test;

namespace {

/// A toy scorer that opens encoders: tokens of the reader are bytes.
class TaggingScorer final : public PromptScorer {
public:
    int64_t window() const override { return 1 << 20; }
    Result<SequenceScores> score(std::span<const int32_t>, const ScoreWish &, const RunContext &) override
    {
        return fail(ErrorCode::Internal, "no causal model is asked");
    }
    Result<std::vector<ScorerToken>> tokens(std::string_view text) const override
    {
        return std::vector<ScorerToken>{{0, 0, int64_t(text.size())}};
    }
    std::optional<int32_t> startToken() const override { return 0; }
    const ScorerCosts &costs() const override { return m_costs; }
    Result<std::shared_ptr<const TokenTagger>> tagger(const std::string &folder, const RunContext &context) override
    {
        return openEncoderTagger(folder, context);
    }

private:
    ScorerCosts m_costs;
};

PromptInput englishInput()
{
    return wordInput({"The", "harbour", "was", "built", "in", "1892.", "Two", "hundred", "ships", "came", "every", "year", "of", "trade."});
}

void rewrite(const QString &path, const char *from, const char *to)
{
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadOnly));
    QByteArray text = file.readAll();
    file.close();
    QVERIFY(text.contains(from));
    text.replace(from, to);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(text);
}

} // namespace

class EncoderTaggerTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase_data()
    {
        QTest::addColumn<QString>("folder");
        QTest::newRow("BERT") << "bert-tagger";
        QTest::newRow("XLM-R") << "xlmr-tagger";
    }

    void probabilitiesEqualTheReference()
    {
        const auto model = TokenClassifier::open(folder(), {});
        QVERIFY2(model.has_value(), model ? "" : model.error().message.c_str());
        for (const Json &entry : golden()) {
            const auto ids = entry["ids"].get<std::vector<int32_t>>();
            const auto found = (*model)->probabilities(ids, {});
            QVERIFY(found.has_value());
            for (size_t t = 0; t < ids.size(); ++t)
                QVERIFY(std::abs(double((*found)[int64_t(t)][1].item<float>()) - entry["keep"][t].get<double>()) < 1e-5);
        }
    }

    void piecesHaveTheirProbabilities()
    {
        const auto tagger = openEncoderTagger(folder(), {});
        QVERIFY(tagger.has_value());
        for (const Json &entry : golden()) {
            const auto text = entry["text"].get<std::string>();
            const auto pieces = (*tagger)->tag(text, 510, {});
            QVERIFY(pieces.has_value());
            QCOMPARE(pieces->size() + 2, entry["ids"].size());
            for (size_t i = 0; i < pieces->size(); ++i) {
                const TaggedPiece &piece = (*pieces)[i];
                QCOMPARE(piece.id, entry["ids"][i + 1].get<int32_t>());
                QVERIFY(std::abs(piece.keep - entry["keep"][i + 1].get<double>()) < 1e-5);
                const auto token = entry["tokens"][i + 1].get<std::string>();
                const bool punctuation = token == "." || token == ",";
                const bool begins = folder().ends_with("bert-tagger") ? !token.starts_with("##") : token.starts_with("\u2581") || punctuation;
                QCOMPARE(piece.beginsWord, begins || i == 0);
            }
        }
    }

    void chunksEndAtFullStops()
    {
        const auto tagger = openEncoderTagger(folder(), {});
        const auto pieces = (*tagger)->tag("The harbour was built. Two ships came in 1892 and the harbour was built", 16, {});
        QVERIFY(pieces.has_value());
        for (size_t i = 1; i < pieces->size(); ++i) {
            if ((*pieces)[i].chunk != (*pieces)[i - 1].chunk) {
                QCOMPARE((*pieces)[i - 1].end, int64_t(22));
                break;
            }
        }
        QVERIFY(pieces->back().chunk > 0);
    }

    void methodKeepsWordsOfTheClassifier()
    {
        TaggingScorer scorer;
        const PromptInput input = englishInput();
        const Json parameters{{"folder", folder()}};
        for (const double rate : {.3, .5, .7}) {
            const PromptPlan plan = planOf("llmlingua2", input, scorer, {rate, -1}, parameters);
            QVERIFY(std::abs(double(plan.kept.size()) / double(input.ids.size()) - rate) < .2);
            QVERIFY(!plan.text.empty());
            QCOMPARE(plan.scores[0].names[0], std::string("probability"));
        }
        Json forced = parameters;
        forced["forced"] = "ships";
        forced["digits"] = true;
        const PromptPlan plan = planOf("llmlingua2", input, scorer, {.2, -1}, forced);
        QVERIFY(std::find(plan.kept.begin(), plan.kept.end(), 5) != plan.kept.end()); // 1892.
    }

    void damagedFoldersAreNamed()
    {
        QTemporaryDir copy;
        for (const char *name : {"config.json", "model.safetensors", "tokenizer.json"})
            QVERIFY(QFile::copy(QString::fromStdString(folder()) + '/' + name, copy.filePath(name)));
        QFile::setPermissions(copy.filePath("config.json"), QFile::ReadOwner | QFile::WriteOwner);
        const auto refused = [&](const char *part) {
            const auto opened = TokenClassifier::open(copy.path().toStdString(), {});
            if (opened || opened.error().message.find(part) == std::string::npos)
                qWarning("%s", opened ? "opened" : opened.error().message.c_str());
            return !opened && opened.error().message.find(part) != std::string::npos;
        };
        rewrite(copy.filePath("config.json"), "\"intermediate_size\": 24", "\"intermediate_size\": 25");
        QVERIFY(refused("intermediate.dense.weight"));
        rewrite(copy.filePath("config.json"), "\"hidden_act\": \"gelu\"", "\"hidden_act\": \"relu\"");
        QVERIFY(refused("hidden_act"));
        rewrite(copy.filePath("config.json"), "\"model_type\": \"", "\"model_type\": \"deberta-");
        QVERIFY(refused("model_type"));
        QVERIFY(QFile::remove(copy.filePath("config.json")));
        QVERIFY(refused("config.json"));
    }

private:
    static std::string folder()
    {
        QFETCH_GLOBAL(QString, folder);
        return dataPath("models/" + folder.toStdString());
    }
    static Json golden()
    {
        QFETCH_GLOBAL(QString, folder);
        return readJson("models/" + folder.toStdString() + "/golden.json");
    }
};

QTEST_GUILESS_MAIN(EncoderTaggerTest)
#include "encoder_tagger_test.moc"
