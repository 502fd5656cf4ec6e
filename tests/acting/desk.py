"""A desk with a registry in a real git repository, a bare one as its remote, and accounts at three simulated exchanges
whose keys keyctl may change."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Protocol
from unittest import mock
from urllib.parse import urlsplit

from keyctl.model.identifier import Identifier
from keyctl.sandbox.credentials import environment
from keyctl.sandbox.running import Sandbox, Scenario, running
from keyctl.sandbox.scenario import read
from tests.cli.program import Ran, keyctl

TODAY = datetime.now(UTC).date()
REGISTRY_ID = "5c1f9b42-6a51-4c0a-9d3e-7b0f6f0e2f6a"
BOUND = {"ips": ["127.0.0.1"], "created": "30d ago"}
TRADER = {"ips": ["203.0.113.7"], "created": "20d ago"}


@dataclass(frozen=True)
class Venue:
    """What differs between the exchanges: the account that holds the app's keys, rights in the exchange's words, and
    scopes that a key with them has."""

    name: str
    account: str
    rights: Mapping[str, Any]
    scopes: tuple[str, ...]
    wider: Mapping[str, Any]
    may_disable: bool = False


BYBIT = Venue(
    "bybit",
    "bybit-mm",
    {"Spot": ["SpotTrade"]},
    ("read", "trade.spot"),
    {"Spot": ["SpotTrade"], "Exchange": ["ExchangeHistory"]},
)
OKX = Venue(
    "okx",
    "okx-mm",
    {"perm": ["read_only"]},
    ("read",),
    {"perm": ["read_only", "trade"]},
)
DERIBIT = Venue(
    "deribit",
    "deribit-mm",
    {"account": ["read"]},
    ("read",),
    {"account": ["read"], "trade": ["read_write"]},
    may_disable=True,
)
VENUES = (BYBIT, OKX, DERIBIT)


def scenario(*venues: Venue) -> Scenario:
    """Each exchange, or those that are named, with a credential that reads and one that writes, and a key of the
    app's."""
    bybit = {
        "bybit-main": {
            "uid": "1000",
            "keys": {
                "bybit-reads": {**BOUND, "credential": "account", "rights": {"Wallet": ["SubMemberTransfer"]}},
                "bybit-writes": {**BOUND, "credential": "write", "rights": {"Wallet": ["SubMemberTransfer"]}},
            },
        },
        "bybit-mm": {
            "uid": "1001",
            "parent": "bybit-main",
            "keys": {"bybit-hold": {**TRADER, "rights": BYBIT.rights}},
        },
    }
    okx = {
        "okx-main": {
            "uid": "446556883125020010",
            "keys": {
                "okx-reads": {**BOUND, "credential": "account", "rights": {"perm": ["read_only"]}},
                "okx-writes": {**BOUND, "credential": "write", "rights": {"perm": ["read_only", "trade"]}},
            },
        },
        "okx-mm": {
            "uid": "446556883125020011",
            "parent": "okx-main",
            "native": {"sub_acct": "mm01"},
            "keys": {"okx-hold": {**TRADER, "rights": OKX.rights}},
        },
    }
    deribit = {
        "deribit-mm": {
            "uid": "80100",
            "keys": {
                "deribit-reads": {**BOUND, "credential": "account", "rights": {"account": ["read"]}},
                "deribit-writes": {
                    **BOUND,
                    "credential": "write",
                    "rights": {"account": ["read_write"], "trade": ["read_write"], "wallet": ["read"]},
                },
                "deribit-hold": {**TRADER, "rights": DERIBIT.rights},
            },
        },
    }
    exchanges = {"bybit": bybit, "okx": okx, "deribit": deribit}
    wanted = {venue.name for venue in venues or VENUES}
    whole = {name: {"accounts": accounts} for name, accounts in exchanges.items() if name in wanted}
    return read({"name": "acting", "exchanges": whole}, datetime.now(UTC))


ACCOUNTS = """\
bybit-main: {exchange: bybit, environment: sandbox, uid: "1000", mode: enforce}
bybit-mm:
  exchange: bybit
  environment: sandbox
  parent: bybit-main
  subaccount: "1001"
  uid: "1001"
  mode: enforce
  on_expiry: delete
okx-main: {exchange: okx, environment: sandbox, uid: "446556883125020010", mode: enforce}
okx-mm:
  exchange: okx
  environment: sandbox
  parent: okx-main
  subaccount: mm01
  uid: "446556883125020011"
  mode: enforce
  on_expiry: delete
deribit-mm: {exchange: deribit, environment: sandbox, uid: "80100", mode: enforce, on_expiry: delete}
"""
POLICY = "set: base\n"
OKX_TRADES = (
    "read, trade.spot, trade.margin, trade.futures, trade.options, convert, earn, copy, transfer.internal,"
    " transfer.subaccount, keys.manage"
)
_OWN = {
    f"KEYCTL_READ_{name}_SANDBOX_{name}_MAIN_{name}_WRITES_{part}": f"KEYCTL_WRITE_{name}_SANDBOX_{name}_MAIN_{part}"
    for name in ("BYBIT", "OKX")
    for part in ("KEY", "SECRET", "PASSPHRASE")
}


