// What happens to files and texts that are dropped on the window, and layouts that come back after a restart.
#include "app/export/recipe_file.h"
#include "app/window/results_dock.h"
#include "app/window/view_slot.h"
#include "sessions/session.h"
#include "tests/support/app_fixture.h"
#include "views/widgets/banner.h"

#include <QBuffer>
#include <QDockWidget>
#include <QDropEvent>
#include <QInputDialog>
#include <QMenu>
#include <QMenuBar>
#include <QMimeData>
#include <QTimer>

using namespace winnow;

namespace {

QByteArray smallPng()
{
    QImage image(8, 8, QImage::Format_RGB32);
    image.fill(Qt::white);
    QByteArray bytes;
    QBuffer buffer(&bytes);
    buffer.open(QIODevice::WriteOnly);
    image.save(&buffer, "PNG");
    return bytes;
}

/// Drags over the window and lets go; true when the window took it.
bool drop(QWidget &window, const QMimeData &data)
{
    const QPointF place(400, 300);
    QDragEnterEvent enter(place.toPoint(), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(&window, &enter);
    QDropEvent event(place, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
    QApplication::sendEvent(&window, &event);
    return enter.isAccepted() && event.isAccepted();
}

QString visibleBanner(const QWidget &window)
{
    for (const Banner *banner : window.findChildren<Banner *>()) {
        if (!banner->isHidden())
            return banner->accessibleName();
    }
    return {};
}

} // namespace

class DropTest : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    QString write(const QString &name, const QByteArray &bytes)
    {
        const QString path = m_folder.filePath(name);
        QFile file(path);
        return file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() ? path : QString();
    }

    static bool dropFile(testing::App &app, const QString &path)
    {
        QMimeData data;
        data.setUrls({QUrl::fromLocalFile(path)});
        return drop(app.window(), data);
    }

private Q_SLOTS:
    void textsBecomeInputs()
    {
        testing::App app(QStringLiteral("/nonexistent/winnow-cli serve"));
        app.window().show();
        QVERIFY(dropFile(app, write(QStringLiteral("harbour.txt"), "The harbour of Vellmark")));
        QCOMPARE(app.bench().document().inputs().size(), size_t(1));
        QCOMPARE(app.bench().document().inputs()[0].name, std::string("harbour.txt"));
        QMimeData words;
        words.setText(QStringLiteral("only words"));
        QVERIFY(drop(app.window(), words));
        QCOMPARE(app.bench().document().inputs().size(), size_t(2));
        QCOMPARE(app.bench().document().inputs()[1].content, std::string("only words"));
    }

    void ggufFilesAndFoldersBecomeTheModel()
    {
        testing::App app(QStringLiteral("/nonexistent/winnow-cli serve"));
        app.window().show();
        QVERIFY(dropFile(app, testing::tinyModel()));
        QVERIFY(app.bench().document().isOpen());
        QCOMPARE(QString::fromStdString(app.bench().model().choice.model), QFileInfo(testing::tinyModel()).absoluteFilePath());
        QVERIFY(QDir().mkpath(m_folder.filePath(QStringLiteral("hf"))));
        write(QStringLiteral("hf/config.json"), "{}");
        QVERIFY(dropFile(app, m_folder.filePath(QStringLiteral("hf"))));
        QCOMPARE(QString::fromStdString(app.bench().model().choice.model), m_folder.filePath(QStringLiteral("hf")));
        QCOMPARE(app.settings().recentModels().first(), m_folder.filePath(QStringLiteral("hf")));
    }

    void sessionsOpen()
    {
        const QString path = m_folder.filePath(QStringLiteral("other.winnow"));
        {
            testing::App maker(QStringLiteral("/nonexistent/winnow-cli serve"));
            maker.bench().newSession();
            maker.bench().addTextInput(QStringLiteral("inside.txt"), QStringLiteral("Some words."));
            QVERIFY(maker.bench().saveTo(path));
        }
        testing::App app(QStringLiteral("/nonexistent/winnow-cli serve"));
        app.window().show();
        QVERIFY(dropFile(app, path));
        QCOMPARE(app.bench().document().homePath(), path);
        QCOMPARE(app.bench().document().inputs()[0].name, std::string("inside.txt"));
    }

    void figuresRevealTheirView()
    {
        testing::App app(QStringLiteral("/nonexistent/winnow-cli serve"));
        app.window().show();
        app.bench().newSession();
        app.bench().addTextInput(QStringLiteral("a.txt"), QStringLiteral("Some words."));
        const Json recipe{{"schema", "winnow.figure/1"}, {"view", "scores"}, {"title", "Scores"}, {"run", -1}, {"state", Json::object()}, {"selection", {{"layer", 3}}}};
        Result<QByteArray> figure = withRecipe(smallPng(), QStringLiteral("png"), recipe);
        QVERIFY(figure);
        QVERIFY(dropFile(app, write(QStringLiteral("figure.png"), *figure)));
        QCOMPARE(app.window().cachePage()->places()[0]->viewId(), QStringLiteral("scores"));
        QCOMPARE(app.bench().selection().layer, 3);
        QVERIFY(dropFile(app, write(QStringLiteral("photo.png"), smallPng()))); // a picture without a recipe
        QTRY_VERIFY2(!visibleBanner(app.window()).isEmpty(), "a sentence says why nothing opens");
    }

    void whatIsElsewhereOrUnknownIsRefusedInASentence()
    {
        testing::App app(QStringLiteral("/nonexistent/winnow-cli serve"));
        app.window().show();
        QMimeData data;
        data.setUrls({QUrl(QStringLiteral("https://example.org/model.gguf"))});
        drop(app.window(), data);
        QVERIFY(!visibleBanner(app.window()).isEmpty());
        QVERIFY(!app.bench().document().isOpen());
        dropFile(app, write(QStringLiteral("noise.bin"), QByteArray("\xff\xfe\x00\x01", 4)));
        QVERIFY(!app.bench().document().isOpen());
    }

    void layoutsComeBackAfterARestart()
    {
        auto layoutAction = [](MainWindow &window, const QString &name) -> QAction * {
            for (QMenu *menu : window.findChildren<QMenu *>()) {
                for (QAction *action : menu->actions()) {
                    if (action->text() == name)
                        return action;
                }
            }
            return nullptr;
        };
        {
            testing::App app(QStringLiteral("/nonexistent/winnow-cli serve"));
            app.window().resize(1440, 900);
            app.window().show();
            app.bench().newSession();
            app.window().cachePage()->setSlotCount(3);
            app.window().cachePage()->places()[2]->showView(QStringLiteral("bytes"));
            app.window().results()->setFolded(true);
            app.window().actions().toggleSession->trigger();
            QTimer::singleShot(0, [] {
                auto *dialog = qobject_cast<QInputDialog *>(QApplication::activeModalWidget());
                if (dialog) {
                    dialog->setTextValue(QStringLiteral("three places"));
                    dialog->accept();
                }
            });
            app.window().actions().saveLayout->trigger();
            QCOMPARE(app.settings().layoutNames(), QStringList{QStringLiteral("three places")});
        }
        testing::App again(QStringLiteral("/nonexistent/winnow-cli serve"));
        again.window().resize(1440, 900);
        again.window().show();
        again.bench().newSession();
        QAction *restore = nullptr;
        for (QMenu *menu : again.window().findChildren<QMenu *>())
            Q_EMIT menu->aboutToShow();
        restore = layoutAction(again.window(), QStringLiteral("three places"));
        QVERIFY(restore);
        restore->trigger();
        QVERIFY(again.window().results()->folded());
        QVERIFY(again.window().findChild<QDockWidget *>(QStringLiteral("sessionDock"))->isHidden());
        QCOMPARE(again.window().cachePage()->places()[2]->viewId(), QStringLiteral("bytes"));
        QVERIFY(again.window().cachePage()->places()[2]->isVisible());
        again.window().actions().resetLayout->trigger();
        QVERIFY(!again.window().results()->folded());
        QVERIFY(!again.window().findChild<QDockWidget *>(QStringLiteral("sessionDock"))->isHidden());
    }
};

int main(int argc, char **argv)
{
    QTemporaryDir home;
    testing::isolateHome(home.path());
    QApplication app(argc, argv);
    initIcons();
    DropTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "drop_test.moc"
