#include "app/workbench/text_ribbon.h"

#include "app/workbench/workbench.h"
#include "core/base/json_fields.h"
#include "views/token_text.h"

#include <QTextBoundaryFinder>

#include <algorithm>
#include <numeric>

namespace winnow {
namespace {

    constexpr size_t kMostRuns = 7; // rows of runs: more leave the page no room
    constexpr int64_t kMostBytes = 480; // of a line, on either side of the token

    bool startsCharacter(char byte) { return (static_cast<uint8_t>(byte) & 0xC0U) != 0x80U; }

    /// [begin, end) of the line that holds `at`, without its break.
    std::pair<size_t, size_t> lineAround(const std::string &text, size_t at)
    {
        const size_t before = at == 0 ? std::string::npos : text.rfind('\n', at - 1);
        size_t begin = before == std::string::npos ? 0 : before + 1, end = std::min(text.size(), text.find('\n', at));
        if (begin == end) { // an empty line: the next one that holds something
            begin = std::min(text.size(), text.find_first_not_of("\r\n", begin));
            end = std::min(text.size(), text.find('\n', begin));
        }
        if (end > begin && text[end - 1] == '\r')
            --end;
        return {begin, end};
    }

} // namespace

std::vector<std::string> wholePieces(const std::vector<std::string> &pieces, const std::string &text)
{
    const TokenText known = TokenText::fromPieces(pieces, text);
    if (known.spans.size() != pieces.size() || known.text.toStdString() != text)
        return pieces;
    std::vector<std::string> whole;
    for (const TokenSpan &span : known.spans) {
        const std::string shared = known.text.mid(span.begin, span.end - span.begin).toStdString();
        const auto part = [&](int number) { return shared.size() * static_cast<size_t>(number) / static_cast<size_t>(std::max(1, span.parts)); };
        whole.push_back(shared.substr(part(span.part), part(span.part + 1) - part(span.part)));
    }
    return whole;
}

TokenLine lineOfToken(const std::vector<std::string> &pieces, int token)
{
    TokenLine line;
    if (pieces.empty())
        return line;
    std::vector<size_t> starts{0};
    std::string text;
    for (const std::string &piece : pieces) {
        text += piece;
        starts.push_back(text.size());
    }
    const auto chosen = static_cast<size_t>(std::clamp(token, 0, static_cast<int>(pieces.size()) - 1));
    const size_t at = std::min(starts[chosen], text.empty() ? 0 : text.size() - 1);
    auto [begin, end] = lineAround(text, at);
    line.number = static_cast<int>(std::count(text.begin(), text.begin() + static_cast<int64_t>(begin), '\n'));
    if (at >= begin && at < end) {
        begin = static_cast<size_t>(std::max(static_cast<int64_t>(begin), static_cast<int64_t>(at) - kMostBytes));
        end = std::min(end, at + static_cast<size_t>(kMostBytes));
    } else {
        end = std::min(end, begin + 2 * static_cast<size_t>(kMostBytes));
    }
    while (begin < end && !startsCharacter(text[begin]))
        ++begin;
    while (end > begin && end < text.size() && !startsCharacter(text[end]))
        --end;
    line.text = QString::fromStdString(text.substr(begin, end - begin));
    for (size_t t = 0; t < pieces.size(); ++t) {
        const size_t first = std::max(starts[t], begin), last = std::min(starts[t + 1], end);
        if (first >= last)
            continue;
        line.tokens.push_back(static_cast<int>(t));
        line.spans.emplace_back(static_cast<int64_t>(first - begin), static_cast<int64_t>(last - begin));
    }
    return line;
}

CutLine unicodeWords(const WordText &text)
{
    CutLine cut;
    QTextBoundaryFinder finder(QTextBoundaryFinder::Word, text.text);
    const auto pointAt = [&](qsizetype unit) {
        return static_cast<int>(std::lower_bound(text.offsets.begin(), text.offsets.end(), static_cast<int>(unit)) - text.offsets.begin());
    };
    for (qsizetype from = 0, to = finder.toNextBoundary(); to >= 0; from = to, to = finder.toNextBoundary())
        if (!QStringView(text.text).mid(from, to - from).trimmed().isEmpty())
            cut.words.push_back({pointAt(from), pointAt(to)});
    return cut;
}

TextRibbon::TextRibbon(Workbench &bench, QObject *parent)
    : QObject(parent)
    , m_bench(bench)
    , m_maker(bench.engine())
{
    for (auto signal : {&Workbench::viewDataChanged, &Workbench::selectionChanged, &Workbench::modelChanged, &Workbench::smallModelChanged, &Workbench::settingChanged})
        connect(&bench, signal, this, &TextRibbon::refresh);
    connect(&m_maker, &WordRibbonMaker::changed, this, &TextRibbon::publish);
}

void TextRibbon::setWanted(bool wanted)
{
    if (m_wanted == wanted)
        return;
    m_wanted = wanted;
    if (wanted)
        return refresh();
    m_maker.clear();
    m_line = {};
    m_report.reset();
}

void TextRibbon::refresh()
{
    if (!m_wanted)
        return;
    const bool prompt = m_bench.family() == "prompt";
    RibbonModels models = m_bench.ribbonModels();
    (prompt ? models.asksPrompt : models.asksCache) = false; // the page itself knows what its runs keep
    (prompt ? models.prompt : models.cache) = {};
    m_maker.setModels(models);
    const ReportPtr report = m_bench.currentReport();
    if (!report || report->pieces().empty()) {
        m_maker.clear();
        m_line = {};
        m_report.reset();
        auto nothing = std::make_shared<WordData>();
        nothing->problem = prompt ? tr("Nothing is compressed yet. The ribbon follows a line of the prompt once a method has cut it.") : tr("Nothing is ranked yet. The ribbon follows a line of the text once a model has read it.");
        m_data = std::move(nothing);
        Q_EMIT changed();
        return;
    }
    const Selection &selection = m_bench.selection();
    const bool inside = std::binary_search(m_line.tokens.begin(), m_line.tokens.end(), selection.token);
    const bool moves = selection.token >= 0 && (selection.pinned || m_line.tokens.empty()); // a token under the mouse moves nothing
    if (report != m_report || (moves && !inside))
        follow(report, moves ? selection.token : m_line.tokens.empty() ? 0 : m_line.tokens.front());
    else
        publish();
}

/// Makes the line around a token the one that is shown.
void TextRibbon::follow(const ReportPtr &report, int token)
{
    m_report = report;
    TokenLine line = lineOfToken(wholePieces(report->pieces(), stringField(report->input(), "text")), token);
    if (line == m_line && m_maker.ribbon())
        return publish();
    m_line = std::move(line);
    const WordText text = WordText::of(m_line.text);
    m_parts = tokenParts(text, m_line.spans);
    const std::shared_ptr<const WordData> &words = m_bench.words().data();
    const WordRun *run = words ? words->current() : nullptr;
    const auto number = static_cast<size_t>(m_line.number);
    m_unicode = !run || number >= words->lines.size() || number >= run->lines.size() || words->lines[number].text != m_line.text;
    const CutLine cut = m_unicode ? unicodeWords(text) : run->lines[number];
    m_maker.setLine(m_line.number, -1, text, &cut); // publishes by its signal
}

std::optional<RibbonRow> TextRibbon::rowOf(const RunEntry &entry) const
{
    if (!entry.report || entry.report->ids().size() != m_report->ids().size() || m_parts.size() != m_line.tokens.size())
        return std::nullopt;
    RibbonRow row{RibbonRow::Kind::KeptCache, entry.index < 0 ? tr("kept by %1, %2").arg(entry.title, entry.budget) : QStringLiteral("%1 %2, %3").arg(runLetter(entry.index), entry.title, entry.budget), {}, {}};
    if (const std::optional<PromptTokens> prompt = m_bench.family() == "prompt" ? entry.report->promptTokens() : std::nullopt) {
        row.kind = RibbonRow::Kind::KeptPrompt;
        row.parts = m_parts;
        for (size_t i = 0; i < m_parts.size(); ++i)
            row.parts[i].kept = std::binary_search(prompt->kept.begin(), prompt->kept.end(), m_line.tokens[i]);
        return row;
    }
    const std::optional<KeptTokens> kept = m_bench.family() == "kv" ? entry.report->keptTokens() : std::nullopt;
    if (!kept || kept->layers * kept->heads <= 0)
        return std::nullopt;
    for (size_t i = 0; i < m_parts.size(); ++i) {
        if (m_line.tokens[i] >= kept->tokens)
            break; // what is scored came after the cache was cut
        int64_t holding = 0;
        for (int64_t layer = 0; layer < kept->layers; ++layer)
            for (int64_t head = 0; head < kept->heads; ++head)
                holding += kept->kept(layer, head, m_line.tokens[i]) ? 1 : 0;
        row.parts.push_back(m_parts[i]);
        row.parts.back().share = static_cast<double>(holding) / static_cast<double>(kept->layers * kept->heads);
        row.parts.back().kept = holding > 0;
    }
    if (row.parts.empty())
        row.why = tr("this line came after the cache was cut");
    return row;
}

/// The result in the dock first, then every pinned run of the page.
void TextRibbon::addPageRows(WordRibbon &ribbon) const
{
    const ViewDataPtr view = m_bench.viewData();
    std::vector<RibbonRow> rows;
    if (const auto row = rowOf(view->current))
        rows.push_back(*row);
    for (const RunEntry &entry : view->runs)
        if (entry.index != view->current.index && rows.size() < kMostRuns)
            if (const auto row = rowOf(entry))
                rows.push_back(*row);
    const auto place = std::find_if(ribbon.rows.begin(), ribbon.rows.end(), [&](const RibbonRow &row) { return !rows.empty() && row.kind > rows.front().kind; });
    ribbon.rows.insert(place, rows.begin(), rows.end());
}

void TextRibbon::publish()
{
    const std::shared_ptr<const WordRibbon> made = m_maker.ribbon();
    if (!made || !m_report || !m_wanted)
        return;
    auto ribbon = std::make_shared<WordRibbon>(*made);
    for (RibbonRow &row : ribbon->rows)
        if (m_unicode && row.kind == RibbonRow::Kind::Words)
            row.name = tr("words, Unicode rules");
    addPageRows(*ribbon);
    auto data = std::make_shared<WordData>();
    data->lines.resize(static_cast<size_t>(m_line.number) + 1);
    data->lines.back() = WordText::of(m_line.text);
    data->ribbon = std::move(ribbon);
    m_data = std::move(data);
    Q_EMIT changed();
}

WordMark TextRibbon::markOf(int token) const
{
    const auto found = std::lower_bound(m_line.tokens.begin(), m_line.tokens.end(), token);
    if (found == m_line.tokens.end() || *found != token || m_parts.size() != m_line.tokens.size())
        return {};
    const RibbonPart &part = m_parts[static_cast<size_t>(found - m_line.tokens.begin())];
    const int first = static_cast<int>(part.first);
    return {m_line.number, first, std::max(first + 1, static_cast<int>(part.end + 0.999)), -1};
}

int TextRibbon::tokenAt(const WordMark &mark) const
{
    for (size_t i = 0; i < std::min(m_parts.size(), m_line.tokens.size()); ++i)
        if (mark.hasWord() && mark.line == m_line.number && m_parts[i].first < mark.end && m_parts[i].end > mark.first)
            return m_line.tokens[i];
    return -1;
}

} // namespace winnow
