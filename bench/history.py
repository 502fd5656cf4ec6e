"""The history of 10,000 commits: ``keyctl validate`` against ``git log --raw -m``, and what 100 new commits cost.

What git log costs depends on the size of the trees, what keyctl costs on the number of unique blobs; so there are two
registries of about 21,000 blobs: one that grows to 1,000 keys and changes often, one of 10,000 keys that changes less.
Aims: cold at most 3 times git log; 100 new commits at most 0.1 s of CPU.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from workload import KEYCTL, Case, forget, grow, interleaved, key_path, key_text, new_repository, registry_files, table

COMMITS, NEW, ROUNDS = 10_000, 100, 5
BASE = "git log --raw -m"
Files = Mapping[str, str]
Commits = Callable[[int, int], Iterator[Files]]


def growing(start: int, count: int) -> Iterator[Files]:
    """Every commit changes two keys, one of them a new one every tenth time."""
    for number in range(start, start + count):
        keys = max(20, number // 10)
        files = dict(_changed(key, number) for key in (number % keys, (number * 7 + 3) % keys))
        if number % 10 == 0:
            files |= [_changed(keys, number)]
        if number == 0:
            files |= registry_files()
        yield files


def large(start: int, count: int) -> Iterator[Files]:
    """10,000 keys from the first commit on; every further commit changes one key, every tenth a second one."""
    for number in range(start, start + count):
        if number == 0:
            yield dict(registry_files()) | {key_path(key): key_text(key) for key in range(COMMITS)}
            continue
        keys = (number, number * 7 + 3) if number % 10 == 0 else (number,)
        yield dict(_changed(key % COMMITS, number, born=0) for key in keys)


def _changed(key: int, number: int, born: int | None = None) -> tuple[str, str]:
    """A key as commit ``number`` leaves it: it loses an id every 5,000 commits of its life, at a time of its own."""
    age = max(0, number - (key * 10 if born is None else born))
    return key_path(key), key_text(key, (age + key * 37 % 5_000) // 5_000, number)


def unique_blobs(folder: Path) -> int:
    """How many there are in the whole repository."""
    listing = ("git", "cat-file", "--batch-all-objects", "--batch-check=%(objecttype)")
    found = subprocess.run(listing, cwd=folder, check=True, capture_output=True, text=True)
    return found.stdout.split().count("blob")


def measure(title: str, commits: Commits) -> None:
    """Prints one registry's table."""
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / "registry"
        new_repository(folder)
        grow(folder, commits(0, COMMITS))
        blobs, grown = unique_blobs(folder), COMMITS

        def add() -> None:
            nonlocal grown
            grow(folder, commits(grown, NEW), grown)
            grown += NEW

        still, new = "keyctl validate, warm, nothing new", f"keyctl validate, warm, {NEW} new commits"
        without = "keyctl validate --no-history"
        measured = interleaved(
            {
                BASE: Case(("git", "log", "--raw", "-m"), folder),
                "keyctl validate, cold": Case((KEYCTL, "validate"), folder, lambda: forget(folder)),
                still: Case((KEYCTL, "validate"), folder),
                new: Case((KEYCTL, "validate"), folder, add),
                without: Case((KEYCTL, "validate", "--no-history"), folder),
            },
            ROUNDS,
        )
    table(
        f"{title}: {COMMITS:,} commits, {blobs:,} unique blobs, {ROUNDS} rounds. Aim: cold at most 3.", measured, BASE
    )
    print(f"\n{NEW} new commits cost {measured[new].cpu - measured[still].cpu:.3f} s of CPU. Aim: at most 0.1.")


def main() -> None:
    measure("A registry that grows to 1,000 keys", growing)
    measure("A registry of 10,000 keys", large)


if __name__ == "__main__":
    main()
