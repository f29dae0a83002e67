#include "app/export/report_pdf.h"

#include "app/export/page_flow.h"
#include "core/base/json_fields.h"
#include "sessions/report_parts.h"
#include "views/format.h"
#include "views/legend.h"
#include "views/type.h"

#include <QBuffer>
#include <QCoreApplication>
#include <QPageSize>
#include <QPainter>
#include <QPdfWriter>

#include <algorithm>

namespace winnow {
namespace {

    constexpr double kDpi = 1200;
    constexpr int kLines = 2; // that stay with a heading

    QString tr(const char *text) { return QCoreApplication::translate("ReportPdf", text); }

    QString headText(const TableColumn &column)
    {
        return QString::fromStdString(column.unit.empty() ? column.title : column.title + " " + column.unit);
    }

    /// Deltas in the colour of worse or better, as on the screen.
    QColor cellColor(const TableColumn &column, const QString &text, const Theme &theme)
    {
        if (column.kind != TableColumn::Kind::Delta || text.isEmpty())
            return theme.t1;
        return text.startsWith(QLatin1Char('+')) ? theme.worse : text.startsWith(QChar(0x2212)) ? theme.better : theme.t3;
    }

    /// The compare table; its first column is the run's letter, drawn in its colour.
    void drawTable(PageFlow &flow, const Table &table, const std::vector<int> &letters)
    {
        const Theme &theme = Theme::light();
        const QFont font = typeFont(TypeRole::Axis);
        const size_t columns = table.columns.size();
        std::vector<double> widths(columns, 0);
        for (size_t c = 0; c < columns; ++c) {
            widths[c] = c == 0 ? 14 : tabularWidth(font, headText(table.columns[c]));
            for (size_t r = 0; r < table.rows.size(); ++r)
                widths[c] = std::max(widths[c], tabularWidth(font, QString::fromStdString(cellText(table, r, c))));
        }
        double sum = 0;
        for (double width : widths)
            sum += width;
        const double spare = columns > 1 ? std::max(4.0, (flow.width() - sum) / static_cast<double>(columns - 1)) : 0;
        const double shrink = std::min(1.0, flow.width() / (sum + 4.0 * static_cast<double>(columns)));
        QFont used = font;
        if (shrink < 1)
            used.setPixelSize(std::max(6, static_cast<int>(QFontInfo(font).pixelSize() * shrink)));
        for (size_t r = 0; r <= table.rows.size(); ++r) {
            const QPointF at = flow.take(22, r == 0 && !table.rows.empty() ? 22 : 0); // the head never stands alone
            QPainter &painter = flow.painter();
            painter.setFont(used);
            double x = at.x();
            for (size_t c = 0; c < columns; ++c) {
                const bool head = r == 0;
                const QString text = head ? headText(table.columns[c]) : QString::fromStdString(cellText(table, r - 1, c));
                const double width = widths[c] * shrink;
                const QRectF cell(x, at.y(), width, 22);
                if (!head && c == 0) {
                    paintLetterChip(painter, QRectF(x - 1, at.y() + 4, 14, 14), letters[r - 1], theme);
                } else {
                    painter.setPen(head ? theme.t2 : cellColor(table.columns[c], text, theme));
                    drawTabular(painter, cell, table.columns[c].kind == TableColumn::Kind::Text ? Qt::AlignLeft : Qt::AlignRight, text);
                }
                x += width + (shrink < 1 ? 4 : spare);
            }
            painter.fillRect(QRectF(at.x(), at.y() + 21.5, flow.width(), 0.5), r == 0 ? theme.axis : theme.grid);
        }
    }

    /// What it costs first, the long text last: it fills pages of its own.
    std::vector<const SessionFigures::Figure *> inReadingOrder(const SessionFigures &figures)
    {
        auto rank = [](const SessionFigures::Figure *figure) {
            const QString id = figure->view->viewId();
            return id == QLatin1String("quality") ? 0 : id == QLatin1String("bytes") ? 1 : id == QLatin1String("tokens") ? 3 : 2;
        };
        std::vector<const SessionFigures::Figure *> order;
        for (const SessionFigures::Figure &figure : figures.figures())
            order.push_back(&figure);
        std::stable_sort(order.begin(), order.end(), [&](const auto *a, const auto *b) { return rank(a) < rank(b); });
        return order;
    }

    void drawFigures(PageFlow &flow, const SessionFigures &figures)
    {
        const Theme &theme = Theme::light();
        int number = 0;
        for (const SessionFigures::Figure *shown : inReadingOrder(figures)) {
            const SessionFigures::Figure &figure = *shown;
            FigureDrawing options = figureDrawing(*figure.view, ThemeKind::Light);
            const QString caption = tr("Figure %1. %2").arg(++number).arg(figure.view->caption());
            const double scale = flow.width() / options.size.width();
            double height = options.size.height() * scale;
            const double most = flow.height() - 60;
            const double fit = height > most ? most / height : 1.0; // a long text becomes smaller, never cut
            height *= fit;
            flow.gap(16);
            const QPointF at = flow.take(height + 6, flow.textHeight(caption, TypeRole::Hint));
            QPainter &painter = flow.painter();
            painter.save();
            painter.translate(at);
            painter.scale(scale * fit, scale * fit);
            figure.view->paint(painter, QRectF(QPointF(0, 0), options.size), theme);
            painter.restore();
            flow.text(caption, TypeRole::Hint, theme.t2);
        }
    }

