#include "app/export/session_figures.h"

#include "app/workbench/pair_compare.h"
#include "app/workbench/run_family.h"
#include "app/workbench/view_data.h"
#include "app/workbench/word_bench.h"
#include "core/base/json_fields.h"
#include "views/view_factory.h"

#include <QCoreApplication>

namespace winnow {
namespace {

    int intOf(const Json &json, const char *name)
    {
        auto it = json.is_object() ? json.find(name) : json.end();
        return json.is_object() && it != json.end() && it->is_number_integer() ? it->get<int>() : -1;
    }

    QString fileName(const QString &title)
    {
        QString name;
        for (const QChar &c : title.toLower())
            name += c.isLetterOrNumber() ? c : QLatin1Char('-');
        while (name.contains(QLatin1String("--")))
            name.replace(QLatin1String("--"), QLatin1String("-"));
        return name;
    }

    /// The prompt runs of the first input that has some.
    ViewDataPtr promptData(const SessionReader &reader, ViewContext context)
    {
        context.family = "prompt";
        context.activeRun = 0;
        context.preview = nullptr;
        context.setting = {};
        for (const RunRecord &run : reader.runs())
            if (runFamily(run) == "prompt" && reader.report(run.id) && context.activeRun == 0) {
                context.activeRun = run.id;
                context.inputId = run.inputId;
                context.setting = settingFromJson(run.request);
            }
        return context.activeRun != 0 ? buildViewData(reader, context) : std::make_shared<const ViewData>();
    }

    /// The words of the input with the first run of a segmenter; null when there is none.
    Result<std::shared_ptr<const WordData>> wordsOf(const Session &session, const SessionReader &reader)
    {
        Result<Json> listed = session.state("methods");
        Result<std::vector<InputRecord>> inputs = session.inputs();
        if (!listed || !inputs)
            return fail(!listed ? listed.error() : inputs.error());
        std::vector<MethodInfo> methods;
        for (const Json &entry : listed->is_array() ? *listed : Json::array())
            if (Result<MethodInfo> info = methodInfoFromJson(entry))
                methods.push_back(std::move(*info));
        for (const RunRecord &run : reader.runs())
            for (const InputRecord &input : *inputs)
                if (input.id == run.inputId && runFamily(run) == "segment")
                    if (WordDataPtr words = storedWords(reader, input, methods))
                        return words;
        return std::shared_ptr<const WordData>();
    }

} // namespace

Result<SessionFigures> SessionFigures::load(const Session &session)
{
    SessionReader reader;
    if (Result<void> read = reader.read(session); !read)
        return fail(read.error());
    ViewContext context;
    QualityCache quality;
    context.quality = &quality;
    for (const RunRecord &run : reader.runs()) {
        if (!reader.report(run.id) || runFamily(run) != "kv")
            continue;
        // The first run that is not the baseline says most; the baseline keeps everything.
        if (context.activeRun == 0 || context.activeRun == reader.baseline()) {
            context.activeRun = run.id;
            context.inputId = run.inputId;
            context.setting = settingFromJson(run.request);
        }
    }
    context.pair = storedPair(reader);
    if (Result<std::shared_ptr<const WordData>> words = wordsOf(session, reader))
        context.words = *words;
    else
        return fail(words.error());
    const ViewDataPtr prompts = promptData(reader, context);
    if (context.activeRun == 0 && !context.pair && !context.words && prompts->runs.empty())
        return fail(ErrorCode::NotFound, QCoreApplication::translate("Export", "%1 holds no run with results").arg(QString::fromStdString(session.path())).toStdString(),
            QCoreApplication::translate("Export", "Measure a run first, in the window or with winnow-cli run --session.").toStdString());
    SessionFigures result;
    result.m_data = buildViewData(reader, context);
    result.m_promptData = prompts;
    for (const QString &id : viewIds())
        result.addView(id, id, nullptr);
    Result<std::vector<FigureRecord>> kept = session.figures();
    if (!kept)
        return fail(kept.error());
    for (const FigureRecord &figure : *kept)
        result.addView(QString::fromStdString(figure.view), QStringLiteral("figure-%1-%2").arg(figure.id).arg(fileName(QString::fromStdString(figure.name))), &figure);
    return result;
}

void SessionFigures::addView(const QString &viewId, const QString &name, const FigureRecord *record)
{
    std::unique_ptr<RunView> view = makeView(viewId);
    if (!view)
        return;
    ViewDataPtr data = viewIds(ViewPage::Prompt).contains(viewId) ? m_promptData : m_data;
    const int letter = record ? intOf(record->recipe, "run") : -1;
    if (letter >= 0) {
        for (const RunEntry &run : data->runs) {
            if (run.index != letter || !run.report)
                continue;
            auto own = std::make_shared<ViewData>(*data);
            own->current = run;
            data = own;
            break;
        }
    }
    if (record && data->pair && record->recipe.is_object() && record->recipe.contains("compared")) {
        auto own = std::make_shared<ViewData>(*data);
        const Json &compared = record->recipe["compared"];
        own->pair = withTable(data->pair, QString::fromStdString(stringField(compared, "metric")), static_cast<int>(integerField(compared, "skipSinks")));
        data = own;
    }
    view->setData(data);
    const Selection selection = record ? recipeSelection(record->recipe) : Selection{};
    if (record && record->recipe.is_object() && record->recipe.contains("state"))
        view->restoreState(qtFromJson(record->recipe["state"]));
    view->setSelection(selection);
    if (!view->emptyReason().isEmpty())
        return;
    Json recipe = figureRecipe(*view, selection, *data);
    m_figures.push_back({name, std::move(view), std::move(recipe)});
}

} // namespace winnow
