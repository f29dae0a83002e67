// The Method dock with the real engine on the tiny model.
#include "app/window/chooser.h"
#include "app/window/method_dock.h"
#include "app/window/method_panel.h"
#include "app/window/top_bar.h"
#include "tests/support/app_fixture.h"

#include <QLabel>
#include <QPushButton>

using namespace winnow;

class MethodDockTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyMethodFitsWithoutScrolling()
    {
        testing::App app;
        QVERIFY(app.startEngine());
        app.window().resize(1440, 900);
        app.window().show();
        app.bench().newSession();
        app.bench().chooseModel(testing::tinyModel());
        QVERIFY(app.waitModel());
        app.bench().addTextInput(QStringLiteral("harbour.txt"), testing::demoText(400), Json{{"scoreLast", 16}});
        QVERIFY(app.waitPreview());
        app.bench().chooseSmallModel(testing::tinyModel()); // for the methods that ask one
        QTRY_COMPARE(app.bench().smallModel().phase, ModelState::Phase::Ready);
        const MethodDock *dock = app.window().methodDock();
        for (const MethodInfo &method : app.bench().methods()) {
            if (method.family != "kv")
                continue; // forms of other families stand on pages of their own
            app.bench().setMethod(QString::fromStdString(method.id));
            QVERIFY(app.waitPreview());
            app.bench().evaluateCurrent();
            QVERIFY(app.waitJobs());
            QTRY_VERIFY(isMeasured(app.bench().currentReport()));
            // Layouts are asked for again from the event loop.
            static_cast<void>(QTest::qWaitFor([dock] { return dock->neededHeight() <= dock->roomHeight(); }, 2000));
            QVERIFY2(dock->neededHeight() <= dock->roomHeight(), qPrintable(QStringLiteral("%1 needs %2 of %3").arg(QString::fromStdString(method.id)).arg(dock->neededHeight()).arg(dock->roomHeight())));
        }
    }

    void aMethodOfTwoModelsSaysWhatItNeeds()
    {
        testing::App app;
        QVERIFY(app.startEngine());
        app.window().show();
        app.bench().newSession();
        app.bench().chooseModel(testing::tinyModel());
        QVERIFY(app.waitModel());
        app.bench().addTextInput(QStringLiteral("harbour.txt"), testing::demoText(400), Json{{"scoreLast", 16}});
        QVERIFY(app.waitPreview());
        Chooser *chooser = app.window().topBar()->smallModel();
        QVERIFY(chooser->isHidden());
        app.bench().setMethod(QStringLiteral("smallkv"));
        QVERIFY(app.bench().preview().lacksSmallModel());
        QTRY_VERIFY(!app.bench().currentReport());
        QVERIFY(!chooser->isHidden());
        app.bench().chooseSmallModel(testing::tinyModel());
        QVERIFY(app.waitPreview());
        QVERIFY(!app.bench().preview().lacksSmallModel());
        QVERIFY(app.bench().commandLine(0).contains(QStringLiteral("--small-model")));
        app.bench().setMethod(QStringLiteral("snapkv")); // and one of one model goes on as before
        QVERIFY(app.waitPreview());
        QVERIFY(chooser->isHidden());
        QVERIFY(!app.bench().commandLine(0).contains(QStringLiteral("--small-model")));
    }

    void aChangedSettingOffersTheNextLetter()
    {
        testing::App app;
        QVERIFY(app.startEngine());
        app.window().show();
        app.bench().newSession();
        app.bench().chooseModel(testing::tinyModel());
        QVERIFY(app.waitModel());
        app.bench().addTextInput(QStringLiteral("harbour.txt"), testing::demoText(400), Json{{"scoreLast", 16}});
        QVERIFY(app.waitPreview());
        auto pinButton = [&app]() -> QPushButton * {
            for (QPushButton *button : app.window().methodDock()->form()->findChildren<QPushButton *>()) {
                if (button->text().startsWith(QStringLiteral("Pin")))
                    return button;
            }
            return nullptr;
        };
        QVERIFY(pinButton());
        QCOMPARE(pinButton()->text(), QStringLiteral("Pin as A"));
        QTRY_VERIFY(pinButton()->isEnabled());
        pinButton()->click();
        QCOMPARE(pinButton()->text(), QStringLiteral("Pinned as A"));
        QVERIFY(!pinButton()->isEnabled());
        app.bench().setBudget({BudgetKind::Fraction, 0.5});
        QCOMPARE(pinButton()->text(), QStringLiteral("Pin as B"));
        QTRY_VERIFY(pinButton()->isEnabled());
        app.bench().setBudget({BudgetKind::Fraction, 0.25});
        QCOMPARE(pinButton()->text(), QStringLiteral("Pinned as A"));
    }
};

int main(int argc, char **argv)
{
    QTemporaryDir home;
    testing::isolateHome(home.path());
    QApplication app(argc, argv);
    initIcons();
    MethodDockTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "method_dock_test.moc"
