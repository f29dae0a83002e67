#include "app/export/report_export.h"

#include "app/export/figure_file.h"
#include "app/export/session_figures.h"
#include "app/export/report_pdf.h"
#include "app/workbench/compare.h"
#include "app/workbench/run_family.h"
#include "sessions/compare_table.h"
#include "sessions/report_html.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>

#include <map>

namespace winnow {
namespace {

    QString tr(const char *text) { return QCoreApplication::translate("Export", text); }

    std::vector<std::byte> bytesOf(const QByteArray &bytes)
    {
        const auto *data = reinterpret_cast<const std::byte *>(bytes.constData());
        return {data, data + bytes.size()};
    }

    /// Figures as the HTML report takes them: drawings for light and dark, data, recipe.
    Result<std::vector<ReportFigure>> reportFigures(const SessionFigures &figures)
    {
        std::vector<ReportFigure> result;
        for (const SessionFigures::Figure &figure : figures.figures()) {
            ReportFigure entry;
            entry.title = figure.view->title().toStdString();
            entry.caption = figure.view->caption().toStdString();
            for (ThemeKind kind : {ThemeKind::Light, ThemeKind::Dark}) {
                FigureDrawing options = figureDrawing(*figure.view, kind);
                options.caption = FigureDrawing::Caption::None; // the page has it below the drawing
                Result<QByteArray> svg = figureBytes(*figure.view, QStringLiteral("svg"), options);
                if (!svg)
                    return fail(svg.error());
                (kind == ThemeKind::Light ? entry.svg : entry.svgDark) = svg->toStdString();
            }
            FigureDrawing options = figureDrawing(*figure.view, ThemeKind::Light);
            options.recipe = figure.recipe;
            Result<QByteArray> pdf = figureBytes(*figure.view, QStringLiteral("pdf"), options);
            if (!pdf)
                return fail(pdf.error());
            entry.pdf = bytesOf(*pdf);
            entry.csv = figure.view->csv().toStdString();
            entry.recipe = figure.recipe;
            result.push_back(std::move(entry));
        }
        return result;
    }

    Result<void> writeHtml(const Session &session, const SessionFigures &figures, const QString &path, const QString &name)
    {
        Result<std::vector<ReportFigure>> drawn = reportFigures(figures);
        if (!drawn)
            return fail(drawn.error());
        ReportContent content;
        content.sessionName = name.toStdString();
        content.figures = std::move(*drawn);
        Result<std::string> html = reportHtml(session, content);
        if (!html)
            return fail(html.error());
        return writeFile(path, QByteArray::fromStdString(*html));
    }

    const QStringList kAllFormats{QStringLiteral("png"), QStringLiteral("svg"), QStringLiteral("pdf"), QStringLiteral("csv"), QStringLiteral("html"), QStringLiteral("report-pdf")};

    Result<void> writeFigures(const SessionFigures &figures, const ExportOptions &options, const QStringList &formats, QStringList &written)
    {
        const QDir folder(options.folder);
        for (const SessionFigures::Figure &figure : figures.figures()) {
            if (!options.only.isEmpty() && !options.only.contains(figure.name))
                continue;
            FigureDrawing drawing = figureDrawing(*figure.view, ThemeKind::Light);
            drawing.recipe = figure.recipe;
            for (const QString &format : formats) {
                if (!figureFormats().contains(format))
                    continue;
                Result<QByteArray> bytes = figureBytes(*figure.view, format, drawing);
                if (!bytes)
                    return fail(bytes.error());
                const QString path = folder.filePath(figure.name + QLatin1Char('.') + format);
                if (Result<void> done = writeFile(path, *bytes); !done)
                    return done;
                written << path;
            }
        }
        return {};
    }

    Result<void> writeTables(const Session &session, const ExportOptions &options, QStringList &written)
    {
        Result<std::vector<ComparedRun>> runs = comparedRuns(session);
        if (!runs)
            return fail(runs.error());
        // Each page compares other numbers: runs of the cache, of prompts and of words have tables of their own.
        std::map<std::string, std::vector<ComparedRun>> families;
        for (const ComparedRun &run : *runs)
            families[runFamily(run.record)].push_back(run);
        if (families.empty())
            families["kv"];
        for (const auto &[family, own] : families) {
            const QString path = QDir(options.folder).filePath(family == "kv" ? QStringLiteral("compare.csv") : QStringLiteral("compare_%1.csv").arg(QString::fromStdString(family)));
            const Table table = family == "kv" ? compareTable(own) : compareTable(compareRows(own), compareColumns(family));
            if (Result<void> done = writeFile(path, QByteArray::fromStdString(csvText(table))); !done)
                return done;
            written << path;
        }
        return {};
    }

} // namespace

Result<void> writeReport(const Session &session, const QString &path, const QString &sessionName)
{
    Result<SessionFigures> figures = SessionFigures::load(session);
    if (!figures)
        return fail(figures.error());
    if (QFileInfo(path).suffix().toLower() == QLatin1String("pdf"))
        return writePdfReport(session, *figures, path, sessionName);
    return writeHtml(session, *figures, path, sessionName);
}

Result<QStringList> exportSession(const ExportOptions &options)
{
    const QStringList formats = options.formats.isEmpty() ? kAllFormats : options.formats;
    for (const QString &format : formats) {
        if (!kAllFormats.contains(format))
            return fail(ErrorCode::BadInput, tr("unknown format %1; allowed are %2").arg(format, kAllFormats.join(QStringLiteral(", "))).toStdString());
    }
    Result<std::unique_ptr<Session>> session = Session::openReadOnly(options.session.toStdString());
    if (!session)
        return fail(session.error());
    Result<SessionFigures> figures = SessionFigures::load(**session);
    if (!figures)
        return fail(figures.error());
    QStringList names;
    for (const SessionFigures::Figure &figure : figures->figures())
        names << figure.name;
    if (options.mode == ExportOptions::Mode::List)
        return names + QStringList{QStringLiteral("compare"), QStringLiteral("report")};
    for (const QString &wanted : options.only) {
        if (!names.contains(wanted) && wanted != QLatin1String("compare") && wanted != QLatin1String("report"))
            return fail(ErrorCode::NotFound, tr("this session has no figure %1; it has: %2, compare, report").arg(wanted, names.join(QStringLiteral(", "))).toStdString());
    }
    if (!QDir().mkpath(options.folder))
        return fail(ErrorCode::Io, tr("cannot make the folder %1").arg(options.folder).toStdString());
    QStringList written;
    auto wants = [&](const char *name) { return options.only.isEmpty() || options.only.contains(QLatin1String(name)); };
    if (Result<void> done = writeFigures(*figures, options, formats, written); !done)
        return fail(done.error());
    if (formats.contains(QStringLiteral("csv")) && wants("compare")) {
        if (Result<void> done = writeTables(**session, options, written); !done)
            return fail(done.error());
    }
    const QString name = QFileInfo(options.session).fileName();
    for (const auto &[format, file] : {std::pair{"html", "report.html"}, std::pair{"report-pdf", "report.pdf"}}) {
        if (!formats.contains(QLatin1String(format)) || !wants("report"))
            continue;
        const QString path = QDir(options.folder).filePath(QLatin1String(file));
        Result<void> done = QLatin1String(format) == QLatin1String("html") ? writeHtml(**session, *figures, path, name) : writePdfReport(**session, *figures, path, name);
        if (!done)
            return fail(done.error());
        written << path;
    }
    return written;
}

} // namespace winnow