    void drawChecks(PageFlow &flow, const std::vector<ComparedRun> &runs)
    {
        const Theme &theme = Theme::light();
        flow.gap(18);
        flow.heading(tr("Checks"), kLines);
        for (const ComparedRun &run : runs) {
            if (!run.report)
                continue;
            for (const Check &check : run.report->checks()) {
                const QString title = QString::fromStdString(check.title.empty() ? check.id : check.title);
                flow.text(tr("%1  %2: %3, found %4, expected %5")
                              .arg(QString::fromStdString(run.letter()), title, check.ok ? tr("passed") : tr("failed"), QString::fromStdString(check.found), QString::fromStdString(check.expected)),
                    TypeRole::Hint, check.ok ? theme.t2 : theme.err);
            }
        }
    }

    void drawNotes(PageFlow &flow, const Session &session)
    {
        Result<std::vector<NoteRecord>> notes = session.notes();
        const Theme &theme = Theme::light();
        for (const NoteRecord &note : notes ? *notes : std::vector<NoteRecord>{}) {
            flow.gap(14);
            flow.heading(QString::fromStdString(note.title), kLines);
            for (const QString &paragraph : QString::fromStdString(note.text).split(QLatin1Char('\n'))) // a page ends between them
                flow.text(paragraph.isEmpty() ? QStringLiteral(" ") : paragraph, TypeRole::Body, theme.t2);
        }
    }

    QString provenanceLine(const Json &provenance)
    {
        auto text = [&](const char *name) { return QString::fromStdString(stringField(provenance, name)); };
        QStringList parts{tr("Winnow %1, commit %2").arg(text("version"), text("commit").left(8)), text("machine"), tr("%1 threads, seed %2").arg(integerField(provenance, "threads")).arg(integerField(provenance, "seed")),
            tr("started %1").arg(text("started")), tr("took %1").arg(format::milliseconds(numberField(provenance, "wallMs", -1))), tr("peak memory %1").arg(format::bytes(numberField(provenance, "peakRssBytes", -1)))};
        return parts.join(QStringLiteral("; "));
    }

    void drawProvenance(PageFlow &flow, const std::vector<ComparedRun> &runs)
    {
        const Theme &theme = Theme::light();
        flow.gap(18);
        flow.heading(tr("Provenance"), kLines);
        for (const ComparedRun &run : runs) {
            if (!run.report || !run.report->body().contains("provenance"))
                continue;
            const QString line = provenanceLine(run.report->body()["provenance"]);
            flow.text(QStringLiteral("%1  %2: %3").arg(QString::fromStdString(run.letter()), QString::fromStdString(run.record.name), line), TypeRole::Hint, theme.t2);
        }
    }

} // namespace

Result<void> writePdfReport(const Session &session, const SessionFigures &figures, const QString &path, const QString &sessionName)
{
    ReportContent content;
    content.sessionName = sessionName.toStdString();
    Result<ReportData> data = reportData(session, content);
    if (!data)
        return fail(data.error());
    const std::vector<ComparedRun> &runs = data->runs;
    const QString title = QString::fromStdString(reportTitle(session, *data));
    std::vector<int> letters;
    for (const ComparedRun &run : runs)
        letters.push_back(run.record.letter);
    QByteArray bytes;
    {
        QBuffer buffer(&bytes);
        buffer.open(QIODevice::WriteOnly);
        QPdfWriter writer(&buffer);
        writer.setResolution(static_cast<int>(kDpi));
        writer.setPageSize(QPageSize(QPageSize::A4));
        writer.setPageMargins(QMarginsF(0, 0, 0, 0));
        writer.setTitle(title);
        writer.setCreator(QStringLiteral("Winnow"));
        QPainter painter(&writer);
        painter.scale(kDpi / 96, kDpi / 96);
        painter.setRenderHint(QPainter::Antialiasing);
        PageFlow flow(writer, painter, sessionName);
        const Theme &theme = Theme::light();
        flow.text(title, TypeRole::PageTitle, theme.t1);
        flow.gap(4);
        flow.text(QString::fromStdString(reportSubtitle(*data)), TypeRole::Label, theme.t3);
        flow.gap(10);
        flow.text(QString::fromStdString(summarySentence(runs)), TypeRole::Body, theme.t1);
        flow.gap(14);
        drawTable(flow, compareTable(runs), letters);
        drawFigures(flow, figures);
        drawChecks(flow, runs);
        drawNotes(flow, session);
        drawProvenance(flow, runs);
    }
    return writeFile(path, bytes);
}

} // namespace winnow
