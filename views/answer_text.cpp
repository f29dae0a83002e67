#include "views/answer_text.h"

#include <QRegularExpression>
#include <QStringList>

#include <algorithm>
#include <vector>

namespace winnow {

namespace {

struct Word {
    int first = 0, end = 0;
};

std::vector<Word> wordsOf(const QString &text)
{
    std::vector<Word> words;
    for (int i = 0; i < text.size();) {
        if (text[i].isSpace()) {
            ++i;
            continue;
        }
        int end = i + 1;
        const bool wide = text[i].script() == QChar::Script_Han || text[i].script() == QChar::Script_Hiragana || text[i].script() == QChar::Script_Katakana || text[i].script() == QChar::Script_Thai;
        while (!wide && end < text.size() && !text[end].isSpace())
            ++end;
        Word word{i, end}; // without the marks around it: "eggs." is the word "eggs"
        while (word.end - word.first > 1 && text[word.end - 1].isPunct())
            --word.end;
        while (word.end - word.first > 1 && text[word.first].isPunct())
            ++word.first;
        words.push_back(word);
        i = end;
    }
    return words;
}

/// End of the part of a reply that is read for its answer.
int readEnd(const QString &reply)
{
    const qsizetype at = reply.indexOf(QLatin1String("answer is"));
    const qsizetype line = at < 0 ? -1 : reply.indexOf(QLatin1Char('\n'), at);
    return static_cast<int>(line < 0 ? reply.size() : line);
}

} // namespace

std::pair<int, int> finalNumberAt(const QString &reply)
{
    static const QRegularExpression number(QStringLiteral("[0-9][0-9,]*(\\.[0-9]+)?"));
    std::pair<int, int> found{-1, -1};
    auto matches = number.globalMatch(reply.left(readEnd(reply)));
    while (matches.hasNext()) {
        const QRegularExpressionMatch match = matches.next();
        int end = static_cast<int>(match.capturedEnd());
        while (end > match.capturedStart() && reply[end - 1] == QLatin1Char(','))
            --end;
        found = {static_cast<int>(match.capturedStart()), end};
    }
    return found;
}

QString finalNumber(const QString &reply)
{
    const auto [first, end] = finalNumberAt(reply);
    return first < 0 ? QString() : reply.mid(first, end - first).remove(QLatin1Char(','));
}

bool sameAnswer(const QString &a, const QString &b)
{
    const QString x = finalNumber(a), y = finalNumber(b);
    return x.isEmpty() && y.isEmpty() ? a.simplified() == b.simplified() : x == y;
}

QVector<std::pair<int, int>> changedWords(const QString &text, const QString &other)
{
    const std::vector<Word> mine = wordsOf(text), theirs = wordsOf(other);
    const auto word = [](const QString &whole, const Word &w) { return QStringView(whole).mid(w.first, w.end - w.first); };
    // Length of the longest common sequence of the words from i and j on.
    const size_t columns = theirs.size() + 1;
    std::vector<int> length((mine.size() + 1) * columns, 0);
    for (size_t i = mine.size(); i-- > 0;)
        for (size_t j = theirs.size(); j-- > 0;)
            length[i * columns + j] = word(text, mine[i]) == word(other, theirs[j]) ? 1 + length[(i + 1) * columns + j + 1] : std::max(length[(i + 1) * columns + j], length[i * columns + j + 1]);
    QVector<std::pair<int, int>> changed;
    for (size_t i = 0, j = 0; i < mine.size();) {
        if (j < theirs.size() && word(text, mine[i]) == word(other, theirs[j])) {
            ++i;
            ++j;
        } else if (j < theirs.size() && length[i * columns + j + 1] >= length[(i + 1) * columns + j]) {
            ++j;
        } else {
            const bool joins = !changed.isEmpty() && i > 0 && changed.back().second == mine[i - 1].end && mine[i].first - mine[i - 1].end == 1;
            if (joins)
                changed.back().second = mine[i].end;
            else
                changed.append({mine[i].first, mine[i].end});
            ++i;
        }
    }
    return changed;
}

} // namespace winnow
