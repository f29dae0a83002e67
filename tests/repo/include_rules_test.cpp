#include <QDirIterator>
#include <QFile>
#include <QRegularExpression>
#include <QSet>
#include <QTextStream>
#include <QtTest>

#include <algorithm>
#include <array>

/// Scans the sources against the table of docs/architecture.md.
namespace {

/// What a room may include: folders of the project, and families of outside headers.
struct Room {
    const char *folder; // the longest matching one counts
    QStringList project; // folders
    QStringList outside; // names of kFamilies; standard and POSIX headers are always allowed
};

const std::array<Room, 10> kRooms { {
    { "core/base", { "core/base" }, { "json" } },
    { "gpu", { "gpu" }, { "cuda" } },
    { "core/serve", { "core", "gpu" }, { "json", "torch", "icu", "opencv", "download" } },
    { "core", { "core", "gpu" }, { "json", "torch", "icu", "opencv", "download" } },
    { "sessions", { "sessions", "core/base" }, { "json", "sqlite" } },
    { "views/charts", { "views", "core/base" }, { "json", "qt", "charts" } },
    { "views", { "views", "core/base" }, { "json", "qt" } },
    { "app", { "app", "views", "sessions", "core/base" }, { "json", "qt" } },
    { "cli", { "cli", "sessions", "core" }, { "json" } },
    { "tests", { "" },
        { "json", "torch", "icu", "opencv", "sqlite", "qt", "charts", "download", "cuda" } },
} };

struct Family {
    const char *name;
    const char *pattern;
};

// The first match counts: charts before Qt.
const std::array<Family, 8> kFamilies { {
    { "json", "^(nlohmann|tl)/" },
    { "torch", "^(ATen|c10|torch)/" },
    { "icu", "^unicode/" },
    { "opencv", "^opencv2/" },
    { "download", "^(zip\\.h|openssl/)" },
    { "sqlite", "^(sqlite3\\.h|SQLiteCpp/)" },
    { "charts",
        "^(QtCharts|Q(Abstract)?(Chart|Line|Spline|Area|Scatter|XY|Bar|Pie|Value|Category|Log|"
        "Legend)"
        "[A-Za-z]*(View|Series|Axis|Marker)?$)" },
    { "qt", "^Q[A-Z]|^Qt" },
} };

// Qt classes outside Charts that the pattern above would take.
const QSet<QString> kNotCharts { "QLineEdit", "QLine", "QLineF", "QValidator", "QBarSet" };

struct Include {
    QString file; // relative path
    int line = 0;
    QString target;
    bool quoted = false;
};

QString sourceFolder() { return QStringLiteral(WINNOW_SOURCE_DIR); }

QString readText(const QString &path)
{
    QFile file(sourceFolder() + QLatin1Char('/') + path);
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString();
}

QStringList sources()
{
    QStringList files;
    for (const char *folder : { "core", "gpu", "sessions", "views", "app", "cli", "tests" }) {
        QDirIterator walk(sourceFolder() + QLatin1Char('/') + QLatin1String(folder),
            { "*.h", "*.cpp", "*.cu", "*.cuh" }, QDir::Files, QDirIterator::Subdirectories);
        while (walk.hasNext())
            files << QDir(sourceFolder()).relativeFilePath(walk.next());
    }
    files.sort();
    return files;
}

QList<Include> includesOf(const QString &file)
{
    static const QRegularExpression directive(
        QStringLiteral("^\\s*#\\s*include\\s*([<\"])([^>\"]+)[>\"]"));
    QList<Include> includes;
    const QStringList lines = readText(file).split(QLatin1Char('\n'));
    for (int i = 0; i < lines.size(); ++i) {
        const auto match = directive.match(lines[i]);
        if (match.hasMatch())
            includes.append(
                { file, i + 1, match.captured(2), match.captured(1) == QLatin1String("\"") });
    }
    return includes;
}

const Room *roomOf(const QString &file)
{
    const Room *best = nullptr;
    for (const Room &room : kRooms) {
        const QString folder = QLatin1String(room.folder);
        if (file.startsWith(folder + QLatin1Char('/'))
            && (!best || folder.size() > qsizetype(strlen(best->folder))))
            best = &room;
    }
    return best;
}

/// Family of an outside header; empty = standard or POSIX.
QString familyOf(const QString &target)
{
    for (const Family &family : kFamilies) {
        const bool notCharts
            = QLatin1String(family.name) == QLatin1String("charts") && kNotCharts.contains(target);
        if (!notCharts
            && QRegularExpression(QLatin1String(family.pattern)).match(target).hasMatch())
            return QLatin1String(family.name);
    }
    if (target.contains(QRegularExpression(QStringLiteral("^(cuda|cublas|nvrtc)(?!.*\\.moc$)")))) // moc files are named after their test
        return QStringLiteral("cuda");
    return {};
}

bool isProject(const QString &target)
{
    return QFile::exists(sourceFolder() + QLatin1Char('/') + target);
}

QString placeOf(const Include &include)
{
    return QStringLiteral("%1:%2").arg(include.file).arg(include.line);
}

/// Whether a header brings LibTorch with it, through any number of headers of the project.
bool reachesTorch(const QString &header, QSet<QString> &seen)
{
    if (seen.contains(header))
        return false;
    seen.insert(header);
    const QList<Include> includes = includesOf(header);
    return std::any_of(includes.begin(), includes.end(), [&](const Include &include) {
        return familyOf(include.target) == QLatin1String("torch")
            || (isProject(include.target) && reachesTorch(include.target, seen));
    });
}

/// What is wrong with one include line; empty = nothing.
QString faultOf(const Include &include)
{
    if (include.target == QLatin1String("torch/torch.h"))
        return QStringLiteral(
            "torch/torch.h costs half a minute of compile time; include the operators");
    const Room *room = roomOf(include.file);
    if (!room)
        return {};
    if (isProject(include.target)) {
        const bool allowed
            = std::any_of(room->project.begin(), room->project.end(), [&](const QString &folder) {
                  return folder.isEmpty() || include.target.startsWith(folder + QLatin1Char('/'));
              });
        if (!allowed)
            return QStringLiteral("%1 may not include %2")
                .arg(QLatin1String(room->folder), include.target);
        QSet<QString> seen;
        if (QLatin1String(room->folder) == QLatin1String("cli")
            && reachesTorch(include.target, seen))
            return QStringLiteral("%1 brings LibTorch into cli").arg(include.target);
        return {};
    }
    const QString family = familyOf(include.target);
    if (family.isEmpty() || room->outside.contains(family)) {
        const bool cudaOutside = family == QLatin1String("cuda")
            && !include.file.endsWith(QLatin1String(".cu"))
            && !include.file.endsWith(QLatin1String(".cuh"));
        return cudaOutside ? QStringLiteral("CUDA headers belong into .cu files") : QString();
    }
    return QStringLiteral("%1 may not include <%2>")
        .arg(QLatin1String(room->folder), include.target);
}

} // namespace

class IncludeRulesTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void scannerKnowsTheFamilies_data();
    void scannerKnowsTheFamilies();
    void scannerFindsWhatIsForbidden();
    void everyIncludeObeysTheTable();
    void engineHeaderIsFreeOfTorch();
    void noFileIsLongerThan600Lines();
    void noQtKeywords();
    void pathsInTheDocumentationExist();
};

void IncludeRulesTest::scannerKnowsTheFamilies_data()
{
    QTest::addColumn<QString>("family");
    QTest::newRow("QString") << "qt";
    QTest::newRow("QtTest") << "qt";
    QTest::newRow("QLineEdit") << "qt";
    QTest::newRow("QLegend") << "charts";
    QTest::newRow("QChartView") << "charts";
    QTest::newRow("QLineSeries") << "charts";
    QTest::newRow("QLogValueAxis") << "charts";
    QTest::newRow("QtCharts/QChart") << "charts";
    QTest::newRow("ATen/ops/topk.h") << "torch";
    QTest::newRow("SQLiteCpp/Database.h") << "sqlite";
    QTest::newRow("cuda_runtime.h") << "cuda";
    QTest::newRow("vector") << "";
    QTest::newRow("sys/stat.h") << "";
}

void IncludeRulesTest::scannerKnowsTheFamilies()
{
    QFETCH(QString, family);
    QCOMPARE(familyOf(QString::fromUtf8(QTest::currentDataTag())), family);
}

