// The Model page and the model chooser, against an engine that answers as a small model would.
#include "app/window/generation_pane.h"
#include "app/window/model_chooser.h"
#include "app/window/model_page.h"
#include "app/window/model_tables.h"
#include "app/window/prompt_pane.h"
#include "app/window/results_dock.h"
#include "app/window/tokens_pane.h"
#include "app/workbench/model_trees.h"
#include "tests/support/app_fixture.h"
#include "tests/support/fake_engine.h"
#include "views/widgets/token_boxes.h"

#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTabBar>
#include <QTreeView>

using namespace winnow;

namespace {

Json tensor(const char *name, std::vector<int> shape, const char *part, int layer, double bytes)
{
    Json json{{"name", name}, {"shape", shape}, {"type", "Q8_0"}, {"part", part}, {"bytes", bytes}};
    if (layer >= 0)
        json["layer"] = layer;
    return json;
}

Json layer(int index, const char *kind, const char *attention)
{
    Json json{{"layer", index}, {"kind", kind}, {"attention", attention}, {"heads", 4}, {"kvHeads", 2}, {"headDim", 8}, {"ffn", 96}, {"parameters", 5000}, {"bytes", 6000}};
    if (json["kind"] == "moe")
        json.update({{"experts", 8}, {"expertsPerToken", 2}});
    if (json["attention"] == "local")
        json["window"] = 512;
    return json;
}

Json description()
{
    Json json{{"name", "tiny"}, {"family", "llama"}, {"layers", 12}, {"heads", 4}, {"kvHeads", 2}, {"headDim", 8}, {"hidden", 32}, {"ffn", 96}, {"vocab", 512}, {"contextLength", 4096},
        {"parameters", 127296}, {"storedType", "Q8_0"}, {"tokenizer", "byte-level BPE"}, {"fileBytes", 140000}, {"dtype", "f32"}, {"device", "cpu"}, {"path", "/models/tiny.gguf"}, {"sha256", "ab12"}, {"cacheBytesPerToken", 1536}};
    json["forecast"] = {{"tokens", 1024}, {"fileBytes", 140000}, {"weightBytes", 509184}, {"cacheBytes", 1572864}, {"workBytes", 100000}, {"totalBytes", 2182048}, {"availableBytes", 8000000000.0}, {"fits", true}};
    json["layerTable"] = Json::array();
    for (int i = 0; i < 12; ++i)
        json["layerTable"].push_back(layer(i, i == 0 ? "dense" : "moe", i % 3 == 2 ? "global" : "local"));
    json["hookPoints"] = {{{"name", "layer.{}.q_rope"}, {"shape", "[H, T, D]"}, {"sizes", "[4, T, 8]"}, {"meaning", "queries after RoPE"}}};
    json["tensors"] = {tensor("token_embd.weight", {512, 32}, "embedding", -1, 17408), tensor("blk.10.attn_q.weight", {32, 32}, "attention", 10, 1088), tensor("blk.2.attn_q.weight", {32, 32}, "attention", 2, 1088),
        tensor("blk.2.attn_q.bias", {32}, "attention", 2, 128), tensor("output_norm.weight", {32}, "norm", -1, 128)};
    json["parts"] = {{{"part", "embedding"}, {"parameters", 16384}, {"bytes", 17408}}, {{"part", "attention"}, {"parameters", 2080}, {"bytes", 2304}}};
    return json;
}

/// Words are tokens; "<s>" stands before a text that wants special tokens.
class ModelEngine : public testing::FakeEngine {
protected:
    bool answer(int64_t id, const Json &request) override
    {
        const std::string command = request["command"].get<std::string>();
        if (command == "open" || command == "describe")
            reply(id, describe(request));
        else if (command == "tokenize")
            reply(id, tokenize(request["text"].get<std::string>(), request["special"].get<bool>()));
        else if (command == "render")
            render(id, request);
        else if (command == "models")
            reply(id, models());
        else if (command == "generate")
            generate(id, request);
        else
            return false;
        return true;
    }

private:
    static Json describe(const Json &request)
    {
        Json json = description();
        if (!request.value("details", false)) {
            for (const char *name : {"layerTable", "hookPoints", "tensors", "parts"})
                json.erase(name);
        }
        if (request["model"] == "/models/huge.gguf") {
            const bool file = request.value("weights", "") == "file";
            json["forecast"] = {{"tokens", 1024}, {"weightBytes", file ? 4e9 : 30e9}, {"cacheBytes", 1e9}, {"workBytes", 1e8}, {"totalBytes", file ? 5.1e9 : 31.1e9}, {"availableBytes", 8e9}, {"fits", file}};
            json["fileBytes"] = 4e9;
        }
        return json;
    }

