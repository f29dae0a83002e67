#include "app/workbench/segmented_text.h"

#include <QRegularExpression>

#include <algorithm>

namespace winnow {
namespace {

    struct Sentence {
        QString line;
        QStringList words;
    };

    void addForm(Sentence &sentence, const QString &form, const QString &notes)
    {
        sentence.words << form;
        sentence.line += form;
        if (!notes.split(QLatin1Char('|')).contains(QLatin1String("SpaceAfter=No")))
            sentence.line += QLatin1Char(' ');
    }

    std::optional<SegmentedText> readConllu(const QStringList &rows)
    {
        SegmentedText text;
        Sentence sentence;
        int inside = 0; // last word that a row of several words covers
        const auto finish = [&] {
            if (sentence.words.isEmpty())
                return;
            while (sentence.line.endsWith(QLatin1Char(' ')))
                sentence.line.chop(1);
            text.lines << sentence.line;
            text.words.push_back(sentence.words);
            sentence = {};
            inside = 0;
        };
        for (const QString &row : rows) {
            if (row.trimmed().isEmpty()) {
                finish();
                continue;
            }
            if (row.startsWith(QLatin1Char('#')))
                continue;
            const QStringList columns = row.split(QLatin1Char('\t'));
            if (columns.size() != 10)
                return std::nullopt;
            const QString &id = columns[0];
            if (id.contains(QLatin1Char('.')))
                continue;
            if (const qsizetype dash = id.indexOf(QLatin1Char('-')); dash > 0) {
                inside = id.mid(dash + 1).toInt();
                addForm(sentence, columns[1], columns[9]);
            } else if (id.toInt() > inside) {
                addForm(sentence, columns[1], columns[9]);
            }
        }
        finish();
        return text.lines.isEmpty() ? std::nullopt : std::optional(text);
    }

    SegmentedText readBars(const QStringList &rows)
    {
        static const QRegularExpression tags(QStringLiteral("</?(NE|AB|POEM|poem)>"));
        SegmentedText text;
        for (QString row : rows) {
            row.remove(tags);
            QStringList words = row.split(QLatin1Char('|'), Qt::SkipEmptyParts);
            const QString line = words.join(QString());
            words.removeIf([](const QString &word) { return word.trimmed().isEmpty(); });
            if (words.isEmpty())
                continue;
            text.lines << line.trimmed();
            text.words.push_back(words);
        }
        return text;
    }

} // namespace

std::optional<SegmentedText> readSegmentedText(const QString &fileName, const QString &text)
{
    QString plain = text;
    plain.replace(QLatin1String("\r\n"), QLatin1String("\n")).replace(QLatin1Char('\r'), QLatin1Char('\n'));
    const QStringList rows = plain.split(QLatin1Char('\n'));
    std::optional<SegmentedText> read;
    if (std::any_of(rows.begin(), rows.begin() + std::min<qsizetype>(rows.size(), 60), [](const QString &row) { return row.count(QLatin1Char('\t')) == 9; })) {
        read = readConllu(rows);
    } else {
        qsizetype bars = 0, filled = 0;
        for (const QString &row : rows) {
            filled += row.trimmed().isEmpty() ? 0 : 1;
            bars += row.count(QLatin1Char('|')) >= 2 || row.endsWith(QLatin1Char('|')) ? 1 : 0;
        }
        if (bars > 0 && bars * 10 >= filled * 8)
            read = readBars(rows);
    }
    if (read) {
        static const QRegularExpression code(QStringLiteral("(^|[_\\-./])(zh|ja|ko|th)([_\\-.]|$)"));
        read->language = code.match(fileName.section(QLatin1Char('/'), -1)).captured(2);
    }
    return read;
}

std::optional<InputRecord> segmentedInput(const QString &fileName, const QString &text)
{
    const std::optional<SegmentedText> segmented = readSegmentedText(fileName, text);
    if (!segmented)
        return std::nullopt;
    Json gold = Json::array();
    for (const QStringList &words : segmented->words) {
        Json line = Json::array();
        for (const QString &word : words)
            line.push_back(word.toStdString());
        gold.push_back(std::move(line));
    }
    InputRecord input;
    input.name = fileName.toStdString();
    input.content = segmented->lines.join(QLatin1Char('\n')).toStdString();
    input.extra = {{"gold", std::move(gold)}};
    if (!segmented->language.isEmpty())
        input.extra["language"] = segmented->language.toStdString();
    return input;
}

} // namespace winnow
