#include "core/words/tag_model.h"

#include "core/base/json_fields.h"
#include "core/words/characters.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace winnow {
namespace {

    constexpr double kImpossible = -std::numeric_limits<double>::infinity();
    /// Allowed successors of B, E, M, S; a line begins like one behind S.
    constexpr std::array<std::array<WordTag, 2>, 4> kNext{{{kTagE, kTagM}, {kTagB, kTagS}, {kTagE, kTagM}, {kTagB, kTagS}}};
    /// Order in which equal predecessors are preferred.
    constexpr std::array<WordTag, 4> kOrder{kTagB, kTagE, kTagM, kTagS};

    WordTag tagOf(size_t index, size_t length)
    {
        if (length == 1)
            return kTagS;
        return index == 0 ? kTagB : index + 1 == length ? kTagE : kTagM;
    }

    bool readNumbers(const Json &json, TagModel::PerTag &out)
    {
        if (!json.is_array() || json.size() != out.size())
            return false;
        for (size_t i = 0; i < out.size(); ++i) {
            if (!json[i].is_number() || json[i].get<double>() < 0)
                return false;
            out[i] = json[i].get<double>();
        }
        return true;
    }

} // namespace

TagModel::TagModel(const std::vector<std::vector<std::u32string>> &lines, double lambda)
    : m_lambda(lambda)
{
    for (const auto &line : lines) {
        WordTag before = kTagS;
        bool first = true;
        for (const std::u32string &word : line) {
            for (size_t i = 0; i < word.size(); ++i) {
                const WordTag tag = tagOf(i, word.size());
                m_counts.emission[word[i]][tag] += 1;
                m_counts.total[tag] += 1;
                (first ? m_counts.start : m_counts.transition[before])[tag] += 1;
                first = false;
                before = tag;
            }
        }
    }
    finish();
}

void TagModel::finish()
{
    // Add-lambda over the two allowed targets.
    const auto smooth = [this](const PerTag &counts, const std::array<WordTag, 2> &allowed) {
        PerTag logs{kImpossible, kImpossible, kImpossible, kImpossible};
        const double total = counts[allowed[0]] + counts[allowed[1]] + 2 * m_lambda;
        for (const WordTag tag : allowed)
            logs[tag] = std::log((counts[tag] + m_lambda) / total);
        return logs;
    };
    m_start = smooth(m_counts.start, kNext[kTagS]);
    for (const WordTag tag : kOrder)
        m_transition[tag] = smooth(m_counts.transition[tag], kNext[tag]);
    const auto emission = [this](const PerTag &counts) {
        PerTag logs{};
        for (const WordTag tag : kOrder) {
            const double total = m_counts.total[tag] + m_lambda * static_cast<double>(m_counts.emission.size() + 1);
            logs[tag] = std::log((counts[tag] + m_lambda) / total);
        }
        return logs;
    };
    for (const auto &[character, counts] : m_counts.emission)
        m_emission[character] = emission(counts);
    m_unseen = emission({});
}

const TagModel::PerTag &TagModel::emissions(char32_t character) const
{
    const auto found = m_emission.find(character);
    return found == m_emission.end() ? m_unseen : found->second;
}

double TagModel::tag(std::u32string_view text, std::vector<WordTag> &tags) const
{
    tags.assign(text.size(), kTagS);
    if (text.empty())
        return 0;
    std::vector<std::array<WordTag, 4>> from(text.size());
    PerTag best = m_start;
    for (const WordTag tag : kOrder)
        best[tag] += emissions(text[0])[tag];
    for (size_t at = 1; at < text.size(); ++at) {
        const PerTag &emission = emissions(text[at]);
        PerTag next{kImpossible, kImpossible, kImpossible, kImpossible};
        for (const WordTag before : kOrder) {
            for (const WordTag tag : kNext[before]) {
                const double value = best[before] + m_transition[before][tag];
                if (value > next[tag]) {
                    next[tag] = value;
                    from[at][tag] = before;
                }
            }
        }
        for (const WordTag tag : kOrder)
            next[tag] += emission[tag];
        best = next;
    }
    WordTag tag = best[kTagS] > best[kTagE] ? kTagS : kTagE;
    const double score = best[tag];
    for (size_t at = text.size(); at-- > 0; tag = from[at][tag])
        tags[at] = tag;
    return score;
}

double TagModel::cut(std::u32string_view text, int32_t base, std::vector<int32_t> &ends) const
{
    std::vector<WordTag> tags;
    const double score = tag(text, tags);
    for (size_t at = 0; at < tags.size(); ++at) {
        if (tags[at] == kTagE || tags[at] == kTagS)
            ends.push_back(base + static_cast<int32_t>(at) + 1);
    }
    return score;
}

size_t TagModel::bytes() const
{
    return (m_emission.size() + m_counts.emission.size()) * (sizeof(PerTag) + sizeof(char32_t) + 2 * sizeof(void *))
        + sizeof(TagModel);
}

Json TagModel::toJson() const
{
    Json emission = Json::object();
    for (const auto &[character, counts] : m_counts.emission)
        emission[toUtf8(std::u32string_view(&character, 1))] = counts;
    return {{"kind", "tags"}, {"lambda", m_lambda}, {"tags", "BEMS"}, {"start", m_counts.start},
        {"transition", m_counts.transition}, {"emission", std::move(emission)}};
}

Result<TagModel> TagModel::fromJson(const Json &json)
{
    const auto bad = [](const char *field) {
        return fail(ErrorCode::BadInput, std::string("tag model: ") + field + " is missing or of another form",
            "a file that winnow-cli train --method tag_model wrote is expected");
    };
    TagModel model;
    model.m_lambda = numberField(json, "lambda", -1);
    if (stringField(json, "kind") != "tags" || !(model.m_lambda > 0))
        return bad("kind or lambda");
    if (!readNumbers(childField(json, "start"), model.m_counts.start))
        return bad("start");
    const Json &transition = childField(json, "transition");
    for (size_t tag = 0; tag < 4; ++tag) {
        if (!transition.is_array() || transition.size() != 4 || !readNumbers(transition[tag], model.m_counts.transition[tag]))
            return bad("transition");
    }
    const Json &emission = childField(json, "emission");
    if (!emission.is_object())
        return bad("emission");
    for (const auto &[text, counts] : emission.items()) {
        PerTag values{};
        const std::u32string character = toCharacters(text);
        if (character.size() != 1 || !readNumbers(counts, values))
            return bad("emission");
        model.m_counts.emission[character[0]] = values;
        for (size_t tag = 0; tag < 4; ++tag)
            model.m_counts.total[tag] += values[tag];
    }
    model.finish();
    return model;
}

} // namespace winnow
