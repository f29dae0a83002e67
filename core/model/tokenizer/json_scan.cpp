#include "core/model/tokenizer/json_scan.h"

#include "core/model/json_file.h"

#include <limits>

namespace winnow {
namespace {

    constexpr size_t kDeepest = 64;

    /// nlohmann's event interface: builds the document; events inside the two long lists go elsewhere.
    class DocumentBuilder : public nlohmann::json_sax<Json> {
    public:
        explicit DocumentBuilder(Json &document)
            : m_document(document)
        {
        }

        const std::string &problem() const { return m_problem; }

        bool null() override { return value(nullptr); }
        bool boolean(bool given) override { return value(given); }
        bool number_integer(number_integer_t given) override { return value(given); }
        bool number_unsigned(number_unsigned_t given) override { return value(given); }
        bool number_float(number_float_t given, const string_t &) override { return value(given); }
        bool string(string_t &given) override { return value(std::move(given)); }
        bool binary(binary_t &) override { return refuse("binary data"); }
        bool key(string_t &given) override
        {
            m_key = std::move(given);
            return true;
        }
        bool start_object(size_t) override { return open(Json::object()); }
        bool start_array(size_t) override { return open(Json::array()); }
        bool end_object() override { return close(); }
        bool end_array() override { return close(); }
        bool parse_error(size_t position, const std::string &, const nlohmann::detail::exception &error) override
        {
            m_problem = "not valid JSON at byte " + std::to_string(position) + ": " + jsonErrorText(error.what());
            return false;
        }

    protected:
        bool refuse(std::string what)
        {
            m_problem = std::move(what);
            return false;
        }
        size_t depth() const { return m_open.size(); }
        const std::string &lastKey() const { return m_key; }
        bool value(Json given) { return put(std::move(given)) != nullptr; }
        bool open(Json empty)
        {
            if (m_open.size() >= kDeepest)
                return refuse("values inside values more than " + std::to_string(kDeepest) + " deep");
            m_open.push_back(put(std::move(empty)));
            return true;
        }
        bool close()
        {
            m_open.pop_back();
            return true;
        }

    private:
        Json *put(Json given)
        {
            if (m_open.empty())
                return &(m_document = std::move(given));
            Json &parent = *m_open.back();
            if (parent.is_array()) {
                parent.push_back(std::move(given));
                return &parent.back();
            }
            return &(parent[m_key] = std::move(given));
        }

        Json &m_document;
        std::vector<Json *> m_open;
        std::string m_key, m_problem;
    };

} // namespace

/// Takes model.vocab and model.merges apart as they come by.
class TokenizerScanner final : public DocumentBuilder {
public:
    explicit TokenizerScanner(ScannedTokenizer &out)
        : DocumentBuilder(out.m_document)
        , m_out(out)
    {
    }

    bool null() override { return m_list == List::None ? DocumentBuilder::null() : wrong("null"); }
    bool boolean(bool given) override { return m_list == List::None ? DocumentBuilder::boolean(given) : wrong("a truth value"); }
    bool number_integer(number_integer_t given) override
    {
        return m_list == List::None ? DocumentBuilder::number_integer(given) : number(given, static_cast<double>(given));
    }
    bool number_unsigned(number_unsigned_t given) override
    {
        constexpr auto kLargest = static_cast<number_unsigned_t>(std::numeric_limits<int64_t>::max());
        return m_list == List::None ? DocumentBuilder::number_unsigned(given)
                                    : number(static_cast<int64_t>(std::min(given, kLargest)), static_cast<double>(given));
    }
    bool number_float(number_float_t given, const string_t &text) override
    {
        if (m_list == List::None)
            return DocumentBuilder::number_float(given, text);
        return m_list == List::Scores ? number(0, given) : wrong("the number " + text);
    }
    bool string(string_t &given) override
    {
        switch (m_list) {
        case List::None:
            return DocumentBuilder::string(given);
        case List::Ids:
            return wrong("a text");
        case List::Scores:
            return scoredText(given);
        case List::Merges:
            break;
        }
        return m_inner ? mergePart(given) : mergeLine(given);
    }
    bool key(string_t &given) override
    {
        if (m_list == List::None) {
            if (depth() == 1)
                m_section = given;
            return DocumentBuilder::key(given);
        }
        m_text = addText(given);
        return true;
    }
    bool start_object(size_t size) override
    {
        if (m_list != List::None)
            return wrong("an object");
        return atList("vocab") ? begin(List::Ids) : DocumentBuilder::start_object(size);
    }
    bool start_array(size_t size) override
    {
        if (m_list == List::None)
            return atList("vocab") ? begin(List::Scores) : atList("merges") ? begin(List::Merges) : DocumentBuilder::start_array(size);
        if (m_list == List::Ids || m_inner)
            return wrong("a list");
        m_inner = true;
        m_parts = 0;
        return true;
    }
    bool end_object() override { return m_list == List::None ? DocumentBuilder::end_object() : finish(); }
    bool end_array() override
    {
        if (m_list == List::None)
            return DocumentBuilder::end_array();
        if (!m_inner)
            return finish();
        m_inner = false;
        return m_parts == 2 || wrong("a list of " + std::to_string(m_parts));
    }

private:
    enum class List { None, Ids, Scores, Merges };

