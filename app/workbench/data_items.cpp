#include "app/workbench/data_items.h"

#include "core/base/json_fields.h"

#include <QFileInfo>

#include <array>

namespace winnow {
namespace {

    QString field(const Json &json, const char *name) { return QString::fromStdString(stringField(json, name)); }

    QStringList listField(const Json &json, const char *name)
    {
        QStringList list;
        for (const std::string &text : stringListField(json, name))
            list << QString::fromStdString(text);
        return list;
    }

    DataSetInfo setOf(const Json &json) { return {field(json, "name"), field(json, "title"), field(json, "kind"), field(json, "licence"), field(json, "attribution"), field(json, "format"), field(json, "origin"), field(json, "expected")}; }

    struct Sign {
        const char *part, *set; // part of the path, in lower case
    };
    constexpr std::array kSigns{Sign{"gsm8k", "gsm8k"}, Sign{"bbh", "bbh"}, Sign{"mt_bench", "mt_bench"}, Sign{"mt-bench", "mt_bench"},
        Sign{"xquad", "xquad"}, Sign{"squad", "xquad"}, Sign{"qmsum", "qmsum"}, Sign{"kv-retrieval", "kv"}, Sign{"kv_retrieval", "kv"}, Sign{"nq-open", "nq"},
        Sign{"nq_open", "nq"}, Sign{"longbench", "longbench"}, Sign{"sighan", "sighan"}};

} // namespace

QString DataRow::title() const
{
    const QString whole = isLine() ? text : parts.question.isEmpty() ? parts.contexts.value(0) : parts.question;
    return whole.simplified();
}

std::vector<DataSetInfo> readDataSets(const Json &reply)
{
    std::vector<DataSetInfo> sets;
    for (const Json &set : childField(reply, "sets"))
        sets.push_back(setOf(set));
    return sets;
}

DataRows readDataRows(const Json &reply)
{
    DataRows data;
    data.set = setOf(childField(reply, "dataset"));
    for (const Json &item : childField(reply, "items")) {
        DataRow row;
        row.number = integerField(item, "number");
        row.id = field(item, "id");
        row.parts.instruction = field(item, "instruction");
        row.parts.question = field(item, "question");
        row.parts.contexts = listField(item, "contexts");
        row.answers = listField(item, "answers");
        row.parts.answer = row.answers.value(0);
        row.text = field(item, "text");
        row.words = listField(item, "words");
        row.language = field(item, "language");
        for (const Json &range : childField(item, "evidence"))
            if (range.is_array() && range.size() == 3 && range[0].is_number_integer() && range[1].is_number_integer() && range[2].is_number_integer())
                row.evidence.push_back({range[0].get<int>(), range[1].get<qint64>(), range[2].get<qint64>()});
        row.json = item;
        data.rows.push_back(std::move(row));
    }
    for (const Json &warning : childField(reply, "warnings"))
        data.warnings.push_back({field(warning, "file"), field(warning, "reason"), integerField(warning, "line")});
    data.moreWarnings = integerField(reply, "moreWarnings");
    data.rejected = integerField(reply, "rejected");
    return data;
}

QString guessDataSet(const QString &path)
{
    const QFileInfo info(path);
    if (info.suffix().compare(QLatin1String("conllu"), Qt::CaseInsensitive) == 0)
        return QStringLiteral("conllu");
    const QString whole = path.section(QLatin1Char('/'), -3).toLower(); // folders name sets too
    for (const Sign &sign : kSigns)
        if (whole.contains(QLatin1String(sign.part)))
            return QLatin1String(sign.set);
    return {};
}

std::optional<InputRecord> goldInput(const QString &name, const DataRows &rows)
{
    Json gold = Json::array();
    QStringList lines;
    QString language;
    for (const DataRow &row : rows.rows) {
        if (!row.isLine() || row.words.isEmpty() || row.text.contains(QLatin1Char('\n')))
            continue;
        lines << row.text;
        Json words = Json::array();
        for (const QString &word : row.words)
            words.push_back(word.toStdString());
        gold.push_back(std::move(words));
        language = language.isEmpty() ? row.language : language;
    }
    if (lines.isEmpty())
        return std::nullopt;
    InputRecord input;
    input.name = name.toStdString();
    input.kind = "text";
    input.content = lines.join(QLatin1Char('\n')).toStdString();
    input.extra = {{"gold", std::move(gold)}, {"licence", rows.set.attribution.isEmpty() ? rows.set.licence.toStdString() : rows.set.attribution.toStdString()}};
    if (!language.isEmpty() && language != QLatin1String("auto"))
        input.extra["language"] = language.toStdString();
    return input;
}

} // namespace winnow
