"""Kills keyctl at every point of everything that it does at exchanges, or fails the exchange at every request, and sees
whether the next run puts it right."""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path

from tests.acting.desk import VENUES, Venue
from tests.acting.failing import Failing
from tests.acting.matrix import Matrix, Row, Wrong, scratch, warm_up, worlds
from tests.acting.rows import CREATE, ROWS

Case = tuple[Row, Venue]


def main() -> int:
    """0 when the next run puts everything right."""
    parser = argparse.ArgumentParser(prog="dev.py crashes", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help="such as 'update ips'; all of them unless given")
    parser.add_argument("--exchange", action="append", choices=[venue.name for venue in VENUES], help="repeatable")
    parser.add_argument("--faults", action="store_true", help="fail the exchange instead of dying")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each N-th point or fault")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="how many processes; 2 unless given")
    options = parser.parse_args()
    if unknown := set(options.rows) - {row.name for row in ROWS}:
        parser.error(f"no row is called {', '.join(sorted(unknown))}; there are {', '.join(row.name for row in ROWS)}")
    cases = [
        (row, venue)
        for row in ROWS
        for venue in row.venues
        if (not options.rows or row.name in options.rows) and (not options.exchange or venue.name in options.exchange)
    ]
    started = time.monotonic()
    with scratch() as folder:
        told = _shared([cases[number :: options.workers] for number in range(options.workers)], options, folder)
    tried, wrong = (sum(one[number] for one in told) for number in (0, 1))
    what = "faults" if options.faults else "points"
    print(f"{len(cases)} rows, {tried} {what}, {wrong} not put right, {time.monotonic() - started:.0f} s")
    return 1 if wrong or len(told) < options.workers else 0


def _shared(shares: Sequence[Sequence[Case]], options: argparse.Namespace, folder: Path) -> list[tuple[int, int]]:
    """What each process tells of its share; nothing of one that broke."""
    children = []
    for number, share in enumerate(shares):
        child = os.fork()
        if child == 0:
            status = 1
            try:
                told = _tried(share, options, folder / str(number))
                (folder / f"{number}.json").write_text(json.dumps(told), "ascii")
                status = 0
            finally:
                os._exit(status)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    files = (folder / f"{number}.json" for number in range(len(shares)))
    return [tuple(json.loads(file.read_text("ascii"))) for file in files if file.exists()]


def _tried(cases: Sequence[Case], options: argparse.Namespace, folder: Path) -> tuple[int, int]:
    """How many points or faults there were, and after how many the next run did not put things right."""
    tried = wrong = 0
    with worlds(folder) as make:
        warm_up(make(CREATE, CREATE.venues[0]))
        for row, venue in cases:
            started, before = time.monotonic(), (tried, wrong)
            failing = Failing(make(row, venue))
            matrix: Matrix = failing
            matrix.measure()
            faults = failing.faults()
            for number in range(0, len(faults if options.faults else matrix.points), options.every):
                tried += 1
                try:
                    if options.faults:
                        failing.fail(faults[number])
                    else:
                        matrix.die_at(number)
                except Wrong as error:
                    wrong += 1
                    at = str(faults[number]) if options.faults else matrix.points[number]
                    print(f"WRONG: {row.name} at {venue.name}, {number}, {at}: {error}\n", flush=True)
            counted = f"{tried - before[0]:5}, {wrong - before[1]} not put right"
            print(f"{row.name:20} {venue.name:8} {counted}, {time.monotonic() - started:.0f} s", flush=True)
    return tried, wrong


if __name__ == "__main__":
    raise SystemExit(main())
