#include "views/view_factory.h"

#include "views/agreement_view.h"
#include "views/byte_meter.h"
#include "views/head_map.h"
#include "views/kept_map.h"
#include "views/kept_positions.h"
#include "views/quality_view.h"
#include "views/score_histogram.h"
#include "views/token_strip.h"

#include <QCoreApplication>

#include <array>

namespace winnow {

namespace {

struct Entry {
    const char *id;
    const char *choice;
    std::unique_ptr<RunView> (*make)();
};

template <typename View>
std::unique_ptr<RunView> make()
{
    return std::make_unique<View>();
}

const std::array kViews{
    Entry{"tokens", QT_TRANSLATE_NOOP("views", "Tokens"), &make<TokenStrip>},
    Entry{"keptMap", QT_TRANSLATE_NOOP("views", "Layer × position"), &make<KeptMap>},
    Entry{"headMap", QT_TRANSLATE_NOOP("views", "Head × position"), &make<HeadMap>},
    Entry{"scores", QT_TRANSLATE_NOOP("views", "Score histogram"), &make<ScoreHistogram>},
    Entry{"agreement", QT_TRANSLATE_NOOP("views", "Agreement"), &make<AgreementView>},
    Entry{"quality", QT_TRANSLATE_NOOP("views", "Quality against bytes"), &make<QualityView>},
    Entry{"bytes", QT_TRANSLATE_NOOP("views", "Byte meter"), &make<ByteMeter>},
    Entry{"keptPositions", QT_TRANSLATE_NOOP("views", "Kept positions"), &make<KeptPositions>},
};

} // namespace

QStringList viewIds()
{
    QStringList ids;
    for (const Entry &entry : kViews)
        ids << QLatin1String(entry.id);
    return ids;
}

QString viewChoice(const QString &id)
{
    for (const Entry &entry : kViews)
        if (id == QLatin1String(entry.id))
            return QCoreApplication::translate("views", entry.choice);
    return {};
}

std::unique_ptr<RunView> makeView(const QString &id)
{
    for (const Entry &entry : kViews)
        if (id == QLatin1String(entry.id))
            return entry.make();
    return nullptr;
}

} // namespace winnow
