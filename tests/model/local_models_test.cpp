#include "core/model/catalogue.h"
#include "core/model/local_models.h"
#include "gguf_writer.h"
#include "safetensors_bytes.h"

#include <QTemporaryDir>
#include <QTest>

using namespace winnow;

class LocalModelsTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::filesystem::path m_root = m_folder.path().toStdString();

    void put(const std::string &name, std::string_view bytes) const
    {
        std::filesystem::create_directories((m_root / name).parent_path());
        test::writeFile(m_root / name, bytes);
    }

private Q_SLOTS:
    void initTestCase()
    {
        put("mine/config.json", "{}");
        put("mine/model.safetensors", test::goodSafetensors());
        put("models--org--big/snapshots/abc/config.json", "{}");
        put("models--org--big/snapshots/abc/model.safetensors.index.json", "{}");
        put("models--org--big/snapshots/abc/model-1.safetensors", "12345");
        put("models--org--big/snapshots/abc/model-2.safetensors", "123");
        put("only-config/config.json", "{}");
        put("smollm2-135m/SmolLM2-135M-Instruct.Q4_1.gguf", "in the catalogue");
        put("smollm2-135m/other.gguf", "12");
        put("top.gguf", "1");
        put("a/b/c/d/e/too-deep.gguf", "1");
    }

    void findsFoldersAndFilesThatAreNotInTheCatalogue()
    {
        std::string found;
        for (const LocalModel &model : localModels(m_root))
            found += model.name + (model.kind == LocalModelKind::HfFolder ? " folder " : " file ") + std::to_string(model.bytes) + "\n";
        QCOMPARE(found, "mine folder " + std::to_string(test::goodSafetensors().size()) + "\n"
                "models--org--big/snapshots/abc folder 8\n"
                "smollm2-135m/other.gguf file 2\n"
                "top.gguf file 1\n");
    }

    void aFolderThatIsNotThereHoldsNothing() { QVERIFY(localModels(m_root / "nowhere").empty()); }

    void theirNamesResolve()
    {
        for (const LocalModel &model : localModels(m_root))
            QCOMPARE(resolveModel(model.name, m_root)->string(), model.path.string());
        QVERIFY(!resolveModel("../" + m_root.filename().string() + "/mine", m_root / "mine"));
        QCOMPARE(resolveModel((m_root / "mine").string(), "/nowhere")->string(), (m_root / "mine").string());
    }
};

QTEST_GUILESS_MAIN(LocalModelsTest)
#include "local_models_test.moc"
