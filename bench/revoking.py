"""One ``keyctl revoke`` of twenty keys of one app at three exchanges, every call answered after 20 ms.

Aim: wall time at most 1.5 times the longest chain of calls that share a rate scope. The chain is what no client can be
faster than: the calls that were made with one account's credential, each kind of call as far apart as its declared
limit asks, and 20 ms for the last answer of each kind. The process also starts up, reads the registry and its history,
connects, and writes twenty files; what that takes is measured on a registry check of the same size.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import Request, urlopen

import yaml
from workload import KEYCTL, Case, git, interleaved, new_repository, table

from keyctl.exchanges.catalogue import declaration
from keyctl.sandbox.credentials import environment
from keyctl.sandbox.scenario import Scenario, load

KEYS = {"bybit": 8, "okx": 8, "deribit": 4}
LATENCY_MS = 20
ROUNDS = 3
SCOPES = {"bybit": "read, trade.spot", "okx": "read", "deribit": "read"}
RIGHTS = {"bybit": {"Spot": ["SpotTrade"]}, "okx": {"perm": ["read_only"]}, "deribit": {"account": ["read"]}}
WRITES = {
    "bybit": {"Wallet": ["SubMemberTransfer"]},
    "okx": {"perm": ["read_only", "trade"]},
    "deribit": {"account": ["read_write"]},
}
ACCOUNTS = """\
bybit-main: {exchange: bybit, environment: sandbox, uid: "1000", mode: enforce}
bybit-mm: {exchange: bybit, environment: sandbox, parent: bybit-main, subaccount: "1001", uid: "1001", mode: enforce}
okx-main: {exchange: okx, environment: sandbox, uid: "446556883125020010", mode: enforce}
okx-mm:
  {exchange: okx, environment: sandbox, parent: okx-main, subaccount: mm01, uid: "446556883125020011", mode: enforce}
deribit-mm: {exchange: deribit, environment: sandbox, uid: "80100", mode: enforce}
"""
Calls = Counter[tuple[str, str]]
"""How often each exchange was asked each ``METHOD /path``."""


def scenario(folder: Path) -> Path:
    """A file with the three exchanges, each with a credential that writes and the app's keys."""
    accounts = yaml.safe_load(ACCOUNTS)
    exchanges: dict[str, Any] = {name: {"accounts": {}} for name in KEYS}
    for name, form in accounts.items():
        exchange, keys = form["exchange"], dict[str, Any]()
        if "parent" not in form:
            bound = {"ips": ["127.0.0.1"], "created": "30d ago", "credential": "write"}
            keys[f"{exchange}-writes"] = {**bound, "rights": WRITES[exchange]}
        if exchange == "deribit" or "parent" in form:
            trades = {"ips": ["203.0.113.7"], "created": "20d ago", "rights": RIGHTS[exchange]}
            keys |= {f"{exchange}-{number}": trades for number in range(KEYS[exchange])}
        account = {"uid": form["uid"], "keys": keys}
        account |= {"parent": form["parent"]} if "parent" in form else {}
        account |= {"native": {"sub_acct": "mm01"}} if name == "okx-mm" else {}
        exchanges[exchange]["accounts"][name] = account
    path = folder / "revoking.yaml"
    path.write_text(yaml.safe_dump({"name": "revoking", "exchanges": exchanges}))
    return path


def registry(folder: Path, world: Scenario) -> None:
    """The registry that declares all of it, committed."""
    new_repository(folder)
    today = datetime.now(UTC).date()
    files = {
        "registry/registry.yaml": "version: 1\nid: 7b0f6f0e-6a51-4c0a-9d3e-2f6a5c1f9b42\n",
        "registry/accounts.yaml": ACCOUNTS,
        "registry/apps.yaml": "hedger: {team: mm, kind: internal}\n",
    }
    for exchange, part in world.exchanges.items():
        for key in part.keys:
            if not key.credential:
                files[f"keys.d/{key.name}.yaml"] = (
                    f'account: {key.account}\nowner: hedger\nid: "{key.id}"\nscopes: [{SCOPES[exchange]}]\n'
                    f'ips: ["203.0.113.7"]\nissued: {today - timedelta(days=20)}\n'
                    f"expires: {today + timedelta(days=30)}\n"
                )
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    git(folder, "add", "--all")
    git(folder, "-c", "user.name=Bench", "-c", "user.email=bench@desk.example", "commit", "-q", "-m", "keys")


@contextmanager
def sandbox(folder: Path, path: Path) -> Iterator[str]:
    """The scenario in a process of its own, slowed down; gives the control URL."""
    command = (KEYCTL, "sandbox", "serve", "--scenario", str(path))
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        try:
            control = json.loads(serving.stdout.readline())["control"]
            for exchange in KEYS:
                fault = {"exchange": exchange, "match": "* /", "kind": "latency", "ms": LATENCY_MS, "times": None}
                headers = {"Content-Type": "application/json"}
                urlopen(Request(f"{control}/faults", json.dumps(fault).encode(), headers)).close()
            yield control
        finally:
            serving.terminate()


def calls(control: str) -> Calls:
    """All of them, those that were one too many and were made again too."""
    with urlopen(f"{control}/requests") as answer:
        entries = json.load(answer)
    return Counter((entry["exchange"], f"{entry['method']} {entry['path']}") for entry in entries)


def chains(made: Calls) -> Mapping[str, float]:
    """Seconds of each exchange's longest chain; each is asked with one credential."""
    found = dict.fromkeys(KEYS, 0.0)
    for (exchange, name), times in made.items():
        per_second = declaration(exchange).endpoint(name).per_second or 1.0
        found[exchange] += (times - 1) / per_second + LATENCY_MS / 1000
    return found


def revoking(folder: Path, path: Path, number: int) -> tuple[float, Calls]:
    """Wall seconds of one revocation on a world of its own, and its calls."""
    world = load(str(path))
    registry(folder / f"registry{number}", world)
    with sandbox(folder, path) as control:
        environ = {**environment(world), "KEYCTL_SANDBOX": control}
        command = [KEYCTL, "revoke", "--app", "hedger", "--reason", "leaked", "--yes"]
        started = time.perf_counter()
        done = subprocess.run(
            command, cwd=folder / f"registry{number}", env={**os.environ, **environ}, capture_output=True, text=True
        )
        wall = time.perf_counter() - started
        assert done.returncode == 0, done.stdout + done.stderr
        return wall, calls(control)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        path = scenario(folder)
        measured = [revoking(folder, path, number) for number in range(rounds)]
        base = {"keyctl validate": Case((KEYCTL, "validate", "--fail-on", "critical"), folder / "registry0")}
        git(folder / "registry0", "checkout", "-q", ".")
        table(f"{sum(KEYS.values())} keys at three exchanges.", interleaved(base, rounds), "keyctl validate")
    wall, made = median(seconds for seconds, _ in measured), measured[-1][1]
    found = chains(made)
    print(f"\n{made.total()} calls:")
    for (exchange, name), times in sorted(made.items()):
        print(f"  {times:3} {exchange} {name}")
    print(f"Chains: {', '.join(f'{name} {seconds:.2f} s' for name, seconds in found.items())}.")
    print(f"Wall time, median of {rounds}: {wall:.2f} s, {wall / max(found.values()):.2f} of the longest; aim 1.5.")


if __name__ == "__main__":
    main()
