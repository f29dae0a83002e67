#include "core/serve/model_table.h"

#include <QTemporaryDir>
#include <QTest>
#include <chrono>
#include <filesystem>

using namespace winnow;

class ModelTableTest : public QObject {
    Q_OBJECT

    static ModelRequest request(const char *name)
    {
        ModelRequest wanted;
        wanted.name = name;
        wanted.path = std::string(WINNOW_TEST_DATA) + "/models/" + name;
        wanted.device = "cpu";
        wanted.threads = 1;
        return wanted;
    }
    const ModelRequest m_first = request("llama-f16.gguf"), m_second = request("qwen2-f16.gguf");
    int64_t m_firstBytes = 0, m_secondBytes = 0;

    /// Enough for either model, not for both.
    int64_t oneAtATime() const { return std::max(m_firstBytes, m_secondBytes) + std::min(m_firstBytes, m_secondBytes) / 2; }

private Q_SLOTS:
    void initTestCase()
    {
        ModelTable table(int64_t{1} << 40);
        m_firstBytes = (*table.open(m_first, {}))->weights().bytes();
        const auto second = table.open(m_second, {});
        m_secondBytes = (*second)->weights().bytes();
        QCOMPARE(table.bytes(), m_firstBytes + m_secondBytes); // both stay
    }

    void theLeastRecentlyUsedModelMakesRoom()
    {
        ModelTable table(oneAtATime());
        std::weak_ptr<const Model> first = *table.open(m_first, {});
        QVERIFY(!first.expired());
        QVERIFY(table.open(m_second, {}));
        QVERIFY(first.expired());
        QCOMPARE(table.bytes(), m_secondBytes);
        QVERIFY(table.tokenizer(m_first)); // small, stays
    }

    void aModelInUseIsNotReleasedAndNamedInTheRefusal()
    {
        ModelTable table(oneAtATime());
        const auto first = table.open(m_first, {});
        QVERIFY(first);
        const auto second = table.open(m_second, {});
        QVERIFY(!second);
        QCOMPARE(second.error().code, ErrorCode::OutOfMemory);
        for (const std::string &part : {std::string("the budget of all models"), std::string("in use are"), (*first)->config().name})
            QVERIFY2(second.error().message.find(part) != std::string::npos, second.error().message.c_str());
        QCOMPARE(table.bytes(), m_firstBytes);
    }

    void whoHoldsAModelForLaterIsToldBeforeItGoes()
    {
        ModelTable table(oneAtATime());
        std::shared_ptr<const Model> held = *table.open(m_first, {});
        table.beforeRelease([&](const Model &model) {
            if (held.get() == &model)
                held.reset();
        });
        QVERIFY(table.open(m_second, {}));
        QVERIFY(!held);
        QCOMPARE(table.bytes(), m_secondBytes);
    }

    void aModelAboveTheBudgetIsRefusedAndNothingIsReleased()
    {
        ModelTable table(std::max(m_firstBytes, m_secondBytes) - 1);
        const bool firstIsLarger = m_firstBytes > m_secondBytes;
        QVERIFY(table.open(firstIsLarger ? m_second : m_first, {}));
        const int64_t before = table.bytes();
        const auto larger = table.open(firstIsLarger ? m_first : m_second, {});
        QVERIFY(!larger);
        QCOMPARE(larger.error().code, ErrorCode::OutOfMemory);
        QCOMPARE(table.bytes(), before);
    }

    void aChangedFileIsOpenedAgain()
    {
        const QTemporaryDir folder;
        const std::string path = folder.filePath("model.gguf").toStdString();
        std::filesystem::copy_file(m_first.path, path);
        ModelRequest wanted = m_first;
        wanted.path = path;
        ModelTable table(int64_t{1} << 40);
        const auto before = table.open(wanted, {});
        QCOMPARE(table.open(wanted, {})->get(), before->get());
        const std::string hash = *table.sha256(wanted, {});
        std::filesystem::copy_file(m_second.path, path, std::filesystem::copy_options::overwrite_existing);
        std::filesystem::last_write_time(path, std::filesystem::file_time_type::clock::now() + std::chrono::seconds(5));
        const auto after = table.open(wanted, {});
        QVERIFY(after && after->get() != before->get());
        QVERIFY(*table.sha256(wanted, {}) != hash);
    }

    void aMissingFileIsNotFound()
    {
        ModelRequest wanted = m_first;
        wanted.path = "/nowhere/model.gguf";
        ModelTable table(1);
        QCOMPARE(table.open(wanted, {}).error().code, ErrorCode::NotFound);
        QCOMPARE(table.sha256(wanted, {}).error().code, ErrorCode::NotFound);
    }
};

QTEST_GUILESS_MAIN(ModelTableTest)
#include "model_table_test.moc"
