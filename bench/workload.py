"""Registries that are large enough to measure on, and the CPU time of whole processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from statistics import median
from uuid import UUID

from keyctl.history.examine import cache_directory

BIN = Path(sys.executable).parent
KEYCTL = str(BIN / "exchange-keyctl")
_ACCOUNTS, _APPS = 50, 20
_GIT = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
_ENVIRON = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Installed programs have their bytecode; a setting of this shell must not make every run compile it anew."""


@dataclass(frozen=True, slots=True)
class Case:
    """A command to measure; ``before`` brings the world into the state that the command is to find, unmeasured.

    ``environ`` are variables that it gets beside this process's own.
    """

    command: Sequence[str]
    folder: Path
    before: Callable[[], None] = field(default=lambda: None)
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Spent:
    """What a process and the children that it waited for took: CPU and wall seconds, and the largest one's peak MiB."""

    cpu: float
    wall: float
    peak: float


def interleaved(cases: Mapping[str, Case], rounds: int) -> dict[str, Spent]:
    """Medians over ``rounds`` runs of every case, one case after another in each round; output is thrown away.

    Raises CalledProcessError when a command does not exit with 0: a failure must not look fast.
    """
    runs: dict[str, list[Spent]] = {name: [] for name in cases}
    subprocess.run([KEYCTL, "validate", "--help"], stdout=subprocess.DEVNULL, env=_ENVIRON, check=True)
    for _ in range(rounds):
        for name, case in cases.items():
            case.before()
            runs[name].append(_run(case))
    return {
        name: Spent(median(r.cpu for r in done), median(r.wall for r in done), max(r.peak for r in done))
        for name, done in runs.items()
    }


def _run(case: Case) -> Spent:
    started = time.perf_counter()
    process = subprocess.Popen(
        case.command, cwd=case.folder, stdout=subprocess.DEVNULL, env={**_ENVIRON, **case.environ}
    )
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, case.command[:4])
    kib = 1024 if sys.platform == "linux" else 1024 * 1024
    return Spent(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / kib)


def table(title: str, measured: Mapping[str, Spent], base: str) -> None:
    """Prints medians, and each row's CPU as a multiple of the row ``base``."""
    print(f"\n{title}\n")
    print(f"| {'':46} | CPU s | wall s | peak MiB | to base |")
    print(f"| {'-' * 46} | ----: | -----: | -------: | ------: |")
    for name, spent in measured.items():
        ratio = spent.cpu / measured[base].cpu
        print(f"| {name:46} | {spent.cpu:5.2f} | {spent.wall:6.2f} | {spent.peak:8.0f} | {ratio:7.3f} |")


def key_text(number: int, generation: int = 0, change: int = 0) -> str:
    """A key file; 27 lines with two rotations. ``generation`` counts those, ``change`` varies the purpose. It breaks
    no rule of the set base: what is measured is not the writing of findings."""
    revoked = "".join(
        f"  - id: {_id(number, old)}\n    on: 2026-06-01\n    reason: rotated\n    confirmed: 2026-06-02\n"
        for old in range(generation)
    )
    return (
        "# yaml-language-server: $schema=../../schemas/key.schema.json\n"
        "# One key of a generated registry; the comment is as long as people's comments are.\n"
        "# Second line of it: who asked for the key, and where that was discussed.\n"
        f"account: account-{number % _ACCOUNTS:03}\n"
        f"owner: app-{number % _APPS:03}\n"
        f"purpose: quotes on pair {number}, revision {change}\n"
        f"id: {_id(number, generation)}\n"
        "scopes:\n  - read\n  - trade.spot\n"
        f'ips:\n  - "8.8.4.{number % 200}"\n  - "9.9.9.{number % 250}"\n  - "@trading-nat"\n'
        "issued: 2026-09-01\nexpires: 2027-08-30\nprotected: true\ndeliver: vault:kv/desk\n"
        + (f"revoked:\n{revoked}" if revoked else "")
    )


def _id(number: int, generation: int) -> str:
    return "k" + sha256(f"{number}/{generation}".encode()).hexdigest()[:20]


def key_path(number: int) -> str:
    """Where the key lies; a hundred files to a folder."""
    return f"keys.d/group-{number // 100:03}/key-{number:05}.yaml"


def registry_files() -> Iterator[tuple[str, str]]:
    """Everything of a registry but its keys."""
    line = "# yaml-language-server: $schema=../schemas/{}.schema.json\n"
    yield "registry/registry.yaml", line.format("registry") + f"version: 1\nid: {UUID(int=7, version=4)}\n"
    yield "registry/networks.yaml", line.format("networks") + 'trading-nat: ["8.8.5.16/28"]\n'
    silent = "rules: {keys-per-account: {severity: off}}\n"  # twenty apps share fifty accounts
    yield "registry/policy.yaml", line.format("policy") + silent
    yield (
        "registry/accounts.yaml",
        line.format("accounts")
        + "".join(
            f"account-{n:03}:\n  exchange: bybit\n  environment: live\n  mode: observe\n" for n in range(_ACCOUNTS)
        ),
    )
    yield (
        "registry/apps.yaml",
        line.format("apps") + "".join(f"app-{n:03}:\n  team: desk\n  kind: internal\n" for n in range(_APPS)),
    )


def git(folder: Path, *arguments: str) -> None:
    """Runs git without the user's configuration."""
    subprocess.run(["git", *arguments], cwd=folder, check=True, env={**os.environ, **_GIT})


def grow(folder: Path, commits: Iterable[Mapping[str, str]], start: int = 0) -> None:
    """Adds commits, each of them some files and their texts, to branch main; ``start`` numbers the first one."""
    importing = subprocess.Popen(
        ["git", "fast-import", "--quiet", "--force"], cwd=folder, stdin=subprocess.PIPE, env={**os.environ, **_GIT}
    )
    assert importing.stdin is not None
    for number, files in enumerate(commits, start):
        message = f"commit {number}"
        lines = [
            "commit refs/heads/main",
            f"committer Bench <bench@desk.example> {1_700_000_000 + number * 60} +0000",
            f"data {len(message)}\n{message}",
        ]
        if number == start and start:
            lines.append("from refs/heads/main^0")
        for path, text in files.items():
            lines.append(f"M 100644 inline {path}\ndata {len(text.encode())}\n{text}")
        importing.stdin.write(("\n".join(lines) + "\n").encode())
    importing.stdin.close()
    if importing.wait():
        raise subprocess.CalledProcessError(importing.returncode, "git fast-import")
    git(folder, "reset", "--quiet", "--hard", "main")


def forget(folder: Path) -> None:
    """Deletes what keyctl remembers of a registry between runs."""
    remembered = cache_directory(folder)
    if remembered is not None:
        shutil.rmtree(remembered, ignore_errors=True)


def new_repository(folder: Path) -> None:
    """An empty repository whose branch is main."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
