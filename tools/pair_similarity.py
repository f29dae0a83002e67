#!/usr/bin/env python3
"""Similarity of a model pair on five texts, as the CSV in docs/.

    tools/pair_similarity.py DATA > docs/pair_similarity.csv

DATA holds wikitext2/wiki.test.raw, gsm8k/prompt_8shot_complex.txt, gsm8k/test.jsonl and qmsum/*.json as published. Each text is
compared over its first 200 tokens; the 64 tokens behind them say whether matches hold. Standard library only.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile

PUBLISHED = 0.947  # mean best-match cosine of Qwen2-0.5B and 7B, arXiv:2508.02751 (matrices or sums: not stated)


def texts(data):
    """Names and beginnings of five texts, more than 264 tokens each."""
    with open(os.path.join(data, "wikitext2/wiki.test.raw"), encoding="utf-8") as file:
        articles = []
        for line in file:
            if line.startswith(" = ") and not line.startswith(" = ="):
                articles.append("")
            if articles:
                articles[-1] += line
    articles = [article for article in articles if len(article) > 3000]
    yield "wikitext, article 1", articles[0][:3000]
    yield "wikitext, article 2", articles[1][:3000]
    with open(os.path.join(data, "gsm8k/prompt_8shot_complex.txt"), encoding="utf-8") as file:
        yield "gsm8k, 8-shot prompt", file.read()[:3000]
    with open(os.path.join(data, "gsm8k/test.jsonl"), encoding="utf-8") as file:
        items = [json.loads(next(file)) for _ in range(8)]
    yield "gsm8k, test questions", "\n\n".join(item["question"] + "\n" + item["answer"] for item in items)[:3000]
    with open(os.path.join(data, "qmsum/ES2004a.json"), encoding="utf-8") as file:
        turns = json.load(file)["meeting_transcripts"]
    yield "qmsum, ES2004a", "\n".join(turn["speaker"] + ": " + turn["content"] for turn in turns)[:3000]


def compare(options, text, metrics):
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        command = [options.cli, "compare", "--model", options.large, "--small-model", options.small, "--text-file", file.name,
                   "--metric", metrics, "--span", "200", "--json", "--quiet"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def row(options, name, text):
    cosine = compare(options, text, "cosine,cosine_nosink,jaccard")
    jaccard = compare(options, text, "jaccard")
    figures = cosine["metrics"]
    get = lambda key: round(figures[key], 4)
    return {
        "text": name,
        "tokens": cosine["spanTokens"],
        "cosine mean best": get("cosineMeanBest"),
        "cosine published (other pair)": PUBLISHED,
        "cosine all pairs": get("cosineMeanAll"),
        "cosine match moved to another head": get("cosineMeanPermuteHeads"),
        "cosine match moved to another layer": get("cosineMeanShuffleLayers"),
        "cosine shuffled columns": get("cosineMeanControl"),
        "cosine without first column": get("cosineNosinkMeanBest"),
        "cosine without first column, all pairs": get("cosineNosinkMeanAll"),
        "cosine without first column, shuffled columns": get("cosineNosinkMeanControl"),
        "jaccard mean best": get("jaccardMeanBest"),
        "jaccard chance": get("jaccardChance"),
        "jaccard best of chance": get("jaccardChanceBest"),
        "jaccard shuffled columns": get("jaccardMeanControl"),
        "later 64 rows, cosine: same match": round(figures["consistencyHard"], 4),
        "later 64 rows, cosine: score of match / best": round(figures["consistencySoft"], 4),
        "later 64 rows, jaccard: same match": round(jaccard["metrics"]["consistencyHard"], 4),
        "later 64 rows, jaccard: score of match / best": round(jaccard["metrics"]["consistencySoft"], 4),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", help="folder of the texts")
    parser.add_argument("--cli", default="build/bin/winnow-cli")
    parser.add_argument("--large", default="qwen2.5-coder-1.5b")
    parser.add_argument("--small", default="qwen2.5-coder-0.5b")
    options = parser.parse_args()
    writer = None
    for name, text in texts(options.data):
        values = row(options, name, text)
        if writer is None:
            writer = csv.DictWriter(sys.stdout, values.keys(), lineterminator="\n")
            writer.writeheader()
        writer.writerow(values)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