def key_file(
    venue: Venue,
    identifier: str | None = None,
    *,
    owner: str = "hedger",
    account: str | None = None,
    scopes: tuple[str, ...] | None = None,
    ips: str = '["203.0.113.7"]',
    expires: date | None = None,
    more: str = "",
) -> str:
    """The text of a key's file."""
    lines = [f"account: {account or venue.account}", f"owner: {owner}"]
    lines += [f'id: "{identifier}"'] if identifier else []
    lines += [f"scopes: [{', '.join(scopes or venue.scopes)}]", f"ips: {ips}"]
    issued = (expires or TODAY) - timedelta(days=40)
    lines += [f"issued: {issued}"] if identifier else []
    lines += [f"expires: {expires or TODAY + timedelta(days=30)}"]
    return "\n".join(lines) + "\n" + more


class Store(Protocol):
    """Where the app's secrets go, as the app sees it. ``plain``: whether they can be read in the desk's own folder for
    them."""

    @property
    def plain(self) -> bool: ...

    @property
    def reference(self) -> str: ...

    @property
    def recipients(self) -> tuple[str, ...]: ...

    def environ(self) -> Mapping[str, str]:
        """What keyctl needs to get there."""

    def held(self) -> list[dict[str, Any]]:
        """All whole credentials that lie there, read without keyctl."""


@dataclass(frozen=True)
class Files:
    """Plain files in a folder."""

    folder: Path
    plain: bool = True
    recipients: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        return f"file:{self.folder}"

    def environ(self) -> Mapping[str, str]:
        return {}

    def held(self) -> list[dict[str, Any]]:
        return [json.loads(file.read_bytes()) for file in sorted(self.folder.glob("*.json"))]


