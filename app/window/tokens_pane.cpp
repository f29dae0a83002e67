#include "app/window/tokens_pane.h"

#include "app/window/look.h"
#include "app/workbench/try_out.h"
#include "views/format.h"
#include "views/type.h"
#include "views/widgets/elided_label.h"
#include "views/widgets/token_boxes.h"

#include <QApplication>
#include <QClipboard>
#include <QLabel>
#include <QMenu>
#include <QScrollArea>
#include <QVBoxLayout>

namespace winnow {

TokensPane::TokensPane(TryOut &tryOut, Look &look, QWidget *parent)
    : Pane(tr("Tokens"), look, parent)
    , m_tryOut(tryOut)
{
    auto *body = new QWidget(this);
    auto *column = new QVBoxLayout(body);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    auto *scroll = new QScrollArea(body);
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_boxes = new TokenBoxes(scroll);
    setStyleProperty(m_boxes, "ground", "surface");
    m_boxes->setAttribute(Qt::WA_StyledBackground);
    m_boxes->setContextMenuPolicy(Qt::CustomContextMenu);
    scroll->setWidget(m_boxes);
    m_line = new ElidedLabel(body, Qt::ElideMiddle);
    m_line->setFont(typeFont(TypeRole::Hint));
    m_line->setProperty("tone", "t2");
    m_line->setContentsMargins(14, 2, 14, 4);
    column->addWidget(scroll, 1);
    column->addWidget(m_line);
    setContent(body);
    connect(&tryOut, &TryOut::tokensChanged, this, &TokensPane::refresh);
    connect(m_boxes, &TokenBoxes::currentChanged, this, [this, scroll](int index) {
        describeCurrent(index);
        const QRectF box = m_boxes->boxOf(index);
        if (!box.isEmpty())
            scroll->ensureVisible(static_cast<int>(box.center().x()), static_cast<int>(box.center().y()), 20, 30);
    });
    connect(m_boxes, &QWidget::customContextMenuRequested, this, [this](const QPoint &position) {
        QMenu menu(this);
        menu.addAction(tr("Copy Ids"), this, [this] {
            QStringList ids;
            for (const PromptToken &token : m_tryOut.tokens())
                ids << QString::number(token.id);
            QApplication::clipboard()->setText(QStringLiteral("[%1]").arg(ids.join(QStringLiteral(", "))));
        });
        menu.exec(m_boxes->mapToGlobal(position));
    });
    auto follow = [this, &look] { m_boxes->setTheme(look.theme()); };
    connect(&look, &Look::changed, this, follow);
    follow();
    refresh();
}

void TokensPane::refresh()
{
    const QString prompt = m_tryOut.prompt();
    const QByteArray bytes = prompt.toUtf8();
    QVector<TokenBox> boxes;
    int special = 0, bytewise = 0;
    for (size_t i = 0; i < m_tryOut.tokens().size(); ++i) {
        const PromptToken &token = m_tryOut.tokens()[i];
        const QString shown = shownToken(token, bytes);
        const bool hex = shown.startsWith(QChar(0x27E8)) && !token.piece.startsWith(QChar(0x27E8));
        const QString place = token.begin < token.end ? tr("bytes %1 to %2").arg(format::integer(static_cast<double>(token.begin)), format::integer(static_cast<double>(token.end))) : tr("added");
        const QString help = tr("token %1 of %2: “%3”, id %4, %5%6").arg(i + 1).arg(m_tryOut.tokens().size()).arg(token.piece).arg(token.id).arg(place, token.special ? tr(", special") : QString());
        boxes.append({token.id, shown, token.special, !token.special && bytes.mid(token.begin, token.end - token.begin).contains('\n'), help});
        special += token.special ? 1 : 0;
        bytewise += hex ? 1 : 0;
    }
    m_boxes->setTokens(std::move(boxes));
    const auto count = static_cast<double>(m_tryOut.tokens().size());
    QString note;
    if (count > 0) {
        note = format::tokens(static_cast<qint64>(count));
        if (special > 0)
            note += tr(", %1 special").arg(special);
        if (bytewise > 0)
            note += tr(", %1 parts of characters").arg(bytewise);
        if (count > special)
            note += tr(", %1 characters a token").arg(format::decimals(static_cast<double>(prompt.size()) / (count - special), 1));
    }
    setNote(note);
    const QString problem = m_tryOut.tokenProblem();
    setReason(!problem.isEmpty() ? problem : m_tryOut.tokens().empty() ? tr("No tokens yet. Write a prompt above to see how the model reads it.") : QString());
    describeCurrent(m_boxes->current());
}

void TokensPane::describeCurrent(int index)
{
    m_line->setText(index < 0 ? tr("Click a token, or use the arrow keys, to see its id and bytes") : m_boxes->tokens()[index].help);
}

} // namespace winnow
