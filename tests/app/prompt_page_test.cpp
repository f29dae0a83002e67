// The Prompt page against an engine that answers as a small model would: form, stages, marks.
#include "app/window/method_dock.h"
#include "app/window/method_panel.h"
#include "app/window/prompt_page.h"
#include "app/window/selection_panel.h"
#include "app/window/view_slot.h"
#include "tests/support/prompt_engine.h"
#include "views/prompt_canvas.h"
#include "views/widgets/budget_slider.h"
#include "views/widgets/empty_state.h"
#include "views/widgets/scrubber.h"
#include "views/widgets/view_frame.h"

#include <QComboBox>
#include <QSpinBox>

using namespace winnow;
using testing::fakeEngine;
using testing::openPage;
using testing::words;

class PromptPageTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void pageSaysWhatItNeeds()
    {
        testing::App app(fakeEngine());
        app.window().resize(1440, 900);
        app.window().show();
        QVERIFY(app.startEngine());
        app.bench().newSession();
        app.window().openPage(MainWindow::Page::Prompt);
        EmptyState *empty = app.window().promptPage()->canvas()->frame()->emptyState();
        QTRY_VERIFY(words(empty).contains(QStringLiteral("No prompt yet.")) || words(empty).contains(QStringLiteral("No prompt yet")));
        app.bench().addTextInput(QStringLiteral("eggs.txt"), QStringLiteral("some words"));
        QTRY_VERIFY(words(empty).join(QString()).contains(QStringLiteral("No model yet")));
    }

    void theFormScoresOnceAndIsFollowed()
    {
        testing::App app(fakeEngine());
        openPage(app);
        const auto scores = [&] {
            return std::count_if(app.bench().jobs().jobs().begin(), app.bench().jobs().jobs().end(), [](const auto &job) { return job->spec.title == QLatin1String("Score"); });
        };
        QCOMPARE(scores(), 1);
        QCOMPARE(app.bench().setting().method, std::string("dac"));
        QCOMPARE(app.bench().setting().budget, (Budget{BudgetKind::Fraction, 0.5}));
        QTRY_VERIFY(words(app.window().methodDock()->form()).contains(QStringLiteral("12 of 24 tokens")));
        QVERIFY(words(app.window().methodDock()->form()).contains(QStringLiteral("achieved 45.8 %")));
        app.window().methodDock()->form()->budgetSlider()->setValue(330);
        QTRY_COMPARE(app.bench().promptPreview().reportSetting().budget, (Budget{BudgetKind::Fraction, 0.33}));
        QCOMPARE(scores(), 1); // the engine keeps the scores of the text
    }

    void onlyMethodsOfThePageAreOffered()
    {
        testing::App app(fakeEngine());
        openPage(app);
        auto *box = app.window().methodDock()->form()->findChild<QComboBox *>();
        QCOMPARE(box->count(), 3);
        QCOMPARE(box->findData(QStringLiteral("snapkv")), -1);
        app.window().openPage(MainWindow::Page::Cache);
        QCOMPARE(box->count(), 1);
        QCOMPARE(box->itemData(0).toString(), QStringLiteral("snapkv"));
    }

    void presetsAreOneStepOfUndo()
    {
        testing::App app(fakeEngine());
        openPage(app);
        MethodPanel *form = app.window().methodDock()->form();
        auto *stages = qobject_cast<QSpinBox *>(form->editor(QStringLiteral("stages")));
        QVERIFY(stages);
        QCOMPARE(stages->text(), QStringLiteral("automatic")); // 0, as the registry says
        auto *preset = form->findChild<QComboBox *>(QStringLiteral("preset"));
        QCOMPARE(preset->currentText(), QStringLiteral("DAC"));
        const Budget before = app.bench().setting().budget;
        preset->setCurrentIndex(2);
        Q_EMIT preset->activated(2);
        QCOMPARE(app.bench().setting().budget.value, 0.1);
        QCOMPARE(app.bench().setting().parameters["stages"], Json(10));
        QCOMPARE(preset->currentText(), QStringLiteral("Example"));
        app.bench().setParameter(QStringLiteral("stages"), 3);
        QCOMPARE(preset->currentText(), QStringLiteral("Own values"));
        app.bench().document().undoStack().undo();
        app.bench().document().undoStack().undo();
        QVERIFY(app.bench().setting().budget == before);
        QCOMPARE(preset->currentText(), QStringLiteral("DAC"));
        QCOMPARE(preset->count(), 3);
    }

    void eachPageKeepsItsSettingAndItsMarks()
    {
        testing::App app(fakeEngine());
        openPage(app);
        app.bench().setBudget({BudgetKind::Fraction, 0.66});
        Selection selection;
        selection.token = 9;
        selection.pinned = true;
        app.bench().setSelection(selection);
        app.window().openPage(MainWindow::Page::Cache);
        QCOMPARE(app.bench().setting().method, std::string("snapkv"));
        QCOMPARE(app.bench().selection().token, -1);
        app.window().openPage(MainWindow::Page::Prompt);
        QCOMPARE(app.bench().setting().budget, (Budget{BudgetKind::Fraction, 0.66}));
        QCOMPARE(app.bench().selection().token, 9);
        // Taking back what was done on the other page shows that page.
        app.window().openPage(MainWindow::Page::Cache);
        app.bench().document().undoStack().undo();
        QCOMPARE(app.window().page(), MainWindow::Page::Prompt);
        QCOMPARE(app.bench().setting().budget, (Budget{BudgetKind::Fraction, 0.5}));
    }

    void theScrubberWalksThroughTheStages()
    {
        testing::App app(fakeEngine());
        openPage(app);
        Scrubber *scrubber = app.window().promptPage()->scrubber();
        QTRY_COMPARE(scrubber->steps(), 4);
        QCOMPARE(scrubber->step(), 3);
        QVERIFY(words(scrubber).contains(QStringLiteral("4 of 4")));
        QVERIFY(words(scrubber).contains(QStringLiteral("11 of 24 tokens")));
        auto *canvas = qobject_cast<PromptCanvas *>(app.window().promptPage()->canvas()->view());
        QCOMPARE(canvas->cutOf(22), PromptCanvas::Cut::Earlier);
        Q_EMIT scrubber->stepChanged(0);
        QCOMPARE(app.bench().selection().step, 1);
        QVERIFY(words(scrubber).contains(QStringLiteral("20 of 24 tokens")));
        QCOMPARE(canvas->cutOf(22), PromptCanvas::Cut::Now);
        Q_EMIT scrubber->stepChanged(3);
        QCOMPARE(app.bench().selection().step, -1); // the last stage is followed
    }

    void theSelectionPanelSaysScoresAndStage()
    {
        testing::App app(fakeEngine());
        openPage(app);
        app.bench().setMethod(QStringLiteral("random_prompt"));
        QTRY_COMPARE(app.bench().promptPreview().reportSetting().method, std::string("random_prompt"));
        app.bench().pin();
        app.bench().setMethod(QStringLiteral("dac"));
        QTRY_COMPARE(app.bench().viewData()->current.prompt->method, QStringLiteral("dac"));
        Selection selection;
        selection.token = 16;
        app.bench().setSelection(selection);
        const SelectionFacts facts = promptFacts(app.bench());
        QCOMPARE(facts.title, QStringLiteral("“morning”"));
        QCOMPARE(facts.rows[0].first, QStringLiteral("Information"));
        QCOMPARE(facts.rows[0].second, QStringLiteral("1.94 nats"));
        QCOMPARE(facts.rows[3].second, QStringLiteral("stage 2 of 4"));
        QTRY_COMPARE(promptFacts(app.bench()).rows[4].second, QStringLiteral("A"));
    }
};

int main(int argc, char **argv)
{
    if (testing::isFakeEngine(argc, argv))
        return testing::PromptEngine().run();
    QTemporaryDir home;
    testing::isolateHome(home.path());
    QApplication app(argc, argv);
    initIcons();
    PromptPageTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "prompt_page_test.moc"
