#include "core/model/sha256.h"
#include "gguf_writer.h"

#include <QTemporaryDir>
#include <QTest>

using namespace winnow;

class Sha256Test : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Examples of FIPS 180-4 (NIST, "Secure Hash Standard", test vectors).
    void hashesTheExamplesOfTheStandard()
    {
        QCOMPARE(sha256({}), std::string("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
        Sha256 abc;
        abc.add("a");
        abc.add("");
        abc.add("bc");
        QCOMPARE(abc.finish(), std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
        Sha256 million;
        for (int i = 0; i < 1000; ++i)
            million.add(std::string(1000, 'a'));
        QCOMPARE(million.finish(), std::string("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
    }

    void hashesAFileWithProgressAndCancel()
    {
        const QTemporaryDir folder;
        const auto path = folder.filePath("f").toStdString();
        const std::string bytes(3000000, 'x');
        test::writeFile(path, bytes);
        struct Sink : ProgressSink {
            int64_t last = 0;
            void report(const Progress &progress) override { last = progress.done; }
        } sink;
        std::stop_source stop;
        const RunContext context{stop.get_token(), &sink};
        QCOMPARE(*sha256File(path, context), sha256(std::as_bytes(std::span(bytes))));
        QCOMPARE(sink.last, int64_t{3000000});
        stop.request_stop();
        QCOMPARE(errorCodeName(sha256File(path, context).error().code), "cancelled");
        QCOMPARE(errorCodeName(sha256File(path + "x", context).error().code), "not_found");
    }
};

QTEST_GUILESS_MAIN(Sha256Test)
#include "sha256_test.moc"
