"""One ``keyctl reconcile`` of three exchanges, 60 accounts and 600 keys, every call answered after 20 ms.

Aims: wall time at most 1.2 times the longest chain of calls that share a rate scope; at most 1 ms of CPU a call,
waiting included. The chain is what no client can be faster than: the calls that were made with one account's
credential, as far apart as the declared limits ask, one kind of call after the other, and 20 ms for the last answer of
each kind. The processes of the table also start up, read the registry, compare and print; observing is measured alone
in this process, after a first observation has loaded what there is to load.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import Request, urlopen

from workload import KEYCTL, Case, git, interleaved, new_repository, table

from keyctl.exchanges.catalogue import declaration
from keyctl.reconcile.observe import observe
from keyctl.registry.load import load as load_registry
from keyctl.sandbox.credentials import environment
from keyctl.sandbox.large import write_registry
from keyctl.sandbox.scenario import Scenario, load
from keyctl.secrets.sources import Credentials

SCENARIO = "large:60:600"
LATENCY_MS = 20
ROUNDS = 3
AT = ("--at", "2026-11-25T12:00:00Z")
WHOLE, MASTERS = "keyctl reconcile", "keyctl reconcile --only, the masters alone"
Calls = Counter[tuple[str, str]]
"""How often each exchange was asked each ``METHOD /path``."""


@contextmanager
def sandbox(folder: Path) -> Iterator[str]:
    """The scenario in a process of its own, slowed down; gives the control URL."""
    command = (KEYCTL, "sandbox", "serve", "--scenario", SCENARIO)
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        try:
            ready = json.loads(serving.stdout.readline())
            for exchange in ready["exchanges"]:
                fault = {"exchange": exchange, "match": "* /", "kind": "latency", "ms": LATENCY_MS, "times": None}
                headers = {"Content-Type": "application/json"}
                urlopen(Request(f"{ready['control']}/faults", json.dumps(fault).encode(), headers)).close()
            yield ready["control"]
        finally:
            serving.terminate()


def calls(control: str) -> Calls:
    """All that were answered so far; a refusal would be none, so there must not be any."""
    with urlopen(f"{control}/requests") as answer:
        entries = json.load(answer)
    assert all(entry["status"] == 200 for entry in entries)
    return Counter((entry["exchange"], f"{entry['method']} {entry['path']}") for entry in entries)


def chains(made: Calls, scenario: Scenario) -> Mapping[str, float]:
    """Seconds of each exchange's longest chain. Credentials of one exchange are asked alike, each in its own scope."""
    found: dict[str, float] = {}
    for exchange, part in scenario.exchanges.items():
        scopes = sum("account" in key.credential for key in part.keys)
        seconds = 0.0
        for (asked, name), times in made.items():
            if asked == exchange:
                per_second = declaration(exchange).endpoint(name).per_second or 1.0
                seconds += (times / scopes - 1) / per_second + LATENCY_MS / 1000
        found[exchange] = seconds
    return found


def observing(folder: Path, environ: Mapping[str, str]) -> tuple[float, float]:
    """CPU and wall seconds of observing every account, once everything is loaded."""
    registry = load_registry(folder).registry
    assert registry is not None

    def look() -> None:
        snapshot = observe(
            registry,
            credentials=Credentials.from_environ(environ),
            tombstones=registry.tombstones(),
            clock=lambda: datetime.now(UTC),
            sandbox=environ["KEYCTL_SANDBOX"],
        )
        assert not [account.error for account in snapshot.accounts if account.error]

    look()
    started = time.process_time(), time.perf_counter()
    look()
    return time.process_time() - started[0], time.perf_counter() - started[1]


def main() -> None:
    scenario = load(SCENARIO)
    masters = [account.name for part in scenario.exchanges.values() for account in part.accounts[:1]]
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / "registry"
        new_repository(folder)
        write_registry(folder, SCENARIO)
        git(folder, "add", "--all")
        git(folder, "-c", "user.name=Bench", "-c", "user.email=bench@desk.example", "commit", "-q", "-m", "keys")
        with sandbox(folder) as control:
            environ = {**environment(scenario), "KEYCTL_SANDBOX": control}
            only = [word for name in masters for word in ("--only", f"account={name}")]
            cases = {
                MASTERS: Case((KEYCTL, "reconcile", *AT, *only), folder, environ=environ),
                WHOLE: Case((KEYCTL, "reconcile", *AT), folder, environ=environ),
            }
            measured = interleaved(cases, rounds)
            before = calls(control)
            cpu, wall = observing(folder, environ)
            made = Counter({call: times // 2 for call, times in (calls(control) - before).items()})
    keys = sum(len(part.keys) for part in scenario.exchanges.values())
    accounts = sum(len(part.accounts) for part in scenario.exchanges.values())
    table(
        f"{len(scenario.exchanges)} exchanges, {accounts} accounts, {keys} keys, {LATENCY_MS} ms a call,"
        f" {rounds} rounds.",
        measured,
        MASTERS,
    )
    found = chains(made, scenario)
    chain, last = max(found.values()), measured[WHOLE].wall
    print(f"\n{made.total()} calls. Chains: {', '.join(f'{name} {seconds:.2f} s' for name, seconds in found.items())}.")
    print(f"Wall time to the longest chain, aim 1.2: observing {wall:.2f} s, {wall / chain:.2f};", end=" ")
    print(f"the whole process {last:.2f} s, {last / chain:.2f}.")
    print(f"CPU a call while observing, aim 1 ms: {cpu * 1000 / made.total():.2f} ms.")


if __name__ == "__main__":
    main()
