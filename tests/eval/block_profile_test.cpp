#include "core/eval/block_profile.h"

#include <QtTest>

#include "tests/support/pair_models.h"

#include <cmath>

using namespace winnow;
using namespace winnow::test;

/// The profile of a pair (iam.md 3 step 1, 6).
class BlockProfileTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theSameModelLosesNothing()
    {
        const auto model = randomModel(pairConfig(10), 5);
        const auto profile = blockProfile(model, model, segments(*model), 30, Json::object(), RunContext{});
        QVERIFY2(profile.has_value(), profile ? "" : profile.error().message.c_str());
        QCOMPARE(profile->segments, int64_t(2));
        QCOMPARE(profile->rows, int64_t(2 * 20));
        for (const double delta : profile->delta)
            QVERIFY(std::abs(delta) < 1e-5);
    }

    void anotherModelChangesEveryBlock()
    {
        const auto large = randomModel(pairConfig(7), 5), small = randomModel(pairConfig(2, 6, 3), 6);
        const auto profile = blockProfile(large, small, segments(*large), 30, Json::object(), RunContext{});
        QVERIFY(profile.has_value());
        int measured = 0;
        for (int k = 0; k < kProfileBlocks; ++k) {
            const LayerBlock block = profileBlock(7, k);
            QCOMPARE(std::isnan(profile->delta[size_t(k)]), block.last < block.first);
            measured += !std::isnan(profile->delta[size_t(k)]) && profile->delta[size_t(k)] != 0;
        }
        QCOMPARE(measured, 7);
        QVERIFY(profile->fullNll > 1);
    }

    void correlationIsPearsonOverCommonBlocks()
    {
        const LayerProfile a{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, b{2, 4, 6, 8, 10, 12, 14, 16, 18, 20};
        QVERIFY(std::abs(profileCorrelation(a, b) - 1) < 1e-12);
        LayerProfile turned = b;
        for (double &value : turned)
            value = -value;
        QVERIFY(std::abs(profileCorrelation(a, turned) + 1) < 1e-12);
        // Two points and eight that are missing: their line; a flat profile has none.
        LayerProfile few{};
        few.fill(std::nan(""));
        few[0] = 3, few[9] = 1;
        QVERIFY(std::abs(profileCorrelation(a, few) + 1) < 1e-12);
        QVERIFY(std::isnan(profileCorrelation(a, LayerProfile{})));
    }

    void segmentsDoNotOverlapAndTheRestIsLeft()
    {
        std::vector<int32_t> ids(25);
        for (size_t i = 0; i < ids.size(); ++i)
            ids[i] = int32_t(i);
        QCOMPARE(profileSegments(ids, 10, 8).size(), size_t(2));
        QCOMPARE(profileSegments(ids, 10, 8)[1].front(), 10);
        QCOMPARE(profileSegments(ids, 5, 3).size(), size_t(3));
    }

    void shortSegmentsAreRefused()
    {
        const auto model = randomModel(pairConfig(3), 5);
        QVERIFY(!blockProfile(model, model, {}, 30, Json::object(), RunContext{}));
        QVERIFY(!blockProfile(model, model, {pairIds(31, 1, 64)}, 30, Json::object(), RunContext{}));
    }

private:
    static std::vector<std::vector<int32_t>> segments(const Model &model)
    {
        return profileSegments(pairIds(100, 9, model.config().vocab), 50, 8);
    }
};

QTEST_GUILESS_MAIN(BlockProfileTest)
#include "block_profile_test.moc"
