#include "tests/support/method_fixture.h"

using namespace winnow;
using namespace winnow::test;

class FullTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void keepsEveryTokenWhateverTheBudget()
    {
        const Capture capture = noiseCapture(2, 4, 2, 4, 21);
        const Ranked ranked = rankMethod("full", capture);
        for (const int64_t count : {1, 7, 21}) {
            const KvPlan plan = ranked.plan(count);
            QCOMPARE(plan.budget, int64_t(21));
            QVERIFY(plan.inactive && plan.notices.empty());
            for (int64_t l = 0; l < 2; ++l) {
                for (int64_t s = 0; s < 2; ++s)
                    QCOMPARE(plan.kept.countKept(l, s), int64_t(21));
            }
            QVERIFY(ranked.policy(plan, 0) == nullptr);
        }
    }

    void isTheFirstOfTheTableAndHasNoBudget()
    {
        QCOMPARE(methodTable().front()->id, std::string_view("full"));
        QVERIFY(findMethod("full")->budget.unit.empty());
        QVERIFY(findMethod("no such method") == nullptr);
    }
};

QTEST_GUILESS_MAIN(FullTest)
#include "full_test.moc"
