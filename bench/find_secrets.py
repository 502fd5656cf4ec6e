"""The detectors for secrets on 10,000 key files, against PyYAML's C loader on the same files in the same run.

Aims: 0.25 s of CPU for all files, a tenth of the loader.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from itertools import count
from pathlib import Path
from statistics import median
from uuid import UUID

import yaml
from workload import key_text

from keyctl.policy.secrets import find

KEYS = 10_000
MB = 1_000_000
PEER = "yaml.CSafeLoader"
_HEX = re.compile(r"[0-9a-f]{32}")
_ID = re.compile(r"(?m)^((?:  - )?id: )\S+")


def of_okx(number: int) -> str:
    """A key file whose id is a UUID and whose revoked ids are fingerprints: long runs, all of public forms."""
    ids = count(number)
    text = _ID.sub(lambda found: f'{found[1]}"sha256:{next(ids):064x}"', key_text(number, generation=2))
    return text.replace(f'\nid: "sha256:{number:064x}"', f"\nid: {UUID(int=number, version=4)}")


def with_digests(number: int) -> str:
    """A key file with a digest in a comment: every file has a run that must be judged."""
    return key_text(number, generation=2) + f"# sha256sum {sha256(str(number).encode()).hexdigest()}\n"


def main() -> None:
    plain = [key_text(number, generation=2) for number in range(KEYS)]
    okx = [of_okx(number) for number in range(KEYS)]
    digests = [with_digests(number) for number in range(KEYS)]
    example = [
        path.read_text(encoding="utf-8") for path in sorted((Path(__file__).parents[1] / "keys.d").rglob("*.yaml"))
    ]
    assert not any(find(text) for text in plain + okx + digests)
    cases: dict[str, tuple[Callable[[str], object], list[str]]] = {
        PEER: (lambda text: yaml.load(text, yaml.CSafeLoader), plain),
        "re.search for 32 hex digits": (_HEX.search, plain),
        "find, ids of 21 characters": (find, plain),
        "find, fingerprints and UUIDs": (find, okx),
        "find, a digest to judge": (find, digests),
        "find, the example's files": (find, example * (KEYS // len(example))),
    }
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    spent: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, (run, texts) in cases.items():
            started = time.process_time()
            for text in texts:
                run(text)
            spent[name].append(time.process_time() - started)
    print(f"\n{KEYS:,} key files, medians of {rounds} rounds. Aims: 0.25 s, 0.1 of the loader.\n")
    print(f"| {'':30} | CPU s | MB/s | to {PEER} |\n| {'-' * 30} | ----: | ---: | ---: |")
    base = median(spent[PEER]) / sum(map(len, plain))
    for name, (_, texts) in cases.items():
        size = sum(map(len, texts))
        took = median(spent[name])
        print(f"| {name:30} | {took:5.2f} | {size / MB / took:4.0f} | {took / size / base:.3f} |")


if __name__ == "__main__":
    main()
