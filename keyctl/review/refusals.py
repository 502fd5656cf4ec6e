"""What a range of commits must not do, beside breaking the laws that history is held against.

Each finding ends the run with its exit reason, names the commits and their authors, and says what to do instead. What
judges is the base side: the protected branch's tip, which no merge request can edit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from keyctl.exchanges.catalogue import canonical
from keyctl.history.ledger import key_of
from keyctl.model.finding import Finding, Risk
from keyctl.model.identifier import Identifier
from keyctl.model.key import Key, Revocation
from keyctl.model.life import Commit
from keyctl.model.names import AccountName, AppName, KeyName
from keyctl.model.place import Place
from keyctl.model.registry import Registry
from keyctl.model.review import ReviewedChange, SharedEdit, SharedKind
from keyctl.model.rules import found
from keyctl.registry.policy_file import POLICY
from keyctl.review.indirect import waives
from keyctl.review.pairing import Pair
from keyctl.review.shared import policy_edits
from keyctl.review.side import Side
from keyctl.review.stones import Stone
from keyctl.review.words import by, names, shown

_ACCOUNTS = "registry/accounts.yaml"

CommitsOf = Callable[[Iterable[str]], tuple[Commit, ...]]
"""The commits of the range that changed files of the registry, by the files' paths in its folder."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Everything that refusals are made from. ``judge`` is None where there is no protected branch."""

    base: Side
    head: Side
    judge: Side | None
    pairs: Sequence[Pair]
    changes: Sequence[ReviewedChange]
    shared: Sequence[SharedEdit]
    stones: Sequence[Stone]
    commits_of: CommitsOf
    commits_by_id: Callable[[Iterable[str]], tuple[Commit, ...]]


def refusals(given: Judgement) -> Iterator[Finding]:
    """In no order."""
    yield from _protected_removed(given)
    yield from _foreign_tombstones(given)
    yield from _altered_tombstones(given)
    if given.base.place is None or given.head.place is None:
        return
    yield from _accounts(given)
    yield from _weakened(given)
    yield from _policy_with_key(given)


def _protected_removed(given: Judgement) -> Iterator[Finding]:
    for pair in given.pairs:
        if pair.new is not None or pair.old is None:
            continue
        kept = given.judge.registry.keys.get(pair.old.name) if given.judge else None
        if pair.old.protected or (kept is not None and kept.protected):
            name, path = pair.old.name, pair.old.place.path
            yield found(
                "protected-removed",
                f"{name} is protected on the base side, and its file {path} is removed" + by(given.commits_of([path])),
                f"keep {path}: list the id under `revoked` there if it must die; or remove `protected: true` in a "
                "merge request of its own first, and the file in the next one",
                key=name,
                account=pair.old.account,
            )


def _foreign_tombstones(given: Judgement) -> Iterator[Finding]:
    """Nothing says who the author of a merge request is, so whose tombstone it may be is told by where it stands: in
    the file of the key that has or had the id; in the file of another key of the same team; or, where the key's file is
    removed, in registry/revoked.yaml."""
    registries = [side.registry for side in (given.head, given.base, *([given.judge] if given.judge else []))]
    for stone in given.stones:
        if stone.holder is None:
            continue
        own_names = {stone.holder, *_renamed(given.pairs, stone.holder)}
        holders = {key_of(path) for path in stone.paths}
        if holders & own_names:
            continue
        team = _team(registries, stone.owner)
        alike = {
            name for name in holders if name is not None and team is not None and _team_of(registries, name) == team
        }
        alive = next((key for name in own_names if (key := given.head.registry.keys.get(name)) is not None), None)
        if alike or (None in holders and alive is None):
            continue
        where = names(sorted(_in_registry(path) for path in stone.paths))
        owner = f", of {stone.owner}" + (f" (team {team})" if team else "") if stone.owner else ""
        remedy = "take the entry out again before it is merged, by rewriting the branch; "
        remedy += (
            f"if the id must die, list it under `revoked` in {alive.place.path}"
            if alive is not None
            else "if the id must die, list it in registry/revoked.yaml"
        )
        yield found(
            "foreign-tombstone",
            f"{stone.identifier.display} is the id of key {stone.holder}{owner}, and {where} revokes it, not that "
            "key's own file" + by(given.commits_by_id(stone.commits)),
            remedy,
            key=stone.holder,
            account=stone.account,
            place=_place_of(given.head.registry, stone.identifier),
        )


def _renamed(pairs: Iterable[Pair], name: KeyName) -> set[KeyName]:
    return {
        other.name
        for pair in pairs
        if pair.old is not None and pair.new is not None and name in (pair.old.name, pair.new.name)
        for other in (pair.old, pair.new)
    }


def _team(registries: Iterable[Registry], owner: AppName | None) -> str | None:
    return next((one.apps[owner].team for one in registries if owner is not None and owner in one.apps), None)


def _team_of(registries: Sequence[Registry], name: KeyName) -> str | None:
    key: Key | None = next((one.keys[name] for one in registries if name in one.keys), None)
    return None if key is None else _team(registries, key.owner)


