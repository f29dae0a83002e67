#!/usr/bin/env python3
"""Reports of prompt sweeps over a data set, as the one CSV in docs/.

    tools/prompt_quality.py report.json... > docs/prompt_quality.csv

One line for each set, method, size and seed, in the order of the methods' registry; where several reports have a line, the first one with a
value gives it. A report with generated replies gives only what replies are scored by (exact match, score of the task): behind its questions
nothing asks for the bare answer, so that its answer's likelihood is another one. Intervals are the 95 % bootstrap intervals over
items of the report. Standard library only.
"""

import csv
import json
import sys

LIKELIHOOD = ["answerNll", "fullAnswerNll", "deltaNll", "kl"]
TEXT = ["answerSurvival", "answerSurvivalOrdered", "numberSurvival", "achievedRate"]
REPLY = ["exactMatch", "taskScore"]
METHODS = [
    "full_prompt", "no_context", "dac", "llmlingua", "longllmlingua", "selective_context", "entropy", "attention", "tagger", "head", "tail", "middle",
    "random_prompt", "stopword_floor", "inverse", "drop_top_attention", "shuffled", "answer_oracle",
]


def lines(report):
    """(set, method, budget, seed) -> {metric: (items, mean, low, high)} of the table `means`."""
    out = {}
    means = next(artifact for artifact in report["artifacts"] if artifact["id"] == "means")
    for row in means["rows"]:
        cell = dict(zip(means["columns"], row))
        key = (report["dataset"]["name"], cell["method"], cell["budget"], cell["seed"])
        out.setdefault(key, {})[cell["metric"]] = (cell["items"], cell["mean"], cell["low"], cell["high"])
    return out


def merged(files):
    table = {}
    for file in files:
        with open(file, encoding="utf-8") as handle:
            report = json.load(handle)
        wanted = TEXT + (REPLY if report["request"].get("generate") else LIKELIHOOD)
        for key, metrics in lines(report).items():
            line = table.setdefault(key, {})
            for metric in wanted:
                if metric in metrics:
                    line.setdefault(metric, metrics[metric])
    return table


def place(key):
    name, method, budget, seed = key
    return name, METHODS.index(method) if method in METHODS else len(METHODS), method, budget, seed or 0


def main():
    table = merged(sys.argv[1:])
    out = csv.writer(sys.stdout, lineterminator="\n")
    metrics = LIKELIHOOD + TEXT + REPLY
    out.writerow(["set", "method", "budget", "seed", "items"] + [metric + end for metric in metrics for end in ("", "Low", "High")])
    for key in sorted(table, key=place):
        line = table[key]
        items = max(value[0] for value in line.values())
        numbers = [value for metric in metrics for value in line.get(metric, (0, None, None, None))[1:]]
        out.writerow([*key[:3], key[3] if key[3] is not None else "", items, *("" if number is None else f"{number:.4g}" for number in numbers)])


main()
