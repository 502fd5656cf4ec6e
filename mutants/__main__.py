"""Changes the code in small wrong ways, one at a time, and sees whether a test notices."""

from __future__ import annotations

import argparse
import ast
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from mutants.gathering import enums_in, mutants_of
from mutants.mutant import Mutant
from mutants.operators import Enums
from mutants.running import Fate, Seen, fate_of, prepare, start, watch
from mutants.survivors import Name, entry, known, stale
from mutants.targets import PACKAGE, ROOMS, ROOT, Room

AIM = 95
"""How many of a hundred mutants of a room some test has to notice."""
LONGEST = 600
"""Seconds of wall time after which a mutant that does not even use the processor is given up."""


@dataclass(frozen=True, slots=True)
class Job:
    """A mutant and what is to be run against it."""

    mutant: Mutant
    tree: ast.Module
    tests: tuple[str, ...]
    cpu_seconds: int


def main() -> int:
    """0 when enough are killed and every survivor is listed with a reason."""
    parser = argparse.ArgumentParser(prog="dev.py mutants", description=__doc__)
    parser.add_argument("paths", nargs="*", help="files or folders; everything that is mutated unless given")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each N-th mutant: the short form")
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="how many processes; 2 unless given")
    parser.add_argument("--entries", action="store_true", help="print survivors as entries for survivors.yaml")
    options = parser.parse_args()
    rooms = [(room, chosen) for room in ROOMS if (chosen := _chosen(room, options.paths))]
    if not rooms:
        parser.error("nothing there is mutated; see ROOMS in mutants/targets.py")
    os.chdir(ROOT)
    prepare()
    enums: dict[str, tuple[str, ...]] = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        enums |= enums_in(ast.parse(file.read_text(encoding="utf-8")))
    with TemporaryDirectory() as folder:
        good = [_room(room, files, enums, options, Path(folder)) for room, files in rooms]
    return 0 if all(good) else 1


def _chosen(room: Room, paths: Sequence[str]) -> list[Path]:
    wanted = [Path(path).resolve() for path in paths]
    return [file for file in room.files() if not wanted or any(file.is_relative_to(path) for path in wanted)]


def _room(room: Room, files: Sequence[Path], enums: Enums, options: argparse.Namespace, scratch: Path) -> bool:
    """Try all mutants of a room and say how it went."""
    started, spent = time.monotonic(), _cpu()
    seen = watch(room.tests, files, scratch)
    _control(files[0], seen, scratch)
    jobs = [job for file in files for job in _jobs(file, seen, enums)]
    every = {job.mutant.name for job in jobs}
    jobs = jobs[:: options.every]
    reasons = known()
    print(f"{room.name}: {len(jobs)} mutants in {len(files)} files, {len(seen)} tests", flush=True)
    fates: Counter[Fate] = Counter()
    survived: set[Name] = set()
    unlisted = 0
    for job, fate in _all(jobs, options.workers, scratch):
        fates[fate] += 1
        if fate is Fate.SURVIVED:
            survived.add(job.mutant.name)
            reason = reasons.get(job.mutant.name)
            unlisted += reason is None
            _tell(job.mutant, reason, options.entries)
        if sum(fates.values()) % 100 == 0:
            print(f"  {sum(fates.values())} after {time.monotonic() - started:.0f} s", flush=True)
    outdated = stale(reasons, every, survived, {job.mutant.file for job in jobs}) if options.every == 1 else []
    for line in outdated:
        print(f"  listed, but {line}")
    unborn, silent = fates[Fate.STILLBORN], fates[Fate.SURVIVED]
    total = sum(fates.values()) - unborn
    share = 100 * (total - silent) / total if total else 100.0
    print(
        f"{room.name}: {total} mutants, {fates[Fate.KILLED]} killed, {fates[Fate.TIMEOUT]} timeout,"
        f" {silent} survived ({unlisted} not listed), {share:.1f} % noticed; {unborn} can't be imported;"
        f" {time.monotonic() - started:.0f} s, {_cpu() - spent:.0f} s of CPU",
        flush=True,
    )
    return share >= AIM and not unlisted and not outdated


def _control(file: Path, seen: Sequence[Seen], scratch: Path) -> None:
    """A change that changes nothing must survive: else what kills the others is not the change."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    same = Mutant(file.relative_to(ROOT).as_posix(), "module", 1, "", "", 1, None, (("body", 0),), tree.body[0])
    ((_, fate),) = _all([Job(same, tree, tuple(test.test for test in seen), LONGEST)], 1, scratch)
    if fate is not Fate.SURVIVED:
        raise SystemExit(f"{same.file}: the tests fail although nothing was changed")


def _cpu() -> float:
    """Seconds that this process and those that it waited for have used."""
    return sum(os.times()[:4])


def _tell(mutant: Mutant, reason: str | None, entries: bool) -> None:
    if entries and reason is None:
        print(entry(mutant), flush=True)
    else:
        print(f"  survived: {mutant}\n    {reason or 'NOT LISTED in mutants/survivors.yaml'}", flush=True)


def _jobs(file: Path, seen: Sequence[Seen], enums: Enums) -> Iterator[Job]:
    name = file.relative_to(ROOT).as_posix()
    tree, mutants = mutants_of(name, file.read_text(encoding="utf-8"), enums)
    for mutant in mutants:
        able = [test for test in seen if mutant.ran is None or not test.lines.get(name, set()).isdisjoint(mutant.ran)]
        seconds = 10 + 5 * sum(test.seconds for test in able)
        yield Job(mutant, tree, tuple(test.test for test in able), int(seconds))


def _all(jobs: Sequence[Job], workers: int, scratch: Path) -> Iterator[tuple[Job, Fate]]:
    """Run every job, some at a time."""
    waiting = list(reversed(jobs))
    running: dict[int, tuple[Job, float]] = {}
    while waiting or running:
        while waiting and len(running) < workers:
            job = waiting.pop()
            if job.tests:
                child = start(job.mutant, job.tree, job.tests, job.cpu_seconds, scratch)
                running[child] = (job, time.monotonic())
            else:
                yield job, Fate.SURVIVED
        if running:
            child, status = os.waitpid(-1, os.WNOHANG)
            if child:
                yield running.pop(child)[0], fate_of(status)
                continue
            time.sleep(0.005)
            for late, (_, begun) in running.items():
                if time.monotonic() - begun > LONGEST:
                    os.kill(late, signal.SIGKILL)


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":  # sets of text come in the same order in every run
        os.execve(
            sys.executable, [sys.executable, "-m", "mutants", *sys.argv[1:]], {**os.environ, "PYTHONHASHSEED": "0"}
        )
    sys.exit(main())
