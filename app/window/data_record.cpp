#include "app/window/data_record.h"

#include "app/window/look.h"
#include "views/type.h"

#include <QFile>
#include <QFontDatabase>
#include <QPlainTextEdit>
#include <QTextEdit>

#include <algorithm>

namespace winnow {
namespace {

    /// UTF-16 place of a code point.
    qsizetype placeOf(const QString &text, qint64 point)
    {
        qsizetype at = 0;
        for (qint64 passed = 0; passed < point && at < text.size(); ++passed)
            at += text[at].isHighSurrogate() && at + 1 < text.size() ? 2 : 1;
        return at;
    }

} // namespace

QString rawLine(const QString &path, qint64 number, qsizetype most)
{
    QFile file(path);
    if (number < 1 || path.endsWith(QLatin1String(".gz")) || !file.open(QIODevice::ReadOnly))
        return {};
    for (qint64 line = 1; line < number; ++line)
        if (file.readLine().isEmpty())
            return {};
    return QString::fromUtf8(file.readLine(most)).trimmed();
}

DataRecordView::DataRecordView(Look &look, QWidget *parent)
    : QSplitter(Qt::Horizontal, parent)
    , m_look(look)
    , m_parts(new QTextEdit(this))
    , m_raw(new QPlainTextEdit(this))
{
    setChildrenCollapsible(false);
    m_parts->setReadOnly(true);
    m_parts->setFont(typeFont(TypeRole::Body));
    m_parts->setAccessibleName(tr("The marked record"));
    m_parts->setPlaceholderText(tr("Mark a record to read it"));
    m_raw->setReadOnly(true);
    m_raw->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    m_raw->setAccessibleName(tr("The record in JSON"));
    m_raw->setPlaceholderText(tr("The record as it was read, in JSON"));
    setSizes({560, 340});
}

void DataRecordView::addPart(const QString &name, const QString &text, const QColor &color, const std::vector<std::pair<qint64, qint64>> &evidence)
{
    if (text.isEmpty())
        return;
    QTextCursor cursor = m_parts->textCursor();
    cursor.movePosition(QTextCursor::End);
    QTextCharFormat head, body;
    head.setForeground(m_look.theme().t2);
    head.setFontWeight(QFont::DemiBold);
    body.setForeground(color);
    cursor.insertText((cursor.position() > 0 ? QStringLiteral("\n\n") : QString()) + name + QLatin1Char('\n'), head);
    qsizetype at = 0;
    for (const auto &[first, end] : evidence) {
        const qsizetype from = placeOf(text, first), to = placeOf(text, end);
        if (from < at || to <= from)
            continue;
        QTextCharFormat mark = body;
        mark.setBackground(m_look.theme().merged.fill);
        cursor.insertText(text.mid(at, from - at), body);
        cursor.insertText(text.mid(from, to - from), mark);
        at = to;
    }
    cursor.insertText(text.mid(at), body);
}

void DataRecordView::show(const DataRow *row)
{
    m_parts->clear();
    m_raw->clear();
    if (!row)
        return;
    const Theme &theme = m_look.theme();
    if (row->isLine()) {
        addPart(tr("Line"), row->text, theme.t1);
        addPart(tr("Words"), row->words.join(QStringLiteral(" / ")), theme.ok);
    } else {
        addPart(tr("Instruction"), row->parts.instruction, theme.warn);
        addPart(tr("Question"), row->parts.question, theme.accentText);
        addPart(tr("Answers"), row->answers.join(QLatin1Char('\n')), theme.ok);
        const auto contexts = row->parts.contexts.size();
        for (int i = 0; i < contexts; ++i) {
            std::vector<std::pair<qint64, qint64>> evidence;
            for (const DataEvidence &each : row->evidence)
                if (each.context == i)
                    evidence.emplace_back(each.first, each.end);
            std::sort(evidence.begin(), evidence.end());
            addPart(tr("Context %1 of %2").arg(i + 1).arg(contexts), row->parts.contexts[i], theme.t1, evidence);
        }
    }
    m_parts->moveCursor(QTextCursor::Start);
    m_raw->setPlainText(QString::fromStdString(row->json.dump(2, ' ', false, Json::error_handler_t::replace)));
}

void DataRecordView::showRawLine(const QString &line) { m_raw->setPlainText(line); }

} // namespace winnow
