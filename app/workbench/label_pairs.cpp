#include "app/workbench/label_pairs.h"

#include "core/base/json_fields.h"

namespace winnow {
namespace {

    QStringList listField(const Json &json, const char *name)
    {
        QStringList list;
        for (const std::string &text : stringListField(json, name))
            list << QString::fromStdString(text);
        return list;
    }

    void addPair(const Json &json, LabelFile &file)
    {
        const std::string original = stringField(json, "original", stringField(json, "origin"));
        const std::string shortened = stringField(json, "shortened", stringField(json, "compressed"));
        if (original.empty())
            ++file.unread;
        else
            file.pairs.push_back({QString::fromStdString(original), QString::fromStdString(shortened)});
    }

    QString quoted(QString text) { return QLatin1Char('"') + text.replace(QLatin1Char('"'), QLatin1String("\"\"")) + QLatin1Char('"'); }

} // namespace

LabelFile readLabelPairs(const QByteArray &bytes)
{
    LabelFile file;
    const Json whole = Json::parse(bytes.begin(), bytes.end(), nullptr, false);
    if (whole.is_array()) {
        for (const Json &entry : whole)
            addPair(entry, file);
        return file;
    }
    for (const QByteArray &line : bytes.split('\n')) {
        if (line.trimmed().isEmpty())
            continue;
        const Json entry = Json::parse(line.begin(), line.end(), nullptr, false);
        entry.is_object() ? addPair(entry, file) : void(++file.unread);
    }
    return file;
}

Json labelRequest(const std::vector<LabelPair> &pairs)
{
    Json list = Json::array();
    for (const LabelPair &pair : pairs)
        list.push_back({{"original", pair.original.toStdString()}, {"shortened", pair.shortened.toStdString()}});
    return {{"command", "labels"}, {"pairs", std::move(list)}};
}

std::vector<LabelledPair> readLabels(const Json &reply)
{
    std::vector<LabelledPair> pairs;
    for (const Json &entry : childField(reply, "pairs")) {
        LabelledPair pair;
        pair.words = listField(entry, "words");
        pair.shortWords = listField(entry, "shortWords");
        for (const Json &keep : childField(entry, "keep"))
            pair.keep.push_back(keep.is_number() ? keep.get<double>() != 0 : keep.is_boolean() && keep.get<bool>());
        for (const Json &match : childField(entry, "match"))
            pair.match.push_back(match.is_number_integer() ? match.get<int>() : -1);
        pair.keep.resize(static_cast<size_t>(pair.words.size()));
        pair.match.resize(static_cast<size_t>(pair.shortWords.size()), -1);
        pair.variation = numberField(entry, "variationRate");
        pair.hitting = numberField(entry, "hittingRate");
        pair.matching = numberField(entry, "matchingRate");
        pair.gap = numberField(entry, "alignmentGap");
        pair.kept = flagField(entry, "kept");
        pairs.push_back(std::move(pair));
    }
    return pairs;
}

QString labelCsv(const std::vector<LabelledPair> &pairs)
{
    QString out = QStringLiteral("pair,word,text,keep,pair kept\n");
    for (size_t p = 0; p < pairs.size(); ++p)
        for (qsizetype w = 0; w < pairs[p].words.size(); ++w)
            out += QStringLiteral("%1,%2,%3,%4,%5\n").arg(p).arg(w).arg(quoted(pairs[p].words[w])).arg(pairs[p].keep[static_cast<size_t>(w)] ? 1 : 0).arg(pairs[p].kept ? QStringLiteral("yes") : QStringLiteral("no"));
    return out;
}

QString labelLines(const std::vector<LabelledPair> &pairs)
{
    QString out;
    for (const LabelledPair &pair : pairs) {
        Json words = Json::array(), keep = Json::array();
        for (const QString &word : pair.words)
            words.push_back(word.toStdString());
        for (const bool label : pair.keep)
            keep.push_back(label ? 1 : 0);
        const Json line{{"words", std::move(words)}, {"keep", std::move(keep)}, {"variationRate", pair.variation}, {"hittingRate", pair.hitting}, {"matchingRate", pair.matching}, {"alignmentGap", pair.gap}, {"kept", pair.kept}};
        out += QString::fromStdString(line.dump(-1, ' ', false, Json::error_handler_t::replace)) + QLatin1Char('\n');
    }
    return out;
}

} // namespace winnow
