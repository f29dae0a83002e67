#include "core/methods/prompt/staged.h"

#include "core/base/split_mix.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <numeric>

namespace winnow {
namespace {

    class Deletion {
    public:
        Deletion(const StagedText &text, const StageRules &rules, PromptScorer &scorer, const RunContext &context)
            : m_text(text)
            , m_rules(rules)
            , m_scorer(scorer)
            , m_context(context)
            , m_random(rules.seed)
            , m_ids(text.ids.begin(), text.ids.end())
            , m_original(text.ids.size())
        {
            std::iota(m_original.begin(), m_original.end(), 0);
        }

        Result<StagedResult> run()
        {
            StagedResult result;
            const auto n = static_cast<int64_t>(m_ids.size());
            result.stageOf.assign(m_ids.size(), 0);
            if (n <= 2 || m_rules.removed <= 0) {
                result.kept = m_original;
                return result;
            }
            const int64_t stages = m_rules.stages > 0 ? m_rules.stages : automaticStages(n);
            const double fraction = stageFraction(m_rules.removed, stages);
            for (int64_t stage = 1; stage <= stages; ++stage) {
                auto record = measured();
                if (!record)
                    return fail(record.error());
                record->fraction = fraction;
                shorten(*record, keptAfterStage(m_rules.schedule, fraction, stage, scored(*record), n - 1));
                for (const int32_t token : record->tokens)
                    result.stageOf[static_cast<size_t>(token)] = static_cast<int32_t>(stage);
                for (const int32_t token : record->kept)
                    result.stageOf[static_cast<size_t>(token)] = 0;
                result.stages.push_back(std::move(*record));
                m_context.progress("compress", stage, stages, "stages");
                if (m_ids.size() <= 2) // one scored token is left
                    break;
            }
            result.kept = m_original;
            if (m_rules.finalScore == FinalScore::On && m_ids.size() > 2) {
                auto record = measured();
                if (!record)
                    return fail(record.error());
                record->kept = record->tokens;
                result.stages.push_back(std::move(*record));
            }
            return result;
        }

    private:
        static int64_t scored(const StageRecord &record) { return static_cast<int64_t>(record.information.size()); }

        /// Both signals on the current sequence, and their fusion.
        Result<StageRecord> measured()
        {
            const auto began = std::chrono::steady_clock::now();
            const bool fresh = m_rules.refresh == AttentionRefresh::EveryStage || m_attention.empty();
            const int64_t before = m_scorer.costs().tokensProcessed;
            auto scores = m_scorer.score(m_ids, ScoreWish{.attention = fresh, .heads = m_rules.heads}, m_context);
            if (!scores)
                return fail(scores.error());
            if (fresh)
                m_attention = scaled(scores->attention);
            StageRecord record;
            record.tokens = m_original;
            record.information.assign(scores->information.begin() + 1, scores->information.end());
            record.attention = m_attention;
            record.fused = fuse(m_rules.fusion, m_rules.attentionWeight, record.information, record.attention);
            for (size_t j = 0; j < record.fused.size() && !m_text.isProtected.empty(); ++j) {
                if (m_text.isProtected[static_cast<size_t>(m_original[j + 1])])
                    record.fused[j] += kProtection;
            }
            order(record);
            record.ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
            record.processed = m_scorer.costs().tokensProcessed - before;
            return record;
        }

        /// Column sums of tokens 1..m. Tokens that many rows see gather more; PerRow takes that out (not part of DAC).
        std::vector<double> scaled(const std::vector<double> &attention) const
        {
            std::vector<double> out(attention.begin() + 1, attention.end());
            for (size_t t = 1; t < attention.size() && m_rules.columnScale == ColumnScale::PerRow; ++t)
                out[t - 1] /= static_cast<double>(attention.size() - t);
            return out;
        }

        /// The controls put another number in the place of the fused one.
        void order(StageRecord &record)
        {
            if (m_rules.order == StageOrder::LowInformation)
                std::transform(record.information.begin(), record.information.end(), record.fused.begin(), std::negate<>());
            else if (m_rules.order == StageOrder::LowAttention)
                std::transform(record.attention.begin(), record.attention.end(), record.fused.begin(), std::negate<>());
            else if (m_rules.order == StageOrder::Shuffled)
                m_random.shuffle(std::span(record.fused));
        }

        /// Takes the tokens of a stage out of the current sequence.
        void shorten(StageRecord &record, int64_t count)
        {
            std::vector<int32_t> chosen;
            if (m_text.words.empty()) {
                chosen = withNeighbourRule(m_rules.neighbours, record.fused, largest(record.fused, count));
            } else {
                std::vector<int32_t> words;
                for (size_t j = 1; j < m_original.size(); ++j)
                    words.push_back(m_text.words[static_cast<size_t>(m_original[j])]);
                chosen = largestWords(record.fused, words, count);
            }
            std::vector<int32_t> ids{m_ids[0]}, original{m_original[0]};
            std::vector<double> attention;
            record.threshold = std::numeric_limits<double>::infinity();
            for (const int32_t j : chosen) {
                const auto at = static_cast<size_t>(j);
                ids.push_back(m_ids[at + 1]);
                original.push_back(m_original[at + 1]);
                attention.push_back(m_attention[at]);
                record.threshold = std::min(record.threshold, record.fused[at]);
            }
            m_ids = std::move(ids);
            m_original = std::move(original);
            m_attention = std::move(attention);
            record.kept = m_original;
        }

        const StagedText &m_text;
        const StageRules &m_rules;
        PromptScorer &m_scorer;
        const RunContext &m_context;
        SplitMix64 m_random;
        std::vector<int32_t> m_ids, m_original;
        std::vector<double> m_attention; // of tokens 1..m
    };

} // namespace

Result<StagedResult> deleteInStages(
    const StagedText &text, const StageRules &rules, PromptScorer &scorer, const RunContext &context)
{
    return Deletion(text, rules, scorer, context).run();
}

} // namespace winnow
