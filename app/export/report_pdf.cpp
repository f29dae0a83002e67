#include "app/export/report_pdf.h"

#include "sessions/compare_table.h"
#include "views/legend.h"
#include "views/type.h"

#include <QBuffer>
#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>
#include <QPageSize>
#include <QPainter>
#include <QPdfWriter>

#include <algorithm>

namespace winnow {
namespace {

    constexpr double kDpi = 1200, kPageWidth = 794, kPageHeight = 1123, kMargin = 56; // A4 in pixels of 1/96 inch

    QString tr(const char *text) { return QCoreApplication::translate("ReportPdf", text); }

    /// Puts blocks below each other and starts a page where one does not fit.
    class PageFlow {
    public:
        PageFlow(QPdfWriter &writer, QPainter &painter, const QString &foot)
            : m_writer(writer)
            , m_painter(painter)
            , m_foot(foot)
        {
            startPage();
        }

        double width() const { return kPageWidth - 2 * kMargin; }
        QPainter &painter() { return m_painter; }

        /// Top left of a block of this height; a new page where it does not fit.
        QPointF take(double height)
        {
            if (m_y + height > kPageHeight - kMargin && m_y > kMargin) {
                m_writer.newPage();
                startPage();
            }
            const QPointF at(kMargin, m_y);
            m_y += height;
            return at;
        }

        void gap(double height) { m_y += height; }

        void text(const QString &words, TypeRole role, const QColor &color)
        {
            const QFont font = typeFont(role);
            const double height = QFontMetricsF(font).boundingRect(QRectF(0, 0, width(), 10000), Qt::TextWordWrap, words).height();
            const QPointF at = take(height);
            m_painter.setFont(font);
            m_painter.setPen(color);
            m_painter.drawText(QRectF(at, QSizeF(width(), height + 4)), Qt::TextWordWrap, words);
        }

    private:
        void startPage()
        {
            ++m_page;
            m_y = kMargin;
            m_painter.setFont(typeFont(TypeRole::Axis));
            m_painter.setPen(Theme::light().t3);
            const QRectF foot(kMargin, kPageHeight - kMargin + 14, width(), 18);
            m_painter.drawText(foot, Qt::AlignLeft, m_foot);
            m_painter.drawText(foot, Qt::AlignRight, QString::number(m_page));
        }

        QPdfWriter &m_writer;
        QPainter &m_painter;
        QString m_foot;
        double m_y = kMargin;
        int m_page = 0;
    };

    QString headText(const TableColumn &column)
    {
        return QString::fromStdString(column.unit.empty() ? column.title : column.title + " " + column.unit);
    }

    void drawTable(PageFlow &flow, const Table &table)
    {
        const Theme &theme = Theme::light();
        const QFont font = typeFont(TypeRole::Axis);
        const size_t columns = table.columns.size();
        std::vector<double> widths(columns, 0);
        for (size_t c = 0; c < columns; ++c) {
            widths[c] = tabularWidth(font, headText(table.columns[c]));
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
            const QPointF at = flow.take(20);
            QPainter &painter = flow.painter();
            painter.setFont(used);
            double x = at.x();
            for (size_t c = 0; c < columns; ++c) {
                const bool head = r == 0;
                painter.setPen(head ? theme.t2 : theme.t1);
                const QString text = head ? headText(table.columns[c]) : QString::fromStdString(cellText(table, r - 1, c));
                const double width = widths[c] * shrink;
                drawTabular(painter, QRectF(x, at.y(), width, 20), table.columns[c].kind == TableColumn::Kind::Text ? Qt::AlignLeft : Qt::AlignRight, text);
                x += width + (shrink < 1 ? 4 : spare);
            }
            painter.fillRect(QRectF(at.x(), at.y() + 19.5, flow.width(), 0.5), r == 0 ? theme.axis : theme.grid);
        }
    }

