#include "views/format.h"

#include <QCoreApplication>
#include <QLocale>

#include <cmath>

namespace winnow::format {

namespace {

const QString kNothing = QStringLiteral("–");
const QChar kMinus(0x2212);
constexpr double kMebi = 1024.0 * 1024.0;

QString grouped(double value, int digits)
{
    QLocale locale(QLocale::English, QLocale::UnitedStates);
    QString text = locale.toString(std::abs(value), 'f', digits);
    return text;
}

bool roundsToZero(double value, int digits) { return std::abs(value) < 0.5 * std::pow(10.0, -digits); }

QString exponent(double value)
{
    const int power = static_cast<int>(std::floor(std::log10(std::abs(value))));
    double mantissa = std::abs(value) / std::pow(10.0, power);
    int shown = power;
    if (mantissa >= 9.95) {
        mantissa = 1;
        ++shown;
    }
    QString text = QString::number(mantissa, 'f', 1);
    if (text.endsWith(QLatin1String(".0")))
        text.chop(2);
    text += QLatin1Char('e') + (shown < 0 ? QString(kMinus) : QString()) + QString::number(std::abs(shown));
    return value < 0 ? kMinus + text : text;
}

QString withoutTrailingZeros(QString text)
{
    if (!text.contains(QLatin1Char('.')))
        return text;
    while (text.endsWith(QLatin1Char('0')))
        text.chop(1);
    if (text.endsWith(QLatin1Char('.')))
        text.chop(1);
    return text;
}

QString notFinite(double value)
{
    if (std::isnan(value))
        return kNothing;
    return value < 0 ? kMinus + QStringLiteral("∞") : QStringLiteral("∞");
}

} // namespace

QString integer(double value) { return decimals(value, 0); }

QString decimals(double value, int digits)
{
    if (!std::isfinite(value))
        return notFinite(value);
    const bool negative = value < 0 && !roundsToZero(value, digits);
    return (negative ? QString(kMinus) : QString()) + grouped(value, digits);
}

QString signedDecimals(double value, int digits)
{
    if (!std::isfinite(value))
        return notFinite(value);
    if (roundsToZero(value, digits))
        return QStringLiteral("0");
    return (value < 0 ? QString(kMinus) : QStringLiteral("+")) + grouped(value, digits);
}

QString percent(double fraction, int digits)
{
    return std::isfinite(fraction) ? decimals(100 * fraction, digits) + QStringLiteral(" %") : notFinite(fraction);
}

QString signedPercent(double fraction, int digits)
{
    if (!std::isfinite(fraction))
        return notFinite(fraction);
    return signedDecimals(100 * fraction, digits) + QStringLiteral(" %");
}

QString shortNumber(double value)
{
    if (!std::isfinite(value))
        return notFinite(value);
    if (value == 0)
        return QStringLiteral("0");
    const double size = std::abs(value);
    if (size < 1e-3 || size >= 1e6)
        return exponent(value);
    const int power = static_cast<int>(std::floor(std::log10(size)));
    return decimals(value, std::max(0, 2 - power));
}

QString bytes(double value)
{
    if (std::isnan(value) || value < 0)
        return kNothing;
    if (value < 1024)
        return decimals(value, 0) + QStringLiteral(" B");
    static constexpr const char *kUnits[] = {"KiB", "MiB", "GiB", "TiB"};
    double shown = value / 1024;
    int unit = 0;
    while (unit < 3 && shown >= 1023.995) {
        shown /= 1024;
        ++unit;
    }
    return decimals(shown, 2) + QLatin1Char(' ') + QLatin1String(kUnits[unit]);
}

QString mebibytes(double value) { return std::isnan(value) || value < 0 ? kNothing : decimals(value / kMebi, 2); }

QString milliseconds(double value)
{
    if (std::isnan(value) || value < 0)
        return kNothing;
    if (value < 1000)
        return decimals(value, value < 100 ? 1 : 0) + QStringLiteral(" ms");
    if (value < 60000)
        return decimals(value / 1000, 1) + QStringLiteral(" s");
    const auto seconds = static_cast<qint64>(std::llround(value / 1000));
    return QStringLiteral("%1 min %2 s").arg(seconds / 60).arg(seconds % 60);
}

QString tokens(qint64 count)
{
    return count == 1 ? QCoreApplication::translate("format", "1 token")
                      : QCoreApplication::translate("format", "%1 tokens").arg(integer(static_cast<double>(count)));
}

QString headAddress(int layer, int head) { return QStringLiteral("%1·%2").arg(layer).arg(head); }

QString tick(double value)
{
    if (!std::isfinite(value))
        return notFinite(value);
    if (value == 0)
        return QStringLiteral("0");
    const double size = std::abs(value);
    if (size < 1e-3 || size >= 1e6)
        return exponent(value);
    return withoutTrailingZeros(decimals(value, size < 0.1 ? 4 : size < 10 ? 3 : size < 1000 ? 1 : 0));
}

QString logTick(double value, double low) { return value > 0 && low < 1e-3 && value < 1 ? exponent(value) : tick(value); }

QString budget(const QString &text)
{
    static const QStringList units{QStringLiteral("KiB"), QStringLiteral("MiB"), QStringLiteral("GiB"),
        QStringLiteral("kB"), QStringLiteral("MB"), QStringLiteral("GB"), QStringLiteral("B")};
    if (text.endsWith(QLatin1Char('%')))
        return text.chopped(1).trimmed() + QStringLiteral(" %");
    bool number = false;
    if (text.endsWith(QLatin1Char('t'))) {
        const qint64 count = text.chopped(1).toLongLong(&number);
        return number ? tokens(count) : text;
    }
    const double fraction = text.toDouble(&number);
    if (number)
        return percent(fraction, roundsToZero(fraction * 100 - std::round(fraction * 100), 6) ? 0 : 1);
    for (const QString &unit : units) {
        if (text.endsWith(unit))
            return text.chopped(unit.size()).trimmed() + QLatin1Char(' ') + unit;
    }
    return text;
}

} // namespace winnow::format
