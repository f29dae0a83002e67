// The demo session: made from the recipe in resources/demo, the first time; afterwards opened from the user's data folder.
#include "app/workbench/workbench.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

/// A static library's resources are known to the program only when somebody asks for them. Stands outside every namespace:
/// the macro declares its function here.
static void initDemoResource() { Q_INIT_RESOURCE(demo); }

namespace winnow {
namespace {

    QByteArray demoFile(const QString &name)
    {
        initDemoResource();
        QFile file(QStringLiteral(":/winnow/demo/") + name);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }

    Json demoRecipe()
    {
        const QByteArray bytes = demoFile(QStringLiteral("demo.json"));
        Json recipe = Json::parse(bytes.constData(), bytes.constData() + bytes.size(), nullptr, false);
        return recipe.is_object() ? recipe : Json::object();
    }

    std::string word(const Json &json, const char *name)
    {
        if (!json.is_object())
            return {};
        auto it = json.find(name);
        return it != json.end() && it->is_string() ? it->get<std::string>() : std::string();
    }

    Setting demoSetting(const Json &entry, const std::vector<MethodInfo> &methods)
    {
        Setting setting = settingFromJson(entry);
        const MethodInfo *method = findMethod(methods, setting.method);
        if (!method)
            return {};
        if (Result<Json> values = canonicalParameters(*method, setting.parameters))
            setting.parameters = *values;
        return setting;
    }

} // namespace

Result<void> Workbench::openDemo()
{
    const QString home = userDataFolder() + QStringLiteral("/demo.winnow");
    if (QFileInfo::exists(home)) {
        Result<void> opened = openSession(home);
        if (opened && !m_document.runs().empty())
            return opened;
    }
    return makeDemo(home);
}

Result<void> Workbench::makeDemo(const QString &home)
{
    const Json recipe = demoRecipe();
    const Json about = recipe.contains("input") && recipe["input"].is_object() ? recipe["input"] : Json::object();
    const QByteArray text = demoFile(QString::fromStdString(word(about, "file")));
    if (text.isEmpty())
        return fail(ErrorCode::Internal, tr("the demo's recipe or text is missing from this build").toStdString());
    newSession();
    if (!m_document.isOpen())
        return fail(ErrorCode::Io, tr("no working copy could be made in %1").arg(userDataFolder()).toStdString());
    Json extra{{"licence", about.value("licence", "")}, {"fact", about.value("fact", "")}, {"scoreLast", recipe.value("scoreLast", 64)}};
    if (const std::string question = word(about, "question"); !question.empty()) { // what the Prompt page asks
        extra["prompt"] = {{"question", question}};
        extra["answer"] = word(about, "answer");
    }
    InputRecord input;
    input.name = word(about, "name");
    input.content = text.toStdString();
    input.extra = extra;
    const qint64 id = m_document.addInput(std::move(input));
    addWordSamples(); // the page Words has something to cut
    if (recipe.contains("note"))
        m_document.addNote(NoteRecord{0, word(recipe["note"], "title"), word(recipe["note"], "text")});
    if (const std::string title = word(recipe, "title"); !title.empty())
        m_document.setState("title", title);
    m_document.undoStack().clear();
    if (Result<void> saved = saveTo(home); !saved)
        return saved;
    m_demoPending = true;
    if (const Json runs = recipe.value("runs", Json::array()); !runs.empty()) {
        if (Setting first = demoSetting(runs[0], m_methods); !first.method.empty())
            applySetting(first);
    }
    setActiveInput(id);
    chooseModel(QString::fromStdString(word(recipe, "model")));
    return {};
}

std::vector<qint64> Workbench::pinDemoWords(const Json &recipe)
{
    std::vector<qint64> pinned;
    for (const InputRecord &input : m_document.inputs()) {
        if (input.name != word(recipe, "input"))
            continue;
        const InputRecord lines = input; // pinning reads the records again
        for (const Json &id : recipe.value("methods", Json::array())) {
            const MethodInfo *method = id.is_string() ? findMethod(m_methods, id.get<std::string>()) : nullptr;
            if (!method)
                continue;
            RunRecord run;
            run.inputId = lines.id;
            run.name = method->title;
            run.request = pinnedRequest(lines, defaultWordSetting(*method, goldLines(lines) > 0));
            pinned.push_back(m_document.pinRun(std::move(run), nullptr));
        }
        break;
    }
    return pinned;
}

void Workbench::runDemoPlan()
{
    if (!m_demoPending || !m_preview.capture())
        return;
    m_demoPending = false;
    const Json recipe = demoRecipe();
    const InputRecord *input = m_document.input(m_activeInput);
    if (!input)
        return;
    Setting first;
    for (const Json &entry : recipe.value("runs", Json::array())) {
        const Setting setting = demoSetting(entry, m_methods);
        const MethodInfo *method = findMethod(m_methods, setting.method);
        if (!method)
            continue;
        if (first.method.empty())
            first = setting;
        RunRecord run;
        run.inputId = input->id;
        run.name = method->title;
        run.request = runRequest(requestChoice(), *input, setting);
        const qint64 id = m_document.pinRun(std::move(run), nullptr);
        if (entry.value("baseline", false))
            m_document.setBaseline(id);
    }
    const std::vector<qint64> words = pinDemoWords(recipe.value("words", Json::object()));
    m_document.undoStack().clear();
    if (!first.method.empty())
        applySetting(first);
    evaluateUnmeasured();
    for (const qint64 run : words)
        evaluate(run);
    const Json sweepRecipe = recipe.value("sweep", Json::object());
    SweepChoice choice;
    for (const Json &name : sweepRecipe.value("methods", Json::array()))
        choice.methods.push_back(demoSetting(Json{{"method", name}}, m_methods));
    for (const Json &text : sweepRecipe.value("budgets", Json::array())) {
        if (Result<Budget> budget = parseBudget(text.is_string() ? text.get<std::string>() : std::string()))
            choice.budgets.push_back(*budget);
    }
    m_demoSaving = true;
    sweep(choice);
}

} // namespace winnow
