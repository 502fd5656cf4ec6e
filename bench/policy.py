"""All rules of the policy over 10,000 keys, beside the loading of their files. Aim: at most half of it.

In one process, CPU seconds, medians of interleaved rounds. Files are read anew and nothing is remembered between runs
("cold"), or documents are remembered as in a second run ("warm"); the registry has no findings but those of its kind.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from workload import key_path, key_text, registry_files

from keyctl.policy.judge import judge
from keyctl.policy.world import World, known_venue
from keyctl.registry.load import Loaded, load

KEYS = 10_000
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with TemporaryDirectory() as scratch:
        root, cache = Path(scratch) / "registry", Path(scratch) / "cache"
        files = {**dict(registry_files()), **{key_path(n): key_text(n, generation=2) for n in range(KEYS)}}
        for path, text in files.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        warm = load(root, cache=cache)
        cases: dict[str, Callable[[], object]] = {
            "load, cold": lambda: load(root),
            "load, warm": lambda: load(root, cache=cache),
            "all rules": lambda: held(warm),
            "all rules but those that read texts": lambda: held(warm, texts=False),
        }
        spent: dict[str, list[float]] = {name: [] for name in cases}
        for _ in range(rounds):
            for name, run in cases.items():
                started = time.process_time()
                run()
                spent[name].append(time.process_time() - started)
    found = len(held(warm))
    print(f"\n{KEYS:,} key files, {rounds} rounds; {found:,} findings. Aim: all rules at most 0.50 of loading.\n")
    print(f"| {'':36} | CPU s | to cold | to warm |")
    print(f"| {'-' * 36} | ----: | ------: | ------: |")
    for name, runs in spent.items():
        mine = median(runs)
        ratios = (mine / median(spent[base]) for base in ("load, cold", "load, warm"))
        print(f"| {name:36} | {mine:5.2f} | " + " | ".join(f"{ratio:7.2f}" for ratio in ratios) + " |")


def held(loaded: Loaded, *, texts: bool = True) -> tuple[object, ...]:
    """What the rules find."""
    assert loaded.registry is not None
    world = World(loaded.registry, NOW, known_venue, None, loaded.texts if texts else {})
    return judge(world, loaded.registry.policy, loaded.registry.waivers).findings


if __name__ == "__main__":
    main()
