#include "core/model/safetensors_file.h"
#include "core/model/safetensors_writer.h"
#include "gguf_writer.h"
#include "safetensors_bytes.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <QTemporaryDir>
#include <QTest>

using namespace winnow;

class SafetensorsFileTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::filesystem::path m_path = m_folder.filePath("a.safetensors").toStdString();

    Result<std::shared_ptr<const SafetensorsFile>> openBytes(const std::string &bytes)
    {
        test::writeFile(m_path, bytes);
        return SafetensorsFile::open(m_path);
    }
    /// Opens a file with one tensor entry of this text and 8 bytes of data.
    Result<std::shared_ptr<const SafetensorsFile>> openEntry(const std::string &entry)
    {
        return openBytes(test::safetensorsBytes("{\"w\":" + entry + "}", "12345678"));
    }

private Q_SLOTS:
    void readsWhatTheWriterWrote()
    {
        SafetensorsWriter writer(m_path);
        const at::Tensor a = at::arange(12, at::kFloat).view({3, 4}), b = at::arange(5, at::kInt);
        writer.declare("layer.a", {3, 4});
        writer.declare("b", {5}, StoredType::I32);
        QVERIFY(writer.begin() && writer.write("layer.a", a) && writer.write("b", b) && writer.finish());
        const auto file = SafetensorsFile::open(m_path);
        QVERIFY2(file, file ? "" : file.error().message.c_str());
        QCOMPARE((*file)->tensors().size(), size_t{2});
        const StoredTensor *stored = (*file)->find("layer.a");
        QVERIFY(stored && stored->readable);
        QCOMPARE(stored->shape, (std::vector<int64_t>{3, 4}));
        QCOMPARE(stored->rows(), int64_t{3});
        QCOMPARE(stored->cols(), int64_t{4});
        at::Tensor read = at::empty({3, 4});
        QVERIFY(dequantiseRows(stored->type, stored->bytes, 3, 4, read.data_ptr<float>()));
        QVERIFY(at::equal(read, a));
        const StoredTensor *integers = (*file)->find("b");
        QVERIFY(integers && !integers->readable);
        QCOMPARE(integers->typeName, std::string_view("I32"));
        QCOMPARE(integers->rows(), int64_t{1});
        QVERIFY(!(*file)->find("c"));
        QCOMPARE((*file)->fileBytes(), static_cast<int64_t>(std::filesystem::file_size(m_path)));
    }

    void listsTensorsInTheOrderOfTheirBytes()
    {
        const Json header{{"a", test::entryJson("U8", {3}, 5, 8)}, {"b", test::entryJson("U8", {5}, 0, 5)}};
        const auto file = openBytes(test::safetensorsBytes(header.dump(), "12345678"));
        QVERIFY(file);
        QCOMPARE((*file)->tensors()[0].name, std::string_view("b"));
        QCOMPARE((*file)->tensors()[1].name, std::string_view("a"));
        QCOMPARE((*file)->tensors()[1].bytes.size(), size_t{3});
        QCOMPARE(std::to_integer<char>((*file)->tensors()[1].bytes[0]), '6');
    }

    void takesSingleValuesEmptyTensorsPaddingAndMetadata()
    {
        const Json header{{"__metadata__", {{"format", "pt"}}}, {"empty", test::entryJson("F32", {0, 7}, 4, 4)},
            {"one", test::entryJson("F32", {}, 0, 4)}, {"rest", test::entryJson("F16", {2}, 4, 8)}};
        const auto file = openBytes(test::safetensorsBytes(header.dump() + "   ", "12345678"));
        QVERIFY2(file, file ? "" : file.error().message.c_str());
        QCOMPARE((*file)->metadata().at("format"), std::string("pt"));
        QCOMPARE((*file)->find("one")->elements(), int64_t{1});
        QCOMPARE((*file)->find("empty")->elements(), int64_t{0});
        QVERIFY((*file)->find("empty")->bytes.empty());
        QVERIFY(openBytes(test::safetensorsBytes("{}", "")));
    }

    void listsOtherDtypesAsNotReadable_data()
    {
        QTest::addColumn<int>("bytes");
        for (const auto &[name, bytes] : std::vector<std::pair<const char *, int>>{{"F64", 8}, {"C64", 8}, {"I64", 8}, {"U64", 8},
                 {"I32", 4}, {"U32", 4}, {"I16", 2}, {"U16", 2}, {"I8", 1}, {"U8", 1}, {"BOOL", 1}})
            QTest::newRow(name) << bytes;
    }
    void listsOtherDtypesAsNotReadable()
    {
        QFETCH(int, bytes);
        const auto file = openEntry(test::entryJson(QTest::currentDataTag(), {8 / bytes}, 0, 8).dump());
        QVERIFY(file);
        QVERIFY(!(*file)->tensors()[0].readable);
        QCOMPARE((*file)->tensors()[0].typeName, std::string_view(QTest::currentDataTag()));
    }

    void refusesSmallFloatsWithWhatToTake_data()
    {
        QTest::addColumn<QString>("dtype");
        for (const char *name : {"F8_E4M3", "F8_E5M2", "F8_E8M0", "F6_E2M3", "F4"})
            QTest::newRow(name) << name;
    }
    void refusesSmallFloatsWithWhatToTake()
    {
        QFETCH(QString, dtype);
        const auto file = openEntry(test::entryJson(dtype.toStdString(), {8}, 0, 8).dump());
        QVERIFY(!file);
        QCOMPARE(file.error().code, ErrorCode::Unsupported);
        QVERIFY(file.error().message.find(dtype.toStdString()) != std::string::npos);
        QVERIFY(file.error().hint.find("BF16") != std::string::npos);
    }

    void refusesUnknownDtypes()
    {
        const auto file = openEntry(test::entryJson("Q4_K", {8}, 0, 8).dump());
        QCOMPARE(file.error().code, ErrorCode::Unsupported);
        QVERIFY(file.error().message.find("\"Q4_K\" is not known") != std::string::npos);
    }

    void refusesHeadersThatSayOtherwise_data()
    {
        QTest::addColumn<QString>("header");
        QTest::addColumn<QString>("says");
        const auto row = [](const char *name, const char *header, const char *says) { QTest::newRow(name) << header << says; };
        const auto entry = [&](const char *name, const char *fields, const char *says) {
            row(name, (std::string("{\"w\":{") + fields + "}}").c_str(), says);
        };
        row("empty", "", "begin with");
        row("array", "[]", "begin with");
        row("leading blank", " {}", "begin with");
        row("cut JSON", "{\"w\":", "not valid JSON");
        row("two documents", "{}{}", "not valid JSON");
        row("comment", "{/*x*/}", "not valid JSON");
        row("entry no object", "{\"w\":1}", "\"w\": expected an object");
        row("metadata no object", "{\"__metadata__\":\"x\"}", "__metadata__");
        row("metadata number", "{\"__metadata__\":{\"a\":1}}", "expected a string");
        row("metadata twice", "{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", "stands twice");
        entry("no dtype", "\"shape\":[8],\"data_offsets\":[0,8]", "has no dtype");
        entry("no shape", "\"dtype\":\"U8\",\"data_offsets\":[0,8]", "has no shape");
        entry("no offsets", "\"dtype\":\"U8\",\"shape\":[8]", "has no data_offsets");
        entry("unknown field", "\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8],\"x\":1", "found \"x\"");
        entry("field twice", "\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]", "stands twice");
        entry("dtype number", "\"dtype\":3,\"shape\":[8],\"data_offsets\":[0,8]", "expected a string");
        entry("shape number", "\"dtype\":\"U8\",\"shape\":8,\"data_offsets\":[0,8]", "expected an array");
        entry("negative extent", "\"dtype\":\"U8\",\"shape\":[-8],\"data_offsets\":[0,8]", "negative");
        entry("fraction", "\"dtype\":\"U8\",\"shape\":[8.0],\"data_offsets\":[0,8]", "whole number");
        entry("nested shape", "\"dtype\":\"U8\",\"shape\":[[8]],\"data_offsets\":[0,8]", "whole number");
        entry("bool extent", "\"dtype\":\"U8\",\"shape\":[true],\"data_offsets\":[0,8]", "whole number");
        entry("one offset", "\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[8]", "two numbers");
        entry("three offsets", "\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8,8]", "two numbers");
        entry("offsets reversed", "\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[8,0]", "takes 8 bytes");
        entry("too few bytes", "\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]", "takes 12 bytes");
        entry("outside", "\"dtype\":\"U8\",\"shape\":[9],\"data_offsets\":[0,9]", "only 8");
        entry("overflowing shape", "\"dtype\":\"U8\",\"shape\":[4294967296,4294967296,4294967296],\"data_offsets\":[0,8]", "can hold");
        entry("overflow before a zero", "\"dtype\":\"U8\",\"shape\":[9223372036854775807,2,0],\"data_offsets\":[0,0]", "can hold");
        entry("huge extent", "\"dtype\":\"U8\",\"shape\":[18446744073709551615],\"data_offsets\":[0,8]", "can hold");
        entry("gap before", "\"dtype\":\"U8\",\"shape\":[7],\"data_offsets\":[1,8]", "belong to no tensor");
        entry("rest behind", "\"dtype\":\"U8\",\"shape\":[7],\"data_offsets\":[0,7]", "behind tensor \"w\"");
        row("tensor twice",
            "{\"w\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]},\"w\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]}}",
            "stands twice");
        row("overlap",
            "{\"v\":{\"dtype\":\"U8\",\"shape\":[5],\"data_offsets\":[0,5]},\"w\":{\"dtype\":\"U8\",\"shape\":[5],\"data_offsets\":[3,8]}}",
            "\"w\" at bytes 3 to 8 overlaps tensor \"v\"");
        row("gap between",
            "{\"v\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},\"w\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[4,8]}}",
            "1 bytes between tensor \"v\" and tensor \"w\"");
    }
    void refusesHeadersThatSayOtherwise()
    {
        QFETCH(QString, header);
        QFETCH(QString, says);
        const auto file = openBytes(test::safetensorsBytes(header.toStdString(), "12345678"));
        QVERIFY(!file);
        QCOMPARE(file.error().code, ErrorCode::BadModelFile);
        QVERIFY2(file.error().message.find(says.toStdString()) != std::string::npos, file.error().message.c_str());
        QVERIFY(file.error().message.starts_with(m_path.string()));
        QVERIFY(!file.error().hint.empty());
    }

    void refusesLengthsThatDoNotFit()
    {
        QVERIFY(openBytes("1234567").error().message.find("at least 8 bytes") != std::string::npos);
        QVERIFY(openBytes("").error().message.find("at least 8 bytes") != std::string::npos);
        std::string bytes = test::goodSafetensors();
        bytes[3] = 0x7f; // header of 2 GB
        QVERIFY(openBytes(bytes).error().message.find("at most 100000000") != std::string::npos);
        bytes = test::goodSafetensors();
        bytes[1] = 0x01;
        QVERIFY(openBytes(bytes).error().message.find("cut off in the header") != std::string::npos);
        QVERIFY(openBytes(test::safetensorsBytes(std::string("{}\0 ", 4), "")).error().message.find("zero byte") != std::string::npos);
        QVERIFY(openBytes(test::safetensorsBytes("{\"\xff\":1}", "")).error().message.find("not valid JSON") != std::string::npos);
    }

    void refusesMoreDimensionsThanATensorHas()
    {
        std::string shape = "1";
        for (int i = 0; i < 64; ++i)
            shape += ",1";
        const auto file = openEntry("{\"dtype\":\"U8\",\"shape\":[" + shape + "],\"data_offsets\":[0,1]}");
        QVERIFY(file.error().message.find("64 dimensions") != std::string::npos);
    }

    void viewsLiveAsLongAsTheSource()
    {
        auto file = openBytes(test::goodSafetensors());
        std::shared_ptr<const TensorSource> source = *file;
        file = fail(ErrorCode::Internal, "");
        std::filesystem::remove(m_path);
        QCOMPARE(std::to_integer<int>(source->find("b")->bytes[7]), 31);
    }

    void aMissingFileIsNotFound()
    {
        QCOMPARE(SafetensorsFile::open(m_folder.filePath("no").toStdString()).error().code, ErrorCode::NotFound);
        QCOMPARE(SafetensorsFile::open(m_folder.path().toStdString()).error().code, ErrorCode::Io);
    }
};

QTEST_GUILESS_MAIN(SafetensorsFileTest)
#include "safetensors_file_test.moc"