    bool atList(std::string_view name) const { return depth() == 2 && m_section == "model" && lastKey() == name; }
    bool begin(List list)
    {
        bool &seen = list == List::Merges ? m_sawMerges : m_out.m_hasVocabulary;
        if (seen)
            return refuse(list == List::Merges ? "model.merges stands twice" : "model.vocab stands twice");
        seen = true;
        m_out.m_hasScores = m_out.m_hasScores || list == List::Scores;
        m_list = list;
        return true;
    }
    bool finish()
    {
        m_list = List::None;
        return true;
    }
    bool wrong(const std::string &found)
    {
        const size_t index = m_list == List::Merges ? m_out.m_merges.size() : m_out.m_vocabulary.size();
        const char *expected = m_list == List::Ids ? "model.vocab, entry %: expected a whole number"
            : m_list == List::Scores               ? "model.vocab, entry %: expected a list of a text and a number"
                                                   : "model.merges, entry %: expected two tokens";
        std::string text = expected;
        text.replace(text.find('%'), 1, std::to_string(index));
        return refuse(text + ", found " + found);
    }
    ScannedTokenizer::Entry addText(const std::string &text)
    {
        const size_t offset = m_out.m_bytes.size();
        m_out.m_bytes += text;
        return {offset, text.size(), 0, 0};
    }
    bool number(int64_t whole, double given)
    {
        if (m_list == List::Merges || (m_list == List::Scores && (!m_inner || m_parts != 1)))
            return wrong("a number");
        m_parts = 2;
        m_text.id = m_list == List::Ids ? whole : static_cast<int64_t>(m_out.m_vocabulary.size());
        m_text.score = given;
        m_out.m_vocabulary.push_back(m_text);
        return true;
    }
    bool scoredText(const std::string &text)
    {
        if (!m_inner || m_parts != 0)
            return wrong("a text");
        m_parts = 1;
        m_text = addText(text);
        return true;
    }
    bool mergePart(const std::string &text)
    {
        if (m_parts == 2)
            return wrong("a list of more than 2");
        if (m_parts++ == 0)
            m_merge = {m_out.m_mergeBytes.size(), text.size(), 0};
        else
            m_merge.right = text.size();
        m_out.m_mergeBytes += text;
        if (m_parts == 2)
            m_out.m_merges.push_back(m_merge);
        return true;
    }
    bool mergeLine(const std::string &text)
    {
        if (text.starts_with("#version"))
            return true;
        const size_t space = text.find(' ');
        if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos)
            return wrong("the text \"" + text.substr(0, 40) + "\"");
        m_out.m_merges.push_back({m_out.m_mergeBytes.size(), space, text.size() - space - 1});
        m_out.m_mergeBytes.append(text, 0, space).append(text, space + 1);
        return true;
    }

    ScannedTokenizer &m_out;
    List m_list = List::None;
    bool m_inner = false, m_sawMerges = false;
    size_t m_parts = 0; // of the inner list, so far
    std::string m_section; // key of the outermost object
    ScannedTokenizer::Entry m_text;
    ScannedTokenizer::Merge m_merge;
};

Result<ScannedTokenizer> ScannedTokenizer::scan(std::string_view json)
{
    ScannedTokenizer result;
    TokenizerScanner scanner(result);
    if (!Json::sax_parse(json, &scanner))
        return fail(ErrorCode::BadModelFile, scanner.problem());
    return result;
}

std::pair<std::string_view, std::string_view> ScannedTokenizer::merge(size_t index) const
{
    const Merge &merge = m_merges[index];
    const std::string_view bytes = m_mergeBytes;
    return {bytes.substr(merge.offset, merge.left), bytes.substr(merge.offset + merge.left, merge.right)};
}

} // namespace winnow