    static Json tokenize(const std::string &text, bool special)
    {
        Json ids = Json::array(), pieces = Json::array(), spans = Json::array();
        if (special) {
            ids.push_back(1);
            pieces.push_back("<s>");
            spans.push_back({0, 0});
        }
        size_t begin = 0;
        while (begin < text.size()) {
            size_t end = text.find(' ', begin + 1);
            end = end == std::string::npos ? text.size() : end;
            ids.push_back(100 + int(ids.size()));
            pieces.push_back(text.substr(begin, end - begin));
            spans.push_back({begin, end});
            begin = end;
        }
        return {{"ids", ids}, {"pieces", pieces}, {"spans", spans}, {"specialIds", special ? Json::array({1}) : Json::array()}};
    }

    static void render(int64_t id, const Json &request)
    {
        std::string prompt;
        for (const Json &message : request["messages"])
            prompt += "<" + message["role"].get<std::string>() + ">" + message["content"].get<std::string>();
        if (request["add_generation_prompt"].get<bool>())
            prompt += "<assistant>";
        if (prompt.find("refuse") != std::string::npos)
            send({{"id", id}, {"kind", "error"}, {"code", "unsupported"}, {"message", "the model brings no chat template"}, {"hint", "Use a text."}});
        else
            reply(id, {{"prompt", prompt}, {"ids", Json::array()}, {"spans", Json::array()}});
    }

    static Json models()
    {
        const Json small{{"name", "small"}, {"title", "Small"}, {"path", "/models/small.gguf"}, {"bytes", 5e8}, {"present", true}};
        const Json far{{"name", "far"}, {"title", "Far"}, {"path", "/models/far.gguf"}, {"bytes", 9e8}, {"present", false}};
        return {{"models", {small, far}}, {"local", {{{"path", "/models/huge.gguf"}, {"name", "huge.gguf"}, {"kind", "gguf"}, {"bytes", 4e9}}}}, {"folder", "/models"}};
    }

    static void generate(int64_t id, const Json &request)
    {
        if (request["maxNew"] == 7)
            return; // waits to be cancelled
        const bool planned = request.contains("method");
        for (const char *role : {"full", "modified"}) {
            if (std::string(role) == "modified" && !planned)
                continue;
            for (int i = 1; i <= 3; ++i)
                send({{"id", id}, {"kind", "part"}, {"body", {{"role", role}, {"text", " word" + std::to_string(i)}, {"tokens", i}}}});
        }
        ReportBuilder builder;
        builder.setRequest(request);
        builder.add(TextArtifact{"full", "full", " word1 word2 word3", {1, 2, 3}});
        if (planned)
            builder.add(TextArtifact{"modified", "modified", " word1 word2 word3", {1, 2, 3}});
        Savings savings;
        savings.fullBytes = 4096;
        savings.nativeBytes = 1024;
        builder.setSavings(savings);
        const Document report = builder.build()->document();
        write({{{"id", id}, {"kind", "reply"}, {"body", report.body}}, report.arrays});
    }
};

QString fakeCommand() { return QStringLiteral("\"%1\" --fake-engine").arg(QCoreApplication::applicationFilePath()); }

} // namespace

class ModelPageTest : public QObject {
    Q_OBJECT

