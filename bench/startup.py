"""``keyctl --help`` against importing its command-line library alone; the aim is 1.5 times that."""

from __future__ import annotations

import sys
from pathlib import Path

from workload import KEYCTL, Case, interleaved, table

BASE = 'python -c "import typer"'


def main() -> None:
    here = Path(__file__).parent
    cases = {
        BASE: Case((sys.executable, "-c", "import typer"), here),
        "keyctl --help": Case((KEYCTL, "--help"), here),
        "keyctl --version": Case((KEYCTL, "--version"), here),
        "keyctl schema key": Case((KEYCTL, "schema", "key"), here),
    }
    interleaved(cases, rounds=2)  # byte code and page cache
    table("Start-up, 31 rounds. Aim: --help at most 1.5 times the base.", interleaved(cases, rounds=31), BASE)


if __name__ == "__main__":
    main()
