// labels: slow
#include "core/eval/column_similarity.h"
#include "core/eval/similarity.h"

#include <QtTest>

#include "tests/support/golden.h"

#include <cmath>

using namespace winnow;
using namespace winnow::test;

namespace {

/// A model of the pair in the user's model folder; empty when it is not there.
std::string pairPath(const char *folder, const char *file)
{
    const std::filesystem::path smol = smolPath();
    const char *home = std::getenv("HOME");
    const auto base = smol.empty() ? std::filesystem::path(home ? home : "") / ".local/share/winnow/models" : smol.parent_path().parent_path();
    const auto path = base / folder / file;
    return std::filesystem::exists(path) ? path.string() : std::string();
}

} // namespace

/// Similarity of the heads of Qwen2.5-Coder 0.5B and 1.5B against recorded values of the reference implementation.
class SimilarityGoldenTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void matchesOfTheRealPair();
};

void SimilarityGoldenTest::matchesOfTheRealPair()
{
    const std::string large = pairPath("qwen2.5-coder-1.5b", "qwen2.5-coder-1.5b-q4_k_m.gguf");
    const std::string small = pairPath("qwen2.5-coder-0.5b", "qwen2.5-coder-0.5b-q4_k_m.gguf");
    if (large.empty() || small.empty())
        QSKIP("the pair is not in the model folder (winnow-cli models get qwen2.5-coder-1.5b and qwen2.5-coder-0.5b)");
    const auto file = SafetensorsFile::open(dataPath("golden/pair_qwen2.5-coder.safetensors"));
    QVERIFY2(file.has_value(), file ? "" : file.error().message.c_str());
    SimilarityRequest request;
    request.metrics = {SimilarityMetric::Cosine, SimilarityMetric::CosineNosink, SimilarityMetric::Jaccard};
    const auto pair = headSimilarity(*openModel(large), *openModel(small), file->ints("t0.ids"), request, {});
    QVERIFY2(pair.has_value(), pair ? "" : pair.error().message.c_str());
    const char *names[] = {"cos", "cos_nosink", "jaccard"};
    for (size_t m = 0; m < 3; ++m) {
        const std::string prefix = std::string("t0.") + names[m];
        const auto f = file->ints(prefix + ".f");
        const auto best = file->floats(prefix + ".best"), margin = file->floats(prefix + ".margin");
        const std::vector<float> &values = pair->tables.tables[m].values;
        const HeadMatch match = matchHeads(values, pair->tables.large, pair->tables.small);
        double worst = 0;
        int others = 0;
        for (size_t i = 0; i < f.size(); ++i) {
            worst = std::max({worst, double(std::abs(match.score[i] - best[i])),
                double(std::abs(values[i * 336 + size_t(f[i])] - best[i])), double(std::abs(match.margin[i] - margin[i]))});
            if (match.f[i] == f[i])
                continue;
            ++others;
            QVERIFY2(margin[i] < 1e-4F, qPrintable(QStringLiteral("%1 head %2").arg(names[m]).arg(i)));
        }
        qInfo("%s: largest difference of a score or margin %.2g, %d heads of 336 with another match (ties)", names[m], worst, others);
        QVERIFY(worst < 1e-3);
    }
}

QTEST_GUILESS_MAIN(SimilarityGoldenTest)
#include "similarity_golden_test.moc"
