#include "core/base/budget.h"

#include <QTest>

#include <random>

using namespace winnow;

class BudgetTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void formsAreUnderstood_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("kind");
        QTest::addColumn<double>("value");
        QTest::addColumn<QString>("canonical");
        const auto row = [](const char *text, BudgetKind kind, double value, const char *canonical) {
            QTest::newRow(text) << text << int(kind) << value << canonical;
        };
        row("0.25", BudgetKind::Fraction, 0.25, "25%");
        row("1", BudgetKind::Fraction, 1, "100%");
        row("25%", BudgetKind::Fraction, 0.25, "25%");
        row("12.5 %", BudgetKind::Fraction, 0.125, "12.5%");
        row("29%", BudgetKind::Fraction, 0.29, "29%");
        row("256t", BudgetKind::Count, 256, "256t");
        row("6MiB", BudgetKind::Bytes, 6.0 * 1024 * 1024, "6MiB");
        row("1.5 GiB", BudgetKind::Bytes, 1.5 * 1024 * 1024 * 1024, "1.5GiB");
        row("1000B", BudgetKind::Bytes, 1000, "1000B");
        row("1MB", BudgetKind::Bytes, 1e6, "1000000B");
        row("3 kB", BudgetKind::Bytes, 3000, "3000B");
    }

    void formsAreUnderstood()
    {
        QFETCH(QString, text);
        QFETCH(int, kind);
        QFETCH(double, value);
        QFETCH(QString, canonical);
        const auto budget = parseBudget(text.toStdString());
        QVERIFY(budget.has_value());
        QCOMPARE(int(budget->kind), kind);
        QCOMPARE(budget->value, value);
        QCOMPARE(budgetText(*budget), canonical.toStdString());
    }

    void othersAreRefusedWithTheForms_data()
    {
        QTest::addColumn<QString>("text");
        for (const char *text : {"", "0", "0%", "101%", "1.5", "-0.2", "t", "0t", "2.5t", "-3t", "MiB", "0B", "0.2B", "abc",
                 "25 %%", "nan", "inf", "1e400", "0x10", "5PB", "nan%", "infMiB"})
            QTest::newRow(text) << text;
    }

    void othersAreRefusedWithTheForms()
    {
        QFETCH(QString, text);
        const auto budget = parseBudget(text.toStdString());
        QVERIFY(!budget);
        QVERIFY(budget.error().message.find('"' + text.toStdString() + '"') != std::string::npos);
        for (const char *form : {"0.25", "25%", "256t", "6MiB"})
            QVERIFY(budget.error().hint.find(form) != std::string::npos);
    }

    void textParsesBackToTheSameBudget()
    {
        std::mt19937_64 random(5);
        std::uniform_real_distribution<double> fraction(1e-6, 1);
        for (int i = 0; i < 20000; ++i) {
            for (const Budget &budget : {Budget{BudgetKind::Fraction, fraction(random)},
                     Budget{BudgetKind::Fraction, double(1 + random() % 10000) / 10000},
                     Budget{BudgetKind::Count, double(1 + random() % 1000000)},
                     Budget{BudgetKind::Bytes, double(1 + random() % 1000000000000)}}) {
                const auto back = parseBudget(budgetText(budget));
                QVERIFY2(back.has_value(), budgetText(budget).c_str());
                QVERIFY2(*back == budget, budgetText(budget).c_str());
            }
        }
    }

    // R1 of kv-eviction-baselines.md
    void countsRoundHalfUpAndStayInRange()
    {
        QCOMPARE(budgetCount({BudgetKind::Fraction, 0.25}, 1000), int64_t(250));
        QCOMPARE(budgetCount({BudgetKind::Fraction, 0.5}, 5), int64_t(3));
        QCOMPARE(budgetCount({BudgetKind::Fraction, 0.001}, 10), int64_t(1));
        QCOMPARE(budgetCount({BudgetKind::Fraction, 1}, 7), int64_t(7));
        QCOMPARE(budgetCount({BudgetKind::Count, 4}, 3), int64_t(3));
        QCOMPARE(budgetCount({BudgetKind::Count, 2}, 3), int64_t(2));
    }

    void bytesAreReadable()
    {
        QCOMPARE(byteText(512), std::string("512 B"));
        QCOMPARE(byteText(3.55 * 1024 * 1024), std::string("3.55 MiB"));
        QCOMPARE(byteText(1.2 * 1024 * 1024 * 1024), std::string("1.20 GiB"));
        QCOMPARE(byteText(1024.0 * 1024 - 1), std::string("1.00 MiB"));
    }
};

QTEST_GUILESS_MAIN(BudgetTest)
#include "budget_test.moc"
