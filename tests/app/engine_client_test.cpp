#include "app/engine/job_runner.h"
#include "core/base/report.h"
#include "tests/support/fake_engine.h"

#include <QCoreApplication>
#include <QSignalSpy>
#include <QTest>

#include <csignal>

using namespace winnow;

class EngineClientTest : public QObject {
    Q_OBJECT

    std::unique_ptr<EngineClient> startClient()
    {
        auto client = std::make_unique<EngineClient>();
        client->setCommand(QStringLiteral("\"%1\" --fake-engine").arg(QCoreApplication::applicationFilePath()));
        client->start();
        return client;
    }

    static bool waitReady(EngineClient &client)
    {
        return QTest::qWaitFor([&] { return client.state() == EngineClient::State::Ready; }, 10000);
    }

    static bool waitLost(EngineClient &client)
    {
        return QTest::qWaitFor([&] { return client.state() == EngineClient::State::Lost; }, 10000);
    }

    struct Answer {
        std::vector<Progress> progress;
        std::vector<Json> parts;
        std::optional<Result<Document>> reply;
        int replies = 0;
    };

    static RequestHandlers into(Answer &answer)
    {
        return {[&answer](const Progress &progress) { answer.progress.push_back(progress); },
            [&answer](Document part) { answer.parts.push_back(part.body); },
            [&answer](Result<Document> reply) {
                ++answer.replies;
                answer.reply = std::move(reply);
            }};
    }

private Q_SLOTS:
    void helloMakesTheEngineReady()
    {
        auto client = startClient();
        QCOMPARE(client->state(), EngineClient::State::Starting);
        QVERIFY(waitReady(*client));
        QCOMPARE(client->hello()["threads"].get<int>(), 2);
        QCOMPARE(client->status().totalBytes, qint64(8) << 30);
    }

    void repliesAreMatchedByIdWhateverTheirOrder()
    {
        auto client = startClient();
        QVERIFY(waitReady(*client));
        Answer first, second, release;
        const qint64 a = client->send({{"command", "later"}}, {}, into(first));
        const qint64 b = client->send({{"command", "later"}}, {}, into(second));
        client->send({{"command", "release"}}, {}, into(release));
        QTRY_VERIFY(release.reply.has_value());
        QCOMPARE((*first.reply)->body["late"].get<qint64>(), a);
        QCOMPARE((*second.reply)->body["late"].get<qint64>(), b);
    }

    void progressAndPartsArriveBeforeTheReply()
    {
        auto client = startClient();
        QVERIFY(waitReady(*client));
        Answer answer;
        client->send({{"command", "parts"}}, {}, into(answer));
        QTRY_VERIFY(answer.reply.has_value());
        QCOMPARE(answer.progress.size(), size_t(3));
        QCOMPARE(answer.progress[2].done, int64_t(2));
        QCOMPARE(answer.progress[2].unit, std::string("cells"));
        QCOMPARE(answer.parts.size(), size_t(3));
        QCOMPARE(answer.parts[1]["cell"].get<int>(), 1);
        QCOMPARE((*answer.reply)->body["cells"].get<int>(), 3);
    }

    void arraysComeOutAsTheyWentIn()
    {
        auto client = startClient();
        QVERIFY(waitReady(*client));
        Answer answer;
        client->send({{"command", "array"}}, {}, into(answer));
        QTRY_VERIFY(answer.reply.has_value());
        QVERIFY(expandArrays(**answer.reply)["values"] == Json({1.5, -2.0, 0.25}));
    }

    void aFrameInTwoPiecesIsOneFrame()
    {
        auto client = startClient();
        QVERIFY(waitReady(*client));
        Answer answer;
        client->send({{"command", "half"}}, {}, into(answer));
        QTRY_VERIFY(answer.reply.has_value());
        QVERIFY((*answer.reply)->body["half"].get<bool>());
    }

    void errorsKeepCodeMessageAndHint()
    {
        auto client = startClient();
        QVERIFY(waitReady(*client));
        Answer answer;
        client->send({{"command", "fail"}}, {}, into(answer));
        QTRY_VERIFY(answer.reply.has_value());
        QCOMPARE(answer.reply->error().code, ErrorCode::OutOfMemory);
        QCOMPARE(answer.reply->error().message, std::string("needs 9 GiB, 8 GiB are there"));
        QCOMPARE(answer.reply->error().hint, std::string("Use a shorter text."));
    }

    void cancelEndsTheRequestAsCancelled()
    {
        auto client = startClient();
        QVERIFY(waitReady(*client));
        Answer answer;
        const qint64 id = client->send({{"command", "later"}}, {}, into(answer));
        client->cancel(id);
        QTRY_VERIFY(answer.reply.has_value());
        QCOMPARE(answer.reply->error().code, ErrorCode::Cancelled);
        QCOMPARE(answer.replies, 1);
    }

