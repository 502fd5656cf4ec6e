"""Random histories: commits with branches, merges and edits of any kind, and what a naive reader makes of them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from hypothesis import strategies as st

from keyctl.model.account import Account, Environment
from keyctl.model.identifier import Identifier
from keyctl.model.ips import IpSet
from keyctl.model.key import Key, Retiring, Revocation
from keyctl.model.names import AccountName, AppName, ExchangeId, KeyName
from keyctl.model.place import Place
from keyctl.model.registry import Registry
from tests.history.repository import ENVIRONMENT, REGISTRY_ID, key_file, revoked_file, settings_file

TEXTS = ("AlphaKey1", "BetaKey2", "GammaKey3", "DeltaKey4", "0x" + "AB12cdEF" * 5, "0x" + "ab12CDef" * 5)
SPELLINGS = tuple(TEXTS) + tuple(Identifier.of_text(text).fingerprint for text in TEXTS[:4])
NAMES = ("one", "mm/two", "mm/deep/three")
PLACES = ("", "desk/", "old/desk/")
UNTIL = date(2026, 12, 3)


@dataclass(frozen=True)
class KeyState:
    """One key file."""

    id: str | None
    retiring: str | None
    revoked: tuple[str, ...]

    def text(self) -> str:
        return key_file(self.id, retiring=self.retiring, revoked=self.revoked)

    def declared(self) -> list[str]:
        return [one for one in (self.id, self.retiring) if one is not None]


@dataclass(frozen=True)
class Tree:
    """One commit's files: where the registry stands, key files by full path, tombstone files by full path."""

    place: str = ""
    keys: Mapping[str, KeyState] = field(default_factory=dict)
    revoked: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def files(self) -> dict[str, str]:
        files = {path: key.text() for path, key in self.keys.items()}
        files |= {path: revoked_file(*ids) for path, ids in self.revoked.items()}
        return files | {f"{self.place}registry/registry.yaml": settings_file()}


@dataclass(frozen=True)
class Commit:
    """``parents`` are positions of earlier commits; ``time`` is what the clock of its author said."""

    parents: tuple[int, ...]
    tree: Tree
    time: int


spelling = st.sampled_from(SPELLINGS)
key_states = st.builds(
    KeyState, st.none() | spelling, st.none() | spelling, st.lists(spelling, max_size=2, unique=True).map(tuple)
)


@st.composite
def edited(draw: st.DrawFn, tree: Tree) -> Tree:
    """The tree after one edit, sensible or not."""
    kind = draw(st.sampled_from(("write", "write", "write", "delete", "rename", "tombstones", "move", "move all")))
    keys, revoked = dict(tree.keys), dict(tree.revoked)
    match kind:
        case "write":
            keys[f"{tree.place}keys.d/{draw(st.sampled_from(NAMES))}.yaml"] = draw(key_states)
        case "delete" if keys:
            del keys[draw(st.sampled_from(sorted(keys)))]
        case "rename" if keys:
            state = keys.pop(draw(st.sampled_from(sorted(keys))))
            keys[f"{draw(st.sampled_from(PLACES))}keys.d/{draw(st.sampled_from(NAMES))}.yaml"] = state
        case "tombstones":
            revoked[f"{tree.place}registry/revoked.yaml"] = tuple(draw(st.lists(spelling, max_size=2, unique=True)))
        case "move":
            return replace(tree, place=draw(st.sampled_from(PLACES)))
        case "move all":
            place = draw(st.sampled_from(PLACES))
            keys = {place + path.removeprefix(tree.place): state for path, state in keys.items()}
            revoked = {place + path.removeprefix(tree.place): ids for path, ids in revoked.items()}
            return Tree(place, keys, revoked)
    return Tree(tree.place, keys, revoked)


@st.composite
def histories(draw: st.DrawFn) -> list[Commit]:
    """Up to a dozen commits. A merge takes either side's files, and may edit them besides."""
    commits = [Commit((), draw(edited(Tree(draw(st.sampled_from(PLACES))))), 1_790_000_000)]
    for number in range(1, draw(st.integers(1, 11))):
        recent = st.integers(max(0, number - 4), number - 1)
        parents = draw(st.lists(recent, min_size=1, max_size=3, unique=True))
        tree = commits[draw(st.sampled_from(parents))].tree
        for _ in range(draw(st.integers(0, 2))):
            tree = draw(edited(tree))
        commits.append(Commit(tuple(parents), tree, 1_790_000_000 + draw(st.integers(-500, 500))))
    return commits


