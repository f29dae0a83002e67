#include "app/window/budget_editor.h"
#include "app/window/command_palette.h"
#include "app/window/method_panel.h"
#include "app/window/recent_session.h"
#include "app/window/sweep_dialog.h"
#include "app/window/text_dialogs.h"
#include "tests/support/app_fixture.h"
#include "tests/support/measured_example.h"
#include "views/widgets/budget_slider.h"

#include <QComboBox>
#include <QLineEdit>
#include <QSpinBox>

using namespace winnow;
using testing::exampleMethod;
using testing::reportWith;

class WorkbenchTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theModelFolderReachesEveryEngineThatStarts()
    {
        QTemporaryDir folder;
        const QString seen = folder.filePath(QStringLiteral("seen"));
        testing::App app(QStringLiteral("/bin/sh -c \"echo $WINNOW_MODELS >> %1\"").arg(seen));
        auto lines = [&seen] {
            QFile file(seen);
            return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()).split(QLatin1Char('\n'), Qt::SkipEmptyParts) : QStringList();
        };
        app.settings().setModelFolder(QStringLiteral("/first/folder"));
        QVERIFY(lines().isEmpty()); // an engine that does not run is not started by a setting
        app.bench().startEngine();
        QTRY_COMPARE(lines(), QStringList({QStringLiteral("/first/folder")}));
        QTRY_COMPARE(app.bench().engine().state(), EngineClient::State::Lost);
        app.settings().setModelFolder(QStringLiteral("/second/folder"));
        QTRY_COMPARE(lines(), QStringList({QStringLiteral("/first/folder"), QStringLiteral("/second/folder")}));
        app.settings().setModelFolder(QString());
    }

    void typedBudgetsComeInEveryUnit()
    {
        QVERIFY(*parseTypedBudget(QStringLiteral("25")) == (Budget{BudgetKind::Fraction, 0.25}));
        QVERIFY(*parseTypedBudget(QStringLiteral("12.5 %")) == (Budget{BudgetKind::Fraction, 0.125}));
        QVERIFY(*parseTypedBudget(QStringLiteral("1,024 tokens")) == (Budget{BudgetKind::Count, 1024}));
        QCOMPARE(parseTypedBudget(QStringLiteral("6 MiB"))->kind, BudgetKind::Bytes);
        QVERIFY(!parseTypedBudget(QStringLiteral("many")));
        QCOMPARE(parseBudgetList(QStringLiteral("10 %, 25 %,"))->size(), size_t(2));
        QVERIFY(!parseBudgetList(QStringLiteral(" , ")));
    }

    void rowsHideByTheirRule()
    {
        const MethodInfo method = exampleMethod();
        QVERIFY(parameterVisible(method.parameters[1], {{"pool", "mean"}}));
        QVERIFY(!parameterVisible(method.parameters[1], {{"pool", "none"}}));
        QVERIFY(parameterVisible(method.parameters[0], Json::object()));
    }

    void bytesOfTheCacheComeFromTheModel()
    {
        QCOMPARE(cacheBytesPerToken({{"layers", 30}, {"kvHeads", 3}, {"headDim", 64}, {"dtype", "f32"}}), 46080.0);
        const CacheGeometry geometry{320, 46080};
        QCOMPARE(budgetTokens({BudgetKind::Fraction, 0.25}, geometry), qint64(80));
        QCOMPARE(budgetTokens({BudgetKind::Bytes, 46080.0 * 80}, geometry), qint64(80));
        QCOMPARE(budgetTokens({BudgetKind::Count, 1000}, geometry), qint64(320));
        const CacheGeometry pair{320, 46080, 46080.0 * 40}; // bytes pay for the small model's cache first
        QCOMPARE(budgetTokens({BudgetKind::Bytes, 46080.0 * 80}, pair), qint64(40));
        QCOMPARE(budgetTokens({BudgetKind::Bytes, 46080.0 * 30}, pair), qint64(1));
    }

    void theFormIsBuiltFromTheDescription()
    {
        testing::App app(QStringLiteral("/nonexistent/winnow-cli serve"));
        app.bench().newSession();
        app.bench().document().setState("methods", Json::array({toJson(exampleMethod())}));
        app.bench().document().setState("view.setting", toJson(defaultSetting(exampleMethod())));
        const QString file = QDir::tempPath() + QStringLiteral("/winnow-form-test.winnow");
        QVERIFY(app.bench().saveTo(file));
        QVERIFY(app.bench().openSession(file));
        auto *panel = app.window().findChild<MethodPanel *>();
        QVERIFY(panel);
        auto *window = qobject_cast<QSpinBox *>(panel->editor(QStringLiteral("window")));
        auto *pool = qobject_cast<QComboBox *>(panel->editor(QStringLiteral("pool")));
        QVERIFY(window && pool && panel->editor(QStringLiteral("decay")) && panel->editor(QStringLiteral("shift")));
        QCOMPARE(window->value(), 32);
        QCOMPARE(pool->currentText(), QStringLiteral("Mean"));
        QVERIFY(!panel->editor(QStringLiteral("kernel"))->isHidden());

        app.bench().setParameter(QStringLiteral("pool"), "none");
        QVERIFY(panel->editor(QStringLiteral("kernel"))->isHidden());
        window->setValue(64);
        QCOMPARE(app.bench().setting().parameters["window"].get<int>(), 64);

        // One gesture is one step back.
        app.bench().endGesture();
        panel->budgetSlider()->setValue(300);
        panel->budgetSlider()->setValue(400);
        panel->budgetSlider()->setValue(500);
        QCOMPARE(app.bench().setting().budget.value, 0.5);
        app.bench().document().undoStack().undo();
        QCOMPARE(app.bench().setting().budget.value, 0.25);
        app.bench().document().undoStack().undo();
        QCOMPARE(app.bench().setting().parameters["window"].get<int>(), 32);
        QFile::remove(file);
    }

    void inputsRunsAndNotesComeBackByUndo()
    {
        testing::App app(QStringLiteral("/nonexistent/winnow-cli serve"));
        app.bench().newSession();
        SessionDocument &document = app.bench().document();
        const qint64 input = app.bench().addTextInput(QStringLiteral("a.txt"), QStringLiteral("Some words."));
        RunRecord run;
        run.inputId = input;
        run.name = "SnapKV";
        run.request = {{"method", "snapkv"}, {"params", Json::object()}, {"budget", "25%"}};
        const qint64 id = document.pinRun(run, reportWith(2.1, 1000));
        QVERIFY(id != 0);
        document.addNote({0, "Note", "text"});
        document.removeInput(input);
        QVERIFY(document.inputs().empty());
        QVERIFY(document.runs().empty());
        document.undoStack().undo();
        QCOMPARE(document.inputs().size(), size_t(1));
        QCOMPARE(document.runs().size(), size_t(1));
        QCOMPARE(document.runs()[0].id, id);
        QCOMPARE(document.runs()[0].letter, 0);
        QCOMPARE(*document.report(id)->metric("nll"), 2.1);
        document.renameRun(id, QStringLiteral("Mine"));
        QCOMPARE(document.runs()[0].name, std::string("Mine"));
        document.undoStack().undo();
        QCOMPARE(document.runs()[0].name, std::string("SnapKV"));
        document.removeRun(id);
        QCOMPARE(document.nextLetter(), 1); // A is not given again
    }

    void thePaletteFindsByWordsAndPrefixes()
    {
        const std::vector<PaletteEntry> entries{{"Actions", "Run SnapKV at 25 %", "", "", {}, {}}, {"Methods", "PyramidKV", "", "", {}, {}}, {"Methods", "SnapKV", "", "", {}, {}},
            {"Inputs", "resnap.txt", "", "", {}, {}}};
        const std::vector<PaletteEntry> found = matchEntries(entries, QStringLiteral("snap"), 10);
        QCOMPARE(found.size(), size_t(3));
        QCOMPARE(found[0].text, QStringLiteral("Run SnapKV at 25 %"));
        QCOMPARE(found[1].text, QStringLiteral("SnapKV"));
        QVERIFY(matchEntries(entries, QStringLiteral("kv run"), 10).size() == 1);
    }

    void datesAreSaidAsPeopleSayThem()
    {
        const QDateTime now(QDate(2026, 11, 25), QTime(18, 0));
        QCOMPARE(whenText(QDateTime(QDate(2026, 11, 25), QTime(9, 5)), now), QStringLiteral("today, 09:05"));
        QCOMPARE(whenText(QDateTime(QDate(2026, 11, 24), QTime(23, 59)), now), QStringLiteral("yesterday"));
        QCOMPARE(whenText(QDateTime(QDate(2026, 11, 21), QTime(1, 0)), now), QStringLiteral("21 Nov"));
        QCOMPARE(firstDifference(QStringLiteral("abcd"), QStringLiteral("abxd")), qsizetype(2));
    }

    void aBrokenFileIsASentenceNotACrash()
    {
        testing::App app(QStringLiteral("/nonexistent/winnow-cli serve"));
        const QString path = QDir::tempPath() + QStringLiteral("/winnow-broken-test.winnow");
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("SQLite format 3\0 and then nothing of the kind", 46);
        file.close();
        const Result<void> opened = app.bench().openFile(path);
        QVERIFY(!opened);
        QVERIFY(!opened.error().message.empty());
        QVERIFY(!app.bench().document().isOpen());
        QFile binary(path);
        QVERIFY(binary.open(QIODevice::WriteOnly));
        binary.write("\xff\xfe\x00\x01garbage", 11);
        binary.close();
        QVERIFY(!app.bench().openFile(path));
        QVERIFY(!app.bench().openFile(QStringLiteral("/nonexistent/file.txt")));
        QFile::remove(path);
    }
};

int main(int argc, char **argv)
{
    QTemporaryDir home;
    testing::isolateHome(home.path());
    QApplication app(argc, argv);
    initIcons();
    WorkbenchTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "workbench_test.moc"
