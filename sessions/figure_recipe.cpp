#include "sessions/figure_recipe.h"

#include "core/base/json_fields.h"
#include "sessions/base64.h"
#include "sessions/json_text.h"
#include "sessions/markup.h"
#include "sessions/row_check.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace winnow {
namespace {

    using Bytes = std::vector<std::byte>;

    constexpr size_t kLongestRecipe = 8 << 20;
    constexpr std::string_view kPngSignature("\x89PNG\r\n\x1A\n", 8);
    constexpr std::string_view kPngKeyword("winnow.recipe");
    constexpr std::string_view kSvgOpen("<metadata id=\"winnow-recipe\">");
    constexpr std::string_view kSvgClose("</metadata>");
    constexpr std::string_view kPdfMark("%winnow-recipe ");

    std::string_view viewOf(std::span<const std::byte> bytes)
    {
        return { reinterpret_cast<const char *>(bytes.data()), bytes.size() };
    }

    Bytes bytesOf(std::string_view text)
    {
        const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
        return { bytes.begin(), bytes.end() };
    }

    uint32_t bigEndian(std::string_view text, size_t at)
    {
        uint32_t value = 0;
        for (size_t i = 0; i < 4; ++i)
            value = value << 8 | static_cast<uint8_t>(text[at + i]);
        return value;
    }

    std::string bigEndian(uint32_t value)
    {
        std::string text;
        for (int shift = 24; shift >= 0; shift -= 8)
            text += static_cast<char>(value >> shift & 255u);
        return text;
    }

    /// A chunk of a PNG: its place in the file and its data.
    struct PngChunk {
        size_t begin = 0, end = 0; // length field to checksum
        std::string_view type, data;
    };

    /// The chunk at `at`, or nothing when it does not fit the file.
    std::optional<PngChunk> chunkAt(std::string_view png, size_t at)
    {
        if (at > png.size() || png.size() - at < 12)
            return std::nullopt;
        const uint32_t length = bigEndian(png, at);
        if (length > png.size() - at - 12)
            return std::nullopt;
        return PngChunk { at, at + 12 + length, png.substr(at + 4, 4), png.substr(at + 8, length) };
    }

    bool isRecipe(const PngChunk &chunk)
    {
        return chunk.type == "iTXt" && chunk.data.size() > kPngKeyword.size()
            && chunk.data.starts_with(kPngKeyword) && chunk.data[kPngKeyword.size()] == '\0';
    }

    std::string recipeChunk(const std::string &text)
    {
        // keyword, 0, not compressed, method 0, empty language, empty translated keyword (PNG
        // specification, 11.3.4.5)
        std::string body("iTXt");
        body.append(kPngKeyword).append(5, '\0').append(text);
        const uint32_t check = crc32(std::as_bytes(std::span(body.data(), body.size())));
        return bigEndian(static_cast<uint32_t>(body.size() - 4)) + body + bigEndian(check);
    }

    Result<std::string> embedPng(std::string_view png, const std::string &text)
    {
        const auto header
            = png.starts_with(kPngSignature) ? chunkAt(png, kPngSignature.size()) : std::nullopt;
        if (!header || header->type != "IHDR")
            return fail(ErrorCode::BadInput,
                "the picture is not a PNG: signature and header chunk expected");
        std::string result(png.substr(0, header->end));
        result += recipeChunk(text);
        for (size_t at = header->end; at < png.size();) {
            const auto chunk = chunkAt(png, at);
            if (!chunk)
                return fail(ErrorCode::BadInput,
                    "the PNG is cut off in a chunk at byte " + std::to_string(at));
            if (!isRecipe(*chunk))
                result += png.substr(chunk->begin, chunk->end - chunk->begin);
            at = chunk->end;
        }
        return result;
    }

    std::optional<std::string> extractPng(std::string_view png)
    {
        for (auto chunk = chunkAt(png, kPngSignature.size()); chunk && chunk->type != "IEND";
             chunk = chunkAt(png, chunk->end)) {
            if (isRecipe(*chunk) && chunk->data.size() >= kPngKeyword.size() + 5)
                return std::string(chunk->data.substr(kPngKeyword.size() + 5));
        }
        return std::nullopt;
    }

    /// End of a start tag that begins at `at`: the '>' outside of quotes; npos when there is none.
    size_t tagEnd(std::string_view text, size_t at)
    {
        char quote = '\0';
        for (; at < text.size(); ++at) {
            const char c = text[at];
            if (quote != '\0')
                quote = c == quote ? '\0' : quote;
            else if (c == '"' || c == '\'')
                quote = c;
            else if (c == '>')
                return at;
        }
        return std::string_view::npos;
    }

