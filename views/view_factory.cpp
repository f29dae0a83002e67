#include "views/view_factory.h"

#include "views/agreement_view.h"
#include "views/attention_maps.h"
#include "views/best_scores.h"
#include "views/byte_meter.h"
#include "views/column_sums.h"
#include "views/consistency_map.h"
#include "views/head_map.h"
#include "views/head_matrix.h"
#include "views/kept_map.h"
#include "views/kept_positions.h"
#include "views/layer_matrix.h"
#include "views/layer_planner.h"
#include "views/mass_bars.h"
#include "views/match_stability.h"
#include "views/matched_pairs.h"
#include "views/prompt_answers.h"
#include "views/prompt_attention.h"
#include "views/prompt_canvas.h"
#include "views/prompt_diff.h"
#include "views/prompt_quality.h"
#include "views/prompt_rates.h"
#include "views/prompt_rows.h"
#include "views/prompt_scatter.h"
#include "views/prompt_strips.h"
#include "views/prompt_trace.h"
#include "views/pair_memory.h"
#include "views/quality_view.h"
#include "views/ranked_mass.h"
#include "views/saliency_timeline.h"
#include "views/score_histogram.h"
#include "views/token_strip.h"
#include "views/word_automaton.h"
#include "views/word_branching.h"
#include "views/word_curves.h"
#include "views/word_dictionary.h"
#include "views/word_lattice.h"
#include "views/word_lines.h"
#include "views/word_ribbon.h"
#include "views/word_scores.h"
#include "views/word_teacher.h"
#include "views/word_training.h"

#include <QCoreApplication>

#include <array>

