#include "core/model/tokenizer/pre_tokenizer_names.h"

#include <algorithm>
#include <array>

namespace winnow {
namespace {

    using Text = std::string_view;

    constexpr Text kGpt2Words = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
    constexpr Text kGpt2WordsOnly = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S))";
    constexpr Text kNumber = R"(\p{N})", kNumbers = R"(\p{N}+)", kThreeDigits = R"([0-9][0-9][0-9])", kUpToThree = R"(\p{N}{1,3})";
    constexpr Text kNewline = R"([\r\n])", kAsianText = R"([\x{4E00}-\x{9FA5}\x{0800}-\x{4E00}\x{AC00}-\x{D7FF}]+)";

    constexpr std::array<Text, 1> kGpt2{kGpt2Words};
    constexpr std::array<Text, 2> kStarCoder{kNumber, kGpt2Words};
    constexpr std::array<Text, 1> kLlama3{
        R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"};
    constexpr std::array<Text, 1> kQwen2{
        R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"};
    constexpr std::array<Text, 1> kGpt4o{
        R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
        R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|)"
        R"(\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)"};
    constexpr std::array<Text, 1> kTekken{
        R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|)"
        R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|)"
        R"(\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)"};
    constexpr std::array<Text, 6> kDeepSeekLlm{kNewline,
        R"(\s?[A-Za-z\x{B5}\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{1BA}\x{1BC}-\x{1BF}\x{1C4}-\x{293}\x{295}-\x{2AF}\x{370}-\x{373})"
        R"(\x{376}\x{377}\x{37B}-\x{37D}\x{37F}\x{386}\x{388}-\x{38A}\x{38C}\x{38E}-\x{3A1}\x{3A3}-\x{3F5}\x{3F7}-\x{481})"
        R"(\x{48A}-\x{52F}\x{531}-\x{556}\x{10A0}-\x{10C5}\x{13A0}-\x{13F5}\x{13F8}-\x{13FD}\x{1C90}-\x{1CBA}\x{1CBD}-\x{1CBF})"
        R"(\x{1D00}-\x{1D2B}\x{1D6B}-\x{1D77}\x{1D79}-\x{1D9A}\x{1E00}-\x{1F15}\x{1F18}-\x{1F1D}\x{1F20}-\x{1F45}\x{1F48}-\x{1F4D})"
        R"(\x{1F50}-\x{1F57}\x{1F59}\x{1F5B}\x{1F5D}\x{1F5F}-\x{1F7D}\x{1F80}-\x{1FB4}\x{1FB6}-\x{1FBC}\x{1FBE}\x{1FC2}-\x{1FC4})"
        R"(\x{1FC6}-\x{1FCC}\x{1FD0}-\x{1FD3}\x{1FD6}-\x{1FDB}\x{1FE0}-\x{1FEC}\x{1FF2}-\x{1FF4}\x{1FF6}-\x{1FFC}\x{2102}\x{2107})"
        R"(\x{210A}-\x{2113}\x{2115}\x{2119}-\x{211D}\x{2124}\x{2126}\x{2128}\x{212A}-\x{212D}\x{212F}-\x{2134}\x{2139})"
        R"(\x{213C}-\x{213F}\x{2145}-\x{2149}\x{214E}\x{2183}\x{2184}\x{2C00}-\x{2C7B}\x{2C7E}-\x{2CE4}\x{2CEB}-\x{2CEE}\x{2CF2})"
        R"(\x{2CF3}\x{A640}-\x{A66D}\x{A680}-\x{A69B}\x{A722}-\x{A76F}\x{A771}-\x{A787}\x{A78B}-\x{A78E}\x{AB70}-\x{ABBF})"
        R"(\x{FB00}-\x{FB06}\x{FB13}-\x{FB17}\x{FF21}-\x{FF3A}\x{FF41}-\x{FF5A}\x{10400}-\x{1044F}\x{104B0}-\x{104D3})"
        R"(\x{104D8}-\x{104FB}\x{10C80}-\x{10CB2}\x{10CC0}-\x{10CF2}\x{118A0}-\x{118DF}\x{1E900}-\x{1E943}]+)",
        R"(\s?[!-/:-~\x{FF01}-\x{FF0F}\x{FF1A}-\x{FF5E}\x{2018}-\x{201F}\x{3000}-\x{3002}]+)", R"(\s+$)", kAsianText, kNumbers};
    constexpr std::array<Text, 5> kDeepSeekCoder{kNewline, R"(\s?\p{L}+)", R"(\s?\p{P}+)", kAsianText, kNumber};
    constexpr std::array<Text, 3> kDeepSeek3{kUpToThree, R"([\x{4E00}-\x{9FA5}\x{3040}-\x{309F}\x{30A0}-\x{30FF}]+)",
        R"re([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)re"};
    constexpr std::array<Text, 3> kFalcon{R"([\p{P}\$\+<=>\^~\|`]+)", kGpt2WordsOnly, kThreeDigits};
    constexpr std::array<Text, 1> kBloom{R"( ?[^(\s|.,!?\x{2026}\x{3002}\x{FF0C}\x{3001}\x{0964}\x{06D4}\x{060C})]+)"};
    constexpr std::array<Text, 2> kViking{kBloom[0], kNumber};
    constexpr std::array<Text, 1> kSeedCoder{
        R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+)"};
    constexpr std::array<Text, 1> kBailing{
        R"('(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+)"};
    constexpr std::array<Text, 4> kDefault{R"([\p{P}\$\+<=>\^~\|]+)", kGpt2WordsOnly, kNumbers, kThreeDigits};

    struct NamedRules {
        Text names; // separated by spaces
        PreTokenizerRules rules;
    };
    // What a tokenizer.json says beside its expression goes along: NFC of Qwen2, ignore_merges and BOS of Llama 3.
    constexpr NamedRules kNames[] = {{"smollm starcoder refact command-r codeshell exaone minerva-7b", {kStarCoder}},
        {"qwen2 deepseek-r1-qwen", {kQwen2, true}}, {"stablelm2 hunyuan megrez grok-2", {kQwen2}},
        {"llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral midm-2.0 lfm2", {kLlama3, false, true, true}},
        {"dbrx smaug-bpe chatglm-bpe glm4", {kLlama3}},
        {"gpt-2 mpt olmo jais phi-2 jina-es jina-de jina-v1-en jina-v2-es jina-v2-de jina-v2-code roberta-bpe gigachat exaone4 trillion "
         "granite-docling a.x-4.0 mellum",
            {kGpt2}},
        {"gpt-4o llama4 minimax-m2", {kGpt4o}}, {"tekken", {kTekken, false, true, true}}, {"deepseek-llm", {kDeepSeekLlm}},
        {"deepseek-coder", {kDeepSeekCoder}}, {"deepseek-v3 hunyuan-dense", {kDeepSeek3}}, {"falcon", {kFalcon}},
        {"bloom poro-chat gpt3-finnish", {kBloom}}, {"viking", {kViking}}, {"seed-coder", {kSeedCoder}}, {"bailingmoe", {kBailing}},
        {"default", {kDefault}}};

} // namespace

PreTokenizerRules preTokenizerRules(std::string_view pre)
{
    for (const NamedRules &known : kNames) {
        for (Text rest = known.names; !rest.empty();) {
            const Text name = rest.substr(0, rest.find(' '));
            if (name == pre)
                return known.rules;
            rest.remove_prefix(std::min(rest.size(), name.size() + 1));
        }
    }
    return {};
}

std::string preTokenizerNames()
{
    std::string names;
    for (const NamedRules &known : kNames)
        names.append(names.empty() ? "" : " ").append(known.names);
    for (size_t at = names.find(' '); at != std::string::npos; at = names.find(' ', at + 2))
        names.replace(at, 1, ", ");
    return names;
}

} // namespace winnow
