#include "core/serve/serve.h"

#include "core/base/json_fields.h"
#include "core/eval/bench_clock.h"
#include "core/serve/frame_writer.h"
#include "core/serve/machine.h"
#include "core/serve/request_queue.h"

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <optional>
#include <poll.h>
#include <thread>
#include <unistd.h>

namespace winnow {
namespace {

    constexpr auto kStatusPeriod = std::chrono::seconds(1);
    constexpr auto kEndPatience = std::chrono::seconds(2);
    constexpr int64_t kStatusBytes = 1 << 20; // smaller changes of memory are no news

    /// The engine's side of one connection.
    class Connection {
    public:
        Connection(Engine &engine, const ServeChannels &channels)
            : m_engine(engine)
            , m_channels(channels)
            , m_writer(channels.output)
        {
        }

        int run()
        {
            std::thread work([this] { workLoop(); });
            std::thread status([this] { statusLoop(); });
            const int result = readLoop();
            m_queue.close();
            {
                std::unique_lock lock(m_mutex);
                m_ending = true;
                m_changed.notify_all();
                if (!m_changed.wait_for(lock, kEndPatience, [this] { return m_workEnded; })) {
                    // A library call that cannot be interrupted: the process ends without it.
                    std::fprintf(stderr, "winnow-cli serve: ending while a request still runs\n");
                    std::_Exit(result);
                }
            }
            work.join();
            status.join();
            return result;
        }

    private:
        void workLoop()
        {
            std::stop_source stop;
            while (auto request = m_queue.pop(stop)) {
                answer(*request, stop.get_token());
                m_queue.finished();
                const std::lock_guard lock(m_mutex);
                m_changed.notify_all();
            }
            const std::lock_guard lock(m_mutex);
            m_workEnded = true;
            m_changed.notify_all();
        }

        /// Progress of a running request; between its steps the sliders of the window are answered, so that a budget
        /// never waits for a sweep. A select only reads the capture and adds to its table of rankings.
        class OpenProgress : public FrameProgress {
        public:
            OpenProgress(Connection &connection, int64_t id)
                : FrameProgress(connection.m_writer, id)
                , m_connection(connection)
            {
            }

            void report(const Progress &progress) override
            {
                FrameProgress::report(progress);
                while (auto select = m_connection.m_queue.takeSelect())
                    m_connection.send(select->id, m_connection.m_engine.handle(select->request, {}, {}));
            }

        private:
            Connection &m_connection;
        };

        void answer(const QueuedRequest &request, std::stop_token stop)
        {
            OpenProgress progress(*this, request.id);
            const RunContext context{stop, &progress};
            const PartSink part = [&](Document document) {
                m_writer.write(frame(request.id, "part", std::move(document)));
            };
            send(request.id, m_engine.handle(request.request, context, part));
        }

        void send(int64_t id, Result<Document> reply)
        {
            if (reply)
                m_writer.write(frame(id, "reply", std::move(*reply)));
            else
                m_writer.writeError(id, reply.error());
        }

        static Document frame(int64_t id, const char *kind, Document document)
        {
            Json body{{"id", id}, {"kind", kind}};
            body["body"] = std::move(document.body);
            return Document{std::move(body), std::move(document.arrays)};
        }

        void statusLoop()
        {
            int64_t saidBytes = -kStatusBytes;
            bool saidBusy = false;
            std::unique_lock lock(m_mutex);
            while (!m_ending) {
                const bool busy = m_queue.busy();
                const int64_t bytes = residentBytes();
                if (busy != saidBusy || std::abs(bytes - saidBytes) >= kStatusBytes) {
                    lock.unlock();
                    m_writer.write(Document{{{"kind", "status"}, {"rssBytes", bytes}, {"totalBytes", memoryBytes()},
                                                {"busy", busy}},
                        {}});
                    lock.lock();
                    saidBusy = busy;
                    saidBytes = bytes;
                }
                m_changed.wait_for(lock, kStatusPeriod, [this] { return m_ending; });
            }
        }

