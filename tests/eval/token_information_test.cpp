#include "core/eval/token_information.h"

#include <QtTest>

#include <ATen/TensorOperators.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>

#include <cmath>

using namespace winnow;

class TokenInformationTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void evenLogitsTellTheLogarithmOfTheVocabulary()
    {
        const std::vector<int32_t> next{0, 7, 9};
        for (const auto made : {tokenInformation, tokenInformationOperators}) {
            const at::Tensor found = made(at::zeros({3, 10}) + 4, next);
            for (int64_t r = 0; r < 3; ++r)
                QVERIFY(std::abs(found[r].item<double>() - std::log(10.0)) < 1e-6);
        }
    }

    void operatorsEqualTheKernels()
    {
        constexpr int64_t kRows = 40, kVocab = 5000;
        // Some rows nearly certain, as those of a language model are.
        const at::Tensor logits = at::randn({kRows, kVocab}) * at::randn({kRows, 1}).abs() * 8;
        std::vector<int32_t> next;
        for (int32_t r = 0; r < kRows; ++r)
            next.push_back(r % 3 == 0 ? static_cast<int32_t>(logits[r].argmax().item<int64_t>()) : r * 101 % 5000);
        const at::Tensor expected = tokenInformation(logits, next), found = tokenInformationOperators(logits, next);
        QCOMPARE(found.scalar_type(), at::kDouble);
        QCOMPARE(found.sizes(), expected.sizes());
        QVERIFY(expected.min().item<double>() >= -1e-9 && expected.max().item<double>() > 5);
        QVERIFY((found - expected).abs().max().item<double>() < 1e-6 * expected.max().item<double>());
    }
};

QTEST_GUILESS_MAIN(TokenInformationTest)
#include "token_information_test.moc"
