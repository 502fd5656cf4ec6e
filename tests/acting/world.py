"""A team, an exchange and keyctl, and what must be true of them whatever anybody does: the laws, told without keyctl's
own code where that is possible.

One exchange with two accounts whose keys the registry declares: one that plans may act on and one that is only looked
at. Rate limits and pauses are left out, so that a long story is short.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

import yaml

from keyctl.acting.journal import Event, Journal
from keyctl.exchanges.retry import Patience
from keyctl.model.identifier import Identifier
from keyctl.model.marker import marker
from keyctl.model.names import KeyName
from keyctl.sandbox import invented
from keyctl.sandbox.deribit.credits import Credits
from keyctl.sandbox.rates import Admission, SlidingWindows
from keyctl.sandbox.running import running
from keyctl.sandbox.scenario import ExchangeScenario, Scenario, SimulatedAccount, SimulatedKey
from tests.acting.desk import (
    ACCOUNTS,
    BYBIT,
    DERIBIT,
    OKX,
    REGISTRY_ID,
    TODAY,
    Desk,
    Venue,
    key_file,
    scenario,
)
from tests.canary import CANARY
from tests.cli.program import Ran

Keys = dict[str, dict[str, Any]]
LOOK = "2099-01-01T00:00:00Z"
"""A fixed time for judging, at which two runs must say the same to the byte."""
UIDS = {"bybit": "1002", "okx": "446556883125020012", "deribit": "80101"}
SCOPES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "bybit": (("read", "trade.spot"), ("read",)),
    "okx": (("read",),),
    "deribit": (("read",), ("read", "trade.spot", "trade.futures", "trade.options")),
}
RIGHTS = {venue.name: (dict(venue.rights), dict(venue.wider)) for venue in (BYBIT, OKX, DERIBIT)}
LISTINGS = {
    "bybit": "GET /v5/user/sub-apikeys",
    "okx": "GET /api/v5/users/subaccount/apikey",
    "deribit": "* /api/v2/private/list_api_keys",
}


class Dies(BaseException):
    """The process dies: nothing catches it."""


async def _at_once(_seconds: float) -> None:
    await asyncio.sleep(0)


def _admit(_windows: SlidingWindows, _what: object, limit: int, _ticks: float, _seconds: float = 1.0) -> Admission:
    return Admission(True, limit, 0.0)


@contextmanager
def in_no_time() -> Iterator[None]:
    """No pauses, no limits, and ids that are the same in every run."""
    defaults = Patience.__init__.__defaults__
    assert defaults is not None
    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(Patience.__init__, "__defaults__", (*defaults[:-1], _at_once)))
        stack.enter_context(mock.patch.object(SlidingWindows, "admit", _admit))
        stack.enter_context(mock.patch.object(Credits, "spend", lambda *_: True))
        stack.enter_context(mock.patch.object(invented, "choice", Random(0).choice))
        yield


def world_of(venue: Venue) -> Scenario:
    """The desk's exchange with one more account, that plans may not touch, and one key of the app's in it."""
    whole = scenario(venue)
    part = whole.exchanges[venue.name]
    seen, name = f"{venue.name}-seen", f"{venue.name}-watched"
    parent = None if venue is DERIBIT else f"{venue.name}-main"
    native = {"sub_acct": "seen01"} if venue is OKX else {}
    hold = next(key for key in part.keys if key.name == f"{venue.name}-hold")
    keys = [_moved(hold, name, seen)]
    if venue is DERIBIT:
        own = {key.name: key for key in part.keys if key.credential}
        keys += [_moved(own[f"deribit-{what}"], f"deribit-seen-{what}", seen) for what in ("reads", "writes")]
    wider: ExchangeScenario = replace(
        part,
        accounts=(*part.accounts, SimulatedAccount(seen, UIDS[venue.name], parent, native)),
        keys=(*part.keys, *keys),
    )
    return replace(whole, exchanges={venue.name: wider})


def _moved(key: SimulatedKey, name: str, account: str) -> SimulatedKey:
    identifier = invented.invented_id("acting", name)
    return replace(
        key, name=name, account=account, id=identifier, secret=invented.invented_secret("acting", identifier)
    )


def accounts_of(venue: Venue, *, unmanaged: str, on_expiry: str) -> str:
    """The text of accounts.yaml."""
    told: dict[str, Any] = {
        name: form for name, form in yaml.safe_load(ACCOUNTS).items() if form["exchange"] == venue.name
    }
    told[venue.account] |= {"unmanaged": unmanaged, "on_expiry": on_expiry}
    if unmanaged == "delete":
        told[venue.account]["grace"] = "7d"
    seen: dict[str, Any] = {"exchange": venue.name, "environment": "sandbox", "uid": UIDS[venue.name]}
    if venue is not DERIBIT:
        seen |= {"parent": f"{venue.name}-main", "subaccount": "seen01" if venue is OKX else UIDS[venue.name]}
    told[f"{venue.name}-seen"] = {**seen, "mode": "observe", "unmanaged": "delete", "on_expiry": "delete"}
    return json.dumps(told, indent=1)


@dataclass
class Act:
    """A run of a command that acts, with the keys of both accounts before and after."""

    words: tuple[str, ...]
    ran: Ran | None
    before: Keys
    after: Keys

    @property
    def document(self) -> Any:
        """None where it refused or died."""
        if self.ran is None or not self.ran.out.startswith("{"):
            return None
        return json.loads(self.ran.out)

    @property
    def failed(self) -> bool:
        document = self.document
        return document is None or "failed" in document["exit_reasons"]


@dataclass
class World:
    """``declared`` and ``dead`` are all ids that the protected branch ever had, with the key that had them."""

    desk: Desk
    venue: Venue
    declared: dict[str, str] = field(default_factory=dict)
    dead: set[str] = field(default_factory=set)
    once: Keys = field(default_factory=dict)
    stale: list[Path] = field(default_factory=list)
    made: int = 0
    told: list[str] = field(default_factory=list)

    # what is

    @property
    def root(self) -> Path:
        return self.desk.root

    @property
    def seen(self) -> str:
        return f"{self.venue.name}-seen"

    def keys(self) -> Keys:
        """All keys of the exchange by id, each with its account."""
        part = self.desk.control("GET", "/state")["exchanges"][self.venue.name]
        return {
            key["id"]: {**key, "account": account}
            for account, form in part["accounts"].items()
            for key in form.get("keys", {}).values()
        }

    def files(self, root: Path | None = None) -> dict[str, dict[str, Any]]:
        """The key files of a work tree by name, read by another parser."""
        folder = (root or self.root) / "keys.d"
        return {file.stem: yaml.safe_load(file.read_text()) for file in sorted(folder.glob("*.yaml"))}

    def tombstones(self, root: Path | None = None) -> set[str]:
        """The ids of a work tree that are listed as revoked, as they are written there."""
        listed = (root or self.root) / "registry" / "revoked.yaml"
        rows = (yaml.safe_load(listed.read_text()) or {}).get("revoked", []) if listed.exists() else []
        return {row["id"] for row in (*rows, *(row for form in self.files(root).values() for row in _revoked(form)))}

    @property
    def own(self) -> set[str]:
        """The ids of keyctl's own credentials."""
        return {key.id for part in self.desk.scenario.exchanges.values() for key in part.keys if key.credential}

    def living(self, name: str) -> list[str]:
        """The ids that a key's file declares as living."""
        return _living(self.files()[name])

    def dirty(self) -> bool:
        return self.desk.git("status", "--porcelain") != ""

    # what the team does

    def settle_tree(self, *, keep: bool) -> None:
        """What an apply wrote into the work tree is merged, or thrown away."""
        if not self.dirty():
            return
        if keep and self.valid():
            self.desk.merge("Write back")
            self.remember()
        else:
            self.drop()

    def drop(self) -> None:
        self.desk.git("restore", ".")
        self.desk.git("clean", "-fdq")

    def valid(self) -> bool:
        """Whether a merge request with this tree would pass."""
        return self.desk.run("validate").status in (0, 2)

    def edit(self, change: Callable[[], object]) -> None:
        """A merge request: what does not pass is not merged."""
        self.settle_tree(keep=False)
        change()
        if not self.dirty():
            return
        if self.valid():
            self.desk.merge("Edit")
            self.remember()
        else:
            self.drop()

    def rewrite(self, name: str, form: dict[str, Any]) -> None:
        """A key's file with other content."""
        rows = "".join(f"{field}: {json.dumps(value, default=str)}\n" for field, value in form.items())
        self.desk.write(f"keys.d/{name}.yaml", rows)

    def remember(self) -> None:
        """What the protected branch has from now on."""
        for name, form in self.files().items():
            for identifier in (*_living(form), *(row["id"] for row in _revoked(form))):
                self.declared.setdefault(identifier, name)
        self.dead |= self.tombstones()

    def branches(self) -> list[str]:
        """Branches with write-back that wait to be merged."""
        self.desk.git("fetch", "-q", "--prune", "origin")
        found = self.desk.git("for-each-ref", "--format=%(refname:lstrip=3)", "refs/remotes/origin/keyctl").split()
        return sorted(found)

    def merge_branch(self, branch: str) -> bool:
        """Whether it could be merged and passed; else it is thrown away."""
        self.settle_tree(keep=False)
        before = self.desk.git("rev-parse", "HEAD")
        try:
            self.desk.git("merge", "-q", "--no-ff", "-m", f"Merge {branch}", f"origin/{branch}")
        except subprocess.CalledProcessError:
            self.desk.git("reset", "-q", "--hard", before)
            self.drop_branch(branch)
            return False
        passed = self.valid()
        if passed:
            self.desk.git("push", "-q", "origin", "HEAD:main")
            self.remember()
        else:
            self.desk.git("reset", "-q", "--hard", before)
        self.drop_branch(branch)
        return passed

    def drop_branch(self, branch: str) -> None:
        self.desk.git("push", "-q", "origin", f":refs/heads/{branch}")
        self.desk.git("fetch", "-q", "--prune", "origin")

    # what people do at the exchange

    def put(self, account: str, identifier: str, form: dict[str, Any] | None) -> None:
        """A key there is as this, or gone."""
        state = self.desk.control("GET", "/state")
        keys = state["exchanges"][self.venue.name]["accounts"][account].setdefault("keys", {})
        for name in [name for name, key in keys.items() if key["id"] == identifier]:
            del keys[name]
        if form is not None:
            keys[f"hand-{identifier}"] = {name: value for name, value in form.items() if name != "account"}
        self.desk.control("PUT", "/state", state)

    # what keyctl does

    def act(self, *words: str, root: Path | None = None, dies_at: int | None = None) -> Act:
        """A command, by somebody who looked at what it asks to be looked at."""
        before, extra = self.keys(), list[str]()
        self.once |= before
        ran: Ran | None = None
        for _ in range(8):
            try:
                with self.dying(dies_at):
                    ran = self.desk.run(*words, *extra, "--format", "json", "--full-ids", root=root)
            except Dies:
                ran = None
                break
            said = re.findall(r"--(accept|take-lock) ([0-9a-f]{40})", ran.err)
            if ran.status != 1 or not said or words[0] not in ("apply", "rotate"):
                break
            if words[0] == "rotate" and said[0][0] == "accept":
                break
            extra += [f"--{said[0][0]}", said[0][1]]
        after = self.keys()
        self.once |= after
        if ran is not None:
            self.told += [ran.out, ran.err]
            assert "internal error" not in ran.err, ran
        return Act(words, ran, before, after)

    @contextmanager
    def dying(self, number: int | None) -> Iterator[None]:
        """The process dies just before the n-th line comes on record."""
        if number is None:
            yield
            return
        noted, left = Journal.note, [number]

        def note(journal: Journal, what: Event, **facts: Any) -> None:
            left[0] -= 1
            if left[0] <= 0:
                raise Dies
            noted(journal, what, **facts)

        with mock.patch.object(Journal, "note", note):
            yield

    def lose_journal(self) -> None:
        """The machine that acted is gone, with its record and what it knew of its lock."""
        shutil.rmtree(self.root / ".git" / "keyctl", ignore_errors=True)

    def fault(self, kind: str, match: str, after: int, times: int | None) -> None:
        form = {"exchange": self.venue.name, "match": match, "kind": kind, "after": after, "times": times}
        self.desk.control("POST", "/faults", form)

    def clear_faults(self) -> None:
        self.desk.control("DELETE", "/faults")

    # what must be true

    def check_conserved(self) -> None:
        """Laws 1 and 2, by another reader than keyctl's: what was declared is there, what was dead is dead."""
        self.desk.git("fetch", "-q", "origin")
        files, stones = self.files(), self.tombstones()
        living = [identifier for form in files.values() for identifier in _living(form)]
        assert len(set(living)) == len(living), living
        assert self.dead <= stones, self.dead - stones
        assert not stones & set(living), stones & set(living)
        assert set(self.declared) <= stones | set(living), set(self.declared) - stones - set(living)

    def check_own(self, act: Act) -> None:
        """Law 9."""
        for identifier in self.own:
            assert act.after[identifier] == act.before[identifier], (identifier, act.words)

    def check_dead(self, act: Act, stones: set[str]) -> None:
        """Law 3: nothing that was revoked is made stronger or changed, and what is told as dead is dead."""
        for identifier in stones & set(act.after):
            before, after = act.before.get(identifier), act.after[identifier]
            assert before is not None, f"{identifier} came back by {act.words}"
            if before != after:
                assert _enabled(before) and not _enabled(after), (identifier, before, after)
        document = act.document
        if document is None:
            return
        for row in document["outcomes"]:
            if row["outcome"] == "done" and row["op"] == "delete":
                assert row["id"] not in act.after, row
        for row in document["written"]:
            if row["why_not"] is None and "confirmed" in row["what"]:
                assert row["id"] not in act.after, row

    def check_touched(self, act: Act, allowed: Callable[[str, dict[str, Any]], bool]) -> None:
        """Nothing but what may go is gone; nothing is changed but declared keys of the account that may be acted on."""
        declared = {identifier for form in self.files().values() for identifier in _living(form)}
        for identifier, before in act.before.items():
            after = act.after.get(identifier)
            if after is None:
                assert allowed(identifier, before), (identifier, before, act.words)
            elif after != before:
                assert before["account"] == self.venue.account, (before, after)
                known = identifier in declared | self.tombstones() or identifier in self.declared
                assert known, (before, after, act.words)
        for identifier in set(act.after) - set(act.before):
            made = act.after[identifier]
            assert made["account"] == self.venue.account and made["label"].startswith("kc"), made
            if not act.failed:
                assert identifier in self.desk.delivered(), (made, act.ran)

    def check_one_each(self) -> None:
        """Law 8: at most one key that works for each entry, and one that retires."""
        alive = self.keys()
        for name, form in self.files().items():
            generations = range(len(_living(form)) + len(_revoked(form)) + 1)
            marks = {marker(REGISTRY_ID, KeyName(name), number) for number in generations}
            there = {one for one in _living(form) if one in alive}
            there |= {
                one
                for one, key in alive.items()
                if set(key.get("label", "").split()) & marks and key["account"] == self.venue.account
            }
            there -= self.tombstones() | self.dead
            assert len(there) <= 2, (name, form, there)

    def check_delivered(self) -> None:
        """Law 8: what keyctl made and no file has yet is delivered, or it is gone."""
        held = self.desk.delivered()
        declared = {identifier for form in self.files().values() for identifier in _living(form)}
        mine = {
            marker(REGISTRY_ID, KeyName(name), len(_living(form)) + len(_revoked(form)))
            for name, form in self.files().items()
        }
        for identifier, key in self.keys().items():
            waits = set(key.get("label", "").split()) & mine and key["account"] == self.venue.account
            if waits and identifier not in declared | self.tombstones() and not key.get("credential"):
                assert identifier in held, key

    def check_no_secret(self) -> None:
        """Law 5: journal, work tree, everything that git holds on either side, and all that was printed."""
        for text in self.told:
            assert not CANARY.search(text.encode()), text
        for folder in (self.root, *self.stale, self.desk.remote):
            for path in sorted(folder.rglob("*")):
                if path.is_file() and not path.is_symlink():
                    assert not CANARY.search(path.read_bytes()), path
            done = subprocess.run(
                ["git", "cat-file", "--batch", "--batch-all-objects", "--buffer"],
                cwd=folder,
                env=self.desk.environ,
                check=True,
                capture_output=True,
            )
            assert not CANARY.search(done.stdout), folder

    def check_looking(self) -> None:
        """Laws 7 and 10: looking changes nothing, and says the same twice."""
        before, writes = self.keys(), self.desk.writes()
        for command in ("plan", "reconcile"):
            first, second = (self.desk.run(command, "--at", LOOK, "--format", "json") for _ in range(2))
            assert first == second
            self.told += [first.out, first.err]
        assert self.desk.writes() == writes and self.keys() == before


