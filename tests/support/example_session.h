#pragma once

#include "sessions/session.h"

#include <memory>
#include <string>
#include <vector>

namespace winnow::test {

/// Numbers of a made-up run: enough of a report for tables, pages and checks.
struct ExampleNumbers {
    double nll = 2.5, kl = 0.1, top1 = 0.9, nativeBytes = 4 << 20, msPerToken = 20;
    int64_t kept = 3; // first tokens kept by every head; the last one is window
    bool checkOk = true;
};

inline ReportPtr exampleReport(const Json &request, const ExampleNumbers &numbers)
{
    const std::vector<std::string> pieces { "The", " Panthers", " <b>defense</b>", " gave", " up\n",
        " \xE2\x82\xAC\xF0\x9F\x90\xBE", " & just", " 308" };
    const auto tokens = static_cast<int64_t>(pieces.size());
    ReportBuilder builder;
    builder.setRequest(request);
    builder.setModel({ { "name", "SmolLM2-135M" }, { "family", "llama" },
        { "sha256", "b179c952f8e4c5d0a1b2c3d4e5f60718293a4b5c6d7e8f901234567890a0db53" },
        { "dtype", "f32" }, { "device", "cpu" }, { "layers", 2 } });
    std::vector<int32_t> ids;
    std::string text;
    for (const std::string &piece : pieces) {
        ids.push_back(static_cast<int32_t>(ids.size()));
        text += piece;
    }
    builder.setInput(ids, pieces, text);
    KeptTokens kept = KeptTokens::sized(2, 3, tokens);
    kept.classes.assign(static_cast<size_t>(2 * 3 * tokens), 0);
    for (int64_t row = 0; row < 6; ++row) {
        for (int64_t token = 0; token < tokens; ++token) {
            const bool window = token == tokens - 1;
            if (token < numbers.kept - row % 3 || window) {
                kept.setKept(row / 3, row % 3, token);
                kept.classes[static_cast<size_t>(row * tokens + token)]
                    = static_cast<uint8_t>(window ? TokenClass::Window : TokenClass::Kept);
            }
        }
    }
    builder.add(kept);
    TokenScores scores;
    scores.names = { "nll", "deltaNll" };
    scores.tokens = 4;
    scores.values = { 2.0f, 3.0f, 2.5f, 2.5f, 0.02f, 0.05f, 0.03f, 0.04f };
    builder.add(scores);
    builder.setMetric("nll", numbers.nll);
    builder.setMetric("kl", numbers.kl);
    builder.setMetric("top1Agreement", numbers.top1);
    Savings savings;
    savings.nominalBytes = numbers.nativeBytes - 1024;
    savings.nativeBytes = numbers.nativeBytes;
    savings.allocatedBytes = numbers.nativeBytes + 65536;
    savings.fullBytes = 16 << 20;
    savings.msPerToken = numbers.msPerToken;
    savings.prefillMs = 812;
    builder.setSavings(savings);
    builder.addCheck({ "keptCount", "Kept count equals the asked count", numbers.checkOk, "3",
        numbers.checkOk ? "3" : "4", numbers.checkOk ? "" : "layer 1, head 2" });
    builder.setProvenance(
        { { "version", "1.0.0" }, { "commit", "0123456789abcdef" }, { "machine", "CPU, 24 GiB" },
            { "threads", 2 }, { "seed", 0 }, { "started", "2026-11-25T18:41:07Z" },
            { "wallMs", 73000 }, { "peakRssBytes", 1299227607 } });
    return builder.build();
}

inline Json exampleRequest(const std::string &method, const std::string &budget)
{
    return { { "command", "run" }, { "model", "smollm2-135m" },
        { "input", { { "text", "The Panthers" }, { "name", "panthers.txt" } } },
        { "method", method }, { "budget", budget }, { "params", { { "window", 32 } } },
        { "scoreLast", 64 } };
}

/// One input, runs A SnapKV, B H2O (both 25 %) and C full (the baseline), two cells, a figure, a
/// note.
inline std::unique_ptr<Session> exampleSession(const std::string &path)
{
    auto session = std::move(*Session::create(path));
    std::string text;
    for (int line = 0; line < 1200; ++line)
        text += "The Panthers defense gave up just " + std::to_string(line) + " points.\n";
    const int64_t input = *session->addInput({ 0, "panthers.txt", "text", text,
        { { "licence", "CC BY-SA 4.0" }, { "source", "XQuAD" } } });
    const auto run = [&](const char *name, const Json &request, const ExampleNumbers &numbers) {
        RunRecord record;
        record.inputId = input;
        record.letter = -1;
        record.name = name;
        record.request = request;
        const int64_t id = *session->addRun(record);
        (void)session->setReport(id, *exampleReport(request, numbers));
        return id;
    };
    run("SnapKV", exampleRequest("snapkv", "25%"),
        { 2.5655, 0.071, 0.922, 3722445, 21.6, 3, true });
    run("H2O", exampleRequest("h2o", "25%"), { 2.6264, 0.118, 0.891, 3722445, 21.9, 2, true });
    const int64_t full
        = run("Full cache", exampleRequest("full", "100%"), { 2.5, 0, 1, 14742978, 24.1, 8, true });
    (void)session->setState("baseline", full);
    (void)session->putCell({ "cell-1", { { "budget", "10%" } }, full },
        *exampleReport(exampleRequest("snapkv", "10%"), {}));
    (void)session->putCell({ "cell-2", { { "budget", "50%" } }, 0 },
        *exampleReport(exampleRequest("snapkv", "50%"), {}));
    (void)session->addFigure({ 0, "Kept tokens", "tokens", { { "layer", 1 } } });
    (void)session->addNote({ 0, "What to look at", "The <fact> stays & is kept." });
    return session;
}

} // namespace winnow::test
