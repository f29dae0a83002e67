#include "core/eval/encoder_tagger.h"

#include "core/methods/prompt/characters.h"
#include "core/model/token_classifier.h"

#include <ATen/core/Tensor.h>

#include <algorithm>

namespace winnow {
namespace {

    bool isAsciiPunctuation(std::string_view text)
    {
        return text.size() == 1 && static_cast<unsigned char>(text[0]) < 0x80 && isPunctuationLike(static_cast<char32_t>(text[0]));
    }

    class EncoderTagger final : public TokenTagger {
    public:
        explicit EncoderTagger(std::shared_ptr<const TokenClassifier> model)
            : m_model(std::move(model))
        {
        }

        /// The special tokens around a sequence.
        Result<void> findAround()
        {
            auto tokens = m_model->tokenizer().encode("a", SpecialTokens::Add);
            if (!tokens)
                return fail(tokens.error());
            bool before = true;
            for (const Token &token : *tokens) {
                const bool special = token.begin == token.end;
                if (special)
                    (before ? m_before : m_behind).push_back(token.id);
                before = before && special;
            }
            return {};
        }

        Result<std::vector<TaggedPiece>> tag(std::string_view text, int64_t chunkPieces, const RunContext &context) const override
        {
            auto pieces = piecesOf(text);
            if (!pieces)
                return pieces;
            const auto count = static_cast<int64_t>(pieces->size());
            int32_t chunk = 0;
            for (int64_t first = 0; first < count; ++chunk) {
                const int64_t end = chunkEnd(*pieces, text, first, std::min(first + std::min(chunkPieces, window()), count));
                if (auto done = tagChunk(*pieces, first, end, chunk, context); !done)
                    return fail(done.error());
                first = end;
                context.progress("compress", first, count, "tokens");
            }
            return pieces;
        }

        Result<std::string> join(std::span<const int32_t> ids) const override { return m_model->tokenizer().decode(ids, true); }
        std::string name() const override { return m_model->config().name; }
        int64_t window() const override { return m_model->window() - static_cast<int64_t>(m_before.size() + m_behind.size()); }

    private:
        Result<std::vector<TaggedPiece>> piecesOf(std::string_view text) const
        {
            const Tokenizer &tokenizer = m_model->tokenizer();
            auto tokens = tokenizer.encode(text, SpecialTokens::None);
            if (!tokens)
                return fail(tokens.error());
            std::vector<TaggedPiece> pieces;
            for (const Token &token : *tokens) {
                TaggedPiece piece{token.id, token.begin, token.end, 0, true, 0};
                piece.beginsWord = beginsWord(tokenizer.tokenText(token.id), text, token, pieces.empty() ? nullptr : &pieces.back());
                pieces.push_back(piece);
            }
            return pieces;
        }

        /// WordPiece marks what continues a word, SentencePiece and byte-level vocabularies what begins one; punctuation stands alone.
        bool beginsWord(std::string_view piece, std::string_view text, const Token &token, const TaggedPiece *before) const
        {
            if (m_model->config().modelType == "bert")
                return !piece.starts_with("##");
            if (!before || piece.starts_with("\u2581") || piece.starts_with("\u0120"))
                return true;
            const std::string_view bytes = text.substr(static_cast<size_t>(token.begin), static_cast<size_t>(token.end - token.begin));
            const std::string_view gap = text.substr(static_cast<size_t>(before->end), static_cast<size_t>(std::max<int64_t>(0, token.begin - before->end)));
            return isAsciiPunctuation(bytes) || (!gap.empty() && isBlank(gap));
        }

        static int64_t chunkEnd(const std::vector<TaggedPiece> &pieces, std::string_view text, int64_t first, int64_t limit)
        {
            if (limit >= static_cast<int64_t>(pieces.size()))
                return limit;
            for (int64_t i = limit - 1; i >= first; --i) {
                const TaggedPiece &piece = pieces[static_cast<size_t>(i)], &next = pieces[static_cast<size_t>(i) + 1];
                const auto from = static_cast<size_t>(piece.begin);
                const std::string_view own = text.substr(from, static_cast<size_t>(piece.end - piece.begin));
                const std::string_view upToNext = text.substr(from, static_cast<size_t>(std::max<int64_t>(0, next.begin - piece.begin)));
                if (own == "." || upToNext.find('\n') != std::string_view::npos)
                    return i + 1;
            }
            return limit;
        }

        Result<void> tagChunk(std::vector<TaggedPiece> &pieces, int64_t first, int64_t end, int32_t chunk, const RunContext &context) const
        {
            std::vector<int32_t> ids = m_before;
            for (int64_t i = first; i < end; ++i)
                ids.push_back(pieces[static_cast<size_t>(i)].id);
            ids.insert(ids.end(), m_behind.begin(), m_behind.end());
            auto probabilities = m_model->probabilities(ids, context);
            if (!probabilities)
                return fail(probabilities.error());
            const at::Tensor rows = probabilities->contiguous();
            for (int64_t i = first; i < end; ++i) {
                const int64_t row = i - first + static_cast<int64_t>(m_before.size());
                pieces[static_cast<size_t>(i)].keep = static_cast<double>(rows.const_data_ptr<float>()[row * rows.size(1) + 1]);
                pieces[static_cast<size_t>(i)].chunk = chunk;
            }
            return {};
        }

        std::shared_ptr<const TokenClassifier> m_model;
        std::vector<int32_t> m_before, m_behind;
    };

} // namespace

Result<std::shared_ptr<const TokenTagger>> openEncoderTagger(const std::filesystem::path &folder, const RunContext &context)
{
    auto model = TokenClassifier::open(folder, context);
    if (!model)
        return fail(model.error());
    auto tagger = std::make_shared<EncoderTagger>(std::move(*model));
    if (auto found = tagger->findAround(); !found)
        return fail(found.error());
    return std::shared_ptr<const TokenTagger>(std::move(tagger));
}

} // namespace winnow