    Result<std::string> embedSvg(std::string_view svg, const std::string &text)
    {
        std::string result(svg);
        if (const size_t old = result.find(kSvgOpen); old != std::string::npos) {
            const size_t end = result.find(kSvgClose, old);
            if (end != std::string::npos)
                result.erase(old, end + kSvgClose.size() - old);
        }
        const size_t root = result.find("<svg");
        const size_t end = root == std::string::npos ? root : tagEnd(result, root);
        if (end == std::string::npos || result[end - 1] == '/')
            return fail(
                ErrorCode::BadInput, "the picture is not an SVG: no <svg> element with content");
        result.insert(
            end + 1, std::string(kSvgOpen) + escapedMarkup(text) + std::string(kSvgClose));
        return result;
    }

    std::optional<std::string> extractSvg(std::string_view svg)
    {
        const size_t begin = svg.find(kSvgOpen);
        const size_t end = begin == std::string_view::npos ? begin : svg.find(kSvgClose, begin);
        if (end == std::string_view::npos)
            return std::nullopt;
        return unescapedMarkup(svg.substr(begin + kSvgOpen.size(), end - begin - kSvgOpen.size()));
    }

    Result<std::string> embedPdf(std::string_view pdf, const std::string &text)
    {
        if (const size_t old = pdf.rfind(kPdfMark); old != std::string_view::npos)
            pdf = pdf.substr(0, old);
        const size_t start = pdf.rfind("startxref");
        const size_t digits
            = start == std::string_view::npos ? start : pdf.find_first_of("0123456789", start);
        if (!pdf.starts_with("%PDF-") || digits == std::string_view::npos)
            return fail(
                ErrorCode::BadInput, "the picture is not a PDF: header and startxref expected");
        const size_t end = pdf.find_first_not_of("0123456789", digits);
        // Readers look for startxref in the last 1,024 bytes: it is said again behind the comment.
        std::string result(pdf);
        if (!result.ends_with('\n'))
            result += '\n';
        result.append(kPdfMark).append(base64(text)).append("\nstartxref\n");
        result.append(pdf.substr(digits, end - digits)).append("\n%%EOF\n");
        return result;
    }

    std::optional<std::string> extractPdf(std::string_view pdf)
    {
        const size_t begin = pdf.rfind(kPdfMark);
        if (begin == std::string_view::npos)
            return std::nullopt;
        const std::string_view line = pdf.substr(begin + kPdfMark.size());
        const auto bytes = fromBase64(line.substr(0, line.find_first_of("\r\n")));
        // Not null: a mark without readable content is a damaged recipe, not a missing one.
        return bytes ? std::string(viewOf(*bytes)) : std::string();
    }

} // namespace

Result<std::vector<std::byte>> embedRecipe(
    const Json &recipe, std::span<const std::byte> figure, FigureFormat format)
{
    const std::string text = jsonText(recipe);
    if (text.size() > kLongestRecipe)
        return fail(ErrorCode::BadInput,
            "the recipe of the figure is too long: " + std::to_string(text.size())
                + " bytes, at most " + std::to_string(kLongestRecipe) + " expected");
    Result<std::string> result = format == FigureFormat::Png ? embedPng(viewOf(figure), text)
        : format == FigureFormat::Svg                        ? embedSvg(viewOf(figure), text)
                                                             : embedPdf(viewOf(figure), text);
    if (!result)
        return fail(result.error());
    return bytesOf(*result);
}

Result<Json> extractRecipe(std::span<const std::byte> figure)
{
    const std::string_view text = viewOf(figure);
    const std::optional<std::string> recipe = text.starts_with(kPngSignature) ? extractPng(text)
        : text.starts_with("%PDF-")                                           ? extractPdf(text)
                                                                              : extractSvg(text);
    if (!recipe)
        return fail(ErrorCode::NotFound, "the file holds no recipe of a Winnow figure",
            "Only PNG, SVG and PDF figures that Winnow exported can be reopened.");
    if (recipe->size() > kLongestRecipe)
        return fail(ErrorCode::BadInput,
            "the recipe in the figure is longer than " + std::to_string(kLongestRecipe) + " bytes");
    return parseJson(*recipe, "the recipe in the figure");
}

} // namespace winnow
