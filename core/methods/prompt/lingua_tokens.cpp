#include "core/methods/prompt/lingua_tokens.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

namespace winnow {
namespace {

    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    constexpr size_t kAlwaysSeen = 10; // first tokens that stay in the window

    using Clock = std::chrono::steady_clock;

    double since(Clock::time_point began) { return std::chrono::duration<double, std::milli>(Clock::now() - began).count(); }

    class Compression {
    public:
        Compression(const LinguaText &text, const LinguaRules &rules, PromptScorer &scorer, const RunContext &context)
            : m_text(text)
            , m_rules(rules)
            , m_scorer(scorer)
            , m_context(context)
            , m_n(static_cast<int64_t>(text.ids.size()))
        {
        }

        Result<LinguaResult> run()
        {
            const double scoredMs = m_scorer.costs().ms; // of the scorer: it knows what else was gathered on the way
            if (auto scored = firstPass(); !scored)
                return fail(scored.error());
            m_result.firstMs = m_scorer.costs().ms - scoredMs;
            m_result.value.assign(static_cast<size_t>(m_n), kNone);
            m_result.threshold.assign(static_cast<size_t>(m_n), kNone);
            m_result.kept = {0};
            const auto tokens = Clock::now();
            const int64_t segments = (m_n + m_rules.segment - 1) / m_rules.segment;
            for (int64_t s = 0; s < segments; ++s) {
                const int64_t first = s * m_rules.segment, end = std::min(first + m_rules.segment, m_n);
                if (auto done = compressSegment(s, std::max<int64_t>(first, 1), end); !done)
                    return fail(done.error());
                m_context.progress("compress", s + 1, segments, "segments");
            }
            m_result.tokenMs = since(tokens);
            return std::move(m_result);
        }

    private:
        /// Values of a sequence of text tokens.
        Result<std::vector<double>> valuesOf(const std::vector<int32_t> &sequence)
        {
            auto alone = m_scorer.score(sequence, {}, m_context);
            if (!alone)
                return fail(alone.error());
            std::vector<double> values = std::move(alone->information);
            if (m_text.question.empty())
                return values;
            std::vector<int32_t> asked = m_text.question;
            asked.insert(asked.end(), sequence.begin(), sequence.end());
            auto conditioned = m_scorer.score(asked, {}, m_context);
            if (!conditioned)
                return fail(conditioned.error());
            const size_t from = m_text.question.size();
            for (size_t i = 0; i < values.size(); ++i)
                values[i] -= conditioned->information[from + i];
            return values;
        }

        int64_t window() const { return m_scorer.window() - static_cast<int64_t>(m_text.question.size()); }

        Result<void> firstPass()
        {
            const int64_t seen = std::min(m_n, window());
            if (seen <= m_rules.segment && seen < m_n)
                return fail(ErrorCode::BadInput, "the window of " + std::to_string(m_scorer.window()) + " tokens is too short for segments of "
                        + std::to_string(m_rules.segment) + " tokens behind the question");
            if (m_rules.pool == LinguaPool::Segment) { // nobody reads them
                m_result.first.assign(static_cast<size_t>(m_n), kNone);
                return {};
            }
            auto values = valuesOf({m_text.ids.begin(), m_text.ids.begin() + seen});
            if (!values)
                return fail(values.error());
            m_result.first = std::move(*values);
            m_result.first.resize(static_cast<size_t>(m_n), kNone);
            m_result.first.front() = kNone;
            return {};
        }

        /// Kept tokens that a segment of `count` tokens still sees. What has gone stays gone, and goes in large steps: each costs a pass.
        std::vector<int32_t> seenContext(int64_t count)
        {
            const auto &kept = m_result.kept;
            if (static_cast<int64_t>(kept.size() - m_gone) + count > window()) {
                const int64_t room = std::max<int64_t>(0, window() - count - static_cast<int64_t>(kAlwaysSeen));
                m_gone = kept.size() - std::min(kept.size(), kAlwaysSeen + static_cast<size_t>(room / 2));
            }
            std::vector<int32_t> sequence;
            for (size_t i = 0; i < kept.size(); ++i) {
                if (i < kAlwaysSeen || i >= kAlwaysSeen + m_gone)
                    sequence.push_back(m_text.ids[static_cast<size_t>(kept[i])]);
            }
            return sequence;
        }

