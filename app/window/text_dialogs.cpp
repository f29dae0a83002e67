#include "app/window/text_dialogs.h"

#include "views/format.h"
#include "views/theme.h"
#include "views/type.h"

#include <QApplication>
#include <QDialog>
#include <QGridLayout>
#include <QLabel>
#include <QPalette>
#include <QScrollArea>
#include <QTextBrowser>
#include <QVBoxLayout>

namespace winnow {
namespace {

    QString tr(const char *text) { return QCoreApplication::translate("TextDialogs", text); }

    QDialog *makeDialog(const QString &title, QWidget *parent)
    {
        auto *dialog = new QDialog(parent);
        dialog->setAttribute(Qt::WA_DeleteOnClose);
        dialog->setWindowTitle(title);
        return dialog;
    }

    /// The text with everything from `from` on emphasised.
    QString markedHtml(const QString &text, qsizetype from, const QColor &color)
    {
        auto html = [](const QString &part) { return part.toHtmlEscaped().replace(QLatin1Char('\n'), QStringLiteral("<br>")); };
        return html(text.left(from)) + QStringLiteral("<span style=\"color:%1\">").arg(color.name()) + html(text.mid(from)) + QStringLiteral("</span>");
    }

} // namespace

void showFacts(const QString &title, const QString &lead, const QVector<QPair<QString, QString>> &rows, QWidget *parent)
{
    QDialog *dialog = makeDialog(title, parent);
    dialog->resize(460, std::min(640, 110 + 24 * static_cast<int>(rows.size())));
    auto *layout = new QVBoxLayout(dialog);
    layout->setContentsMargins(16, 16, 16, 16);
    auto *head = new QLabel(lead, dialog);
    head->setFont(typeFont(TypeRole::DialogTitle));
    head->setWordWrap(true);
    layout->addWidget(head);
    auto *body = new QWidget(dialog);
    auto *grid = new QGridLayout(body);
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setHorizontalSpacing(16);
    int line = 0;
    for (const auto &[name, value] : rows) {
        auto *label = new QLabel(name, body);
        label->setProperty("tone", "t2");
        auto *text = new QLabel(value, body);
        text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
        text->setWordWrap(true);
        grid->addWidget(label, line, 0, Qt::AlignTop);
        grid->addWidget(text, line++, 1, Qt::AlignTop);
    }
    grid->setColumnStretch(1, 1);
    grid->setRowStretch(line, 1);
    auto *scroll = new QScrollArea(dialog);
    scroll->setWidget(body);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    layout->addWidget(scroll, 1);
    dialog->show();
}

qsizetype firstDifference(const QString &a, const QString &b)
{
    qsizetype at = 0;
    while (at < a.size() && at < b.size() && a[at] == b[at])
        ++at;
    return at;
}

void showTexts(const QString &runName, const ReportPtr &report, QWidget *parent)
{
    QDialog *dialog = makeDialog(QCoreApplication::translate("TextDialogs", "Generated Text: %1").arg(runName), parent);
    dialog->resize(820, 420);
    auto *grid = new QGridLayout(dialog);
    grid->setContentsMargins(16, 16, 16, 16);
    grid->setHorizontalSpacing(16);
    const std::vector<TextArtifact> texts = report->texts();
    QString full, modified;
    for (const TextArtifact &text : texts)
        (text.role == "full" ? full : modified) = QString::fromStdString(text.text);
    const bool both = texts.size() > 1;
    const qsizetype differs = both ? firstDifference(full, modified) : full.size() + modified.size();
    // Red means another word than the full cache gave, as in the picture views.
    const bool dark = qApp->palette().color(QPalette::Window).lightness() < 128;
    const QColor color = Theme::of(dark ? ThemeKind::Dark : ThemeKind::Light).err;
    int column = 0;
    auto add = [&](const QString &title, const QString &text, const QColor &ink) {
        auto *label = new QLabel(title, dialog);
        label->setFont(typeFont(TypeRole::ViewTitle));
        auto *view = new QTextBrowser(dialog);
        view->setHtml(markedHtml(text, std::min(differs, text.size()), ink));
        view->setAccessibleName(title);
        grid->addWidget(label, 0, column);
        grid->addWidget(view, 1, column++);
    };
    if (both || modified.isEmpty())
        add(tr("Full cache"), full, dialog->palette().color(QPalette::Text));
    if (both || !modified.isEmpty())
        add(runName, modified, color);
    if (both) {
        auto *note = new QLabel(full == modified ? tr("Both texts are equal.") : QCoreApplication::translate("TextDialogs", "The texts part after %1 characters.").arg(differs), dialog);
        note->setProperty("tone", "t2");
        grid->addWidget(note, 2, 0, 1, 2);
    }
    dialog->show();
}

} // namespace winnow
