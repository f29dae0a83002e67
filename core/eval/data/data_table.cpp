#include "core/eval/data/data_sets.h"

#include <array>

namespace winnow {
namespace {

    constexpr std::array<DataSet, 13> kSets{{
        {"gsm8k", "gsm8k-8shot", "GSM8K", DataKind::Prompts, "JSON lines: question, answer",
            "MIT", "openai/grade-school-math; 8-shot prompt: 3DAgentWorld/Toolkit-for-Prompt-Compression",
            "GSM8K (Cobbe et al., arXiv 2110.14168), MIT", "gsm8k/test.jsonl, gsm8k/prompt_8shot_complex.txt"},
        {"bbh", "big-bench-hard bigbench-hard", "BIG-Bench Hard", DataKind::Prompts, "JSON: canary, examples",
            "MIT", "suzgunmirac/BIG-Bench-Hard",
            "BIG-Bench Hard (Suzgun et al., arXiv 2210.09261), MIT", "bbh/tasks/<task>.json, bbh/cot_prompts/<task>.txt"},
        {"mt_bench", "mtbench", "MT-Bench", DataKind::Prompts, "JSON lines: question_id, category, turns",
            "Apache-2.0", "lm-sys/FastChat",
            "MT-Bench (Zheng et al., arXiv 2306.05685), Apache-2.0", "mt_bench/question.jsonl"},
        {"xquad", "squad squad1.1", "XQuAD, SQuAD 1.1", DataKind::Prompts, "SQuAD 1.1 JSON",
            "CC BY-SA 4.0", "google-deepmind/xquad",
            "XQuAD (Artetxe et al., arXiv 1910.11856), from SQuAD 1.1 (Rajpurkar et al.), CC BY-SA 4.0", "xquad/xquad.<language>.json"},
        {"qmsum", "", "QMSum", DataKind::Prompts, "JSON, or JSON lines: meeting_transcripts, queries",
            "MIT; AMI transcripts CC BY 4.0", "Yale-LILY/QMSum",
            "QMSum (Zhong et al., arXiv 2104.05938), MIT; transcripts: AMI Meeting Corpus, CC BY 4.0", "qmsum/<meeting>.json"},
        {"kv", "lost_in_the_middle_kv lost-kv", "Lost in the Middle: key-value pairs", DataKind::Prompts, "JSON lines: ordered_kv_records, key, value",
            "MIT", "nelson-liu/lost-in-the-middle",
            "Lost in the Middle (Liu et al., arXiv 2307.03172), MIT", "lost_in_the_middle/kv-retrieval-75_keys*.jsonl"},
        {"nq", "lost_in_the_middle_nq lost_in_the_middle lost-nq", "Lost in the Middle: questions", DataKind::Prompts, "JSON lines: question, answers, ctxs",
            "MIT; passages CC BY-SA 3.0", "nelson-liu/lost-in-the-middle",
            "Lost in the Middle (Liu et al., arXiv 2307.03172), MIT; passages: Wikipedia, CC BY-SA 3.0", "lost_in_the_middle/nq-open-oracle*.jsonl"},
        {"longbench", "", "LongBench", DataKind::Prompts, "JSON lines: input, context, answers, dataset",
            "MIT; sources vary", "THUDM/LongBench",
            "LongBench (Bai et al., arXiv 2308.14508); the licence of each source applies", "<task>.jsonl"},
        {"text", "plain markdown txt md", "Plain text, Markdown", DataKind::Prompts, "text",
            "of the file", "",
            "", "any text file"},
        {"wikitext2", "wikitext wikitext-2-raw", "WikiText-2 raw", DataKind::Text, "text",
            "CC BY-SA 3.0, GFDL", "arXiv 1609.07843",
            "WikiText-2 (Merity et al., arXiv 1609.07843), from Wikipedia articles, CC BY-SA 3.0 and GFDL", "wikitext2/wiki.test.raw"},
        {"conllu", "ud universal-dependencies conll-u", "Universal Dependencies", DataKind::Segmentation, "CoNLL-U",
            "by treebank: CC BY-SA 4.0; Thai PUD CC BY-SA 3.0", "universaldependencies.org",
            "Universal Dependencies; treebank, authors and licence: README and LICENSE beside the file", "ud/<treebank>/*.conllu"},
        {"sighan", "sighan-2005 icwb2", "SIGHAN", DataKind::Segmentation, "text: words between white space",
            "restricted", "SIGHAN bakeoff 2005",
            "", "<name>_test_gold.utf8, <name>_training_words.utf8"},
        {"bars", "bar best wisesight", "Wisesight, BEST", DataKind::Segmentation, "text: words between |",
            "Wisesight CC0; BEST of NECTEC", "",
            "", "any text file"},
    }};