        Result<void> compressSegment(int64_t number, int64_t first, int64_t end)
        {
            std::vector<int32_t> sequence = seenContext(end - first);
            const size_t seen = sequence.size();
            sequence.insert(sequence.end(), m_text.ids.begin() + first, m_text.ids.begin() + end);
            auto values = valuesOf(sequence);
            if (!values)
                return fail(values.error());
            noteSurvivors(std::span(*values).first(seen));
            std::copy(values->begin() + static_cast<std::ptrdiff_t>(seen), values->end(), m_result.value.begin() + first);
            std::vector<double> pool(values->begin() + static_cast<std::ptrdiff_t>(seen), values->end());
            if (m_rules.pool == LinguaPool::Prompt) {
                pool.insert(pool.end(), m_keptValues.begin(), m_keptValues.end());
                std::copy_if(m_result.first.begin() + end, m_result.first.end(), std::back_inserter(pool), [](double v) { return !std::isnan(v); });
            }
            for (const LinguaPart &part : m_text.parts) {
                const int64_t from = std::max(first, part.begin), to = std::min(end, part.end);
                if (from < to)
                    keepAbove(number, from, to, part.tau, pool);
            }
            return {};
        }

        /// Kept tokens as they are seen in the compressed context; those that have left the window keep the value they had.
        void noteSurvivors(std::span<const double> values)
        {
            m_keptValues.resize(m_result.kept.size() - 1);
            for (size_t i = 1; i < m_result.kept.size(); ++i) {
                if (i < kAlwaysSeen)
                    m_keptValues[i - 1] = values[i];
                else if (i >= kAlwaysSeen + m_gone)
                    m_keptValues[i - 1] = values[i - m_gone];
            }
        }

        void keepAbove(int64_t number, int64_t from, int64_t to, double tau, const std::vector<double> &pool)
        {
            const double threshold = poolThreshold(pool, tau);
            const size_t before = m_result.kept.size();
            for (int64_t t = from; t < to; ++t) {
                const auto at = static_cast<size_t>(t);
                m_result.threshold[at] = threshold;
                if (m_result.value[at] > threshold || (!m_text.isForced.empty() && m_text.isForced[at]))
                    m_result.kept.push_back(static_cast<int32_t>(t));
            }
            m_result.trace.push_back({number, from, to, tau, static_cast<int64_t>(pool.size()), threshold,
                static_cast<int64_t>(m_result.kept.size() - before)});
        }

        const LinguaText &m_text;
        const LinguaRules &m_rules;
        PromptScorer &m_scorer;
        const RunContext &m_context;
        int64_t m_n;
        size_t m_gone = 0; // kept tokens behind the first ones that have left the window
        std::vector<double> m_keptValues; // of kept[1..]
        LinguaResult m_result;
    };

} // namespace

double poolThreshold(std::vector<double> pool, double tau)
{
    if (tau >= 1 || pool.empty())
        return -std::numeric_limits<double>::infinity();
    const auto last = static_cast<int64_t>(pool.size()) - 1;
    const int64_t element
        = std::clamp<int64_t>(static_cast<int64_t>(std::floor(static_cast<double>(pool.size()) * tau)) - 1, 0, last);
    std::nth_element(pool.begin(), pool.begin() + element, pool.end(), std::greater<>());
    return pool[static_cast<size_t>(element)];
}

Result<LinguaResult> compressSegments(const LinguaText &text, const LinguaRules &rules, PromptScorer &scorer, const RunContext &context)
{
    return Compression(text, rules, scorer, context).run();
}

} // namespace winnow
