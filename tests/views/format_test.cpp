#include "views/format.h"

#include <QtTest>

#include <limits>

using namespace winnow;

class FormatTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void groupsThousands();
    void usesTheTrueMinus();
    void signsDeltas();
    void writesPercentWithASpace();
    void writesBinaryBytes();
    void writesSmallAndLargeNumbersWithPowers();
    void writesTimes();
    void writesBudgets();
    void writesNothingForWhatIsMissing();
};

void FormatTest::groupsThousands()
{
    QCOMPARE(format::integer(1024), QStringLiteral("1,024"));
    QCOMPARE(format::integer(1234567), QStringLiteral("1,234,567"));
    QCOMPARE(format::tokens(1), QStringLiteral("1 token"));
    QCOMPARE(format::tokens(1024), QStringLiteral("1,024 tokens"));
    QCOMPARE(format::headAddress(17, 10), QStringLiteral("17·10"));
}

void FormatTest::usesTheTrueMinus()
{
    QCOMPARE(format::decimals(-0.5, 2), QStringLiteral("−0.50"));
    QCOMPARE(format::decimals(-0.0001, 2), QStringLiteral("0.00"));
    QCOMPARE(format::signedPercent(-0.748), QStringLiteral("−74.8 %"));
}

void FormatTest::signsDeltas()
{
    QCOMPARE(format::signedDecimals(0.06547, 4), QStringLiteral("+0.0655"));
    QCOMPARE(format::signedDecimals(-0.0099, 4), QStringLiteral("−0.0099"));
    QCOMPARE(format::signedDecimals(0.00001, 4), QStringLiteral("0"));
}

void FormatTest::writesPercentWithASpace()
{
    QCOMPARE(format::percent(0.25), QStringLiteral("25 %"));
    QCOMPARE(format::percent(0.922, 1), QStringLiteral("92.2 %"));
}

void FormatTest::writesBinaryBytes()
{
    QCOMPARE(format::bytes(512), QStringLiteral("512 B"));
    QCOMPARE(format::bytes(3722445), QStringLiteral("3.55 MiB"));
    QCOMPARE(format::bytes(1024.0 * 1024 - 1), QStringLiteral("1.00 MiB"));
    QCOMPARE(format::bytes(24.0 * 1024 * 1024 * 1024), QStringLiteral("24.00 GiB"));
    QCOMPARE(format::mebibytes(14.0625 * 1024 * 1024), QStringLiteral("14.06"));
}

void FormatTest::writesSmallAndLargeNumbersWithPowers()
{
    QCOMPARE(format::shortNumber(0.01312), QStringLiteral("0.0131"));
    QCOMPARE(format::shortNumber(0.0001), QStringLiteral("1e−4"));
    QCOMPARE(format::shortNumber(0.00099999), QStringLiteral("1e−3"));
    QCOMPARE(format::tick(0.05), QStringLiteral("0.05"));
    QCOMPARE(format::tick(1e-4), QStringLiteral("1e−4"));
    QCOMPARE(format::tick(160), QStringLiteral("160"));
    QCOMPARE(format::logTick(0.01, 1e-5), QStringLiteral("1e−2"));
    QCOMPARE(format::logTick(0.01, 0.005), QStringLiteral("0.01"));
    QCOMPARE(format::tick(-0.2), QStringLiteral("−0.2"));
}

void FormatTest::writesTimes()
{
    QCOMPARE(format::milliseconds(1.9), QStringLiteral("1.9 ms"));
    QCOMPARE(format::milliseconds(2700), QStringLiteral("2.7 s"));
    QCOMPARE(format::milliseconds(130000), QStringLiteral("2 min 10 s"));
}

void FormatTest::writesBudgets()
{
    QCOMPARE(format::budget(QStringLiteral("25%")), QStringLiteral("25 %"));
    QCOMPARE(format::budget(QStringLiteral("0.25")), QStringLiteral("25 %"));
    QCOMPARE(format::budget(QStringLiteral("256t")), QStringLiteral("256 tokens"));
    QCOMPARE(format::budget(QStringLiteral("6MiB")), QStringLiteral("6 MiB"));
    QCOMPARE(format::budget(QStringLiteral("25 %")), QStringLiteral("25 %"));
}

void FormatTest::writesNothingForWhatIsMissing()
{
    const double nan = std::numeric_limits<double>::quiet_NaN();
    QCOMPARE(format::decimals(nan, 2), QStringLiteral("–"));
    QCOMPARE(format::bytes(-1), QStringLiteral("–"));
    QCOMPARE(format::percent(nan), QStringLiteral("–"));
    QCOMPARE(format::decimals(-std::numeric_limits<double>::infinity(), 2), QStringLiteral("−∞"));
}

QTEST_GUILESS_MAIN(FormatTest)
#include "format_test.moc"
