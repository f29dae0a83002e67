#include "core/base/method_info.h"

#include <QTest>

#include <array>

using namespace winnow;

namespace {

constexpr std::array<std::string_view, 3> kPools{"none", "max", "avg"};
constexpr std::array<std::string_view, 3> kPoolTitles{"None", "Maximum", "Average"};
constexpr std::array<ParameterSpec, 4> kParameters{{
    {.name = "window", .title = "Window", .unit = "tokens", .type = ParameterType::Int, .defaultValue = 32, .minimum = 1, .maximum = 256, .leastMeans = "all"},
    {.name = "kernel", .title = "Kernel", .type = ParameterType::Int, .defaultValue = 7, .minimum = 1, .maximum = 63, .oddOnly = true},
    {.name = "pool", .title = "Pooling", .type = ParameterType::Choice, .defaultValue = 1, .choices = kPools, .choiceTitles = kPoolTitles},
    {.name = "share", .title = "Share", .type = ParameterType::Float, .defaultValue = 0.5, .minimum = 0, .maximum = 1},
}};
constexpr std::array<PresetSpec, 2> kPresets{{{.title = "Sharp", .tooltip = "t", .values = "kernel=1, pool=none", .fraction = 0.1}, {.title = "Half", .values = "share=0.5"}}};
constexpr MethodSpec kSpec{.id = "demo", .title = "Demo", .family = "kv", .summary = "s", .source = "x", .sourceUrl = "u",
    .budget = {}, .parameters = kParameters, .presets = kPresets, .needs = "winRows", .artifacts = "KeptTokens", .create = nullptr};

} // namespace

class MethodInfoTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void descriptionsComeBackFromJson()
    {
        const MethodInfo info = methodInfo(kSpec);
        const auto back = methodInfoFromJson(toJson(info));
        QVERIFY(back.has_value());
        QVERIFY(toJson(*back) == toJson(info));
        QCOMPARE(back->parameter("pool")->choices.size(), size_t(3));
        QVERIFY(!back->parameter("nothing"));
    }

    void presetsNameValuesByTheTypesOfTheirParameters()
    {
        const MethodInfo info = methodInfo(kSpec);
        QVERIFY(info.presets.at(0).values == Json({{"kernel", 1}, {"pool", "none"}}));
        QCOMPARE(info.presets.at(0).fraction, 0.1);
        const auto back = methodInfoFromJson(toJson(info));
        QVERIFY(back.has_value());
        QVERIFY(back->presets.at(1).values == Json({{"share", 0.5}}));
        QCOMPARE(back->presets.at(1).fraction, 0.0);
        QCOMPARE(back->parameter("window")->leastMeans, std::string("all"));
        QVERIFY(back->parameter("share")->leastMeans.empty());
    }

    void missingFieldsAreNamed()
    {
        Json json = toJson(methodInfo(kSpec));
        json["parameters"][0].erase("maximum");
        const auto info = methodInfoFromJson(json);
        QVERIFY(!info);
        QVERIFY(info.error().message.find("maximum") != std::string::npos);
        QVERIFY(info.error().message.find("window") != std::string::npos);
        QVERIFY(!methodInfoFromJson(Json()));
        QVERIFY(!methodInfoFromJson(Json{{"id", 5}}));
    }

    void defaultsFillTheCanonicalForm()
    {
        const auto parameters = canonicalParameters(methodInfo(kSpec), {{"window", 16.0}});
        QVERIFY(parameters.has_value());
        QVERIFY(*parameters == Json({{"window", 16}, {"kernel", 7}, {"pool", "max"}, {"share", 0.5}}));
        QVERIFY(parameters->at("window").is_number_integer());
        QVERIFY(canonicalParameters(methodInfo(kSpec), {{"share", 1}})->at("share").is_number_float());
    }

    void valuesOutOfRangeAreRefusedWithTheAllowedOnes_data()
    {
        QTest::addColumn<QByteArray>("given");
        QTest::addColumn<QByteArray>("expected");
        QTest::newRow("large") << QByteArray(R"({"window": 300})") << QByteArray("1 to 256");
        QTest::newRow("fraction of an int") << QByteArray(R"({"window": 2.5})") << QByteArray("1 to 256");
        QTest::newRow("even") << QByteArray(R"({"kernel": 4})") << QByteArray("odd");
        QTest::newRow("word") << QByteArray(R"({"pool": "min"})") << QByteArray("none, max, avg");
        QTest::newRow("text for a number") << QByteArray(R"({"share": "x"})") << QByteArray("0.0 to 1.0");
        QTest::newRow("unknown") << QByteArray(R"({"windows": 2})") << QByteArray("no parameter");
        QTest::newRow("not an object") << QByteArray("[1]") << QByteArray("object");
    }

    void valuesOutOfRangeAreRefusedWithTheAllowedOnes()
    {
        QFETCH(QByteArray, given);
        QFETCH(QByteArray, expected);
        const auto parameters = canonicalParameters(methodInfo(kSpec), Json::parse(given.toStdString()));
        QVERIFY(!parameters);
        QVERIFY2(parameters.error().message.find(expected.toStdString()) != std::string::npos,
            parameters.error().message.c_str());
    }
};

QTEST_GUILESS_MAIN(MethodInfoTest)
#include "method_info_test.moc"
