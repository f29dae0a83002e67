#include "views/token_text.h"

#include <QStringDecoder>
#include <QTextBoundaryFinder>

#include <algorithm>

namespace winnow {

namespace {

constexpr QChar kReplacement(0xFFFD);
constexpr QChar kReturn(0x21B5);

// Length of the longest prefix that ends at a character boundary, by the lead bytes of UTF-8.
bool isWhole(const std::string &bytes)
{
    QStringDecoder decoder(QStringDecoder::Utf8, QStringConverter::Flag::Stateless);
    const QString decoded = decoder(QByteArrayView(bytes.data(), static_cast<qsizetype>(bytes.size())));
    (void)decoded;
    return !decoder.hasError();
}

QString decoded(const std::string &bytes) { return QString::fromUtf8(bytes.data(), static_cast<qsizetype>(bytes.size())); }

struct Group { // consecutive tokens that make one piece of valid text
    size_t first = 0, count = 1;
    QString text;
};

std::vector<Group> groupsOf(const std::vector<std::string> &pieces)
{
    std::vector<Group> groups;
    for (size_t i = 0; i < pieces.size();) {
        std::string joined = pieces[i];
        size_t count = 1;
        // A character has at most four bytes, so more than three further pieces cannot complete it.
        while (!isWhole(joined) && count < 4 && i + count < pieces.size())
            joined += pieces[i + count++];
        if (!isWhole(joined)) {
            joined = pieces[i];
            count = 1;
        }
        groups.push_back({i, count, decoded(joined)});
        i += count;
    }
    return groups;
}

// Lossy pieces hold U+FFFD instead of their bytes: runs of them take what the text has between their neighbours.
void recoverFromText(std::vector<Group> &groups, const QString &text)
{
    qsizetype at = 0;
    std::vector<Group> merged;
    for (size_t i = 0; i < groups.size(); ++i) {
        if (!groups[i].text.contains(kReplacement)) {
            if (text.mid(at, groups[i].text.size()) != groups[i].text)
                return; // text and pieces do not belong together: leave the pieces as they are
            at += groups[i].text.size();
            merged.push_back(groups[i]);
            continue;
        }
        Group run = groups[i];
        while (i + 1 < groups.size() && groups[i + 1].text.contains(kReplacement))
            run.count += groups[++i].count;
        const bool last = i + 1 == groups.size();
        const qsizetype next = last ? text.size() : text.indexOf(groups[i + 1].text, at);
        if (next < at)
            return;
        run.text = text.mid(at, next - at);
        at = next;
        merged.push_back(run);
    }
    groups = std::move(merged);
}

QString shownOf(const QString &text)
{
    QString shown = text;
    for (QChar &c : shown) {
        if (c == u'\n')
            c = kReturn;
        else if (c.unicode() < 0x20 && c != u'\t')
            c = QChar(static_cast<char16_t>(0x2400 + c.unicode()));
        else if (c == QChar::LineSeparator || c == QChar::ParagraphSeparator)
            c = kReturn;
    }
    return shown;
}

// Spans of tokens that begin or end inside a grapheme cluster grow to the whole cluster and share it.
void snapToClusters(TokenText &result)
{
    std::vector<bool> boundary(static_cast<size_t>(result.shown.size()) + 1, false);
    QTextBoundaryFinder finder(QTextBoundaryFinder::Grapheme, result.shown);
    for (qsizetype at = 0; at >= 0; at = finder.toNextBoundary())
        boundary[static_cast<size_t>(at)] = true;
    const int size = static_cast<int>(result.shown.size());
    for (TokenSpan &span : result.spans) {
        while (span.begin > 0 && !boundary[static_cast<size_t>(span.begin)])
            --span.begin;
        while (span.end < size && !boundary[static_cast<size_t>(span.end)])
            ++span.end;
    }
    for (size_t i = 0; i < result.spans.size();) {
        size_t j = i + 1;
        while (j < result.spans.size() && result.spans[j].begin < result.spans[j - 1].end
            && result.spans[j].begin < result.spans[i].end)
            ++j;
        const int parts = static_cast<int>(j - i);
        if (parts > 1) {
            const int end = std::max_element(result.spans.begin() + static_cast<long>(i), result.spans.begin() + static_cast<long>(j),
                [](const TokenSpan &a, const TokenSpan &b) { return a.end < b.end; })->end;
            for (size_t k = i; k < j; ++k)
                result.spans[k] = {result.spans[i].begin, end, static_cast<int>(k - i), parts};
        }
        i = j;
    }
}

} // namespace

TokenText TokenText::fromPieces(const std::vector<std::string> &pieces, const std::string &text)
{
    std::vector<Group> groups = groupsOf(pieces);
    const bool lossy = std::any_of(groups.begin(), groups.end(), [](const Group &g) { return g.text.contains(kReplacement); });
    if (lossy && !text.empty())
        recoverFromText(groups, decoded(text));
    TokenText result;
    result.spans.resize(pieces.size());
    for (const Group &group : groups) {
        const int begin = static_cast<int>(result.text.size());
        result.text += group.text;
        const int end = static_cast<int>(result.text.size());
        for (size_t k = 0; k < group.count; ++k)
            result.spans[group.first + k] = {begin, end, static_cast<int>(k), static_cast<int>(group.count)};
    }
    result.shown = shownOf(result.text);
    snapToClusters(result);
    return result;
}

int TokenText::tokenAt(int position) const
{
    const auto it = std::upper_bound(spans.begin(), spans.end(), position,
        [](int at, const TokenSpan &span) { return at < span.begin; });
    for (auto back = it; back != spans.begin();) {
        --back;
        if (back->end > position)
            return static_cast<int>(back - spans.begin()) - back->part;
        if (back->end < position && back->begin < back->end)
            break;
    }
    return -1;
}

QString TokenText::label(int token) const
{
    if (token < 0 || token >= static_cast<int>(spans.size()))
        return {};
    const TokenSpan &span = spans[static_cast<size_t>(token)];
    const QString own = shown.mid(span.begin, span.end - span.begin);
    const QString trimmed = own.trimmed();
    QString label = trimmed.isEmpty() && !own.isEmpty() ? QString(own.size(), QChar(0x2423)) : trimmed;
    if (span.parts > 1)
        label += QStringLiteral(" (%1/%2)").arg(span.part + 1).arg(span.parts);
    return label;
}

bool TokenText::isWide() const
{
    qsizetype wide = 0;
    for (const QChar c : shown) {
        switch (c.script()) {
        case QChar::Script_Han:
        case QChar::Script_Hiragana:
        case QChar::Script_Katakana:
        case QChar::Script_Hangul:
        case QChar::Script_Thai: ++wide; break;
        default: break;
        }
    }
    return wide * 3 > shown.size();
}

} // namespace winnow
