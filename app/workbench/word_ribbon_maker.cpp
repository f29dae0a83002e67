#include "app/workbench/word_ribbon_maker.h"

#include "app/engine/error_sentence.h"
#include "core/base/json_fields.h"
#include "core/base/report.h"
#include "core/base/report_artifacts.h"

#include <algorithm>

namespace winnow {
namespace {

    InputRecord lineInput(const WordText &text)
    {
        InputRecord input;
        input.name = "line";
        input.content = text.text.toStdString();
        input.extra = Json{{"scoreLast", 0}};
        return input;
    }

    std::vector<std::pair<int64_t, int64_t>> spansOf(const Document &reply)
    {
        std::vector<std::pair<int64_t, int64_t>> spans;
        const Json body = expandArrays(reply);
        const Json &list = childField(body, "spans");
        for (const Json &span : list.is_array() ? list : Json::array())
            if (span.is_array() && span.size() == 2 && span[0].is_number_integer() && span[1].is_number_integer())
                spans.emplace_back(span[0].get<int64_t>(), span[1].get<int64_t>());
        return spans;
    }

} // namespace

std::vector<RibbonPart> tokenParts(const WordText &text, const std::vector<std::pair<int64_t, int64_t>> &spans)
{
    std::vector<int64_t> bytes{0}; // where each code point starts, in bytes
    for (int p = 0; p < text.size(); ++p)
        bytes.push_back(bytes.back() + text.between(p, p + 1).toUtf8().size());
    const auto place = [&](int64_t byte) {
        const auto after = std::upper_bound(bytes.begin(), bytes.end(), byte);
        const auto point = static_cast<size_t>(after - bytes.begin()) - 1;
        if (point + 1 >= bytes.size())
            return static_cast<double>(text.size());
        return static_cast<double>(point) + static_cast<double>(byte - bytes[point]) / static_cast<double>(bytes[point + 1] - bytes[point]);
    };
    std::vector<RibbonPart> parts;
    for (const auto &[begin, end] : spans) {
        if (end <= begin || begin < 0)
            continue; // special tokens have no place in the text
        RibbonPart part;
        part.first = place(begin);
        part.end = place(end);
        const int first = static_cast<int>(part.first), last = static_cast<int>(part.end);
        const bool whole = part.first == first && part.end == last;
        part.label = whole ? text.between(first, last).trimmed() : QStringLiteral("·");
        parts.push_back(part);
    }
    return parts;
}

namespace {

