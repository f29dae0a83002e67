#!/usr/bin/env python3
"""IAM against the share of replaced layers on a model pair, as the CSV in docs/.

    tools/pair_iam.py DATA > docs/pair_iam.csv

DATA holds wikitext2/wiki.test.raw and gsm8k/test.jsonl as published. 512 tokens are context, 64 predictions are scored behind them, the
heads are matched on the first 200. Bytes are those of f32 caches; effective = native and the small model's cache. Standard
library only.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile

CONTEXT, SCORED = 512, 65
VARIANTS = {
    "iam": {},
    "iam, decoding only": {"prefillMode": "decode_only"},
    "iam and h2o 80 %": {"evict": "h2o", "evictBudget": 0.8},
    "iam and h2o 50 %": {"evict": "h2o", "evictBudget": 0.5},
    "iam, heads permuted": {"mapControl": "permute_heads"},
}


def texts(data):
    with open(os.path.join(data, "wikitext2/wiki.test.raw"), encoding="utf-8") as file:
        articles = []
        for line in file:
            if line.startswith(" = ") and not line.startswith(" = ="):
                articles.append("")
            if articles:
                articles[-1] += line
    yield "wikitext, article 1", next(article for article in articles if len(article) > 6000)[:6000]
    with open(os.path.join(data, "gsm8k/test.jsonl"), encoding="utf-8") as file:
        items = [json.loads(next(file)) for _ in range(12)]
    yield "gsm8k, test questions", "\n\n".join(item["question"] + "\n" + item["answer"] for item in items)[:6000]


def ask(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout)


def ids_of(options, text):
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        ids = ask([options.cli, "tokenize", "--model", options.large, "--text-file", file.name, "--json", "--quiet"])["ids"]
    return ids[: CONTEXT + SCORED]


def sweep(options, ids, methods, budgets):
    request = {"command": "sweep", "model": options.large, "smallModel": options.small, "input": {"ids": ids}, "scoreLast": SCORED,
               "methods": methods, "budgets": budgets}
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
        json.dump(request, file)
        file.flush()
        report = ask([options.cli, "sweep", "--request", file.name, "--json", "--quiet"])
    table = next(artifact for artifact in report["artifacts"] if artifact["type"] == "Table" and artifact["id"] == "cells")
    return [dict(zip(table["columns"], row)) for row in table["rows"]]


def figures(text, variant, cell):
    native, small = cell["nativeBytes"], cell.get("slmCacheBytes") or 0
    get = lambda key: "" if cell[key] is None else round(cell[key], 4)
    return {"text": text, "method": variant, "asked": cell["budget"], "count": cell["slots"], "native bytes": native, "small model's cache": small,
            "effective bytes": native + small, "effective ratio": cell.get("effectiveRatio"), "nll": get("nll"), "delta nll": get("deltaNll"),
            "kl": get("kl"), "top-1 agreement": get("top1Agreement"), "state": cell["state"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", help="folder of the texts")
    parser.add_argument("--cli", default="build/bin/winnow-cli")
    parser.add_argument("--large", default="qwen2.5-coder-1.5b")
    parser.add_argument("--small", default="qwen2.5-coder-0.5b")
    parser.add_argument("--budgets", default="10%,20%,30%,50%,80%")
    parser.add_argument("--texts", type=int, default=2)
    options = parser.parse_args()
    writer = None
    for index, (name, text) in enumerate(texts(options.data)):
        if index >= options.texts:
            break
        ids = ids_of(options, text)
        runs = [(variant, [{"method": "iam", "params": params}], options.budgets.split(",")) for variant, params in VARIANTS.items()]
        runs.append(("h2o", [{"method": "h2o"}], ["80%", "50%"]))
        for variant, methods, budgets in runs:
            for cell in sweep(options, ids, methods, budgets):
                values = figures(name, variant, cell)
                if writer is None:
                    writer = csv.DictWriter(sys.stdout, values.keys(), lineterminator="\n")
                    writer.writeheader()
                writer.writerow(values)
                sys.stdout.flush()


if __name__ == "__main__":
    main()