void IncludeRulesTest::scannerFindsWhatIsForbidden()
{
    const std::array<std::pair<const char *, const char *>, 12> forbidden { {
        { "core/base/a.h", "ATen/core/Tensor.h" },
        { "core/base/a.h", "core/eval/capture.h" },
        { "core/eval/a.cpp", "QString" },
        { "core/eval/a.cpp", "sqlite3.h" },
        { "core/eval/a.cpp", "torch/torch.h" },
        { "sessions/a.cpp", "QString" },
        { "sessions/a.cpp", "core/serve/engine.h" },
        { "views/a.cpp", "QChartView" },
        { "views/a.cpp", "sessions/session.h" },
        { "app/a.cpp", "core/serve/engine.h" },
        { "cli/a.cpp", "core/eval/capture.h" },
        { "gpu/a.cpp", "cuda_runtime.h" },
    } };
    for (const auto &[file, target] : forbidden)
        QVERIFY2(
            !faultOf({ QLatin1String(file), 1, QLatin1String(target), false }).isEmpty(), target);
    for (const auto &[file, target] : { std::pair("cli/a.cpp", "core/serve/engine.h"),
             std::pair("views/charts/a.cpp", "QChartView"), std::pair("gpu/a.cu", "cuda_runtime.h"),
             std::pair("app/a.cpp", "sessions/session.h"),
             std::pair("core/eval/a.cpp", "ATen/ops/topk.h") })
        QVERIFY2(
            faultOf({ QLatin1String(file), 1, QLatin1String(target), false }).isEmpty(), target);
}

void IncludeRulesTest::everyIncludeObeysTheTable()
{
    QStringList faults;
    int lines = 0;
    for (const QString &file : sources()) {
        for (const Include &include : includesOf(file)) {
            ++lines;
            if (const QString fault = faultOf(include); !fault.isEmpty())
                faults << placeOf(include) + QStringLiteral(": ") + fault;
        }
    }
    QVERIFY(lines > 100);
    QVERIFY2(faults.isEmpty(), qPrintable(QLatin1Char('\n') + faults.join(QLatin1Char('\n'))));
}

void IncludeRulesTest::engineHeaderIsFreeOfTorch()
{
    QSet<QString> seen;
    QVERIFY(!reachesTorch(QStringLiteral("core/serve/engine.h"), seen));
    seen.clear();
    QVERIFY(reachesTorch(QStringLiteral("core/eval/capture.h"), seen));
}

void IncludeRulesTest::noFileIsLongerThan600Lines()
{
    QStringList faults;
    for (const QString &file : sources()) {
        const auto lines = readText(file).count(QLatin1Char('\n'));
        if (lines > 600)
            faults << QStringLiteral("%1 has %2 lines: it is two files").arg(file).arg(lines);
    }
    QVERIFY2(faults.isEmpty(), qPrintable(faults.join(QLatin1Char('\n'))));
}

void IncludeRulesTest::noQtKeywords()
{
    static const QRegularExpression keyword(
        QStringLiteral("^\\s*((public|private|protected)\\s+slots|signals|slots)\\s*:|^\\s*emit\\s+"
                       "\\w|\\bforeach\\s*\\("));
    QStringList faults;
    for (const QString &file : sources()) {
        const QStringList lines = readText(file).split(QLatin1Char('\n'));
        for (int i = 0; i < lines.size(); ++i) {
            if (keyword.match(lines[i]).hasMatch())
                faults << QStringLiteral("%1:%2: %3").arg(file).arg(i + 1).arg(lines[i].trimmed());
        }
    }
    QVERIFY2(faults.isEmpty(), qPrintable(faults.join(QLatin1Char('\n'))));
}

void IncludeRulesTest::pathsInTheDocumentationExist()
{
    QStringList documents { "README.md" };
    for (const QString &name :
        QDir(sourceFolder() + QStringLiteral("/docs")).entryList({ "*.md" }, QDir::Files))
        documents << QStringLiteral("docs/") + name;
    // Links, and words in code marks that start with a folder of the repository; patterns and build
    // results are no paths.
    static const QRegularExpression link(QStringLiteral("\\]\\(([^)#:]+)\\)"));
    static const QRegularExpression code(
        QStringLiteral("`((?:core|gpu|sessions|views|app|cli|tests|docs|cmake|resources|tools)/"
                       "[A-Za-z0-9_./-]+)`"));
    QStringList faults;
    int found = 0;
    for (const QString &document : documents) {
        const QString text = readText(document);
        for (const QRegularExpression &expression : { link, code }) {
            for (auto matches = expression.globalMatch(text); matches.hasNext();) {
                const QString path = matches.next().captured(1);
                const QString beside = QFileInfo(document).path() + QLatin1Char('/') + path;
                ++found;
                if (!QFile::exists(sourceFolder() + QLatin1Char('/') + path)
                    && !QFile::exists(sourceFolder() + QLatin1Char('/') + beside))
                    faults << document + QStringLiteral(" names ") + path
                            + QStringLiteral(", which is not there");
            }
        }
    }
    QVERIFY(found > 5);
    QVERIFY2(faults.isEmpty(), qPrintable(faults.join(QLatin1Char('\n'))));
}

QTEST_GUILESS_MAIN(IncludeRulesTest)
#include "include_rules_test.moc"
