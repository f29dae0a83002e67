#include "core/methods/segment/lattice_segmenter.h"

#include "core/base/json_fields.h"
#include "core/words/characters.h"
#include "core/words/cpu_clock.h"

namespace winnow::segment {
namespace {

    /// Cuts by the best path, then runs of single characters again by the tag model, where there is one (llaca.md 3.7).
    class LatticeCutter : public LineCutter {
    public:
        LatticeCutter(const WordAutomaton &automaton, Patterns patterns, const TagModel *tags)
            : m_cutter(automaton, patterns)
            , m_tags(tags)
        {
        }

        double cut(const CutText &line, std::vector<int32_t> &ends) override
        {
            if (!m_tags)
                return m_cutter.cut(line, ends);
            const double score = m_cutter.cut(line, m_path);
            ends.clear();
            for (size_t word = 0; word < m_path.size();) {
                const size_t run = runEnd(line, word);
                const int32_t first = word == 0 ? 0 : m_path[word - 1];
                if (run - word >= 2)
                    m_tags->cut(line.word(first, m_path[run - 1]), first, ends);
                else
                    ends.push_back(m_path[word]);
                word = run - word >= 2 ? run : word + 1;
            }
            return score;
        }

    private:
        /// Behind the single characters that begin with `word`, none of them symbol, digit or Latin, none behind a cut.
        size_t runEnd(const CutText &line, size_t word) const
        {
            constexpr uint8_t kStays = kSymbolCharacter | kDigitCharacter | kLatinCharacter | kWhiteCharacter;
            size_t piece = 0;
            int32_t at = word == 0 ? 0 : m_path[word - 1];
            while (piece + 1 < line.pieceEnds.size() && line.pieceEnds[piece] <= at)
                ++piece;
            while (word < m_path.size() && m_path[word] - at == 1 && m_path[word] <= line.pieceEnds[piece]
                && !CharacterClasses::table().is(line.characters[static_cast<size_t>(at)], kStays))
                at = m_path[word++];
            return word;
        }

        WordCutter m_cutter;
        const TagModel *m_tags;
        std::vector<int32_t> m_path;
    };

    class LatticeModel : public SegmentModel {
    public:
        std::unique_ptr<LineCutter> cutter() const override
        {
            return std::make_unique<LatticeCutter>(m_automaton, m_patterns, m_tags ? &*m_tags : nullptr);
        }
        const WordDictionary *wordList() const override { return &m_used.dictionary; }
        std::string saved() const override
        {
            if (!m_used.taught)
                return m_used.dictionary.text();
            std::string text; // word, kept count, information
            for (const TaughtWord &word : m_used.taught->types) {
                if (word.kept > 0)
                    text += toUtf8(word.word) + ' ' + std::to_string(word.kept) + ' ' + jsonText(Json(word.information)) + '\n';
            }
            return text;
        }
        size_t bytes() const override { return m_automaton.bytes(); }
        const WordAutomaton *automaton() const override { return &m_automaton; }
        Patterns patterns() const override { return m_patterns; }

        void describe(ReportBuilder &report) const override
        {
            describeDictionary(m_used, report);
            report.setMetric("automatonNodes", static_cast<double>(m_automaton.trie().size()));
            report.setMetric("automatonBytes", static_cast<double>(m_automaton.bytes()));
            report.setMetric("automatonBytesPerNode",
                static_cast<double>(m_automaton.bytes()) / static_cast<double>(m_automaton.trie().size()));
            report.setMetric("automatonSeconds", m_buildSeconds);
            report.setMetric("rootLog2", m_automaton.rootLog());
        }

        Json explain(const CutText &line, int32_t first, int32_t end) const override
        {
            const uint32_t node = m_automaton.trie().find(line.word(first, end));
            if (node == WordTrie::kNone || m_automaton.count(node) == 0)
                return {{"count", 0}, {"log2", m_automaton.unknownPrice()}};
            return {{"count", m_automaton.count(node)}, {"log2", m_automaton.weight(node)}, {"unigram", m_automaton.unigram(node)},
                {"prefixSum", m_automaton.sum(m_automaton.prefix(node))}};
        }

        UsedDictionary m_used;
        WordAutomaton m_automaton;
        Patterns m_patterns = Patterns::On;
        std::optional<TagModel> m_tags;
        double m_buildSeconds = 0;
    };

} // namespace

Result<SegmentModelPtr> LatticeSegmenter::learn(
    const SegmentSource &source, const Parameters &parameters, const RunContext &context) const
{
    auto model = std::make_shared<LatticeModel>();
    auto used = usedDictionary(source, parameters, context);
    if (!used)
        return fail(used.error());
    model->m_used = std::move(*used);
    const bool conditional = m_weights == Weights::AsAsked && parameters.flag("conditional");
    const auto alphabet = parameters.word("alphabet") == "halfByte" ? TrieAlphabet::HalfByte : TrieAlphabet::CodePoint;
    const double began = threadSeconds();
    model->m_automaton = WordAutomaton(model->m_used.dictionary, alphabet, {conditional, parameters.flag("rootDoubling")});
    model->m_buildSeconds = threadSeconds() - began;
    model->m_patterns = parameters.flag("patterns") ? Patterns::On : Patterns::Off;
    if (parameters.flag("oovModel")) {
        auto tags = usedTags(source, parameters);
        if (!tags)
            return fail(tags.error());
        model->m_tags = std::move(*tags);
    }
    return model;
}

} // namespace winnow::segment
