"""``keyctl review`` of 50 changed keys among 10,000, beside ``git diff --stat`` and beside start-up alone."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from workload import (
    KEYCTL,
    Case,
    forget,
    git,
    grow,
    interleaved,
    key_path,
    key_text,
    new_repository,
    registry_files,
    table,
)

KEYS, CHANGED = 10_000, 50
DIFF = "git diff --stat"
WIDE = 'trading-nat: ["8.8.5.0/28"]\n'


def main() -> None:
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / "registry"
        new_repository(folder)
        files = dict(registry_files())
        grow(folder, [{**files, **{key_path(n): key_text(n, generation=2) for n in range(KEYS)}}])
        grow(folder, [{key_path(n * 199): key_text(n * 199, generation=2, change=1) for n in range(CHANGED)}], start=1)
        # The range is a merge request's: the protected branch stands where it began.
        git(folder, "branch", "--quiet", "mr")
        git(folder, "branch", "--quiet", "wide")
        git(folder, "reset", "--quiet", "--hard", "main~1")
        git(folder, "checkout", "--quiet", "wide")
        (folder / "registry/networks.yaml").write_text(WIDE, "utf-8")
        git(
            folder,
            "-c",
            "user.name=Bench",
            "-c",
            "user.email=bench@desk.example",
            "commit",
            "--quiet",
            "--all",
            "--message=wide",
        )
        git(folder, "checkout", "--quiet", "mr")
        review = (KEYCTL, "review", "main", "mr", "--protected", "main")
        cases = {
            DIFF: Case(("git", "diff", "--stat", "main", "mr"), folder),
            "keyctl --version (start-up alone)": Case((KEYCTL, "--version"), folder),
            "keyctl review --help": Case((KEYCTL, "review", "--help"), folder),
            f"keyctl review, {CHANGED} keys, warm": Case(review, folder),
            f"keyctl review, {CHANGED} keys, cold": Case(review, folder, lambda: forget(folder)),
            f"keyctl review, a network of {KEYS:,} keys, warm": Case((*review[:3], "wide", *review[4:]), folder),
            "keyctl validate, warm": Case((KEYCTL, "validate", "--protected", "main"), folder),
        }
        rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
        table(
            f"{CHANGED} changed keys among {KEYS:,}, {rounds} rounds.",
            interleaved(cases, rounds),
            "keyctl --version (start-up alone)",
        )


if __name__ == "__main__":
    main()
