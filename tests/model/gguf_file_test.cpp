#include "core/model/gguf_file.h"
#include "gguf_writer.h"

#include <QTemporaryDir>
#include <QTest>

using namespace winnow;
using test::GgufBytes;

namespace {

std::string data(const char *name) { return std::string(WINNOW_TEST_DATA) + "/models/" + name; }

/// One F32 tensor "w" of 4 values, whatever stands in front of it.
GgufBytes oneTensor(uint64_t offset = 0, uint32_t type = 0, std::vector<uint64_t> ne = {4})
{
    GgufBytes file;
    file.header(1, 0).tensor("w", ne, type, offset).align();
    return file;
}

} // namespace

class GgufFileTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    Result<std::shared_ptr<const GgufFile>> open(const std::string &bytes)
    {
        const auto path = m_folder.filePath("a.gguf").toStdString();
        test::writeFile(path, bytes);
        return GgufFile::open(path);
    }
    void refuses(const std::string &bytes, const std::string &part, ErrorCode code = ErrorCode::BadModelFile)
    {
        const auto file = open(bytes);
        QVERIFY2(!file, part.c_str());
        QCOMPARE(errorCodeName(file.error().code), errorCodeName(code));
        QVERIFY2(file.error().message.find(part) != std::string::npos, file.error().message.c_str());
        QVERIFY2(file.error().message.find("a.gguf") != std::string::npos, file.error().message.c_str());
    }