    static bool open(testing::App &app)
    {
        if (!app.startEngine())
            return false;
        app.window().resize(1440, 900);
        app.window().show();
        app.bench().newSession();
        app.bench().chooseModel(QStringLiteral("/models/tiny.gguf"));
        if (!app.waitModel())
            return false;
        app.window().openPage(MainWindow::Page::Model);
        return QTest::qWaitFor([&] { return !app.window().modelPage()->inspector().details().empty(); }, 5000);
    }

private Q_SLOTS:
    void layersAreGroupedByKind()
    {
        const ModelDetails details = modelDetails(description());
        const std::vector<LayerGroup> groups = layerGroups(details.layers);
        QCOMPARE(groups.size(), size_t(3));
        QCOMPARE(groups[0].kind, QStringLiteral("dense, local, window 512"));
        QCOMPARE(groups[0].rangeText(details.layers), QStringLiteral("0"));
        QCOMPARE(groups[1].kind, QStringLiteral("8 experts, 2 a token, local, window 512"));
        QCOMPARE(groups[1].rangeText(details.layers), QStringLiteral("1, 3, 4, 6, 7, 9, 10"));
        QCOMPARE(groups[2].rangeText(details.layers), QStringLiteral("2, 5, 8, 11"));
        QCOMPARE(details.layers[1].ffnText(), QStringLiteral("8 × 96"));
        QCOMPARE(details.layers[0].headText(), QStringLiteral("4 / 2 × 8"));
    }

    void aDamagedDescriptionIsReadAsFarAsItGoes()
    {
        const ModelDetails details = modelDetails({{"family", 7}, {"layerTable", {1, {{"layer", "x"}}}}, {"tensors", {{{"name", "a"}, {"shape", {"?", 3}}}}}, {"parts", "none"}});
        QCOMPARE(details.layers.size(), size_t(1));
        QCOMPARE(details.tensors.size(), size_t(1));
        QCOMPARE(details.tensors[0].parameters, 0.0);
        QVERIFY(modelDetails(Json::array()).empty());
        QVERIFY(details.facts().isEmpty());
    }

    void tensorsComeInTheOrderOfTheirLayers()
    {
        const std::unique_ptr<QStandardItemModel> tree = tensorTree(modelDetails(description()));
        QCOMPARE(tree->rowCount(), 3);
        QCOMPARE(tree->item(0)->text(), QStringLiteral("blk  (3)"));
        QCOMPARE(tree->item(0)->child(0)->text(), QStringLiteral("2.attn_q  (2)"));
        QCOMPARE(tree->item(0)->child(0)->child(1)->text(), QStringLiteral("weight"));
        QCOMPARE(tree->item(0)->child(1)->text(), QStringLiteral("10.attn_q.weight"));
        QCOMPARE(tree->item(0)->child(1)->toolTip(), QStringLiteral("blk.10.attn_q.weight"));
        QCOMPARE(tree->item(0, 4)->text(), QStringLiteral("2.25 KiB"));
        QCOMPARE(tree->item(2, 1)->text(), QStringLiteral("512 × 32"));
        const QString csv = treeCsv(*tree);
        QCOMPARE(csv.count(QLatin1Char('\n')), 8);
        QVERIFY(csv.contains(QStringLiteral("  10.attn_q.weight,32 × 32,Q8_0")));
    }

    void memoryPlansChangeTheLeastFirst()
    {
        MemoryForecastFacts wanted{4096, 3e9, 4e9, 4e9, 11e9, 8e9}, stored{4096, 1e9, 3e9, 3e9, 7e9, 8e9};
        QVERIFY(!wanted.fits() && stored.fits());
        QCOMPARE(wanted.tokensThatFit(), qint64(2560)); // (8 - 3) / (8 / 4096)
        const std::vector<ModelEntry> others{{"a", "A", "", 1e8, true, true}, {"b", "B", "", 3e8, false, true}, {"c", "C", "", 9e9, true, true}};
        const QVector<FallbackStep> steps = fallbackSteps(wanted, stored, 1e9, others);
        QCOMPARE(steps.size(), 3);
        QVERIFY(steps[0].kind == FallbackStep::Kind::FilePrecision);
        QVERIFY(steps[1].kind == FallbackStep::Kind::ShorterContext && steps[1].tokens == 2560);
        QVERIFY(steps[2].kind == FallbackStep::Kind::OtherModel && steps[2].model == QLatin1String("b"));
        QVERIFY(fallbackSteps(stored, {}, 1e9, others).isEmpty());
        QVERIFY(fallbackSteps({}, {}, 1e9, others).isEmpty());
        const Json halved{{"forecast", {{"tokens", 4096}, {"totalBytes", 11e9}, {"weightBytes", 3e9}, {"availableBytes", 8e9}, {"plans", {{{"weights", "file"}, {"dtype", "bf16"}, {"tokens", 4096}, {"totalBytes", 5e9}}, {{"weights", "bf16"}, {"dtype", "bf16"}, {"tokens", 4096}, {"totalBytes", 6e9}}}}}}};
        QCOMPARE(memoryForecast(halved).halfBytes, 6e9);
        const QVector<FallbackStep> half = fallbackSteps(memoryForecast(halved), {}, 1e9, {});
        QVERIFY(!half.isEmpty() && half[0].kind == FallbackStep::Kind::HalfPrecision);
        QCOMPARE(MemoryForecastFacts({1024, 9e9, 1e9, 1e9, 11e9, 8e9}).tokensThatFit(), qint64(0));
    }

