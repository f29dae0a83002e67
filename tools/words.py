#!/usr/bin/env python3
"""Measures every segmenter on treebank text and writes docs/words_*.csv.

    tools/words.py --cli build/bin/winnow-cli --treebanks resources/treebanks --out docs [--dictionary DICT] [--replies F --gold F]

--dictionary: a general dictionary of the reader's own (word count lines), for the rows that take one and for the times of large
dictionaries. --replies and --gold: replies that `winnow-cli teach --write` saved, and the lines they answer.
Everything printed comes from reports of winnow-cli; this script only arranges them.
"""
import argparse
import csv
import json
import os
import subprocess
import tempfile

COLUMNS = ["precision", "recall", "f1", "f1Low", "f1High", "boundaryF1", "exactLines", "oov", "recallIv", "recallOov", "meanLength",
           "typeF1", "trainSeconds", "charactersPerSecond", "modelBytes"]


class Bench:
    def __init__(self, arguments):
        self.arguments = arguments
        self.folder = tempfile.mkdtemp()

    def ask(self, command, *options):
        words = [self.arguments.cli, command, *options, "--json", "--quiet"]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(" ".join(words) + "\n" + done.stderr)
        return json.loads(done.stdout)

    def part(self, name, first=0, end=None):
        """A treebank part, or some of its lines in a file of their own."""
        path = os.path.join(self.arguments.treebanks, name + ".bar")
        if first == 0 and end is None:
            return path
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()[first:end]
        cut = os.path.join(self.folder, f"{name}.{first}.{end}.bar")
        with open(cut, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        return cut


def number(value):
    return "" if value is None else f"{value:.6g}"


def write(path, head, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(head)
        out.writerows(rows)
    print(path, len(rows))


def methods(language, dictionary):
    """(method, parameters, what it learns from)"""
    size = "2000" if language == "th" else "3000"
    rows = [(m, (), "dev words") for m in ("llaca", "llaca_unigram", "fmm", "bmm", "bidirectional", "jieba_like")]
    rows += [("llaca", ("oovModel=on",), "dev words"), ("jieba_like", ("tagModel=on",), "dev words"), ("tag_model", (), "dev words")]
    rows += [(m, (), "simulated teacher .05 .05") for m in ("llm_direct", "llaca", "llaca_unigram", "fmm", "bmm", "jieba_like")]
    rows += [(m, ("pMerge=0", "pSplit=0.2"), "simulated teacher 0 .20") for m in ("llm_direct", "llaca", "llaca_unigram")]
    rows += [("nvbe", (), "raw lines"), ("accessor_variety", (), "raw lines"), ("unigram_lm", ("size=" + size,), "raw lines"),
             ("bpe", ("merges=1000",), "raw lines"), ("bpe", ("merges=2000",), "raw lines"), ("singles", (), "nothing"), ("chunks", (), "nothing")]
    if dictionary and language == "zh":
        rows += [(m, (), "general dictionary") for m in ("llaca", "llaca_unigram", "fmm", "bmm", "jieba_like")]
    return rows


def scores(bench):
    rows = []
    sets = [("zh", bench.part("zh_test"), bench.part("zh_dev"), "UD_Chinese-GSDSimp test"),
            ("ja", bench.part("ja_test"), bench.part("ja_dev"), "UD_Japanese-GSD test"),
            ("ko", bench.part("ko", 489), bench.part("ko", 0, 489), "UD_Korean-GSD lines 490-989 (spacing task)"),
            ("th", bench.part("th", 750), bench.part("th", 0, 750), "UD_Thai-PUD lines 751-1000")]
    for language, gold, dev, title in sets:
        for method, parameters, source in methods(language, bench.arguments.dictionary):
            options = ["--method", method, "--gold", gold, "--language", language]
            if source == "dev words":
                options += ["--training-gold", dev]
            elif source.startswith("simulated"):
                options += ["--teacher", "simulated"]
            elif source == "general dictionary":
                options += ["--dictionary", bench.arguments.dictionary]
            for parameter in parameters:
                options += ["--param", parameter]
            report = bench.ask("run", *options)
            metrics = report["metrics"]
            rows.append([language, title, method, " ".join(parameters), source] + [number(metrics.get(name)) for name in COLUMNS])
            print(language, method, parameters, source, number(metrics["f1"]))
    return ["language", "lines", "method", "parameters", "learned from"] + COLUMNS, rows


def curve(bench):
    rows = []
    for language, part in (("zh", "zh_test"), ("ja", "ja_test"), ("ko", "ko"), ("th", "th")):
        for errors in (("pMerge=0.05", "pSplit=0.05"), ("pMerge=0", "pSplit=0.2")):
            options = []
            for parameter in errors:
                options += ["--param", parameter]
            report = bench.ask("sweep", "--methods", "llaca,llaca_unigram", "--gold", bench.part(part), "--language", language,
                               "--teacher", "simulated", "--vary", "share=0.1,0.25,0.5,0.75,1", *options)
            for artifact in report["artifacts"]:
                if artifact["type"] == "Curve":
                    for x, y, low, high in zip(artifact["x"], artifact["y"], artifact["low"], artifact["high"]):
                        rows.append([language, " ".join(errors), artifact["method"], x, number(y), number(low), number(high)])
    return ["language", "teacher", "method", "share of lines with replies", "f1", "low", "high"], rows


def speed(bench):
    rows = []
    test = bench.part("zh_test")
    dictionaries = [("UD_Chinese-GSDSimp dev", ["--training-gold", bench.part("zh_dev")])]
    if bench.arguments.dictionary:
        with open(bench.arguments.dictionary, encoding="utf-8") as file:
            entries = [line.split() for line in file if len(line.split()) > 1 and int(line.split()[1]) > 0]
        entries.sort(key=lambda entry: -int(entry[1]))
        first = os.path.join(bench.folder, "first.dict")
        with open(first, "w", encoding="utf-8") as file:
            file.writelines(f"{word[0]} {word[1]}\n" for word in entries[:100000])
        dictionaries += [("100,000 most frequent words of a general dictionary", ["--dictionary", first]),
                         ("the whole general dictionary", ["--dictionary", bench.arguments.dictionary])]
    for title, options in dictionaries:
        for alphabet in ("codePoint", "halfByte"):
            runs = [bench.ask("run", "--method", "llaca", "--gold", test, "--language", "zh", "--param", "alphabet=" + alphabet, *options)["metrics"]
                    for _ in range(3)]
            metrics = dict(runs[0], automatonSeconds=min(run["automatonSeconds"] for run in runs),
                           charactersPerSecond=max(run["charactersPerSecond"] for run in runs))
            rows.append([title, int(metrics["dictionaryWords"]), alphabet, int(metrics["automatonNodes"]), int(metrics["automatonBytes"]),
                         number(metrics["automatonBytesPerNode"]), number(1000 * metrics["automatonSeconds"]),
                         number(metrics["charactersPerSecond"]), number(metrics["edgesPerCharacter"]), number(metrics["f1"])])
    return ["dictionary", "words", "alphabet", "nodes", "bytes", "bytes per node", "build CPU ms", "characters per CPU second",
            "edges per character", "f1 on zh test"], rows


def taught(bench):
    rows = []
    with open(bench.arguments.report, encoding="utf-8") as file:
        report = json.load(file)
    asked = report["metrics"]  # of the requests that this report made; saved replies cost nothing then
    each = asked["teachSeconds"] / asked["requests"]
    for method in ("llm_direct", "llaca", "llaca_unigram"):
        metrics = bench.ask("run", "--method", method, "--gold", bench.arguments.gold, "--language", "zh", "--replies", bench.arguments.replies)["metrics"]
        speedup = each / (metrics["cutSeconds"] / metrics["lines"]) if method != "llm_direct" else None
        rows.append([report["model"]["name"], method, int(metrics["lines"]), number(metrics["f1"]), number(metrics["f1Low"]), number(metrics["f1High"]),
                     number(metrics["alteredRate"]), number(metrics["hallucination"]), int(asked["requests"]), int(asked["promptTokens"]),
                     int(asked["replyTokens"]), number(each), number(metrics["cutSeconds"]), number(speedup)])
    return ["model", "method", "lines", "f1", "low", "high", "altered lines", "hallucination", "timed requests", "their prompt tokens",
            "their reply tokens", "seconds a request", "CPU seconds of cutting all lines", "speed-up a line"], rows


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cli", default="build/bin/winnow-cli")
    parser.add_argument("--treebanks", default="resources/treebanks")
    parser.add_argument("--out", default="docs")
    parser.add_argument("--dictionary")
    parser.add_argument("--replies")
    parser.add_argument("--gold")
    parser.add_argument("--report", help="what `teach --json` printed")
    parser.add_argument("--only", default="scores,curve,speed,taught")
    bench = Bench(parser.parse_args())
    wanted = bench.arguments.only.split(",")
    for name, measure in (("scores", scores), ("curve", curve), ("speed", speed), ("taught", taught)):
        if name in wanted and (name != "taught" or bench.arguments.replies):
            write(os.path.join(bench.arguments.out, f"words_{name}.csv"), *measure(bench))


if __name__ == "__main__":
    main()
