#pragma once

#include "core/base/document.h"

#include <cstdio>
#include <cstring>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace winnow::testing {

/// A small engine that speaks docs/protocol.md over standard input and output, so that the window's end can be tested with
/// every way an engine can behave. The request's `command` says what to do.
class FakeEngine {
public:
    virtual ~FakeEngine() = default;

    int run()
    {
        while (true) {
            std::vector<std::byte> head(12);
            if (!readAll(head))
                return 0;
            Result<uint64_t> length = frameLength(head);
            if (!length)
                return 3;
            std::vector<std::byte> frame = head;
            frame.resize(static_cast<size_t>(*length));
            if (!readAll(std::span(frame).subspan(12)))
                return 3;
            Result<Document> document = decodeDocument(frame);
            if (!document)
                return 3;
            if (const int status = handle(document->body); status >= 0)
                return status;
        }
    }

protected:
    /// Answers a request of a test's own; true when it did.
    virtual bool answer(int64_t, const Json &) { return false; }

    static void write(const Document &document)
    {
        const std::vector<std::byte> bytes = encodeDocument(document);
        std::fwrite(bytes.data(), 1, bytes.size(), stdout);
        std::fflush(stdout);
    }

    static void send(const Json &body) { write({body, {}}); }
    static void reply(int64_t id, const Json &body) { send({{"id", id}, {"kind", "reply"}, {"body", body}}); }

private:
    int handle(const Json &envelope)
    {
        if (envelope.contains("cancel")) {
            const int64_t target = envelope["cancel"].get<int64_t>();
            send({{"id", target}, {"kind", "error"}, {"code", "cancelled"}, {"message", "cancelled"}, {"hint", ""}});
            return -1;
        }
        const int64_t id = envelope["id"].get<int64_t>();
        const Json request = envelope["request"];
        const std::string command = request["command"].get<std::string>();
        if (answer(id, request)) {
            return -1;
        } else if (command == "hello") {
            reply(id, {{"version", "1"}, {"threads", 2}, {"memoryBytes", 8LL << 30}, {"methods", Json::array()}});
        } else if (command == "echo") {
            reply(id, {{"value", request["value"]}});
        } else if (command == "later") {
            m_later.push_back(id);
        } else if (command == "release") {
            for (auto it = m_later.rbegin(); it != m_later.rend(); ++it) // in the wrong order, on purpose
                reply(*it, {{"late", *it}});
            m_later.clear();
            reply(id, Json::object());
        } else if (command == "parts") {
            for (int i = 0; i < 3; ++i) {
                send({{"id", id}, {"kind", "progress"}, {"stage", "sweep"}, {"done", i}, {"total", 3}, {"unit", "cells"}});
                send({{"id", id}, {"kind", "part"}, {"body", {{"cell", i}}}});
            }
            reply(id, {{"cells", 3}});
        } else if (command == "array") {
            const std::vector<float> values{1.5F, -2.0F, 0.25F};
            Document document{{{"id", id}, {"kind", "reply"}, {"body", {{"values", {{"$array", 0}}}}}}, {Array::fromFloats(values, {3})}};
            write(document);
        } else if (command == "status") {
            send({{"kind", "status"}, {"rssBytes", 7LL << 30}, {"totalBytes", 8LL << 30}, {"busy", true}});
            reply(id, Json::object());
        } else if (command == "fail") {
            send({{"id", id}, {"kind", "error"}, {"code", "out_of_memory"}, {"message", "needs 9 GiB, 8 GiB are there"}, {"hint", "Use a shorter text."}});
        } else if (command == "garbage") {
            std::fwrite("Welcome to gpu01, please wear a helmet\n", 1, 39, stdout);
            std::fflush(stdout);
        } else if (command == "half") {
            const std::vector<std::byte> bytes = encodeDocument({{{"id", id}, {"kind", "reply"}, {"body", {{"half", true}}}}, {}});
            std::fwrite(bytes.data(), 1, 20, stdout);
            std::fflush(stdout);
            std::this_thread::sleep_for(std::chrono::milliseconds(30));
            std::fwrite(bytes.data() + 20, 1, bytes.size() - 20, stdout);
            std::fflush(stdout);
        } else if (command == "exit") {
            std::fprintf(stderr, "no such device\n");
            std::fflush(stderr);
            return request["status"].get<int>();
        } else if (command == "abort") {
            std::abort();
        }
        return -1;
    }

    static bool readAll(std::span<std::byte> bytes)
    {
        size_t got = 0;
        while (got < bytes.size()) {
            const ssize_t count = ::read(0, bytes.data() + got, bytes.size() - got);
            if (count <= 0)
                return false;
            got += static_cast<size_t>(count);
        }
        return true;
    }

    std::vector<int64_t> m_later;
};

/// True when this process was started as the fake engine.
inline bool isFakeEngine(int argc, char **argv) { return argc > 1 && std::strcmp(argv[1], "--fake-engine") == 0; }

} // namespace winnow::testing