    void tokensShowWhatOneCannotSee()
    {
        const QByteArray text = QStringLiteral("a\n b€").toUtf8();
        auto shown = [&](qint64 begin, qint64 end) { return shownToken({1, begin, end, QStringLiteral("?"), false}, text); };
        QCOMPARE(shown(0, 1), QStringLiteral("a"));
        QCOMPARE(shown(1, 2), QStringLiteral("↵"));
        QCOMPARE(shown(2, 4), QStringLiteral("·b"));
        QCOMPARE(shown(4, 7), QStringLiteral("€"));
        QCOMPARE(shown(4, 6), QStringLiteral("⟨e2 82⟩")); // part of a character
        QCOMPARE(shown(0, 0), QStringLiteral("?")); // added by the tokenizer
        QCOMPARE(shown(0, 99), QStringLiteral("?")); // of another prompt
    }

    void thePageShowsStructureTokensAndText()
    {
        testing::App app(fakeCommand());
        QVERIFY(open(app));
        ModelPage *page = app.window().modelPage();
        QCOMPARE(page->tables()->view(ModelTables::Table::Layers)->model()->rowCount(), 3);
        QVERIFY(app.window().results()->folded());
        page->tables()->showTable(ModelTables::Table::Tensors);
        page->tables()->search()->setText(QStringLiteral("blk.10"));
        QAbstractItemModel *found = page->tables()->view(ModelTables::Table::Tensors)->model();
        QCOMPARE(found->rowCount(), 1);
        QCOMPARE(found->rowCount(found->index(0, 0)), 1);

        page->prompt()->textEdit()->setPlainText(QStringLiteral("three small words"));
        QTRY_COMPARE(page->tryOut().tokens().size(), size_t(4));
        QVERIFY(page->tryOut().tokens()[0].special && !page->tryOut().tokens()[1].special);
        QCOMPARE(page->tokens()->boxes()->tokens().size(), 4);
        QVERIFY(page->generation()->button()->isEnabled());
        page->generation()->button()->click();
        QTRY_VERIFY(page->tryOut().report());
        QCOMPARE(page->generation()->output(0)->toPlainText(), QStringLiteral(" word1 word2 word3"));
        QCOMPARE(page->tryOut().outputs()[0].tokens, qint64(3));
        const Json sent = page->tryOut().report()->request();
        QVERIFY(sent["input"]["ids"] == Json::array({1, 101, 102, 103})); // exactly what is shown
        app.window().openPage(MainWindow::Page::Cache);
        QVERIFY(!app.window().results()->folded());
    }

    void aCatalogueModelKeepsItsTitleWhenItIsOpenedByPath()
    {
        testing::App app(fakeCommand());
        QVERIFY(open(app));
        QCOMPARE(app.bench().model().title(), QStringLiteral("tiny"));
        app.bench().chooseModel(QStringLiteral("/models/small.gguf"));
        QTRY_COMPARE(app.bench().model().title(), QStringLiteral("Small"));
    }

    void chatIsRenderedAndMayBeChanged()
    {
        testing::App app(fakeCommand());
        QVERIFY(open(app));
        ModelPage *page = app.window().modelPage();
        TryOut &tryOut = page->tryOut();
        tryOut.setSource(TryOut::Source::Chat);
        page->prompt()->messageEdit(0)->setPlainText(QStringLiteral("Hello there"));
        QTRY_COMPARE(page->prompt()->renderedEdit()->toPlainText(), QStringLiteral("<user>Hello there<assistant>"));
        QTRY_COMPARE(tryOut.tokens().size(), size_t(2)); // the template brings its own special tokens
        page->prompt()->renderedEdit()->setPlainText(QStringLiteral("changed by hand"));
        QVERIFY(tryOut.renderedEdited());
        QTRY_COMPARE(tryOut.tokens().size(), size_t(3));
        const Json state = tryOut.saveState();
        tryOut.resetRendered();
        QTRY_COMPARE(tryOut.rendered(), QStringLiteral("<user>Hello there<assistant>"));
        tryOut.setGenerationPrompt(false);
        QTRY_COMPARE(tryOut.rendered(), QStringLiteral("<user>Hello there"));
        tryOut.setMessages({{QStringLiteral("user"), QStringLiteral("refuse")}});
        QTRY_VERIFY(tryOut.templateProblem().contains(QStringLiteral("no chat template")));
        tryOut.restoreState(state);
        QCOMPARE(tryOut.rendered(), QStringLiteral("changed by hand"));
        QVERIFY(tryOut.saveState() == state);
    }

