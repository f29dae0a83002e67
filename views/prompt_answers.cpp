#include "views/prompt_answers.h"

#include "views/answer_text.h"
#include "views/format.h"
#include "views/legend.h"
#include "views/type.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QWheelEvent>

#include <algorithm>

namespace winnow {

namespace {

constexpr double kLeft = 14, kRight = 12, kHead = 22, kLine = 23, kGap = 6;

} // namespace

PromptAnswers::PromptAnswers(QWidget *parent)
    : PictureView(parent)
    , m_scroll(new QScrollBar(Qt::Vertical, this))
{
    setAccessibleName(tr("Answers with the full and the compressed prompt"));
    m_scroll->hide();
    connect(m_scroll, &QScrollBar::valueChanged, this, [this] { invalidateBase(); });
}

void PromptAnswers::add(const RunEntry &run, int position, const QString &full)
{
    const PromptData &prompt = *run.prompt;
    if (!prompt.answered)
        return;
    Answer answer{run.index, position, format::tokens(prompt.keptTokens()), prompt.answer.trimmed(), {}, {-1, -1}, false};
    answer.changed = changedWords(answer.text, full);
    if (answer.text.isEmpty())
        answer.head = tr("%1, the model says nothing").arg(answer.head);
    answer.number = finalNumberAt(answer.text);
    const QString wanted = m_gold.isEmpty() ? finalNumber(full) : finalNumber(m_gold);
    answer.wrong = !wanted.isEmpty() && finalNumber(answer.text) != wanted;
    m_answers.push_back(std::move(answer));
}

bool PromptAnswers::dataChanged()
{
    m_answers.clear();
    m_gold.clear();
    const RunEntry *source = nullptr; // whose report has the full answer: the current one's, else any
    for (const auto &[position, run] : shownRuns(data()))
        if (run->prompt && !run->prompt->fullAnswer.isEmpty() && (!source || run->index == data().current.index))
            source = run;
    if (source) {
        const QString full = source->prompt->fullAnswer.trimmed();
        m_gold = source->prompt->gold.trimmed();
        Answer answer{-1, -1, tr("Full, %1").arg(format::tokens(source->prompt->tokens())), full, {}, finalNumberAt(full), false};
        const QString wanted = finalNumber(m_gold);
        answer.wrong = !wanted.isEmpty() && finalNumber(full) != wanted;
        m_answers.push_back(std::move(answer));
        for (int pass = 0; pass < 2; ++pass) // the current run stands first
            for (const auto &[position, run] : shownRuns(data()))
                if (run->prompt && (run->index == data().current.index) == (pass == 0))
                    add(*run, position, full);
    }
    relayout();
    return true;
}

std::vector<PromptAnswers::Block> PromptAnswers::blocksFor(double width, const Theme &theme) const
{
    std::vector<Block> blocks;
    double y = 0;
    for (const Answer &answer : m_answers) {
        Block block;
        block.top = y;
        block.textTop = y + scaled(kHead);
        block.layout = std::make_unique<QTextLayout>(QString(answer.text).replace(QLatin1Char('\n'), QChar::LineSeparator), typeFont(TypeRole::Body));
        QVector<QTextLayout::FormatRange> formats;
        for (const auto &[first, end] : answer.changed) {
            QTextCharFormat format;
            format.setBackground(theme.kept.fill);
            formats.append({first, end - first, format});
        }
        if (answer.number.first >= 0) {
            int first = answer.number.first;
            if (first > 0 && answer.text[first - 1] == QLatin1Char('$'))
                --first;
            QTextCharFormat format;
            format.setFontWeight(QFont::Bold);
            if (answer.wrong)
                format.setForeground(theme.err);
            formats.append({first, answer.number.second - first, format});
        }
        block.layout->setFormats(formats);
        block.layout->beginLayout();
        double top = 0;
        for (QTextLine line = block.layout->createLine(); line.isValid(); line = block.layout->createLine()) {
            line.setLineWidth(std::max(40.0, width - kLeft - kRight));
            line.setPosition({0, top + (scaled(kLine) - line.height()) / 2});
            top += scaled(kLine);
        }
        block.layout->endLayout();
        block.bottom = block.textTop + top;
        y = block.bottom + kGap;
        blocks.push_back(std::move(block));
    }
    return blocks;
}

void PromptAnswers::paintBody(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    const std::vector<Block> blocks = blocksFor(body.width(), theme);
    for (size_t i = 0; i < blocks.size(); ++i) {
        const Block &block = blocks[i];
        double x = body.left() + kLeft;
        const QRectF head(x, body.top() + block.top, body.width() - kLeft - kRight, scaled(kHead));
        if (m_answers[i].letter >= 0) {
            paintLetterChip(painter, QRectF(x, head.center().y() - scaled(8), scaled(16), scaled(16)), m_answers[i].letter, theme);
            x += scaled(16) + 7;
        }
        painter.setFont(typeFont(TypeRole::Hint));
        painter.setPen(theme.t3);
        const bool preview = m_answers[i].letter < 0 && i > 0;
        painter.drawText(QRectF(x, head.top(), head.right() - x, head.height()), Qt::AlignLeft | Qt::AlignVCenter, preview ? tr("not pinned, %1").arg(m_answers[i].head) : m_answers[i].head);
        painter.setPen(theme.t1);
        block.layout->draw(&painter, QPointF(body.left() + kLeft, body.top() + block.textTop));
    }
}

void PromptAnswers::paintMarks(QPainter &painter, const QRectF &body, const Theme &theme) const
{
    if (!selection().pinned || selection().run < 0)
        return;
    const std::vector<Block> blocks = blocksFor(body.width(), theme);
    for (size_t i = 0; i < blocks.size(); ++i)
        if (m_answers[i].run == selection().run && m_answers[i].letter >= 0)
            painter.fillRect(QRectF(body.left() + 4, body.top() + blocks[i].top + 2, 2, blocks[i].bottom - blocks[i].top - 4), theme.mark);
}

QRectF PromptAnswers::bodyRect() const { return QRectF(0, -m_scroll->value(), width(), std::max<double>(m_height, height())); }

void PromptAnswers::relayout()
{
    const std::vector<Block> blocks = blocksFor(width(), theme());
    m_height = blocks.empty() ? 0 : blocks.back().bottom + kGap;
    const bool overflow = m_height > height() + 1;
    const int bar = std::min(static_cast<int>(kRight), m_scroll->sizeHint().width());
    m_scroll->setVisible(overflow);
    m_scroll->setGeometry(width() - bar, 0, bar, height());
    m_scroll->setSingleStep(static_cast<int>(scaled(kLine)));
    m_scroll->setPageStep(std::max(1, height()));
    m_scroll->setRange(0, overflow ? static_cast<int>(m_height - height()) : 0);
}

void PromptAnswers::resizeEvent(QResizeEvent *event)
{
    relayout();
    PictureView::resizeEvent(event);
}

void PromptAnswers::wheelEvent(QWheelEvent *event)
{
    m_scroll->setValue(m_scroll->value() - event->angleDelta().y() * m_scroll->singleStep() * 3 / 120);
    event->accept();
}

void PromptAnswers::mousePressEvent(QMouseEvent *event)
{
    const std::vector<Block> blocks = blocksFor(width(), theme());
    const double y = event->position().y() - bodyRect().top();
    for (size_t i = 0; i < blocks.size(); ++i)
        if (y >= blocks[i].top && y < blocks[i].bottom && m_answers[i].letter >= 0)
            Q_EMIT activated(m_answers[i].letter);
}

void PromptAnswers::keyPressEvent(QKeyEvent *event)
{
    switch (event->key()) {
    case Qt::Key_Up: m_scroll->setValue(m_scroll->value() - m_scroll->singleStep()); break;
    case Qt::Key_Down: m_scroll->setValue(m_scroll->value() + m_scroll->singleStep()); break;
    case Qt::Key_PageUp: m_scroll->setValue(m_scroll->value() - m_scroll->pageStep()); break;
    case Qt::Key_PageDown: m_scroll->setValue(m_scroll->value() + m_scroll->pageStep()); break;
    default: PictureView::keyPressEvent(event);
    }
}

double PromptAnswers::figureHeight(double width) const
{
    const std::vector<Block> blocks = blocksFor(width, theme());
    return blocks.empty() ? 0 : figureHeadHeight() + blocks.back().bottom + kGap;
}

QString PromptAnswers::note() const
{
    const QString number = finalNumber(m_gold);
    return m_answers.empty() || number.isEmpty() ? QString() : tr("gold %1").arg(number);
}

QString PromptAnswers::emptyReason() const { return m_answers.empty() ? tr("No answers yet. Run (Ctrl+R) lets the model answer with the full and with the compressed prompt.") : QString(); }

QString PromptAnswers::caption() const { return tr("Greedy answers of the model to the full and to the compressed prompts; words that the full answer does not have are tinted."); }

QString PromptAnswers::csv() const
{
    QString out = QStringLiteral("run,prompt,answer\n");
    for (const Answer &answer : m_answers) {
        QString text = answer.text;
        text.replace(QLatin1Char('"'), QStringLiteral("\"\""));
        out += QStringLiteral("%1,\"%2\",\"%3\"\n").arg(answer.letter >= 0 ? runLetter(answer.letter) : QString(), answer.head, text);
    }
    return out;
}

QString PromptAnswers::describe() const
{
    QStringList parts;
    for (const Answer &answer : m_answers)
        parts << QStringLiteral("%1: %2").arg(answer.letter >= 0 ? runLetter(answer.letter) : answer.head, answer.text);
    return parts.join(QStringLiteral("; "));
}

} // namespace winnow