    /// Tokens of a prompt's report over their places in the line; false = they are not those of the line.
    bool fillKept(RibbonRow &row, const Report &report, const WordText &text, const std::vector<std::pair<int64_t, int64_t>> &spans)
    {
        const std::optional<PromptTokens> tokens = report.promptTokens();
        if (!tokens || report.ids().size() != spans.size())
            return false;
        std::vector<RibbonPart> parts = tokenParts(text, spans);
        if (parts.size() != spans.size())
            return false;
        row.parts = std::move(parts);
        for (size_t i = 0; i < row.parts.size(); ++i)
            row.parts[i].kept = std::binary_search(tokens->kept.begin(), tokens->kept.end(), static_cast<int32_t>(i));
        return true;
    }

} // namespace

WordRibbonMaker::WordRibbonMaker(EngineClient &engine, QObject *parent)
    : QObject(parent)
    , m_engine(engine)
{
}

void WordRibbonMaker::setModels(const RibbonModels &models)
{
    if (models == m_models)
        return;
    const bool rows = models.asksCache != m_models.asksCache || models.asksPrompt != m_models.asksPrompt;
    m_models = models;
    if (rows)
        clear(); // the next line has other rows
    if (m_ribbon)
        ask();
}

/// Two ribbons never replace each other's questions.
QString WordRibbonMaker::tag(const char *question) const { return m_models.asksCache && m_models.asksPrompt ? QStringLiteral("words.") + QLatin1String(question) : QStringLiteral("ribbon.") + QLatin1String(question); }

void WordRibbonMaker::clear()
{
    ++m_generation;
    m_number = -1;
    m_ribbon.reset();
}

QString WordRibbonMaker::nameOf(RibbonRow::Kind kind) const
{
    using Kind = RibbonRow::Kind;
    switch (kind) {
    case Kind::Characters: return tr("characters");
    case Kind::Words: return tr("words");
    case Kind::Tokens: return m_models.largeTitle.isEmpty() ? tr("tokens") : tr("tokens, %1").arg(m_models.largeTitle.section(QLatin1Char(','), 0, 0));
    case Kind::OtherTokens: return m_models.smallTitle.isEmpty() ? tr("tokens, second model") : tr("tokens, %1").arg(m_models.smallTitle.section(QLatin1Char(','), 0, 0));
    case Kind::KeptPrompt: return m_models.promptTitle.isEmpty() ? tr("kept in the prompt") : tr("kept by %1, %2").arg(m_models.promptTitle, budgetLabel(m_models.prompt.budget));
    case Kind::KeptCache: return m_models.cacheTitle.isEmpty() ? tr("kept in the cache") : tr("kept by %1, %2").arg(m_models.cacheTitle, budgetLabel(m_models.cache.budget));
    }
    return {};
}

RibbonRow WordRibbonMaker::emptyRow(RibbonRow::Kind kind, const QString &name, const QString &why) const { return {kind, name, why, {}}; }

void WordRibbonMaker::put(RibbonRow row)
{
    auto next = std::make_shared<WordRibbon>(*m_ribbon);
    for (RibbonRow &each : next->rows)
        if (each.kind == row.kind)
            each = std::move(row);
    m_ribbon = std::move(next);
    Q_EMIT changed();
}

void WordRibbonMaker::setLine(int number, int run, const WordText &text, const CutLine *words)
{
    const std::vector<WordSpan> spans = words ? words->words : std::vector<WordSpan>();
    if (m_ribbon && number == m_number && text.text == m_text.text) {
        if (run == m_run && spans == m_words)
            return;
        m_run = run;
        m_words = spans;
        auto next = std::make_shared<WordRibbon>(*m_ribbon);
        next->run = run;
        m_ribbon = std::move(next);
        RibbonRow row = emptyRow(RibbonRow::Kind::Words, nameOf(RibbonRow::Kind::Words), {});
        for (const WordSpan &word : spans)
            row.parts.push_back({double(word.first), double(word.end), true, 1, m_text.word(word)});
        return put(std::move(row));
    }
    m_number = number;
    m_run = run;
    m_text = text;
    m_words = spans;
    auto ribbon = std::make_shared<WordRibbon>();
    ribbon->line = number;
    ribbon->run = run;
    using Kind = RibbonRow::Kind;
    RibbonRow characters = emptyRow(Kind::Characters, nameOf(Kind::Characters), {}), cut = emptyRow(Kind::Words, nameOf(Kind::Words), tr("no segmenter has cut this line yet"));
    for (const WordCell &cell : text.cells)
        if (!cell.space)
            characters.parts.push_back({double(cell.first), double(cell.end), true, 1, text.between(cell.first, cell.end)});
    for (const WordSpan &word : spans)
        cut.parts.push_back({double(word.first), double(word.end), true, 1, text.word(word)});
    ribbon->rows = {characters, cut};
    for (const Kind kind : {Kind::Tokens, Kind::OtherTokens, Kind::KeptPrompt, Kind::KeptCache})
        if ((kind != Kind::KeptPrompt || m_models.asksPrompt) && (kind != Kind::KeptCache || m_models.asksCache))
            ribbon->rows.push_back(emptyRow(kind, nameOf(kind), {}));
    m_ribbon = std::move(ribbon);
    ask();
}

void WordRibbonMaker::ask()
{
    ++m_generation;
    using Kind = RibbonRow::Kind;
    auto next = std::make_shared<WordRibbon>(*m_ribbon);
    const bool engine = m_engine.state() == EngineClient::State::Ready;
    const QString noModel = m_models.largeTitle.isEmpty() ? tr("no model: choose one in the toolbar") : tr("the model is not loaded");
    for (RibbonRow &row : next->rows) {
        if (row.kind == Kind::Characters || row.kind == Kind::Words)
            continue;
        const bool small = row.kind == Kind::OtherTokens, ready = small ? m_models.smallReady : m_models.largeReady;
        QString why = !engine ? tr("the engine is not running") : ready ? tr("being asked") : small ? (m_models.smallTitle.isEmpty() ? tr("no second model: choose one in the toolbar") : tr("the second model is not loaded")) : noModel;
        if (ready && row.kind == Kind::KeptPrompt && m_models.prompt.method.empty())
            why = tr("this engine has no prompt methods");
        row = emptyRow(row.kind, nameOf(row.kind), why);
    }
    m_ribbon = std::move(next);
    Q_EMIT changed();
    if (!engine)
        return;
    if (m_models.largeReady) {
        askTokens(true);
        if (m_models.asksCache)
            askCache();
        if (m_models.asksPrompt && !m_models.prompt.method.empty())
            askPrompt();
    }
    if (m_models.smallReady)
        askTokens(false);
}

void WordRibbonMaker::askTokens(bool large)
{
    Json request = modelFields(large ? m_models.large : m_models.small);
    request["command"] = "tokenize";
    request["text"] = m_text.text.toStdString();
    request["special"] = false;
    const auto kind = large ? RibbonRow::Kind::Tokens : RibbonRow::Kind::OtherTokens;
    RequestHandlers handlers;
    handlers.done = [this, kind, generation = m_generation](Result<Document> reply) {
        if (generation != m_generation)
            return;
        RibbonRow row = emptyRow(kind, nameOf(kind), reply ? QString() : errorSentence(reply.error()));
        if (reply)
            row.parts = tokenParts(m_text, spansOf(*reply));
        put(std::move(row));
    };
    m_engine.send(std::move(request), tag(large ? "tokens" : "tokens.small"), std::move(handlers));
}

void WordRibbonMaker::askPrompt()
{
    // Pieces of a report lose bytes where a token cuts a character: where its tokens stand is asked of the tokenizer.
    Json tokens = modelFields(m_models.large);
    tokens["command"] = "tokenize";
    tokens["text"] = m_text.text.toStdString();
    tokens["special"] = false;
    Json request = modelFields(m_models.large);
    request["command"] = "select";
    request["method"] = m_models.prompt.method;
    request["params"] = m_models.prompt.parameters;
    request["budget"] = budgetText(m_models.prompt.budget);
    request["input"] = {{"text", m_text.text.toStdString()}};
    const auto empty = [this](const QString &why) { return emptyRow(RibbonRow::Kind::KeptPrompt, nameOf(RibbonRow::Kind::KeptPrompt), why); };
    RequestHandlers handlers;
    handlers.done = [this, empty, request, generation = m_generation](Result<Document> tokenized) {
        if (generation != m_generation)
            return;
        if (!tokenized)
            return put(empty(errorSentence(tokenized.error())));
        RequestHandlers selected;
        selected.done = [this, empty, spans = spansOf(*tokenized), generation](Result<Document> reply) {
            if (generation != m_generation)
                return;
            RibbonRow row = empty(reply ? QString() : errorSentence(reply.error()));
            if (reply && !fillKept(row, Report(std::move(*reply)), m_text, spans))
                row.why = tr("the tokens of the prompt method do not join to this line");
            put(std::move(row));
        };
        m_engine.send(request, tag("prompt"), std::move(selected));
    };
    m_engine.send(std::move(tokens), tag("prompt.tokens"), std::move(handlers));
}

void WordRibbonMaker::askCache()
{
    MethodInfo method;
    method.id = m_models.cache.method;
    method.family = "kv";
    Json request = captureRequest(m_models.large, lineInput(m_text), {method}, m_models.cache);
    const auto refuse = [this](const Error &error) { put(emptyRow(RibbonRow::Kind::KeptCache, nameOf(RibbonRow::Kind::KeptCache), errorSentence(error))); };
    RequestHandlers handlers;
    handlers.done = [this, refuse, generation = m_generation](Result<Document> captured) {
        if (generation != m_generation)
            return;
        if (!captured)
            return refuse(captured.error());
        auto spans = spansOf(*captured);
        RequestHandlers selected;
        selected.done = [this, refuse, spans = std::move(spans), generation](Result<Document> reply) {
            if (generation != m_generation)
                return;
            const Json &cells = reply ? childField(reply->body, "cells") : Json();
            if (!reply || !cells.is_array() || cells.empty())
                return refuse(reply ? Error{ErrorCode::Internal, "the engine kept nothing", {}} : reply.error());
            const std::optional<KeptTokens> kept = readKeptTokens(childField(cells[0], "kept"), *reply);
            if (!kept)
                return refuse(Error{ErrorCode::Unsupported, stringField(childField(cells[0], "error"), "message", "this method keeps no set of tokens"), {}});
            RibbonRow row = emptyRow(RibbonRow::Kind::KeptCache, nameOf(RibbonRow::Kind::KeptCache), {});
            const double sets = static_cast<double>(std::max<int64_t>(1, kept->layers * kept->heads));
            for (int64_t t = 0; t < std::min<int64_t>(kept->tokens, static_cast<int64_t>(spans.size())); ++t) {
                std::vector<RibbonPart> part = tokenParts(m_text, {spans[static_cast<size_t>(t)]});
                if (part.empty())
                    continue;
                double holding = 0;
                for (int64_t layer = 0; layer < kept->layers; ++layer)
                    for (int64_t head = 0; head < kept->heads; ++head)
                        holding += kept->kept(layer, head, t) ? 1 : 0;
                part.front().share = holding / sets;
                part.front().kept = holding > 0;
                row.parts.push_back(part.front());
            }
            put(std::move(row));
        };
        m_engine.send(selectRequest(stringField(captured->body, "captureId"), {m_models.cache}), tag("kept"), std::move(selected));
    };
    m_engine.send(std::move(request), tag("capture"), std::move(handlers));
}

} // namespace winnow
