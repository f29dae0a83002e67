#include "core/model/model_files.h"
#include "core/model/sha256.h"
#include "gguf_writer.h"
#include "safetensors_bytes.h"

#include <QTemporaryDir>
#include <QTest>

using namespace winnow;

class HfFolderTest : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_temporary;
    std::filesystem::path m_folder;

    void put(const char *name, std::string_view bytes) const { test::writeFile(m_folder / name, bytes); }
    /// A file of U8 tensors, one byte each.
    static std::string shard(const std::vector<std::string> &names)
    {
        Json header = Json::object();
        for (size_t i = 0; i < names.size(); ++i)
            header[names[i]] = test::entryJson("U8", {1}, static_cast<int64_t>(i), static_cast<int64_t>(i) + 1);
        return test::safetensorsBytes(header.dump(), std::string("abcdefgh", names.size()));
    }
    void putIndex(const std::map<std::string, std::string> &map) const
    {
        put("model.safetensors.index.json", Json{{"metadata", {{"total_size", 1}}}, {"weight_map", map}}.dump());
    }
    Error openError() const
    {
        const auto opened = HfFolder::open(m_folder);
        return opened ? Error{} : opened.error();
    }
    static bool contains(const std::string &text, std::string_view part) { return text.find(part) != std::string::npos; }