namespace winnow {

namespace {

struct Entry {
    const char *id;
    const char *choice;
    ViewPage page;
    std::unique_ptr<RunView> (*make)();
};

template <typename View>
std::unique_ptr<RunView> make()
{
    return std::make_unique<View>();
}

const std::array kViews{
    Entry{"tokens", QT_TRANSLATE_NOOP("views", "Tokens"), ViewPage::Cache, &make<TokenStrip>},
    Entry{"keptMap", QT_TRANSLATE_NOOP("views", "Layer × position"), ViewPage::Cache, &make<KeptMap>},
    Entry{"headMap", QT_TRANSLATE_NOOP("views", "Head × position"), ViewPage::Cache, &make<HeadMap>},
    Entry{"scores", QT_TRANSLATE_NOOP("views", "Score histogram"), ViewPage::Cache, &make<ScoreHistogram>},
    Entry{"agreement", QT_TRANSLATE_NOOP("views", "Agreement"), ViewPage::Cache, &make<AgreementView>},
    Entry{"quality", QT_TRANSLATE_NOOP("views", "Quality against bytes"), ViewPage::Cache, &make<QualityView>},
    Entry{"bytes", QT_TRANSLATE_NOOP("views", "Byte meter"), ViewPage::Cache, &make<ByteMeter>},
    Entry{"keptPositions", QT_TRANSLATE_NOOP("views", "Kept positions"), ViewPage::Cache, &make<KeptPositions>},
    Entry{"saliencyTimeline", QT_TRANSLATE_NOOP("views", "Saliency timeline"), ViewPage::Cache, &make<SaliencyTimeline>},
    Entry{"massBars", QT_TRANSLATE_NOOP("views", "Attention mass"), ViewPage::Cache, &make<MassBars>},
    Entry{"pairMemory", QT_TRANSLATE_NOOP("views", "Memory of both models"), ViewPage::Cache, &make<PairMemory>},
    Entry{"layerMatrix", QT_TRANSLATE_NOOP("views", "Layers"), ViewPage::Similarity, &make<LayerMatrix>},
    Entry{"headMatrix", QT_TRANSLATE_NOOP("views", "Heads"), ViewPage::Similarity, &make<HeadMatrix>},
    Entry{"matchedPairs", QT_TRANSLATE_NOOP("views", "Matched pairs"), ViewPage::Similarity, &make<MatchedPairs>},
    Entry{"bestScores", QT_TRANSLATE_NOOP("views", "Best scores"), ViewPage::Similarity, &make<BestScores>},
    Entry{"attentionMaps", QT_TRANSLATE_NOOP("views", "Attention maps"), ViewPage::Similarity, &make<AttentionMaps>},
    Entry{"columnSums", QT_TRANSLATE_NOOP("views", "Column sums"), ViewPage::Similarity, &make<ColumnSums>},
    Entry{"matchStability", QT_TRANSLATE_NOOP("views", "Match stability"), ViewPage::Similarity, &make<MatchStability>},
    Entry{"consistencyMap", QT_TRANSLATE_NOOP("views", "Consistency"), ViewPage::Similarity, &make<ConsistencyMap>},
    Entry{"rankedMass", QT_TRANSLATE_NOOP("views", "Ranked mass"), ViewPage::Similarity, &make<RankedMass>},
    Entry{"layerPlanner", QT_TRANSLATE_NOOP("views", "Layer planner"), ViewPage::Similarity, &make<LayerPlanner>},
    Entry{"prompt", QT_TRANSLATE_NOOP("views", "Prompt"), ViewPage::Prompt, &make<PromptCanvas>},
    Entry{"promptStrips", QT_TRANSLATE_NOOP("views", "Per token"), ViewPage::Prompt, &make<PromptStrips>},
    Entry{"promptRates", QT_TRANSLATE_NOOP("views", "Asked and achieved"), ViewPage::Prompt, &make<PromptRates>},
    Entry{"promptAnswers", QT_TRANSLATE_NOOP("views", "Answer"), ViewPage::Prompt, &make<PromptAnswers>},
    Entry{"promptQuality", QT_TRANSLATE_NOOP("views", "Quality against rate"), ViewPage::Prompt, &make<PromptQuality>},
    Entry{"promptDiff", QT_TRANSLATE_NOOP("views", "Agreement of methods"), ViewPage::Prompt, &make<PromptDiff>},
    Entry{"promptRows", QT_TRANSLATE_NOOP("views", "Text by method"), ViewPage::Prompt, &make<PromptRows>},
    Entry{"promptScatter", QT_TRANSLATE_NOOP("views", "Information and attention"), ViewPage::Prompt, &make<PromptScatter>},
    Entry{"promptAttention", QT_TRANSLATE_NOOP("views", "Attention map"), ViewPage::Prompt, &make<PromptAttention>},
    Entry{"promptTrace", QT_TRANSLATE_NOOP("views", "Trace of the method"), ViewPage::Prompt, &make<PromptTrace>},
    Entry{"wordLines", QT_TRANSLATE_NOOP("views", "Lines"), ViewPage::Words, &make<WordLines>},
    Entry{"wordLattice", QT_TRANSLATE_NOOP("views", "Lattice"), ViewPage::Words, &make<WordLatticeView>},
    Entry{"wordAutomaton", QT_TRANSLATE_NOOP("views", "Automaton"), ViewPage::Words, &make<WordAutomaton>},
    Entry{"wordRibbon", QT_TRANSLATE_NOOP("views", "Ribbon"), ViewPage::Words, &make<WordRibbonView>},
    Entry{"wordBranching", QT_TRANSLATE_NOOP("views", "Branching"), ViewPage::Words, &make<WordBranchingView>},
    Entry{"wordScores", QT_TRANSLATE_NOOP("views", "Scores"), ViewPage::Words, &make<WordScoresView>},
    Entry{"wordDictionary", QT_TRANSLATE_NOOP("views", "Dictionary"), ViewPage::Words, &make<WordDictionaryView>},
    Entry{"wordTeacher", QT_TRANSLATE_NOOP("views", "Chat model"), ViewPage::Words, &make<WordTeacherView>},
    Entry{"wordCurves", QT_TRANSLATE_NOOP("views", "Curves"), ViewPage::Words, &make<WordCurves>},
    Entry{"wordTraining", QT_TRANSLATE_NOOP("views", "Training"), ViewPage::Words, &make<WordTrainingView>},
};

} // namespace

QStringList viewIds()
{
    QStringList ids;
    for (const Entry &entry : kViews)
        ids << QLatin1String(entry.id);
    return ids;
}

QStringList viewIds(ViewPage page)
{
    QStringList ids;
    for (const Entry &entry : kViews)
        if (entry.page == page)
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
