#include "sessions/figure_recipe.h"
#include "sessions/row_check.h"

#include <QtTest>

#include <random>

using namespace winnow;

namespace {

using Bytes = std::vector<std::byte>;

Bytes bytesOf(const QByteArray &data)
{
    const auto bytes = std::as_bytes(std::span(data.constData(), static_cast<size_t>(data.size())));
    return { bytes.begin(), bytes.end() };
}

QByteArray arrayOf(const Bytes &bytes)
{
    return { reinterpret_cast<const char *>(bytes.data()), static_cast<qsizetype>(bytes.size()) };
}

// A PNG of one black pixel, a one-element SVG and the smallest PDF with a page.
QByteArray png()
{
    return QByteArray::fromBase64("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAA"
                                  "AgABSK+kcQAAAABJRU5ErkJggg==");
}
QByteArray svg()
{
    return "<?xml version=\"1.0\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" data-x='a>b'><rect "
           "width=\"1\" height=\"1\"/></svg>\n";
}
QByteArray pdf()
{
    return "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 "
           "R]/Count 1>>endobj\n"
           "3 0 obj<</Type/Page/MediaBox[0 0 9 9]/Parent 2 0 R>>endobj\ntrailer<</Root 1 0 "
           "R>>\nstartxref\n172\n%%EOF\n";
}

Json recipe()
{
    return { { "view", "quality" },
        { "text", "a < b & \"c\" 'd' > \xE2\x82\xAC\n]]> </metadata> --" },
        { "runs", { 1, 2, 3 } } };
}

} // namespace

class FigureRecipeTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void recipeReadsBack_data();
    void recipeReadsBack();
    void embeddingTwiceLeavesOne_data() { recipeReadsBack_data(); }
    void embeddingTwiceLeavesOne();
    void checksumIsThatOfThePngSpecification();
    void figuresOfOthersHaveNoRecipe();
    void wrongFormatsAreRefused();
    void damagedFiguresNeverCrash_data() { recipeReadsBack_data(); }
    void damagedFiguresNeverCrash();
};

void FigureRecipeTest::recipeReadsBack_data()
{
    QTest::addColumn<QByteArray>("figure");
    QTest::addColumn<int>("format");
    QTest::newRow("png") << png() << int(FigureFormat::Png);
    QTest::newRow("svg") << svg() << int(FigureFormat::Svg);
    QTest::newRow("pdf") << pdf() << int(FigureFormat::Pdf);
}

void FigureRecipeTest::recipeReadsBack()
{
    QFETCH(QByteArray, figure);
    QFETCH(int, format);
    const auto embedded = embedRecipe(recipe(), bytesOf(figure), static_cast<FigureFormat>(format));
    QVERIFY(embedded);
    const auto read = extractRecipe(*embedded);
    QVERIFY2(read, read ? "" : read.error().message.c_str());
    QVERIFY(*read == recipe());
    // What was there is still there, in order.
    const QByteArray result = arrayOf(*embedded);
    QVERIFY(result.startsWith(figure.left(8)));
    QVERIFY(result.contains(figure.right(figure.size() / 2 - 40).left(20)));
}

void FigureRecipeTest::embeddingTwiceLeavesOne()
{
    QFETCH(QByteArray, figure);
    QFETCH(int, format);
    const auto how = static_cast<FigureFormat>(format);
    const Bytes once = *embedRecipe({ { "old", 1 } }, bytesOf(figure), how);
    const Bytes twice = *embedRecipe(recipe(), once, how);
    QVERIFY(*extractRecipe(twice) == recipe());
    QVERIFY(twice == *embedRecipe(recipe(), bytesOf(figure), how));
}

void FigureRecipeTest::checksumIsThatOfThePngSpecification()
{
    // The IEND chunk of every PNG: AE 42 60 82.
    QCOMPARE(crc32(bytesOf("IEND")), 0xAE426082u);
    QCOMPARE(crc32(bytesOf("ND"), crc32(bytesOf("IE"))), 0xAE426082u);
}

void FigureRecipeTest::figuresOfOthersHaveNoRecipe()
{
    for (const QByteArray &figure : { png(), svg(), pdf(), QByteArray(), QByteArray("hello") })
        QCOMPARE(extractRecipe(bytesOf(figure)).error().code, ErrorCode::NotFound);
}

void FigureRecipeTest::wrongFormatsAreRefused()
{
    QCOMPARE(
        embedRecipe(recipe(), bytesOf(svg()), FigureFormat::Png).error().code, ErrorCode::BadInput);
    QCOMPARE(
        embedRecipe(recipe(), bytesOf(png()), FigureFormat::Svg).error().code, ErrorCode::BadInput);
    QCOMPARE(
        embedRecipe(recipe(), bytesOf(png()), FigureFormat::Pdf).error().code, ErrorCode::BadInput);
    QCOMPARE(embedRecipe(recipe(), bytesOf(png().left(50)), FigureFormat::Png).error().code,
        ErrorCode::BadInput);
    QCOMPARE(embedRecipe(recipe(), bytesOf("<svg/>"), FigureFormat::Svg).error().code,
        ErrorCode::BadInput);
}

void FigureRecipeTest::damagedFiguresNeverCrash()
{
    QFETCH(QByteArray, figure);
    QFETCH(int, format);
    const Bytes whole = *embedRecipe(recipe(), bytesOf(figure), static_cast<FigureFormat>(format));
    std::mt19937 random(7);
    for (size_t length = 0; length < whole.size(); ++length)
        (void)extractRecipe(std::span(whole).first(length));
    for (int i = 0; i < 2000; ++i) {
        Bytes altered = whole;
        altered[random() % altered.size()] ^= static_cast<std::byte>(1u << random() % 8);
        (void)extractRecipe(altered);
        (void)embedRecipe({ { "a", 1 } }, altered, static_cast<FigureFormat>(format));
    }
}

QTEST_GUILESS_MAIN(FigureRecipeTest)
#include "figure_recipe_test.moc"