private Q_SLOTS:
    void init()
    {
        m_temporary = std::make_unique<QTemporaryDir>();
        m_folder = m_temporary->path().toStdString();
        put("config.json", R"({"model_type":"llama","rope_scaling":null,"hidden_size":64})");
    }

    void opensASingleFile()
    {
        put("model.safetensors", test::goodSafetensors());
        put("golden.safetensors", "not looked at");
        put("generation_config.json", R"({"eos_token_id":[1,2]})");
        const auto opened = HfFolder::open(m_folder);
        QVERIFY2(opened, opened ? "" : opened.error().message.c_str());
        QCOMPARE((*opened)->config()["hidden_size"].get<int>(), 64);
        QCOMPARE((*opened)->generationConfig()["eos_token_id"][1].get<int>(), 2);
        QCOMPARE((*opened)->tensors().size(), size_t{2});
        QCOMPARE((*opened)->path(), m_folder);
        QVERIFY((*opened)->has("config.json") && !(*opened)->has("tokenizer.json"));
    }

    void opensShardsOfAnIndex()
    {
        put("model-1.safetensors", shard({"a", "b"}));
        put("model-2.safetensors", shard({"c"}));
        putIndex({{"a", "model-1.safetensors"}, {"b", "model-1.safetensors"}, {"c", "model-2.safetensors"}});
        const auto opened = HfFolder::open(m_folder);
        QVERIFY2(opened, opened ? "" : opened.error().message.c_str());
        QCOMPARE((*opened)->tensors().size(), size_t{3});
        QCOMPARE((*opened)->shards().size(), size_t{2});
        QCOMPARE(std::to_integer<char>((*opened)->find("b")->bytes[0]), 'b');
        QCOMPARE((*opened)->fileBytes(), (*opened)->shards()[0]->fileBytes() + (*opened)->shards()[1]->fileBytes());
    }

    void opensByAnyOfItsFiles()
    {
        put("model-1.safetensors", shard({"a"}));
        putIndex({{"a", "model-1.safetensors"}});
        for (const char *name : {"config.json", "model-1.safetensors", "model.safetensors.index.json"}) {
            const auto opened = HfFolder::open(m_folder / name);
            QVERIFY2(opened, name);
            QCOMPARE((*opened)->path(), m_folder);
        }
        put("other.safetensors", shard({"a"}));
        QVERIFY(contains(HfFolder::open(m_folder / "other.safetensors").error().message, "not one of the shards"));
    }

    void takesTheOneOtherFileOrTheNamedOne()
    {
        put("weights.safetensors", shard({"a"}));
        QVERIFY(HfFolder::open(m_folder));
        put("more.safetensors", shard({"b"}));
        const Error error = openError();
        QVERIFY2(contains(error.message, "more.safetensors, weights.safetensors"), error.message.c_str());
        const auto opened = HfFolder::open(m_folder / "more.safetensors");
        QVERIFY(opened && (*opened)->find("b"));
    }

    void followsTheLinksOfAHubCache()
    {
        std::filesystem::create_directory(m_folder / "blobs");
        std::filesystem::create_directory(m_folder / "snapshot");
        put("blobs/0123", shard({"a"}));
        std::filesystem::create_symlink("../blobs/0123", m_folder / "snapshot/model.safetensors");
        std::filesystem::create_symlink("../config.json", m_folder / "snapshot/config.json");
        const auto opened = HfFolder::open(m_folder / "snapshot");
        QVERIFY2(opened, opened ? "" : opened.error().message.c_str());
        QVERIFY(HfFolder::open(m_folder / "snapshot/model.safetensors"));
    }

    void listsAllDifferencesBetweenIndexAndShardsAtOnce()
    {
        put("1.safetensors", shard({"a", "extra"}));
        put("2.safetensors", shard({"b"}));
        putIndex({{"a", "1.safetensors"}, {"b", "1.safetensors"}, {"gone", "2.safetensors"}});
        const Error error = openError();
        QCOMPARE(error.code, ErrorCode::BadModelFile);
        for (const char *part : {"4 tensors differ", "b is missing in 1.safetensors", "gone is missing in 2.safetensors",
                 "extra in 1.safetensors is not in the index", "b in 2.safetensors belongs in 1.safetensors"})
            QVERIFY2(contains(error.message, part), error.message.c_str());
    }

    void listsAllMissingShardsAtOnce()
    {
        put("1.safetensors", shard({"a"}));
        putIndex({{"a", "1.safetensors"}, {"b", "2.safetensors"}, {"c", "3.safetensors"}});
        const Error error = openError();
        QVERIFY2(contains(error.message, "2 of the 3 shards") && contains(error.message, "2.safetensors, 3.safetensors"), error.message.c_str());
    }

    void refusesIndicesThatLeaveTheFolderOrSayNothing_data()
    {
        QTest::addColumn<QString>("index");
        QTest::addColumn<QString>("says");
        const auto row = [](const char *name, const char *index, const char *says) { QTest::newRow(name) << index << says; };
        row("up", R"({"weight_map":{"a":"../x.safetensors"}})", "no file inside the folder");
        row("up inside", R"({"weight_map":{"a":"b/../../x.safetensors"}})", "no file inside the folder");
        row("absolute", R"({"weight_map":{"a":"/x.safetensors"}})", "no file inside the folder");
        row("empty name", R"({"weight_map":{"a":""}})", "no file inside the folder");
        row("backslash", R"({"weight_map":{"a":"..\\x.safetensors"}})", "no file inside the folder");
        row("other kind", R"({"weight_map":{"a":"config.json"}})", "expected a .safetensors file");
        row("number", R"({"weight_map":{"a":1}})", "expected the name of a file");
        row("no map", R"({"metadata":{}})", "weight_map");
        row("list", R"({"weight_map":[]})", "weight_map");
        row("no tensors", R"({"weight_map":{}})", "names no tensor");
        row("array", "[]", "weight_map");
        row("cut", R"({"weight_map":{"a")", "not valid JSON");
    }
    void refusesIndicesThatLeaveTheFolderOrSayNothing()
    {
        QFETCH(QString, index);
        QFETCH(QString, says);
        put("model.safetensors.index.json", index.toStdString());
        const Error error = openError();
        QCOMPARE(error.code, ErrorCode::BadModelFile);
        QVERIFY2(contains(error.message, says.toStdString()), error.message.c_str());
    }

    void refusesPickledWeightsWithWhatToDo()
    {
        put("pytorch_model.bin", "x");
        const Error error = openError();
        QCOMPARE(error.code, ErrorCode::Unsupported);
        QVERIFY(contains(error.message, "pytorch_model.bin") && contains(error.hint, "safetensors"));
    }

    void saysWhatAFolderLacks()
    {
        QVERIFY(contains(openError().message, "no weights"));
        put("x.gguf", "x");
        QVERIFY(contains(openError().hint, "x.gguf"));
        std::filesystem::remove(m_folder / "config.json");
        QCOMPARE(openError().code, ErrorCode::NotFound);
        QVERIFY(contains(openError().message, "no config.json"));
        QCOMPARE(HfFolder::open(m_folder / "nowhere").error().code, ErrorCode::NotFound);
    }

    void refusesConfigsThatAreNoObjectsOrTooDeep()
    {
        put("model.safetensors", test::goodSafetensors());
        put("config.json", "[1]");
        QVERIFY(contains(openError().message, "expected an object, found array"));
        put("config.json", std::string(200, '[') + std::string(200, ']'));
        QVERIFY(contains(openError().message, "more than 64"));
        put("config.json", "{\"a\":1e999}");
        QVERIFY(contains(openError().message, "not valid JSON"));
        put("config.json", std::string("{}\0{}", 5));
        QVERIFY(contains(openError().message, "zero byte at byte 2"));
        put("config.json", "");
        QVERIFY(contains(openError().message, "not valid JSON"));
        put("config.json", "{}");
        std::filesystem::resize_file(m_folder / "config.json", (16U << 20) + 1);
        QVERIFY(contains(openError().message, "at most 16777216 bytes"));
    }

    void theLastOfTwoEqualKeysCounts()
    {
        QCOMPARE((*parseJson(R"({"a":1,"a":[2,{"b":null}]})", "x"))["a"][0].get<int>(), 2);
    }

    void theIdentityFollowsContentNotPlace()
    {
        put("model.safetensors", test::goodSafetensors());
        const std::string first = *(*HfFolder::open(m_folder))->sha256({});
        QCOMPARE(first.size(), size_t{64});
        QTemporaryDir elsewhere;
        const std::filesystem::path copy = elsewhere.path().toStdString();
        std::filesystem::copy_file(m_folder / "model.safetensors", copy / "model.safetensors");
        std::filesystem::copy_file(m_folder / "config.json", copy / "config.json");
        test::writeFile(copy / "README.md", "not a part of it");
        QCOMPARE(*(*HfFolder::open(copy))->sha256({}), first);
        test::writeFile(copy / "config.json", "{}");
        QVERIFY(*(*HfFolder::open(copy))->sha256({}) != first);
        std::stop_source stop;
        stop.request_stop();
        QCOMPARE((*HfFolder::open(copy))->sha256(RunContext{stop.get_token()}).error().code, ErrorCode::Cancelled);
    }

    void opensWhatAPersonNames()
    {
        const auto gguf = std::filesystem::path(WINNOW_TEST_DATA) / "models/llama-f16.gguf";
        const auto file = openModelFiles(gguf);
        QVERIFY(file && file->gguf && !file->folder);
        const StoredTensor *embedding = file->tensors->find("token_embd.weight");
        QVERIFY(embedding && embedding->readable);
        QCOMPARE(embedding->shape, (std::vector<int64_t>{512, 64}));
        QCOMPARE(embedding->typeName, std::string_view("F16"));
        QCOMPARE(file->tensors->fileBytes(), file->gguf->fileBytes());
        QCOMPARE(file->tensors->tensors().size(), file->gguf->tensors().size());

        std::filesystem::copy_file(gguf, m_folder / "a.gguf");
        QVERIFY(openModelFiles(m_folder)->gguf); // the only model of the folder
        std::filesystem::copy_file(gguf, m_folder / "b.gguf");
        QVERIFY(contains(openModelFiles(m_folder).error().message, "a.gguf, b.gguf"));
        std::filesystem::copy_file(gguf, m_folder / "blob");
        QVERIFY(openModelFiles(m_folder / "blob")->gguf);
        put("model.safetensors", test::goodSafetensors());
        QVERIFY(openModelFiles(m_folder)->folder);
        QVERIFY(openModelFiles(m_folder / "config.json")->folder);
        QCOMPARE(*modelSha256(*file, {}), *sha256File(gguf, {}));
        QCOMPARE(openModelFiles(m_folder / "nowhere").error().code, ErrorCode::NotFound);
    }
};

QTEST_GUILESS_MAIN(HfFolderTest)
#include "hf_folder_test.moc"