    void aGenerationCanBeStopped()
    {
        testing::App app(fakeCommand());
        QVERIFY(open(app));
        TryOut &tryOut = app.window().modelPage()->tryOut();
        tryOut.setText(QStringLiteral("some words"));
        QTRY_COMPARE(tryOut.tokens().size(), size_t(3));
        tryOut.generate(std::nullopt, 7, 0);
        QVERIFY(tryOut.generating());
        QTest::qWait(50);
        tryOut.stop();
        QTRY_VERIFY(!tryOut.generating());
        QVERIFY(tryOut.generationProblem().isEmpty()); // to stop is no failure
        const Setting setting{"snapkv", Json::object(), {BudgetKind::Fraction, 0.5}};
        tryOut.generate(setting, 3, 0);
        QTRY_COMPARE(tryOut.outputs().size(), size_t(2));
        QTRY_VERIFY(!tryOut.generating());
        QCOMPARE(tryOut.outputs()[1].role, QStringLiteral("modified"));
    }

    void aSmallWindowShowsOnePartAtATime()
    {
        testing::App app(fakeCommand());
        QVERIFY(open(app));
        app.window().resize(1024, 640);
        QTest::qWait(50);
        ModelPage *page = app.window().modelPage();
        QVERIFY(page->tabs()->isVisible());
        page->tabs()->setCurrentIndex(1);
        QVERIFY(page->tables()->isVisible() && !page->prompt()->isVisible());
        page->tabs()->setCurrentIndex(2);
        QVERIFY(!page->tables()->isVisible() && page->prompt()->isVisible() && page->tokens()->isVisible());
        page->tabs()->setCurrentIndex(3);
        QVERIFY(page->generation()->isVisible() && !page->tokens()->isVisible());
    }

    void theChooserForecastsAndPlans()
    {
        testing::App app(fakeCommand());
        QVERIFY(app.startEngine());
        Look look(app.settings());
        ModelChooser chooser(app.bench(), look);
        QTRY_VERIFY(chooser.list()->count() >= 5); // two sections, three models
        chooser.select(QStringLiteral("small"));
        QTRY_VERIFY2(chooser.verdict().startsWith(QStringLiteral("Fits")), qPrintable(chooser.verdict()));
        QVERIFY(chooser.planButtons().isEmpty());
        QCOMPARE(chooser.openButton()->text(), QStringLiteral("Open"));
        chooser.select(QStringLiteral("far"));
        QCOMPARE(chooser.openButton()->text(), QStringLiteral("Fetch"));
        chooser.select(QStringLiteral("/models/huge.gguf"));
        QTRY_COMPARE(chooser.planButtons().size(), 2); // file precision, another model; no context is short enough
        QVERIFY(chooser.verdict().startsWith(QStringLiteral("Does not fit")));
        QVERIFY(chooser.planButtons()[1]->text().contains(QStringLiteral("Far")));
        chooser.planButtons()[1]->click();
        QCOMPARE(chooser.openButton()->text(), QStringLiteral("Fetch"));
        chooser.select(QStringLiteral("small"));
        QTRY_VERIFY(chooser.openButton()->isEnabled());
        chooser.openButton()->click();
        QVERIFY(app.bench().document().isOpen());
        QCOMPARE(app.bench().model().choice.model, std::string("small"));
    }
};

int main(int argc, char **argv)
{
    if (testing::isFakeEngine(argc, argv))
        return ModelEngine().run();
    QTemporaryDir home;
    testing::isolateHome(home.path());
    QApplication app(argc, argv);
    initIcons();
    ModelPageTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "model_page_test.moc"
