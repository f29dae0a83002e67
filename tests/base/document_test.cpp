#include "core/base/cbor_scan.h"
#include "core/base/document.h"
#include "core/base/json_fields.h"

#include <QTest>

#include <random>

using namespace winnow;

namespace {

Document sample()
{
    Document document;
    document.body = {{"text", "caf\u00e9"}, {"n", -3}, {"x", 0.1}, {"list", {1, nullptr, true}}, {"values", {{"$array", 0}}},
        {"mask", {{"$array", 1}}}, {"empty", {{"$array", 2}}}};
    const std::vector<float> values{1.5f, -2, 3, 4, 5, 6};
    document.arrays.push_back(Array::fromFloats(values, {2, 3}));
    document.arrays.push_back({ArrayType::Bits, {1, 2, 5}, {std::byte{0x21}, std::byte{0x02}}});
    document.arrays.push_back(Array::fromInts({}, {0}));
    return document;
}

std::vector<std::byte> withHeader(const Json &header, size_t blobBytes)
{
    const auto cbor = Json::to_cbor(header);
    std::vector<std::byte> frame(12 + cbor.size() + blobBytes);
    for (size_t i = 0; i < 4; ++i)
        frame[i] = static_cast<std::byte>(cbor.size() >> (8 * i));
    for (size_t i = 0; i < 8; ++i)
        frame[4 + i] = static_cast<std::byte>(uint64_t(blobBytes) >> (8 * i));
    std::memcpy(frame.data() + 12, cbor.data(), cbor.size());
    return frame;
}

Json place(const char *dtype, std::vector<int64_t> shape, int64_t offset)
{
    return {{"dtype", dtype}, {"shape", std::move(shape)}, {"offset", offset}};
}

std::vector<std::byte> cborBytes(std::initializer_list<int> values)
{
    std::vector<std::byte> bytes;
    for (const int value : values)
        bytes.push_back(static_cast<std::byte>(value));
    return bytes;
}

} // namespace

class DocumentTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void roundTripKeepsBodyAndArrays()
    {
        const Document document = sample();
        const auto bytes = encodeDocument(document);
        QCOMPARE(frameLength(bytes).value(), uint64_t(bytes.size()));
        const auto back = decodeDocument(bytes);
        QVERIFY(back.has_value());
        QVERIFY(back->body == document.body);
        QCOMPARE(back->arrays.size(), document.arrays.size());
        for (size_t i = 0; i < document.arrays.size(); ++i) {
            QVERIFY(back->arrays[i].type == document.arrays[i].type);
            QVERIFY(back->arrays[i].shape == document.arrays[i].shape);
            QVERIFY(back->arrays[i].bytes == document.arrays[i].bytes);
        }
    }

    void everyTruncationIsAnError()
    {
        const auto bytes = encodeDocument(sample());
        for (size_t size = 0; size < bytes.size(); ++size)
            QVERIFY(!decodeDocument(std::span(bytes).first(size)).has_value());
    }

    void bitFlipsNeverCrash()
    {
        const auto bytes = encodeDocument(sample());
        std::mt19937 random(7);
        int refused = 0;
        for (int trial = 0; trial < 20000; ++trial) {
            auto damaged = bytes;
            const int flips = 1 + int(random() % 3);
            for (int i = 0; i < flips; ++i)
                damaged[random() % damaged.size()] ^= static_cast<std::byte>(1 << (random() % 8));
            const auto document = decodeDocument(damaged);
            refused += !document;
        }
        QVERIFY(refused > 1000);
    }

    void randomBytesAreRefused()
    {
        std::mt19937 random(11);
        for (int trial = 0; trial < 5000; ++trial) {
            std::vector<std::byte> bytes(random() % 200);
            for (std::byte &byte : bytes)
                byte = static_cast<std::byte>(random());
            QVERIFY(!decodeDocument(bytes).has_value());
        }
    }

    void deepNestingIsRefusedWithoutRecursion()
    {
        std::vector<std::byte> bytes(1000000, std::byte{0x81}); // lists of one list of one list ...
        bytes.push_back(std::byte{0});
        const auto checked = checkCbor(bytes);
        QVERIFY(!checked);
        QVERIFY(checked.error().message.find("64 levels") != std::string::npos);
    }

    void hugeCountsAreRefusedBeforeAllocation()
    {
        QVERIFY(!checkCbor(cborBytes({0x9b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0}))); // list
        QVERIFY(!checkCbor(cborBytes({0xbb, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0}))); // map
        QVERIFY(!checkCbor(cborBytes({0x7b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0}))); // text
        QVERIFY(!checkCbor(cborBytes({0x9f, 0x00, 0xff}))); // indefinite
        QVERIFY(!checkCbor(cborBytes({0xc0, 0x00}))); // tag
        QVERIFY(!checkCbor(cborBytes({0xa1, 0x00, 0x00}))); // key that is no text
        QVERIFY(!checkCbor(cborBytes({0x62, 0xff, 0xfe}))); // no UTF-8
        QVERIFY(!checkCbor(cborBytes({0x00, 0x00}))); // two items
        QVERIFY(!checkCbor({}));
    }

    void overlappingArraysAreRefused()
    {
        const Json header{{"body", {}}, {"arrays", {place("f32", {4}, 0), place("f32", {2}, 8)}}};
        const auto document = decodeDocument(withHeader(header, 16));
        QVERIFY(!document);
        QVERIFY(document.error().message.find("overlap") != std::string::npos);
    }

    void arraysOutsideTheDataAreRefused_data()
    {
        QTest::addColumn<QByteArray>("entry");
        const auto row = [](const char *name, const Json &json) {
            QTest::newRow(name) << QByteArray::fromStdString(json.dump());
        };
        row("past the end", place("f32", {3}, 0));
        row("offset past the end", place("u8", {1}, 16));
        row("negative offset", place("u8", {1}, -8));
        row("odd offset", place("u8", {1}, 1));
        row("negative size", place("u8", {-1}, 0));
        row("overflowing product", place("f64", {int64_t(1) << 32, int64_t(1) << 32}, 0));
        row("huge nest of empty lists", place("u8", {int64_t(1) << 30, 0}, 0));
        row("unknown dtype", place("f16", {2}, 0));
        row("nine axes", place("u8", {1, 1, 1, 1, 1, 1, 1, 1, 1}, 0));
        row("no shape", {{"dtype", "u8"}, {"offset", 0}});
        row("not an object", 5);
    }

    void arraysOutsideTheDataAreRefused()
    {
        QFETCH(QByteArray, entry);
        const Json header{{"body", {}}, {"arrays", Json::array({Json::parse(entry.toStdString())})}};
        QVERIFY(!decodeDocument(withHeader(header, 8)));
    }

    void unusedDataIsRefused()
    {
        const Json header{{"body", {}}, {"arrays", {place("u8", {3}, 0)}}};
        QVERIFY(decodeDocument(withHeader(header, 3)));
        QVERIFY(decodeDocument(withHeader(header, 8)));
        QVERIFY(!decodeDocument(withHeader(header, 16)));
    }

    void placeholdersMustNameAnArray()
    {
        QVERIFY(!decodeDocument(withHeader({{"body", {{"x", {{"$array", 0}}}}}, {"arrays", Json::array()}}, 0)));
        QVERIFY(!decodeDocument(withHeader({{"body", {{"x", {{"$array", "a"}}}}}, {"arrays", Json::array()}}, 0)));
    }

    void longFramesAreRefused()
    {
        std::vector<std::byte> head(12, std::byte{0xff});
        QVERIFY(!frameLength(head));
        QCOMPARE(frameLength(std::span(head).first(11)).value(), uint64_t(0));
    }

    void illFormedTextIsReplacedOnWriting()
    {
        Document document;
        document.body = {{"path", std::string("a\xff"
                                              "b")}};
        const auto back = decodeDocument(encodeDocument(document));
        QVERIFY(back.has_value());
        QCOMPARE(back->body.at("path").get<std::string>(), std::string("a\xEF\xBF\xBD"
                                                                       "b"));
    }

    void shortestFloatsReadBackTheSame()
    {
        QCOMPARE(jsonText(jsonFloat(0.1f)), std::string("0.1"));
        std::mt19937 random(3);
        for (int i = 0; i < 200000; ++i) {
            const auto bits = static_cast<uint32_t>(random());
            float value = 0;
            std::memcpy(&value, &bits, 4);
            if (value - value != 0)
                continue;
            QCOMPARE(std::strtof(jsonText(jsonFloat(value)).c_str(), nullptr), value);
        }
    }
};

QTEST_GUILESS_MAIN(DocumentTest)
#include "document_test.moc"