def _living(form: Mapping[str, Any]) -> list[str]:
    retiring = form.get("retiring")
    return [*([form["id"]] if "id" in form else []), *([retiring["id"]] if retiring else [])]


def _revoked(form: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = form.get("revoked") or []
    assert isinstance(found, list)
    return found


def _enabled(key: Mapping[str, Any]) -> bool:
    return bool(key.get("native", {}).get("enabled", True))


def expired(form: Mapping[str, Any]) -> bool:
    """Whether a key's last day is over."""
    end = datetime.fromisoformat(str(form["expires"])).replace(tzinfo=UTC) + timedelta(days=1)
    return datetime.now(UTC) >= end


def fingerprint(identifier: str) -> str:
    return Identifier.of_text(identifier).fingerprint


@contextmanager
def world(folder: Path, venue: Venue, *, unmanaged: str, on_expiry: str) -> Iterator[World]:
    """A registry that agrees with its exchange."""
    simulated = world_of(venue)
    with in_no_time(), running(simulated) as sandbox:
        desk = Desk(folder, simulated, sandbox)
        watched = f"{venue.name}-watched"
        file = key_file(venue, next(key.id for key in simulated.exchanges[venue.name].keys if key.name == watched))
        file = file.replace(f"account: {venue.account}", f"account: {venue.name}-seen")
        desk.begin(accounts_of(venue, unmanaged=unmanaged, on_expiry=on_expiry), **{watched: file})
        made = World(desk, venue)
        made.remember()
        yield made


def new_key(venue: Venue, scopes: tuple[str, ...], days: int) -> str:
    """The text of a file of a key that is to be made."""
    return key_file(venue, scopes=scopes, expires=TODAY + timedelta(days=days))
