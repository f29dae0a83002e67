#include "tests/support/decode_loop.h"

using namespace winnow;
using namespace winnow::test;

/// What the decode rules have to do with each other (kv-eviction-baselines.md 3 and 8).
class DecodeRulesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void h2oWithoutHeavyTokensIsASlidingWindow()
    {
        const Capture capture = noiseCapture(2, 4, 2, 4, 40);
        for (const int64_t count : {1, 5, 17, 39}) {
            const Ranked heavy = rankMethod("h2o", capture, {{"heavyShare", 0.0}});
            const Ranked window = rankMethod("streaming_llm", capture, {{"sinks", 0}, {"posMode", "original"}});
            const KvPlan heavyPlan = heavy.plan(count), windowPlan = window.plan(count);
            QCOMPARE(heavyPlan.kept.mask, windowPlan.kept.mask);
            DecodeLoop a(heavy, heavyPlan, 1), b(window, windowPlan, 1);
            for (int t = 0; t < 50; ++t) {
                a.step();
                b.step();
                QCOMPARE(a.slots(), b.slots());
            }
        }
    }

    void streamingAttendsToExactlyItsBudget()
    {
        const Capture capture = noiseCapture(1, 2, 1, 4, 40);
        const Ranked ranked = rankMethod("streaming_llm", capture);
        DecodeLoop loop(ranked, ranked.plan(12), 0);
        for (int t = 0; t < 30; ++t)
            loop.step();
        QCOMPARE(loop.largestAttended(), size_t(12));
        const Positions &slots = loop.slots()[0];
        QCOMPARE(Positions(slots.begin(), slots.begin() + 4), (Positions{0, 1, 2, 3}));
        QCOMPARE(slots.back(), 69);
        QCOMPARE(slots[4], 62);
    }

    void h2oAndTovaAttendToOneMore_data()
    {
        QTest::addColumn<QString>("method");
        QTest::newRow("h2o") << "h2o";
        QTest::newRow("tova") << "tova";
    }
    void h2oAndTovaAttendToOneMore()
    {
        QFETCH(QString, method);
        const Capture capture = noiseCapture(1, 2, 1, 4, 40);
        const Ranked ranked = rankMethod(method.toStdString(), capture);
        DecodeLoop loop(ranked, ranked.plan(12), 0);
        for (int t = 0; t < 30; ++t)
            loop.step();
        QCOMPARE(loop.largestAttended(), size_t(13));
    }

    void anIntervalOfOneIsHold_data() { h2oAndTovaAttendToOneMore_data(); }
    void anIntervalOfOneIsHold()
    {
        QFETCH(QString, method);
        const Capture capture = noiseCapture(1, 4, 2, 4, 40);
        const Ranked hold = rankMethod(method.toStdString(), capture);
        const Ranked interval = rankMethod(method.toStdString(), capture, {{"decodeRule", "interval"}, {"interval", 1}});
        DecodeLoop a(hold, hold.plan(11), 0), b(interval, interval.plan(11), 0);
        for (int t = 0; t < 40; ++t) {
            a.step();
            b.step();
            QCOMPARE(a.slots(), b.slots());
        }
    }

    void tovaMayDropItsNewestTokenUnlessProtected()
    {
        const Capture capture = noiseCapture(1, 2, 1, 4, 40);
        bool lost = false;
        for (const bool protect : {false, true}) {
            const Ranked ranked = rankMethod("tova", capture, {{"protectNewest", protect}});
            DecodeLoop loop(ranked, ranked.plan(6), 0);
            for (int t = 0; t < 30; ++t) {
                loop.step();
                const bool held = loop.slots()[0].back() == 40 + t;
                lost = lost || (!protect && !held);
                if (protect)
                    QVERIFY(held);
            }
        }
        QVERIFY(lost);
    }

    void h2oDropsForEverAndInOrder()
    {
        const Capture capture = noiseCapture(1, 4, 2, 4, 40);
        const Ranked ranked = rankMethod("h2o", capture);
        DecodeLoop loop(ranked, ranked.plan(10), 0);
        std::vector<Positions> before = loop.slots();
        for (int t = 0; t < 40; ++t) {
            loop.step();
            for (size_t s = 0; s < before.size(); ++s) {
                for (const int32_t position : loop.slots()[s]) {
                    const bool was = std::find(before[s].begin(), before[s].end(), position) != before[s].end();
                    QVERIFY(was || position == 40 + t);
                }
                QVERIFY(std::is_sorted(loop.slots()[s].begin(), loop.slots()[s].end()));
                for (int32_t recent = 40 + t - 4; recent <= 40 + t; ++recent) // recent = 10 - floor(.5 * 10)
                    QVERIFY(recent < 0 || std::count(loop.slots()[s].begin(), loop.slots()[s].end(), recent) == 1);
            }
            before = loop.slots();
        }
    }

    void intervalsKeepTheWindowAndTheSinks()
    {
        const Capture capture = noiseCapture(1, 4, 2, 4, 40);
        const Ranked snap = rankMethod(
            "snapkv", capture, {{"decodeRule", "interval"}, {"interval", 8}, {"window", 4}});
        DecodeLoop loop(snap, snap.plan(12), 0);
        for (int t = 0; t < 16; ++t)
            loop.step();
        for (const Positions &slots : loop.slots()) {
            QCOMPARE(slots.size(), size_t(12));
            QCOMPARE(Positions(slots.end() - 4, slots.end()), (Positions{52, 53, 54, 55}));
        }
        const Ranked expected = rankMethod(
            "expected_attention", capture, {{"decodeRule", "interval"}, {"interval", 8}, {"nSink", 3}});
        DecodeLoop second(expected, expected.plan(12), 0);
        for (int t = 0; t < 16; ++t)
            second.step();
        for (const Positions &slots : second.slots()) {
            QCOMPARE(slots.size(), size_t(12));
            QCOMPARE(Positions(slots.begin(), slots.begin() + 3), (Positions{0, 1, 2}));
        }
    }
};

QTEST_GUILESS_MAIN(DecodeRulesTest)
#include "decode_rules_test.moc"
