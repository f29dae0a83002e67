#include "tests/views/sample_data.h"
#include "views/kept_map.h"
#include "views/token_strip.h"
#include "views/type.h"

#include <QtTest>

using namespace winnow;

/// Renders every view at the sizes and in both themes of the look, into the folder "gallery" of the build, to be looked at.
class GalleryTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase();
    void drawsEveryView_data();
    void drawsEveryView();
};

namespace {

std::unique_ptr<RunView> makeView(const QString &id)
{
    if (id == QLatin1String("tokens"))
        return std::make_unique<TokenStrip>();
    return std::make_unique<KeptMap>();
}

QSize sizeOf(const QString &id)
{
    if (id == QLatin1String("tokens"))
        return {940, 270};
    return {538, 240};
}

} // namespace

void GalleryTest::initTestCase()
{
    QApplication::setFont(baseFont());
    QDir().mkpath(QStringLiteral("gallery"));
}

void GalleryTest::drawsEveryView_data()
{
    QTest::addColumn<QString>("id");
    QTest::addColumn<bool>("dark");
    for (const char *id : {"tokens", "keptMap"})
        for (const bool dark : {false, true})
            QTest::addRow("%s %s", id, dark ? "dark" : "light") << QString::fromLatin1(id) << dark;
}

void GalleryTest::drawsEveryView()
{
    QFETCH(QString, id);
    QFETCH(bool, dark);
    const sample::Panthers panthers;
    QVERIFY(panthers.valid());
    const Theme &theme = dark ? Theme::dark() : Theme::light();
    qApp->setStyle(QStringLiteral("Fusion"));
    qApp->setPalette(theme.palette());
    qApp->setStyleSheet(theme.styleSheet());
    const auto view = makeView(id);
    view->setTheme(theme);
    view->setData(panthers.viewData(3));
    Selection selection{215, 12, 1, 23, 0, true};
    if (auto *strip = qobject_cast<TokenStrip *>(view.get()))
        strip->setScope(TokenStrip::Scope::Layer);
    view->setSelection(selection);
    view->resize(sizeOf(id));
    view->show();
    const QPixmap shot = view->grab();
    QVERIFY(shot.save(QStringLiteral("gallery/%1-%2.png").arg(id, dark ? QStringLiteral("dark") : QStringLiteral("light"))));
}

QTEST_MAIN(GalleryTest)
#include "gallery_test.moc"