    // Checksums of the published files; text-data.md 2.
    constexpr std::array<DataFile, 21> kFiles{{
        {"gsm8k", "gsm8k/test.jsonl", 1319,
            "3730d312f6e3440559ace48831e51066acaca737f6eabec99bccb9e4b3c39d14"},
        {"bbh", "bbh/tasks/boolean_expressions.json", 250,
            "ea6c754ec005e2d3f2d085d349a740f593b5764f32ea4638ffed4cfc0061b12a"},
        {"bbh", "bbh/tasks/causal_judgement.json", 187,
            "6e8bca44dd402008ed41c07a3d0a1d5e7b03db7001a7e002fcdf4c60985ea081"},
        {"bbh", "bbh/tasks/date_understanding.json", 250,
            "0148d4ac5fca05b2f82373e5fef7208e15363b9c6079493034d77b3dab496bf5"},
        {"bbh", "bbh/tasks/logical_deduction_three_objects.json", 250,
            "e590fae72e3a6041fbd23bd8ff6b74baf44ca563f6ba40a041c55e7b867c1681"},
        {"bbh", "bbh/tasks/object_counting.json", 250,
            "8acef14dbbdd40d2326ef7755750b6b5fe919fef06276af1bab3f1c297f022ff"},
        {"bbh", "bbh/tasks/word_sorting.json", 250,
            "2a6132d2c99f00d0d2eb1113ac6b4a918bd969d863c48749210d969713db8d43"},
        {"mt_bench", "mt_bench/question.jsonl", 160,
            "119565adbab82227089cefdb44c8d7e2cf04dc0a0ec233634c82e7d4e2a944f7"},
        {"xquad", "xquad/xquad.en.json", 1190,
            "e4c57d1c9143aaa1c5d265ba5987a65f4e69528d2a98f29d6e75019b10344f29"},
        {"xquad", "xquad/xquad.zh.json", 1190,
            "691d0b3359bc6b8faa8de931dfdfe21d50a65861ae348e32a0d1a0190b0c8835"},
        {"qmsum", "qmsum/ES2004a.json", 7,
            "911e56db0d8482f1e730bae0a8fcf0ab0095c94abb000ba0516e975fa6e48b31"},
        {"qmsum", "qmsum/IS1003a.json", 7,
            "94241cde8ed5e0eda79881f1df343baf331119b540b846436d1d5a16ebf0d4ff"},
        {"kv", "lost_in_the_middle/kv-retrieval-75_keys.first20.jsonl", 20,
            "6718d315c89ebc8bdde632a162064412e9af1c61bdee0fde72edf96bb03d24fa"},
        {"nq", "lost_in_the_middle/nq-open-oracle.first100.jsonl", 100,
            "421da90206cc4af149df094c889c1b48cdfd5b367b6abf9716fe3321bc41f9c2"},
        {"wikitext2", "wikitext2/wiki.test.raw", 0,
            "173c87a53759e0201f33e0ccf978e510c2042d7f2cb78229d9a50d79b9e7dd08"},
        {"conllu", "ud/UD_Chinese-GSDSimp/zh_gsdsimp-ud-dev.conllu", 500,
            "342a2969df6d6d08bdc25dbc067c93c86ab3099bb054a9921ae7067cbc2c53ad"},
        {"conllu", "ud/UD_Chinese-GSDSimp/zh_gsdsimp-ud-test.conllu", 500,
            "573f59b799b499a920d2d5bdc0e3c1dbd7bcacf86bdece4334ecbd03e21b6150"},
        {"conllu", "ud/UD_Japanese-GSD/ja_gsd-ud-dev.conllu", 507,
            "18d266e29336ef619787a928d89d20f2e64188be70d5b37829e3aadc5bb6b841"},
        {"conllu", "ud/UD_Japanese-GSD/ja_gsd-ud-test.conllu", 543,
            "5f50ee6ed45c7ebda3787e593eaf5e9a225f25e53f6b4b32df778031862c843f"},
        {"conllu", "ud/UD_Korean-GSD/ko_gsd-ud-test.conllu", 989,
            "3d1df99bda4800235e14bcfd915baf706eafa1a3935a75ffd32420a51e57f5aa"},
        {"conllu", "ud/UD_Thai-PUD/th_pud-ud-test.conllu", 1000,
            "0eeeaf5cf4352df2fe0b7f114e29d5ab5c1f54476faf64e99313de14d588a31b"},
    }};

} // namespace

std::span<const DataSet> dataSets() { return kSets; }

std::span<const DataFile> dataFiles() { return kFiles; }

} // namespace winnow
