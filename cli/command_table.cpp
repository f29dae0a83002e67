#include "cli/command.h"

#include "cli/common_options.h"
#include "cli/compare_options.h"
#include "cli/dataset_options.h"
#include "cli/prompt_options.h"
#include "cli/run_options.h"
#include "cli/segment_options.h"

#include <array>

namespace winnow {
namespace {

    constexpr std::array<OptionSpec, 2> kMethods{{
        {"--family", "F", "only methods of this family"},
        {"--markdown", "", "the methods table of the README"},
    }};

    constexpr std::array<OptionSpec, 2> kDescribe{{
        {"--tokens", "N", "context of the memory forecast (1024)"},
        {"--details", "", "also layers, parts, hook points and tensors"},
    }};

    constexpr std::array<OptionSpec, 2> kTokenize{{
        {"--no-special", "", "leave out the tokens that a model wants around a text (BOS, EOS)"},
        {"--lines", "F", "one JSON value a line (text, id list or object), one JSON result a line"},
    }};

    constexpr std::array<OptionSpec, 1> kTemplate{{
        {"--lines", "F", "one JSON value a line (message list or object), one JSON result a line"},
    }};

    constexpr std::array<OptionSpec, 4> kScore{{
        {"--top", "K", "the K largest logits of the last position"},
        {"--window", "W", "independent windows of W tokens, no overlap, tail dropped"},
        {"--stride", "S", "windows overlap and score the S tokens that the one before did not have; no tail"},
        {"--lines", "F", "one JSON value a line (text, id list or object), one JSON result a line"},
    }};

    constexpr std::array<OptionSpec, 4> kCapture{{
        {"--what", "PATTERNS", "names to write, with * and ?, separated by commas (*)"},
        {"--layers", "0,3,5-7", "only these layers"},
        {"--window", "W", "rows of win_mean (32)"},
        {"--greedy", "N", "also N greedy tokens as greedy_ids"},
    }};

    constexpr std::array<OptionSpec, 3> kExport{{
        {"--formats", "A,B", "figures png, svg, pdf, csv; tables csv, json, tex; reports html, report-pdf (all)"},
        {"--only", "NAME", "only this figure or table", true},
        {"--list", "", "names of what can be exported"},
    }};

    constexpr std::array<OptionSpec, 1> kCheckSession{{
        {"--repair", "", "copy what can be kept into a new file; the old one stays beside it as .broken"},
    }};

    constexpr std::array<OptionSpec, 2> kBench{{
        {"--what", "A,B", "start, prefill, capture, memory, decode, sweep (all)"},
        {"--repeats", "N", "the fastest of N counts (3)"},
    }};

    constexpr std::array<OptionSpec, 2> kData{{
        {"--data-folder", "DIR", "a folder with the published files, to see which are there"},
        {"--verify", "", "compare their checksums"},
    }};

    constexpr std::array<OptionSpec, 1> kDemo{{
        {"--recipe", "F", "the recipe (resources/demo/demo.json)"},
    }};

} // namespace

const std::vector<CommandSpec> &commandTable()
{
    static const std::vector<CommandSpec> kTable{
        {"models", "[get NAME]", "catalogue and what is on disk; get fetches a model, verifies its checksum, resumes",
            {outputOptions(), modelOptions()}, runModels},
        {"describe", "--model M [--tokens N] [--details]", "family, sizes, tokenizer, context, bytes; memory forecast",
            {{"Describe", kDescribe}, modelOptions(), outputOptions()}, runDescribe},
        {"tokenize", "--model M --text T", "ids, pieces and byte spans of a text",
            {{"Tokenize", kTokenize}, inputOptions(), modelOptions(), outputOptions()}, runTokenize},
        {"detokenize", "--model M --ids-file F", "the text of ids",
            {{"Detokenize", kTokenize}, inputOptions(), modelOptions(), outputOptions()}, runDetokenize},
        {"template", "--model M --messages F [--generation-prompt]", "the prompt that the model's chat template makes of messages",
            {{"Template", kTemplate}, inputOptions(), modelOptions(), outputOptions()}, runTemplate},
        {"score", "--model M --text T", "per-token negative log-likelihood, its mean and perplexity",
            {{"Score", kScore}, inputOptions(), modelOptions(), outputOptions()}, runScore},
        {"capture", "--model M --text T --out DIR", "writes captured tensors and streamed statistics to capture.safetensors",
            {{"Capture", kCapture}, inputOptions(), modelOptions(), outputOptions()}, runCapture},
        {"methods", "[--family F]", "the methods with every parameter, default, range and unit",
            {{"Methods", kMethods}, outputOptions(), modelOptions()}, runMethods},
        {"data", "[--data-folder DIR] [--dataset NAME --dataset-file F]", "data sets with licence and origin, or the items of a file",
            {{"Data", kData}, datasetOptions(), outputOptions(), modelOptions()}, runData},
        {"generate", "--model M --text T [--method ID --budget B]", "text that continues the input, with the full cache and under a method",
            {methodOptions(), promptOptions(), sweepOptions(), inputOptions(), modelOptions(), outputOptions()}, runGenerate, methodHelp},
        {"run", "--model M --text T --method ID --budget B", "one method at one budget on one input: a report",
            {methodOptions(), promptOptions(), datasetOptions(), sweepOptions(), segmentOptions(), inputOptions(), modelOptions(), outputOptions()}, runRun, methodHelp},
        {"sweep", "--model M --text T --methods ID,ID --budgets B,B --score-last N",
            "methods x budgets sharing one capture: a report with curves; resumable with --session",
            {methodOptions(), promptOptions(), datasetOptions(), sweepOptions(), segmentOptions(), inputOptions(), modelOptions(), outputOptions()}, runSweepCommand, methodHelp},
        {"train", "--method ID --lines F --write F", "what a segmenter learns, into a file that --dictionary takes",
            {methodOptions(), segmentOptions(), datasetOptions(), inputOptions(), modelOptions(), outputOptions()}, runTrain, methodHelp},
        {"teach", "--model CHAT --lines F --write F", "a chat model cuts lines into words; its replies, and the dictionary they make",
            {methodOptions(), segmentOptions(), datasetOptions(), inputOptions(), modelOptions(), outputOptions()}, runTeach, methodHelp},
        {"compare", "--model LARGE --small-model SMALL --text T [--what heads|layers|match] [--metric A,B]",
            "how alike the attention of two models is: every head with every head, layers, matches",
            {compareOptions(), inputOptions(), modelOptions(), outputOptions()}, runCompare},
        {"export", "F.winnow --out DIR", "figures, tables and the report of a session",
            {{"Export", kExport}, outputOptions()}, runExport},
        {"describe-session", "F.winnow", "what a session holds", {outputOptions()}, runDescribeSession},
        {"check-session", "F.winnow [--repair]", "integrity of a session file; exit status 1 when there are problems",
            {{"Check", kCheckSession}, outputOptions()}, runCheckSession},
        {"demo", "--session F.winnow", "measures the demo's runs and sweep into a session, without a window",
            {{"Demo", kDemo}, modelOptions(), outputOptions()}, runDemo},
        {"bench", "--model M", "times of the engine as ratios to the floor of this machine",
            {{"Bench", kBench}, modelOptions(), outputOptions()}, runBenchCommand},
        {"selftest", "", "kernels against references", {outputOptions(), modelOptions()}, runSelftest},
        {"serve", "", "the engine's side of docs/protocol.md, on standard input and output",
            {outputOptions(), modelOptions()}, runServe},
    };
    return kTable;
}

} // namespace winnow
