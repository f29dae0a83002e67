#include "core/methods/prompt/percentile.h"
#include "core/methods/prompt/selective_units.h"
#include "core/methods/prompt/staged_parameters.h"

#include <algorithm>

namespace winnow {
namespace {

    constexpr std::array<std::string_view, 3> kLevels{"phrase", "token", "sentence"};
    constexpr std::array<std::string_view, 3> kLevelTitles{"Phrase (approximate)", "Token", "Sentence"};
    constexpr std::array<std::string_view, 2> kRules{"ours", "official"};
    constexpr std::array<std::string_view, 2> kRuleTitles{". ? ! and CJK stops", ". and ? (official)"};

    UnitLevel levelOf(const Parameters &parameters)
    {
        const std::string level = parameters.word("level");
        return level == "token" ? UnitLevel::Token : level == "sentence" ? UnitLevel::Sentence : UnitLevel::Phrase;
    }

    TableArtifact unitTable(const std::vector<SelectiveUnit> &units, double threshold)
    {
        TableArtifact table;
        table.id = "trace.units";
        table.title = "Units";
        table.columns = {"first", "end", "value", "kept", "sentence", "threshold"};
        table.units = {"code points", "code points", "nats", "", "", "nats"};
        for (const SelectiveUnit &unit : units)
            table.rows.push_back({unit.firstCharacter, unit.endCharacter, jsonNumber(unit.value), unit.kept, unit.sentence, jsonNumber(threshold)});
        return table;
    }

    TableArtifact sentenceTable(const SelectiveText &text)
    {
        TableArtifact table;
        table.id = "trace.sentences";
        table.title = "Sentences as they were scored";
        table.columns = {"sentence", "ids", "information"};
        table.units = {"", "", "nats"};
        for (size_t s = 0; s < text.sentences.size(); ++s) {
            Json values = Json::array();
            for (const double value : text.sentences[s].information)
                values.push_back(jsonNumber(value));
            table.rows.push_back({s, text.sentences[s].ids, std::move(values)});
        }
        return table;
    }

    /// Drops units of little self-information, sentence by sentence (arXiv:2310.06201).
    class SelectiveContext : public PromptMethod {
    public:
        bool meetsBudget(const Parameters &) const override { return false; }

    protected:
        Result<PromptPlan> run(const PromptInput &input, PromptScorer &scorer, const PromptBudget &budget, const Parameters &parameters,
            const RunContext &context) const override
        {
            SelectiveOptions options;
            options.level = levelOf(parameters);
            options.keepNewlines = parameters.flag("keepNewlines");
            options.rule = parameters.word("sentences") == "official" ? SentenceRule::Official : SentenceRule::Ours;
            options.startToken = static_cast<int32_t>(parameters.integer("startToken"));
            auto unspaced = UnspacedWords::open(parameters.word("dictionary"), context);
            if (!unspaced)
                return fail(unspaced.error());
            options.unspaced = &*unspaced;
            auto text = selectiveText(input, options, scorer, context);
            if (!text)
                return fail(text.error());
            std::vector<double> values;
            for (const SelectiveUnit &unit : text->units)
                values.push_back(unit.value);
            const double threshold = percentile(values, 100 * (1 - budget.share(input.tokens())));
            for (SelectiveUnit &unit : text->units)
                unit.kept = unit.value >= threshold;
            PromptPlan plan;
            Rendering rendering = keptText(*text, options);
            plan.text = std::move(rendering.text);
            plan.droppedBytes = rendering.droppedBytes;
            plan.ownText = true;
            plan.kept = tokensInKeptUnits(input, *text);
            plan.scores.push_back(unitScores(input, *text));
            plan.tables = {unitTable(text->units, threshold), sentenceTable(*text)};
            plan.metrics.emplace_back("threshold", threshold);
            plan.notices = text->notices;
            return plan;
        }
    };

    constexpr std::array kParameters{prompt::choice("level", "Level", "What is dropped at a time.", kLevels, kLevelTitles),
        ParameterSpec{.name = "keepNewlines",
            .title = "Keep line breaks",
            .tooltip = "Runs of white space with a line break become one line break instead of a space.",
            .type = ParameterType::Bool,
            .defaultValue = 0},
        prompt::choice("sentences", "Sentences end at", "The official rule knows no exclamation mark and no CJK stop.", kRules, kRuleTitles),
        ParameterSpec{.name = "startToken",
            .title = "Start token",
            .tooltip = "Id in front of every sentence; -1 is the model's start token, else its end token.",
            .type = ParameterType::Int,
            .defaultValue = -1,
            .minimum = -1,
            .maximum = 2147483647,
            .leastMeans = "model's"},
        ParameterSpec{.name = "dictionary",
            .title = "Dictionary",
            .tooltip = "File of words with counts that cuts Chinese and Japanese for phrases; empty: characters count as words.",
            .type = ParameterType::Text,
            .visibleWhen = "level=phrase"}};

} // namespace

namespace methodspecs {
    extern const MethodSpec selective_context;
}

constinit const MethodSpec methodspecs::selective_context{.id = "selective_context",
    .title = "Selective-Context",
    .family = "prompt",
    .summary = "Drops phrases, tokens or sentences that the model expected, sentence by sentence.",
    .source = "arXiv:2310.06201",
    .sourceUrl = "https://arxiv.org/abs/2310.06201",
    .budget = {.unit = "tokens", .defaultFraction = 0.65, .minimumFraction = 0.01},
    .parameters = kParameters,
    .needs = "information",
    .artifacts = "PromptTokens,TokenScores,Table",
    .createPrompt = []() -> std::unique_ptr<const PromptMethod> { return std::make_unique<SelectiveContext>(); }};

} // namespace winnow
