// The workbench: a window on a session, or, with --export, a session's figures without a window.
#include "app/app_settings.h"
#include "app/export/report_export.h"
#include "app/window/look.h"
#include "app/window/main_window.h"
#include "app/window/status_line.h"
#include "app/workbench/workbench.h"
#include "views/icons.h"
#include "views/type.h"

#include <QApplication>
#include <QCommandLineParser>
#include <QElapsedTimer>
#include <QScreen>
#include <QTimer>

#include <cstdio>
#include <cstring>
#include <cstdlib>
#include <string>

#include <ctime>
#include <unistd.h>

namespace {

using namespace winnow;

struct Arguments {
    ExportOptions exporting;
    QStringList files;
    bool demo = false, wantsExport = false, timeStart = false;
};

Arguments parseArguments(QCoreApplication &app)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(QStringLiteral("Winnow: see what a model can do without, and what that costs."));
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addPositionalArgument(QStringLiteral("file"), QStringLiteral("A session, model, text or figure to open."), QStringLiteral("[file...]"));
    const QCommandLineOption demo(QStringLiteral("demo"), QStringLiteral("Open the demo session."));
    const QCommandLineOption exporting(QStringLiteral("export"), QStringLiteral("Write figures and reports of a session, without a window."), QStringLiteral("session"));
    const QCommandLineOption out(QStringLiteral("out"), QStringLiteral("Folder for --export (default: the current one)."), QStringLiteral("folder"), QStringLiteral("."));
    const QCommandLineOption formats(QStringLiteral("formats"), QStringLiteral("png,svg,pdf,csv,html,report-pdf (default: all)."), QStringLiteral("list"));
    const QCommandLineOption only(QStringLiteral("only"), QStringLiteral("Only this figure (repeatable)."), QStringLiteral("name"));
    const QCommandLineOption list(QStringLiteral("list"), QStringLiteral("Print the names that --export can write."));
    const QCommandLineOption startup(QStringLiteral("print-start-time"), QStringLiteral("Print the milliseconds from process start to the visible window."));
    parser.addOptions({demo, exporting, out, formats, only, list, startup});
    parser.process(app);
    Arguments arguments;
    arguments.files = parser.positionalArguments();
    arguments.demo = parser.isSet(demo);
    arguments.timeStart = parser.isSet(startup);
    arguments.wantsExport = parser.isSet(exporting);
    arguments.exporting.session = parser.value(exporting);
    arguments.exporting.folder = parser.value(out);
    arguments.exporting.formats = parser.value(formats).split(QLatin1Char(','), Qt::SkipEmptyParts);
    arguments.exporting.only = parser.values(only);
    arguments.exporting.mode = parser.isSet(list) ? ExportOptions::Mode::List : ExportOptions::Mode::Write;
    return arguments;
}

bool hasArgument(int argc, char **argv, const char *name)
{
    for (int i = 1; i < argc; ++i) {
        if (std::strncmp(argv[i], name, std::strlen(name)) == 0)
            return true;
    }
    return false;
}

int runExport(const ExportOptions &options)
{
    initIcons();
    QApplication::setStyle(QStringLiteral("Fusion"));
    QApplication::setFont(baseFont());
    Result<QStringList> written = exportSession(options);
    if (!written) {
        const std::string line = written.error().message + (written.error().hint.empty() ? "" : " " + written.error().hint);
        std::fprintf(stderr, "winnow: %s\n", line.c_str());
        return 1;
    }
    for (const QString &path : *written)
        std::printf("%s\n", qPrintable(path));
    return 0;
}

/// Milliseconds since this process was started, from the kernel's clock; -1 when it cannot be read.
double processAgeMs()
{
    std::FILE *file = std::fopen("/proc/self/stat", "r");
    if (!file)
        return -1;
    char line[1024] = {};
    const size_t length = std::fread(line, 1, sizeof line - 1, file);
    std::fclose(file);
    const char *end = length > 0 ? std::strrchr(line, ')') : nullptr;
    unsigned long long started = 0;
    if (!end || std::sscanf(end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu", &started) != 1)
        return -1;
    timespec now {};
    clock_gettime(CLOCK_BOOTTIME, &now);
    const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    return (static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9 - static_cast<double>(started) / ticks) * 1000;
}

int runWindow(const Arguments &arguments)
{
    initIcons();
    AppSettings settings;
    Look look(settings);
    look.apply();
    Workbench bench(settings);
    MainWindow window(bench, look);
    window.resize(window.size().boundedTo(window.screen()->availableSize()));
    window.restoreGeometry(settings.value(QStringLiteral("geometry")));
    window.restoreLastLayout();
    window.show();
    // The engine starts when the window is there: what costs time must not stand before the first picture.
    QTimer::singleShot(0, &window, [&] {
        if (arguments.timeStart) {
            std::printf("window visible after %.0f ms\n", processAgeMs());
            std::fflush(stdout);
        }
        window.stalls()->start();
        bench.startEngine();
        window.offerRecovery();
        if (arguments.demo)
            window.openDemo();
        for (const QString &file : arguments.files)
            window.openPath(file);
    });
    return QApplication::exec();
}

} // namespace

int main(int argc, char **argv)
{
    const bool exporting = hasArgument(argc, argv, "--export");
    const bool display = std::getenv("DISPLAY") || std::getenv("WAYLAND_DISPLAY");
    if ((exporting || !display) && !std::getenv("QT_QPA_PLATFORM"))
        setenv("QT_QPA_PLATFORM", "offscreen", 1);
    QApplication app(argc, argv);
    QApplication::setApplicationName(QStringLiteral("winnow"));
    QApplication::setApplicationDisplayName(QStringLiteral("Winnow"));
    QApplication::setApplicationVersion(QStringLiteral(WINNOW_VERSION));
    QApplication::setDesktopFileName(QStringLiteral("winnow"));
    const Arguments arguments = parseArguments(app);
    if (arguments.wantsExport)
        return runExport(arguments.exporting);
    if (!display && std::getenv("QT_QPA_PLATFORM") == std::string("offscreen") && arguments.files.isEmpty() && !arguments.demo && !arguments.timeStart) {
        std::fprintf(stderr, "winnow: no display; use winnow --export SESSION --out DIR, or winnow-cli\n");
        return 1;
    }
    return runWindow(arguments);
}