@dataclass
class Desk:
    """``root`` is a clone of ``remote``; commands run there unless another clone is named. ``storing`` gives the app's
    store, of which the folder ``sink`` may be a part."""

    folder: Path
    scenario: Scenario = field(repr=False)
    sandbox: Sandbox = field(repr=False)
    root: Path = field(init=False)
    remote: Path = field(init=False)
    sink: Path = field(init=False)
    store: Store = field(init=False)
    environ: dict[str, str] = field(default_factory=dict, repr=False)
    clones: int = 0
    storing: Callable[[Path], Store] = field(default=Files, kw_only=True)

    def __post_init__(self) -> None:
        self.root, self.remote, self.sink = (self.folder / name for name in ("desk", "remote.git", "sink"))
        self.sink.mkdir(mode=0o700)
        self.store = self.storing(self.sink)
        given = environment(self.scenario)
        self.environ = {
            **given,
            # the keys that write are asked about themselves, where nothing else shows them
            **{own: given[writes] for own, writes in _OWN.items() if writes in given},
            "KEYCTL_SANDBOX": self.sandbox.control_url,
            "KEYCTL_SINKS": self.store.reference,
            **self.store.environ(),
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "GIT_CONFIG_NOSYSTEM": "1",
        }

    # git

    def git(self, *arguments: str, root: Path | None = None) -> str:
        who = {
            f"GIT_{role}_{what}": "desk@desk.example" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
        }
        done = subprocess.run(
            ["git", *arguments],
            cwd=root or self.root,
            env={**self.environ, **who},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def begin(self, accounts: str = ACCOUNTS, **files: str) -> None:
        """The registry's first commit, pushed."""
        self.root.mkdir()
        self.git("init", "-q", "--bare", "-b", "main", str(self.remote), root=self.folder)
        self.git("init", "-q", "-b", "main")
        self.git("remote", "add", "origin", str(self.remote))
        self.write("registry/registry.yaml", f"version: 1\nid: {REGISTRY_ID}\n")
        self.write("registry/accounts.yaml", accounts)
        self.write("registry/apps.yaml", self.apps("hedger"))
        self.write("registry/policy.yaml", POLICY)
        for venue in self.venues:
            name = f"{venue.name}-hold"
            self.write(f"keys.d/{name}.yaml", key_file(venue, self.id(name)))
        for key in (key for part in self.scenario.exchanges.values() for key in part.keys if key.credential):
            self.write(f"keys.d/{key.name}.yaml", self.own(key.name, key.account))
        for name, text in files.items():
            self.write(f"keys.d/{name.replace('_', '-')}.yaml", text)
        self.merge("Begin")

    def apps(self, *names: str) -> str:
        """The text of apps.yaml with these apps, whose secrets go to the same place."""
        needs = "[read, trade.spot, convert, trade.futures, trade.options]"
        given = json.dumps(self.store.recipients)
        more = f"recipients: {given}, " if self.store.recipients else ""
        app = f"{{team: mm, kind: internal, needs: {needs}, {more}sink: '{self.store.reference}'}}"
        return "".join(f"{name}: {app}\n" for name in names)

    @property
    def venues(self) -> list[Venue]:
        return [venue for venue in VENUES if venue.name in self.scenario.exchanges]

    def own(self, name: str, account: str) -> str:
        """The file of one of keyctl's own credentials."""
        scopes = {
            "bybit-reads": "read, transfer.subaccount, keys.manage",
            "bybit-writes": "read, transfer.subaccount, keys.manage",
            "okx-writes": OKX_TRADES,
            "deribit-writes": "read, trade.spot, trade.futures, trade.options, keys.manage, 'other:move_positions'",
        }.get(name.replace("-seen", ""), "read")
        return (
            f'account: {account}\nowner: keyctl\nid: "{self.id(name)}"\nscopes: [{scopes}]\nips: ["127.0.0.1"]\n'
            f"issued: {TODAY - timedelta(days=30)}\nexpires: {TODAY + timedelta(days=30)}\n"
        )

    def write(self, path: str, text: str, root: Path | None = None) -> None:
        target = (root or self.root) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")

    def text(self, path: str, root: Path | None = None) -> str:
        return ((root or self.root) / path).read_text("utf-8")

    def merge(self, message: str, root: Path | None = None) -> str:
        """Commit everything and let the protected branch have it."""
        self.git("add", "-A", root=root)
        self.git("commit", "-q", "--allow-empty", "-m", message, root=root)
        self.git("push", "-q", "origin", "HEAD:main", root=root)
        self.git("fetch", "-q", "origin", root=root)
        return self.git("rev-parse", "HEAD", root=root)

    def merge_branch(self, branch: str) -> None:
        """What the forge does when a merge request is merged."""
        self.git("fetch", "-q", "origin")
        self.git("merge", "-q", "--no-ff", "-m", f"Merge {branch}", f"origin/{branch}")
        self.git("push", "-q", "origin", "HEAD:main")
        self.git("fetch", "-q", "origin")

    def clone(self) -> Path:
        """A fresh clone of the protected branch."""
        self.clones += 1
        target = self.folder / f"clone{self.clones}"
        self.git("clone", "-q", str(self.remote), str(target), root=self.folder)
        return target

    # keyctl

    def run(self, *arguments: str, root: Path | None = None, **environ: str) -> Ran:
        """One command, in this process, with the desk's environment and no other."""
        with mock.patch.dict(os.environ, {**self.environ, **environ}, clear=True):
            return keyctl(*arguments, "--registry", str(root or self.root))

    def document(self, *arguments: str, root: Path | None = None) -> Any:
        """What a command prints as JSON."""
        return json.loads(self.run(*arguments, "--format", "json", "--full-ids", root=root).out)

    # the exchanges

    def id(self, name: str) -> str:
        keys = (key for part in self.scenario.exchanges.values() for key in part.keys)
        return next(key.id for key in keys if key.name == name)

    def control(self, method: str, path: str, document: object = None) -> Any:
        connection = HTTPConnection(urlsplit(self.sandbox.control_url).netloc, timeout=20)
        try:
            connection.request(method, path, None if document is None else json.dumps(document))
            text = connection.getresponse().read()
            return json.loads(text) if text else None
        finally:
            connection.close()

    def keys(self, account: str) -> dict[str, Any]:
        """What an account holds, by id."""
        exchanges = self.control("GET", "/state")["exchanges"]
        accounts = next(part["accounts"] for part in exchanges.values() if account in part["accounts"])
        return {key["id"]: key for key in accounts[account].get("keys", {}).values()}

    def change(self, account: str, identifier: str, **fields: Any) -> None:
        """Somebody changes a key at the exchange by hand; None takes the key away."""
        state = self.control("GET", "/state")
        part = next(part for part in state["exchanges"].values() if account in part["accounts"])
        keys = part["accounts"][account]["keys"]
        name = next(name for name, key in keys.items() if key["id"] == identifier)
        keys[name].update(fields)
        if fields == {"gone": True}:
            del keys[name]
        self.control("PUT", "/state", state)

    def writes(self) -> list[str]:
        """The requests that might have changed something, in order."""
        entries = [entry for entry in self.control("GET", "/requests") if entry["write"]]
        return [f"{entry['exchange']} {entry['path'].rsplit('/', 1)[1]}" for entry in entries]

    def delivered(self) -> dict[str, dict[str, Any]]:
        """What the app's store holds, by id."""
        return {parcel["api_key"]: parcel for parcel in self.store.held()}


@contextmanager
def desk(folder: Path, **files: str) -> Iterator[Desk]:
    """The desk, its exchanges running, its registry merged; ``files`` are further key files by name."""
    simulated = scenario()
    with running(simulated) as sandbox:
        made = Desk(folder, simulated, sandbox)
        made.begin(ACCOUNTS, **files)
        yield made


def fingerprint(identifier: str) -> str:
    return Identifier.of_text(identifier).fingerprint