    void drawFigures(PageFlow &flow, const SessionFigures &figures)
    {
        const Theme &theme = Theme::light();
        int number = 0;
        for (const SessionFigures::Figure &figure : figures.figures()) {
            FigureDrawing options = figureDrawing(*figure.view, ThemeKind::Light);
            const double scale = flow.width() / options.size.width();
            double height = options.size.height() * scale;
            const double most = kPageHeight - 2 * kMargin - 60;
            const double fit = height > most ? most / height : 1.0; // a long text becomes smaller, never cut
            height *= fit;
            flow.gap(16);
            const QPointF at = flow.take(height + 6);
            QPainter &painter = flow.painter();
            painter.save();
            painter.translate(at);
            painter.scale(scale * fit, scale * fit);
            figure.view->paint(painter, QRectF(QPointF(0, 0), options.size), theme);
            painter.restore();
            flow.text(tr("Figure %1. %2").arg(++number).arg(figure.view->caption()), TypeRole::Hint, theme.t2);
        }
    }

    void drawChecks(PageFlow &flow, const std::vector<ComparedRun> &runs)
    {
        const Theme &theme = Theme::light();
        flow.gap(18);
        flow.text(tr("Checks"), TypeRole::DialogTitle, theme.t1);
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
            flow.text(QString::fromStdString(note.title), TypeRole::DialogTitle, theme.t1);
            flow.text(QString::fromStdString(note.text), TypeRole::Body, theme.t2);
        }
    }

    void drawProvenance(PageFlow &flow, const std::vector<ComparedRun> &runs)
    {
        const Theme &theme = Theme::light();
        flow.gap(18);
        flow.text(tr("Provenance"), TypeRole::DialogTitle, theme.t1);
        for (const ComparedRun &run : runs) {
            if (!run.report || !run.report->body().contains("provenance"))
                continue;
            QStringList parts;
            for (const auto &[name, value] : run.report->body()["provenance"].items()) {
                if (!value.is_structured())
                    parts << QStringLiteral("%1 %2").arg(QString::fromStdString(name), value.is_string() ? QString::fromStdString(value.get<std::string>()) : QString::fromStdString(value.dump()));
            }
            flow.text(QStringLiteral("%1  %2: %3").arg(QString::fromStdString(run.letter()), QString::fromStdString(run.record.name), parts.join(QStringLiteral(", "))), TypeRole::Hint, theme.t2);
        }
    }

} // namespace

Result<void> writePdfReport(const Session &session, const SessionFigures &figures, const QString &path, const QString &sessionName)
{
    Result<std::vector<ComparedRun>> runs = comparedRuns(session);
    if (!runs)
        return fail(runs.error());
    QByteArray bytes;
    {
        QBuffer buffer(&bytes);
        buffer.open(QIODevice::WriteOnly);
        QPdfWriter writer(&buffer);
        writer.setResolution(static_cast<int>(kDpi));
        writer.setPageSize(QPageSize(QPageSize::A4));
        writer.setPageMargins(QMarginsF(0, 0, 0, 0));
        writer.setTitle(tr("Winnow report: %1").arg(sessionName));
        writer.setCreator(QStringLiteral("Winnow"));
        QPainter painter(&writer);
        painter.scale(kDpi / 96, kDpi / 96);
        painter.setRenderHint(QPainter::Antialiasing);
        PageFlow flow(writer, painter, sessionName);
        const Theme &theme = Theme::light();
        flow.text(tr("Winnow report"), TypeRole::PageTitle, theme.t1);
        const QString date = QLocale(QLocale::English).toString(QDateTime::currentDateTime(), QStringLiteral("d MMM yyyy"));
        flow.text(QStringLiteral("%1 · %2").arg(sessionName, date), TypeRole::Label, theme.t3);
        flow.gap(14);
        drawTable(flow, compareTable(*runs));
        drawFigures(flow, figures);
        drawChecks(flow, *runs);
        drawNotes(flow, session);
        drawProvenance(flow, *runs);
    }
    return writeFile(path, bytes);
}

} // namespace winnow
