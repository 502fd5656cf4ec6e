"""What the detectors for secrets say about a folder of ordinary YAML, where next to nothing is one.

``python bench/false_positives.py FOLDER [FOLDER ...] [--show KIND]`` prints a row for each folder and the hits by kind
and confidence. ``--show`` lists where the hits of a kind are, never their text.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from pathlib import Path

from keyctl.model.finding import Confidence
from keyctl.policy.secrets import find

ENDINGS = (".yaml", ".yml")
MB = 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description="Hits of the detectors for secrets in folders of YAML.")
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--show", metavar="KIND", default="", help="list the places of the hits of this kind")
    parser.add_argument(
        "--from", dest="floor", type=Confidence, default=Confidence.MEDIUM, help="least confidence shown"
    )
    arguments = parser.parse_args()
    total: Counter[tuple[str, Confidence]] = Counter()
    size = files = 0
    print(f"| {'folder':36} | files | {'MB':>6} | {'MB/s':>5} | low | medium | high | medium or high in a MB |")
    print(f"| {'-' * 36} | ----: | -----: | ----: | --: | -----: | ---: | ---------------------: |")
    for folder in arguments.folders:
        counts, characters, number, spent = _measure(folder, arguments.show, arguments.floor)
        _row(folder.name, counts, characters, number, spent)
        total += counts
        size += characters
        files += number
    _row("all", total, size, files, 0)
    print(f"\n| {'kind':22} | low | medium | high |\n| {'-' * 22} | --: | -----: | ---: |")
    for kind in sorted({kind for kind, _ in total}):
        low, medium, high = (total[kind, confidence] for confidence in Confidence)
        print(f"| {kind:22} | {low:3} | {medium:6} | {high:4} |")


def _measure(folder: Path, show: str, floor: Confidence) -> tuple[Counter[tuple[str, Confidence]], int, int, float]:
    order = list(Confidence)
    counts: Counter[tuple[str, Confidence]] = Counter()
    size = files = 0
    spent = 0.0
    for path in sorted(folder.rglob("*")):
        if path.suffix not in ENDINGS or not path.is_file() or path.is_symlink():
            continue
        text = path.read_bytes().decode("utf-8", "replace")
        files += 1
        size += len(text)
        started = time.process_time()
        hits = find(text)
        spent += time.process_time() - started
        for hit in hits:
            counts[hit.kind, hit.confidence] += 1
            if hit.kind == show and order.index(hit.confidence) >= order.index(floor):
                line = text.count("\n", 0, hit.start) + 1
                print(f"{path}:{line}: {hit.what}, {hit.end - hit.start} characters, {hit.confidence}")
    return counts, size, files, spent


def _row(name: str, counts: Counter[tuple[str, Confidence]], size: int, files: int, spent: float) -> None:
    low, medium, high = (sum(n for (_, c), n in counts.items() if c is confidence) for confidence in Confidence)
    speed = f"{size / MB / spent:5.0f}" if spent else f"{'':5}"
    rate = (medium + high) / (size / MB) if size else 0
    print(f"| {name:36} | {files:5} | {size / MB:6.2f} | {speed} | {low:3} | {medium:6} | {high:4} | {rate:22.2f} |")


if __name__ == "__main__":
    main()