        int readLoop()
        {
            std::vector<std::byte> buffer;
            while (true) {
                auto consumed = takeFrames(buffer);
                if (!consumed) {
                    std::fprintf(stderr, "winnow-cli serve: %s\n", consumed.error().message.c_str());
                    m_writer.writeError(-1, consumed.error());
                    return 1;
                }
                buffer.erase(buffer.begin(), buffer.begin() + std::ptrdiff_t(*consumed));
                switch (readMore(buffer)) {
                case Input::Data:
                    continue;
                case Input::Asked:
                    return 0;
                case Input::Ended:
                    break;
                }
                if (buffer.empty() || m_writer.broken())
                    return 0;
                std::fprintf(stderr, "winnow-cli serve: the input ended inside a frame, after %zu of its bytes\n",
                    buffer.size());
                return 1;
            }
        }

        enum class Input { Data, Ended, Asked };

        Input readMore(std::vector<std::byte> &buffer)
        {
            pollfd sources[2] = {{m_channels.input, POLLIN, 0}, {m_channels.signals, POLLIN, 0}};
            while (!m_writer.broken()) {
                const int ready = poll(sources, 2, 1000);
                if (ready < 0 && errno != EINTR)
                    return Input::Ended;
                if (ready <= 0)
                    continue;
                if (sources[1].revents != 0)
                    return Input::Asked;
                constexpr size_t kChunk = 1 << 16;
                const size_t old = buffer.size();
                buffer.resize(old + kChunk);
                const ssize_t got = read(m_channels.input, buffer.data() + old, kChunk);
                buffer.resize(old + (got > 0 ? size_t(got) : 0));
                if (got > 0)
                    return Input::Data;
                if (got == 0 || errno != EINTR)
                    return Input::Ended;
            }
            return Input::Ended;
        }

        /// Handles every whole frame in the buffer; @return the bytes they took.
        /// @error BadInput when the stream can no longer be cut into frames.
        Result<size_t> takeFrames(std::span<const std::byte> buffer)
        {
            size_t consumed = 0;
            while (true) {
                const auto rest = buffer.subspan(consumed);
                auto length = frameLength(rest);
                if (!length)
                    return fail(length.error());
                if (*length == 0 || rest.size() < *length)
                    return consumed;
                auto document = decodeDocument(rest.first(size_t(*length)));
                if (document)
                    takeEnvelope(document->body);
                else // the frame's length was right, so the next one can be read
                    m_writer.writeError(-1, document.error());
                consumed += size_t(*length);
            }
        }

        void takeEnvelope(const Json &envelope)
        {
            const int64_t id = integerField(envelope, "id", -1);
            if (id < 0) {
                m_writer.writeError(-1, {ErrorCode::BadInput, "frame without \"id\", a whole number that is not negative", ""});
                return;
            }
            if (childField(envelope, "cancel").is_number_integer()) {
                const int64_t target = integerField(envelope, "cancel", -1);
                if (m_queue.cancel(target))
                    m_writer.writeError(target, {ErrorCode::Cancelled, "cancelled", ""});
                return;
            }
            const Json &request = childField(envelope, "request");
            if (!request.is_object()) {
                m_writer.writeError(id, {ErrorCode::BadInput, "frame without \"request\" or \"cancel\"", ""});
                return;
            }
            if (stringField(request, "command") == "hello") {
                m_writer.write(frame(id, "reply", Document{m_engine.hello(), {}}));
                return;
            }
            for (const int64_t replaced : m_queue.push({id, stringField(envelope, "tag"), request}))
                m_writer.writeError(replaced, {ErrorCode::Cancelled, "replaced by a newer request", ""});
        }

        Engine &m_engine;
        ServeChannels m_channels;
        FrameWriter m_writer;
        RequestQueue m_queue;
        std::mutex m_mutex;
        std::condition_variable m_changed;
        bool m_ending = false;
        bool m_workEnded = false;
    };

} // namespace

int serve(Engine &engine, const ServeChannels &channels) { return Connection(engine, channels).run(); }

} // namespace winnow