    void aKilledEngineSaysSignalAndMemory()
    {
        auto client = startClient();
        QVERIFY(waitReady(*client));
        Answer status, open;
        client->send({{"command", "status"}}, {}, into(status));
        QTRY_VERIFY(status.reply.has_value());
        client->send({{"command", "later"}}, {}, into(open));
        ::kill(static_cast<pid_t>(client->processId()), SIGKILL);
        QVERIFY(waitLost(*client));
        QVERIFY2(client->lostReason().contains(QStringLiteral("memory at 7.0 of 8 GiB")), qPrintable(client->lostReason()));
        QVERIFY(open.reply.has_value());
        QCOMPARE(open.reply->error().code, ErrorCode::EngineLost);
        QCOMPARE(open.replies, 1);
    }

    void anEngineThatEndsSaysItsStatusAndLastWords()
    {
        auto client = startClient();
        QVERIFY(waitReady(*client));
        client->send({{"command", "exit"}, {"status", 7}}, {}, {});
        QVERIFY(waitLost(*client));
        QVERIFY2(client->lostReason().contains(QStringLiteral("exit status 7")), qPrintable(client->lostReason()));
        QVERIFY(client->lostReason().contains(QStringLiteral("no such device")));
    }

    void somethingElseOnTheWireIsNamed()
    {
        auto client = startClient();
        QVERIFY(waitReady(*client));
        Answer answer;
        client->send({{"command", "garbage"}}, {}, into(answer));
        QVERIFY(waitLost(*client));
        QVERIFY2(client->lostReason().contains(QStringLiteral("not part of the protocol")), qPrintable(client->lostReason()));
        QCOMPARE(answer.reply->error().code, ErrorCode::EngineLost);
    }

    void aMissingProgramIsASentence()
    {
        EngineClient client;
        client.setCommand(QStringLiteral("/nonexistent/winnow-cli serve"));
        client.start();
        QVERIFY(waitLost(client));
        QVERIFY2(client.lostReason().contains(QStringLiteral("could not be started")), qPrintable(client.lostReason()));
    }

    void aLostEngineStartsAgain()
    {
        auto client = startClient();
        QVERIFY(waitReady(*client));
        ::kill(static_cast<pid_t>(client->processId()), SIGKILL);
        QVERIFY(waitLost(*client));
        Answer without;
        client->send({{"command", "echo"}, {"value", 1}}, {}, into(without));
        QTRY_VERIFY(without.reply.has_value());
        QCOMPARE(without.reply->error().code, ErrorCode::EngineLost);
        client->start();
        QVERIFY(waitReady(*client));
        Answer answer;
        client->send({{"command", "echo"}, {"value", 42}}, {}, into(answer));
        QTRY_VERIFY(answer.reply.has_value());
        QCOMPARE((*answer.reply)->body["value"].get<int>(), 42);
    }

    void jobsCountProgressAndEnd()
    {
        auto client = startClient();
        QVERIFY(waitReady(*client));
        JobRunner jobs(*client);
        int parts = 0;
        JobSpec spec;
        spec.title = QStringLiteral("Sweep");
        spec.request = {{"command", "parts"}};
        spec.part = [&](Document) { ++parts; };
        const int id = jobs.submit(std::move(spec));
        QTRY_COMPARE(jobs.job(id)->state, Job::State::Done);
        QCOMPARE(parts, 3);
        QCOMPARE(jobs.job(id)->progress.done, int64_t(3));
        QVERIFY(!jobs.busy());
    }

    void aFailedJobOffersARetryThatFits()
    {
        auto client = startClient();
        QVERIFY(waitReady(*client));
        JobRunner jobs(*client);
        jobs.setFittingRule([](const Json &) { return FittingRetry{QStringLiteral("Retry shorter"), {{"command", "echo"}, {"value", 1}}, {}}; });
        JobSpec spec;
        spec.request = {{"command", "fail"}};
        const int id = jobs.submit(std::move(spec));
        QTRY_COMPARE(jobs.job(id)->state, Job::State::Failed);
        QVERIFY(jobs.job(id)->fitting.has_value());
        jobs.retryFitting(id);
        QTRY_COMPARE(jobs.job(id)->state, Job::State::Done);
    }

    void aCancelledJobTellsHowLongItTook()
    {
        auto client = startClient();
        QVERIFY(waitReady(*client));
        JobRunner jobs(*client);
        JobSpec spec;
        spec.request = {{"command", "later"}};
        const int id = jobs.submit(std::move(spec));
        jobs.cancel(id);
        QTRY_COMPARE(jobs.job(id)->state, Job::State::Cancelled);
        QVERIFY(jobs.lastCancelMs() >= 0 && jobs.lastCancelMs() < 200);
    }
};

int main(int argc, char **argv)
{
    if (testing::isFakeEngine(argc, argv))
        return testing::FakeEngine().run();
    QCoreApplication app(argc, argv);
    EngineClientTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "engine_client_test.moc"