private Q_SLOTS:
    void readsTheTinyModel()
    {
        const auto opened = GgufFile::open(data("llama-f16.gguf"));
        QVERIFY2(opened, opened ? "" : opened.error().message.c_str());
        const GgufFile &file = **opened;
        QCOMPARE(file.version(), 3u);
        QCOMPARE(*file.string("general.architecture"), std::string_view("llama"));
        QCOMPARE(*file.integer("llama.embedding_length"), int64_t{64});
        QCOMPARE(*file.number("llama.rope.freq_base"), 1e4);
        QCOMPARE(*file.boolean("tokenizer.ggml.add_bos_token", false), true);
        QCOMPARE(file.strings("tokenizer.ggml.tokens")->size(), size_t{512});
        QCOMPARE(file.strings("tokenizer.ggml.tokens")->at(1), std::string_view("<s>"));
        QCOMPARE(*file.integers("llama.attention.head_count"), std::vector<int64_t>{4});
        QCOMPARE(file.tensors().size(), size_t{21});
        QCOMPARE(file.keys().size(), size_t{21});
        const GgufTensor *down = *file.tensor("blk.1.ffn_down.weight");
        QCOMPARE(down->type, TensorType::F16);
        QCOMPARE(down->rows, int64_t{64});
        QCOMPARE(down->cols, int64_t{96});
        QCOMPARE(down->bytes.size(), size_t{64 * 96 * 2});
    }

    void namesTheMissingKeyAndTensorAndTheWrongType()
    {
        const auto file = *GgufFile::open(data("llama-f16.gguf"));
        QVERIFY(file->integer("llama.missing").error().message.find("\"llama.missing\": expected an integer, found nothing") != std::string::npos);
        QCOMPARE(*file->integer("llama.missing", 7), int64_t{7});
        QVERIFY(file->integer("general.architecture").error().message.find("found string \"llama\"") != std::string::npos);
        QVERIFY(!file->integer("general.architecture", 7));
        QVERIFY(!file->boolean("general.architecture", true));
        QVERIFY(!file->strings("tokenizer.ggml.token_type"));
        const auto missing = file->tensor("blk.9.attn_q.weight");
        QCOMPARE(errorCodeName(missing.error().code), "bad_model_file");
        QVERIFY(missing.error().message.find("\"blk.9.attn_q.weight\" is missing") != std::string::npos);
    }

    void readsEveryValueTypeOfBothVersions()
    {
        for (const uint32_t version : {2u, 3u}) {
            GgufBytes bytes;
            bytes.header(0, 13, version);
            bytes.key("u8", 0, uint8_t{200}).key("i8", 1, int8_t{-5}).key("u16", 2, uint16_t{60000});
            bytes.key("i16", 3, int16_t{-300}).key("u32", 4, uint32_t{4000000000}).key("i32", 5, int32_t{-7});
            bytes.key("f32", 6, 1.5f).key("bool", 7, uint8_t{1}).stringKey("string", "text");
            bytes.key("u64", 10, uint64_t{1} << 40).key("i64", 11, int64_t{-1} << 40).key("f64", 12, 0.1);
            bytes.text("nested").put(uint32_t{9}).put(uint32_t{9}).put(uint64_t{2});
            bytes.put(uint32_t{5}).put(uint64_t{2}).put(int32_t{1}).put(int32_t{2});
            bytes.put(uint32_t{8}).put(uint64_t{1}).text("x");
            const auto opened = open(bytes.bytes());
            QVERIFY2(opened, opened ? "" : opened.error().message.c_str());
            const GgufFile &file = **opened;
            QCOMPARE(*file.integer("u8"), int64_t{200});
            QCOMPARE(*file.integer("i8"), int64_t{-5});
            QCOMPARE(*file.integer("u16"), int64_t{60000});
            QCOMPARE(*file.integer("i16"), int64_t{-300});
            QCOMPARE(*file.integer("u32"), int64_t{4000000000});
            QCOMPARE(*file.integer("i32"), int64_t{-7});
            QCOMPARE(*file.number("f32"), 1.5);
            QCOMPARE(*file.boolean("bool", false), true);
            QCOMPARE(*file.string("string"), std::string_view("text"));
            QCOMPARE(*file.integer("u64"), int64_t{1} << 40);
            QCOMPARE(*file.integer("i64"), -(int64_t{1} << 40));
            QCOMPARE(*file.number("f64"), 0.1);
            QCOMPARE(*file.number("i32"), -7.0); // integers are numbers
            QCOMPARE(GgufFile::text(*file.find("nested"), 8), std::string("[[1, 2], [\"x\"]]"));
            QCOMPARE(GgufFile::elements(*file.find("nested")).size(), size_t{2});
        }
    }

    void refusesWhatIsNoGgufFile()
    {
        refuses("", "cut off in the header");
        refuses("PK\x03\x04 and so on", "expected it to begin with \"GGUF\", found \"PK\\x03\\x04\"");
        refuses(GgufBytes().header(0, 0, 1).bytes(), "expected 2 or 3, found 1", ErrorCode::Unsupported);
        refuses(GgufBytes().header(0, 0, 0x03000000).bytes(), "big-endian", ErrorCode::Unsupported);
        const auto missing = GgufFile::open("/nowhere/a.gguf");
        QCOMPARE(errorCodeName(missing.error().code), "not_found");
        const auto folder = GgufFile::open(m_folder.path().toStdString());
        QCOMPARE(errorCodeName(folder.error().code), "io");
    }

    void refusesCountsThatCannotBeInTheFile()
    {
        refuses(GgufBytes().header(0, uint64_t{1} << 60).bytes(), "metadata keys do not fit");
        refuses(GgufBytes().header(uint64_t{1} << 60, 0).bytes(), "tensors do not fit");
        GgufBytes array;
        array.header(0, 1).text("k").put(uint32_t{9}).put(uint32_t{8}).put(uint64_t{1} << 61).zeros(16);
        refuses(array.bytes(), "cut off in key \"k\"");
        GgufBytes string;
        string.header(0, 1).text("k").put(uint32_t{8}).put(~uint64_t{0}).zeros(16);
        refuses(string.bytes(), "cut off in key \"k\"");
    }

    void refusesArraysNestedWithoutEnd()
    {
        GgufBytes bytes;
        bytes.header(0, 1).text("k").put(uint32_t{9});
        for (int depth = 0; depth < 1000; ++depth)
            bytes.put(uint32_t{9}).put(uint64_t{1});
        refuses(bytes.bytes(), "nested deeper than 8");
    }

    void refusesNamesThatAreThereTwiceOrEmpty()
    {
        refuses(GgufBytes().header(0, 2).key("k", 4, 1u).key("k", 4, 2u).bytes(), "key \"k\" is there twice");
        GgufBytes twice;
        twice.header(2, 0).tensor("w", {4}, 0, 0).tensor("w", {4}, 0, 32).align().zeros(64);
        refuses(twice.bytes(), "tensor \"w\" is there twice");
        refuses(GgufBytes().header(0, 1).key("", 4, 1u).zeros(8).bytes(), "expected 1 to 65535");
        refuses(GgufBytes().header(0, 1).key("k", 13, 1u).bytes(), "expected a value type from 0 to 12, found 13");
    }

    void refusesTensorsThatAreNotWhole()
    {
        QVERIFY(open(oneTensor().zeros(16).bytes()));
        refuses(oneTensor().zeros(15).bytes(), "tensor \"w\" is cut off: expected 16 bytes at offset 0 of the data, found 15 of 15");
        refuses(oneTensor(64).zeros(32).bytes(), "tensor \"w\" is cut off");
        refuses(oneTensor(8).zeros(64).bytes(), "expected an offset that is a multiple of 32, found 8");
        refuses(oneTensor(~uint64_t{31}).zeros(64).bytes(), "tensor \"w\" is cut off");
        GgufBytes overlap;
        overlap.header(2, 0).tensor("a", {16}, 0, 0).tensor("b", {4}, 0, 32).align().zeros(64);
        refuses(overlap.bytes(), "tensors \"a\" and \"b\" overlap");
    }

    void refusesShapesThatCannotBe()
    {
        refuses(oneTensor(0, 0, {0}).zeros(64).bytes(), "dimension 0 is 0");
        refuses(oneTensor(0, 0, {}).zeros(64).bytes(), "expected 1 to 4 dimensions, found 0");
        refuses(oneTensor(0, 0, {1, 1, 1, 1, 1}).zeros(64).bytes(), "expected 1 to 4 dimensions, found 5");
        refuses(oneTensor(0, 0, {uint64_t{1} << 40, uint64_t{1} << 40}).zeros(64).bytes(), "overflow");
        refuses(oneTensor(0, 0, {uint64_t{1} << 61}).zeros(64).bytes(), "tensor \"w\"");
        refuses(oneTensor(0, 2, {33}).zeros(64).bytes(), "expected a multiple of 32"); // Q4_0
        refuses(oneTensor(0, 12, {128}).zeros(256).bytes(), "expected a multiple of 256"); // Q4_K
        refuses(oneTensor(0, 99, {32}).zeros(64).bytes(), "unknown type 99", ErrorCode::Unsupported);
    }

    void obeysTheAlignmentOfTheFile()
    {
        GgufBytes bytes;
        bytes.header(2, 1).key("general.alignment", 4, 64u).tensor("a", {1}, 0, 0).tensor("b", {1}, 0, 64).align(64);
        bytes.put(1.0f).align(64).put(2.0f);
        const auto file = open(bytes.bytes());
        QVERIFY2(file, file ? "" : file.error().message.c_str());
        float value = 0;
        const GgufTensor *b = *(*file)->tensor("b");
        QVERIFY(dequantiseRows(b->type, b->bytes, b->rows, b->cols, &value));
        QCOMPARE(value, 2.0f);
        for (const uint32_t alignment : {0u, 3u, 1u << 30}) {
            GgufBytes bad;
            bad.header(0, 1).key("general.alignment", 4, alignment);
            refuses(bad.bytes(), "expected a power of two");
        }
    }

    void showsOddNamesWithoutControlCharacters()
    {
        QCOMPARE(printable("a\x1b[31m\xff"), std::string("a\\x1b[31m\\xff"));
        QVERIFY(printable(std::string(1000, 'x')).size() < 100);
    }
};

QTEST_GUILESS_MAIN(GgufFileTest)
#include "gguf_file_test.moc"
