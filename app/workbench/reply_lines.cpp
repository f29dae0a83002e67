#include "app/workbench/reply_lines.h"

#include "core/base/json_fields.h"

#include <QFile>
#include <QRegularExpression>

#include <algorithm>

namespace winnow {

TeacherLine alignedReply(int number, const QString &line, const QString &reply)
{
    TeacherLine aligned;
    aligned.line = number;
    aligned.source = line;
    aligned.reply = reply;
    QString bare = line;
    bare.removeIf([](QChar c) { return c.isSpace(); });
    const QList<uint> source = bare.toUcs4();
    QList<uint> said;
    std::vector<std::pair<qsizetype, qsizetype>> words; // ranges in said
    for (const QString &word : reply.split(QRegularExpression(QStringLiteral("\\s+")), Qt::SkipEmptyParts)) {
        const QList<uint> points = word.toUcs4();
        words.emplace_back(said.size(), said.size() + points.size());
        said += points;
        aligned.words.push_back({word, true});
    }
    const auto n = static_cast<size_t>(said.size()), m = static_cast<size_t>(source.size());
    // f[i][j]: longest common subsequence of said from i and source from j.
    std::vector<std::vector<int>> f(n + 1, std::vector<int>(m + 1, 0));
    for (size_t i = n; i-- > 0;)
        for (size_t j = m; j-- > 0;)
            f[i][j] = said[static_cast<qsizetype>(i)] == source[static_cast<qsizetype>(j)] ? f[i + 1][j + 1] + 1 : std::max(f[i + 1][j], f[i][j + 1]);
    std::vector<qsizetype> place(n, -1);
    for (size_t i = 0, j = 0; i < n && j < m;) {
        if (said[static_cast<qsizetype>(i)] == source[static_cast<qsizetype>(j)])
            place[i++] = static_cast<qsizetype>(j++);
        else if (f[i + 1][j] >= f[i][j + 1])
            ++i;
        else
            ++j;
    }
    std::vector<qsizetype> ends; // of counted words, in the source
    std::vector<bool> covered(m, false);
    for (size_t w = 0; w < words.size(); ++w) {
        const auto [first, end] = words[w];
        bool fits = true;
        for (qsizetype i = first; i < end; ++i)
            fits = fits && place[static_cast<size_t>(i)] >= 0 && (i == first || place[static_cast<size_t>(i)] == place[static_cast<size_t>(i) - 1] + 1);
        aligned.words[w].accepted = fits;
        for (qsizetype i = first; fits && i < end; ++i)
            covered[static_cast<size_t>(place[static_cast<size_t>(i)])] = true;
        if (fits)
            ends.push_back(place[static_cast<size_t>(end) - 1] + 1);
    }
    const auto text = [&](qsizetype first, qsizetype end) { return QString::fromUcs4(reinterpret_cast<const char32_t *>(source.constData()) + first, end - first); };
    for (qsizetype at = 0, next = 0; at < static_cast<qsizetype>(m); ++at) { // what no word covers stands by itself
        if (!covered[static_cast<size_t>(at)]) {
            aligned.added << text(at, at + 1);
        } else {
            const qsizetype end = ends[static_cast<size_t>(next++)];
            aligned.added << text(at, end);
            at = end - 1;
        }
    }
    const int common = f[0][0];
    aligned.hallucination = static_cast<double>(static_cast<int>(n) - common) / static_cast<double>(std::max<size_t>(1, n));
    aligned.state = reply.isEmpty() ? QStringLiteral("failed") : said == source ? QStringLiteral("exact") : QStringLiteral("altered");
    return aligned;
}

Result<ReplyFile> readReplyFile(const QString &path)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return fail(ErrorCode::Io, QStringLiteral("%1 cannot be read: %2").arg(path, file.errorString()).toStdString());
    ReplyFile read;
    while (!file.atEnd()) {
        const QByteArray row = file.readLine().trimmed();
        if (row.isEmpty())
            continue;
        const Json json = Json::parse(row.constData(), row.constData() + row.size(), nullptr, false);
        const Json &line = childField(json, "line"), &reply = childField(json, "reply");
        if (line.is_number_integer() && (reply.is_string() || reply.is_null()))
            read.replies.emplace_back(line.get<int>(), reply.is_string() ? QString::fromStdString(reply.get<std::string>()) : QString());
        else
            ++read.unread;
    }
    return read;
}

} // namespace winnow
