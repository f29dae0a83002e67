#include "cli/method_text.h"
#include "core/methods/registry.h"

#include <QFile>
#include <QTest>

using namespace winnow;

/// The README speaks of the methods that are there.
class ReadmeTest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void methodsTableIsTheRegistry()
    {
        QFile file(QStringLiteral(WINNOW_SOURCE_DIR "/README.md"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const std::string readme = file.readAll().toStdString();
        const std::string begin = "<!-- methods:begin -->\n";
        const size_t from = readme.find(begin);
        const size_t to = readme.find("<!-- methods:end -->");
        QVERIFY(from != std::string::npos && to != std::string::npos && from < to);
        std::vector<MethodInfo> methods;
        for (const MethodSpec *spec : methodTable())
            methods.push_back(methodInfo(*spec));
        const std::string table = readme.substr(from + begin.size(), to - from - begin.size());
        // A difference is mended by pasting the output of `winnow-cli methods --markdown` between the markers.
        QCOMPARE(QString::fromStdString(table), QString::fromStdString(methodMarkdown(methods)));
    }
};

QTEST_GUILESS_MAIN(ReadmeTest)
#include "readme_test.moc"