def _in_registry(path: str) -> str:
    """The path in its registry's folder, as it was in that commit."""
    for part in ("keys.d/", "registry/"):
        at = path.find(part)
        if at >= 0:
            return path[at:]
    return path


def _place_of(registry: Registry, one: Identifier) -> Place | None:
    return next((stone.place for stone in registry.tombstones() if stone.identifier == one), None)


def _altered_tombstones(given: Judgement) -> Iterator[Finding]:
    before, after = _entries(given.base.registry), _entries(given.head.registry)
    for one, old in before.items():
        new = after.get(one)
        if not new or any(_same(was, now) for was in old for now in new):
            continue
        if any(now.place.path not in given.base.content and now.place.path in given.base.files for now in new):
            continue  # an entry in a file that is the same on both sides, and was therefore read on one of them only
        was, now = old[0], new[0]
        yield found(
            "tombstone-altered",
            f"{one.display} was revoked on {was.on} ({was.reason}{_confirmed(was)}), and is now told to be revoked on "
            f"{now.on} ({now.reason}{_confirmed(now)})" + by(given.commits_of({was.place.path, now.place.path})),
            "put back what was written; what is to be added goes into `note`, and a day of confirmation into "
            "`confirmed` where there is none yet",
            key=key_of(now.place.path),
            place=now.place,
        )


def _entries(registry: Registry) -> dict[Identifier, list[Revocation]]:
    found_entries: dict[Identifier, list[Revocation]] = {}
    for entries in (*(key.revoked for key in registry.keys.values()), registry.revoked):
        for entry in entries:
            found_entries.setdefault(entry.identifier, []).append(entry)
    return found_entries


def _same(was: Revocation, now: Revocation) -> bool:
    return (was.on, was.reason) == (now.on, now.reason) and was.confirmed in (None, now.confirmed)


def _confirmed(entry: Revocation) -> str:
    return f", confirmed {entry.confirmed}" if entry.confirmed else ""


def _accounts(given: Judgement) -> Iterator[Finding]:
    if _ACCOUNTS in given.base.refused | given.head.refused:
        return
    commits = given.commits_of([_ACCOUNTS])
    for name, old in given.base.registry.accounts.items():
        new = given.head.registry.accounts.get(name)
        if new is None:
            if old.closed is None:
                yield found(
                    "account-dropped",
                    f"account {name} ({old.exchange}) is no longer in {_ACCOUNTS}, and nothing says that it was closed"
                    + by(commits),
                    "put it back; when it is closed at the exchange, add `closed: {on: <day>, evidence: <text>}` to it",
                    account=name,
                )
            continue
        if canonical(old.exchange) != canonical(new.exchange):
            holders = _with_ids(given, name)
            if holders:
                yield found(
                    "exchange-changed",
                    f"account {name} goes from {old.exchange} to {new.exchange}, and keys on it have or had ids there: "
                    f"{names(holders)}" + by(commits),
                    f"leave {name} as it is (closed, when it is) and declare the other exchange's account by a name of "
                    "its own",
                    account=name,
                    place=Place(_ACCOUNTS, (name, "exchange")),
                )


def _with_ids(given: Judgement, account: AccountName) -> list[KeyName]:
    return sorted(
        {
            key.name
            for side in (given.base, given.head)
            for key in side.registry.keys.values()
            if key.account == account and (key.identifier or key.retiring or key.revoked)
        }
    )


def _weakened(given: Judgement) -> Iterator[Finding]:
    judge = given.judge
    if judge is None or judge.place is None or POLICY in given.head.refused | judge.refused:
        return
    weaker = {
        (edit.name, edit.field)
        for edit in policy_edits(judge.registry.policy, given.head.registry.policy)
        if _up(edit.risk)
    }
    for edit in given.shared:
        if edit.kind is SharedKind.POLICY and _up(edit.risk) and (edit.name, edit.field) in weaker:
            what = "the rule set" if edit.field == "set" else f"{edit.field} of rule {edit.name}"
            yield found(
                "policy-weakened",
                f"{what} goes from {shown(edit.before)} to {shown(edit.after)}, which is weaker than the protected "
                "branch has it" + by(edit.commits),
                "take it out; whoever answers for the policy changes it on the protected branch, and keys follow later",
                place=edit.place or Place(POLICY),
            )


def _policy_with_key(given: Judgement) -> Iterator[Finding]:
    gaining = sorted(
        {change.key for change in given.changes if _up(change.risk) and not change.field.startswith("waiver.")}
    )
    for edit in given.shared:
        if not _up(edit.risk) or edit.kind not in (SharedKind.POLICY, SharedKind.WAIVER):
            continue
        helped = [key for key in gaining if waives(edit, key)] if edit.kind is SharedKind.WAIVER else gaining
        if helped:
            yield found(
                "policy-with-key",
                f"{edit.kind.value} {edit.name} changes ({edit.field}: {shown(edit.before)} to {shown(edit.after)}) "
                f"together with keys that gain power: {names(helped)}" + by(edit.commits),
                "split it: first a merge request with the policy or the waiver; when that is merged, one with the keys",
                place=edit.place,
            )


def _up(risk: Risk) -> bool:
    return risk is Risk.ESCALATION