def store(commits: list[Commit], path: Path) -> list[str]:
    """Writes the commits into a new repository, each under ``refs/tags/c<position>``; returns their ids."""
    subprocess.run(["git", "init", "-q", "-b", "main", str(path)], env=ENVIRONMENT, check=True)
    stream: list[bytes] = []
    for number, commit in enumerate(commits):
        stream.append(b"commit refs/tags/c%d\nmark :%d\n" % (number, number + 1))
        stream.append(b"committer Tester <tester@desk.example> %d +0000\ndata 0\n" % commit.time)
        for position, parent in enumerate(commit.parents):
            stream.append(b"%s :%d\n" % (b"merge" if position else b"from", parent + 1))
        stream.append(b"deleteall\n")
        for name, text in commit.tree.files().items():
            content = text.encode()
            stream.append(b"M 100644 inline %s\ndata %d\n%s\n" % (name.encode(), len(content), content))
    subprocess.run(
        ["git", "fast-import", "--quiet", "--done"],
        cwd=path,
        env=ENVIRONMENT,
        input=b"".join(stream) + b"done\n",
        check=True,
    )
    listing = subprocess.run(
        ["git", "for-each-ref", "--format=%(refname:lstrip=2) %(objectname)", "refs/tags"],
        cwd=path,
        env=ENVIRONMENT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    ids = dict(line.split() for line in listing.splitlines())
    return [ids[f"c{number}"] for number in range(len(commits))]


def registry_of(tree: Tree) -> Registry:
    """What the checkout of a tree says. Nothing judges it: two keys may declare one id."""
    place = Place("x")
    inside = f"{tree.place}keys.d/"
    keys: dict[KeyName, Key] = {}
    for path, state in sorted(tree.keys.items()):
        if path.startswith(inside):
            name = KeyName(path.removeprefix(inside))
            keys[name] = Key(
                name,
                AccountName("bybit-mm"),
                AppName("hedger"),
                "quotes",
                frozenset(),
                IpSet(()),
                Place(path.removeprefix(tree.place)),
                Identifier.parse(state.id) if state.id else None,
                retiring=Retiring(Identifier.parse(state.retiring), UNTIL) if state.retiring else None,
                revoked=tuple(Revocation(Identifier.parse(one), UNTIL, "leaked", place) for one in state.revoked),
            )
    listed = tree.revoked.get(f"{tree.place}registry/revoked.yaml", ())
    revoked = tuple(Revocation(Identifier.parse(one), UNTIL, "leaked", place) for one in listed)
    account = Account(AccountName("bybit-mm"), ExchangeId("bybit"), Environment.LIVE, place)
    return Registry(REGISTRY_ID, {account.name: account}, {}, {}, keys, revoked, "sha256:0")


@dataclass(frozen=True)
class Verdict:
    """What a naive reader of every commit says, by fingerprint."""

    revoked: frozenset[str]
    lost: frozenset[str]
    removed: frozenset[str]
    back: frozenset[str]
    shared: int


def verdict(commits: list[Commit], tips: Iterable[int], checkout: Tree) -> Verdict:
    """Looks through the files of every commit that the tips reach."""
    reached: set[int] = set()
    waiting = list(tips)
    while waiting:
        number = waiting.pop()
        if number not in reached:
            reached.add(number)
            waiting += commits[number].parents
    trees = [commits[number].tree for number in reached]
    places = {tree.place for tree in trees}
    declared, revoked = sets(trees, places)
    now, buried = sets([checkout], {checkout.place})
    living = [
        Identifier.parse(one).fingerprint
        for path, key in checkout.keys.items()
        if path.startswith(f"{checkout.place}keys.d/")
        for one in key.declared()
    ]
    return Verdict(
        frozenset(revoked),
        frozenset(declared - revoked - now - buried),
        frozenset(revoked - buried),
        frozenset(set(living) & (revoked | buried)),
        len(living) - len(set(living)),
    )


def sets(trees: Iterable[Tree], places: Iterable[str]) -> tuple[set[str], set[str]]:
    """The fingerprints that these trees declare and revoke in the registry's places."""
    declared: set[str] = set()
    revoked: set[str] = set()
    inside = tuple(f"{place}keys.d/" for place in places)
    files = {f"{place}registry/revoked.yaml" for place in places}
    for tree in trees:
        for path, key in tree.keys.items():
            if path.startswith(inside):
                declared.update(Identifier.parse(one).fingerprint for one in key.declared())
                revoked.update(Identifier.parse(one).fingerprint for one in key.revoked)
        for path, ids in tree.revoked.items():
            if path in files:
                revoked.update(Identifier.parse(one).fingerprint for one in ids)
    return declared, revoked
