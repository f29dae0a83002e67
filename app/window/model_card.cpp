#include "app/window/model_card.h"

#include "app/window/look.h"
#include "app/window/panel_widgets.h"
#include "app/workbench/model_details.h"
#include "core/base/json_fields.h"
#include "views/type.h"
#include "views/widgets/elided_label.h"
#include "views/widgets/part_bars.h"

#include <QVBoxLayout>

namespace winnow {
namespace {

    /// The names of parts as the page says them.
    QString partTitle(const QString &part)
    {
        if (part == QLatin1String("mlp"))
            return ModelCard::tr("feed-forward");
        return part;
    }

} // namespace

ModelCard::ModelCard(Look &look, QWidget *parent)
    : QWidget(parent)
    , m_look(look)
{
    auto *column = new QVBoxLayout(this);
    column->setContentsMargins(14, 2, 14, 10);
    column->setSpacing(2);
    m_title = new ElidedLabel(this, Qt::ElideMiddle);
    m_title->setFont(typeFont(TypeRole::DialogTitle));
    m_path = new ElidedLabel(this, Qt::ElideMiddle);
    m_path->setFont(typeFont(TypeRole::Hint));
    m_path->setProperty("tone", "t3");
    column->addWidget(m_title);
    column->addWidget(m_path);
    column->addSpacing(4);
    m_facts = new QVBoxLayout;
    m_facts->setSpacing(0);
    column->addLayout(m_facts);
    column->addSpacing(8);
    m_parts = new PartBars(this);
    column->addWidget(m_parts);
    column->addStretch(1);
    auto follow = [this] { m_parts->setTheme(m_look.theme()); };
    connect(&look, &Look::changed, this, follow);
    follow();
}

void ModelCard::clearFacts()
{
    for (FactRow *row : m_rows)
        row->deleteLater();
    m_rows.clear();
}

void ModelCard::setDetails(const ModelDetails &details, const QString &title)
{
    clearFacts();
    m_title->setText(title);
    m_path->setText(QString::fromStdString(stringField(details.description, "path")));
    for (const auto &[name, value] : details.facts()) {
        auto *row = new FactRow(m_look, this);
        row->set(name, value);
        row->setFixedHeight(18);
        m_facts->addWidget(row);
        m_rows.append(row);
    }
    QVector<PartBar> bars;
    for (const PartFact &part : details.parts)
        bars.append({partTitle(part.name), part.parameters, part.bytes});
    m_parts->setParts(std::move(bars));
}

} // namespace winnow
