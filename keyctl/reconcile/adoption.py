"""Live keys that nobody declared: what each would be called, and what stands against adopting it. Pure.

Never adopted are ids that are or ever were anybody's: revoked ones, keyctl's own, those that another registry declared
or marked, those that this registry's history knows. A key of an account that could not be seen wholly is not, and
neither is one of which only a mask is known (laws 3, 4 and 9).
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from keyctl.exchanges.decode import masked
from keyctl.model.account import Account
from keyctl.model.app import KEYCTL
from keyctl.model.comparison import KeyRow, Status
from keyctl.model.finding import ExitReason
from keyctl.model.identifier import Fingerprint
from keyctl.model.key import Key
from keyctl.model.live import AccountSnapshot, Coverage, LiveKey, Snapshot
from keyctl.model.marker import marker, markers_in
from keyctl.model.names import KeyName
from keyctl.model.observed import Known, NotObservable, value_of
from keyctl.model.registry import Registry
from keyctl.model.scopes import in_order
from keyctl.model.tombstone import Tombstones
from keyctl.reconcile import wording
from keyctl.reconcile.labels import shown
from keyctl.reconcile.naming import names_for


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a key is not adopted. ``consequence`` is the exit reason of a run that leaves it out; ``yields`` says that it
    stands in the way only of a run that was not asked for this very key."""

    message: str
    remedy: str
    consequence: ExitReason
    yields: bool = False


@dataclass(frozen=True, slots=True)
class Stranger:
    """One live key that nobody declared. ``label`` is as ``labels.shown`` gives it."""

    account: Account
    live: LiveKey
    seen_at: datetime
    name: KeyName
    label: str | None = None
    obstacle: Obstacle | None = None


@dataclass(frozen=True, slots=True)
class Ground:
    """What else is known: ids that keyctl uses; ids that history declared, with what to say of each; ids of other
    registries, with which registry; names of keys that there are or were, and of files beside them."""

    own: frozenset[Fingerprint] = frozenset()
    remembered: Mapping[Fingerprint, str] = field(default_factory=dict)
    elsewhere: Mapping[Fingerprint, str] = field(default_factory=dict)
    taken: frozenset[str] = frozenset()


def strangers(
    registry: Registry, tombstones: Tombstones, snapshot: Snapshot, rows: Iterable[KeyRow], ground: Ground
) -> tuple[Stranger, ...]:
    """The keys behind the rows of a comparison that nobody declared, by account and name."""
    unmanaged = {
        (row.account, row.identifier.fingerprint)
        for row in rows
        if row.identifier is not None and {Status.UNMANAGED, Status.REACTIVATED} & {*row.statuses}
    }
    living = [one for key in registry.keys.values() for one in key.living]
    everywhere = [key.identifier for account in snapshot.accounts for key in account.keys]
    texts = {one.text for one in (*living, *everywhere, *(stone.identifier for stone in tombstones)) if one.text}
    work = _Judging(registry, tombstones, ground, Counter(one.fingerprint for one in everywhere))
    taken = {*registry.keys, *ground.taken}
    found: list[Stranger] = []
    for seen in snapshot.accounts:
        wanted = [key for key in seen.keys if (seen.account, key.identifier.fingerprint) in unmanaged]
        names = names_for(seen, [key.identifier for key in wanted], taken, (*living, *everywhere), tombstones)
        taken |= set(names.values())
        for live in wanted:
            name = names[live.identifier.fingerprint]
            obstacle = work.obstacle(seen, live)
            account = registry.accounts[seen.account]
            found.append(Stranger(account, live, seen.observed_at, name, shown(live, texts), obstacle))
    return tuple(sorted(found, key=lambda one: (one.account.name, one.name)))


@dataclass(frozen=True, slots=True)
class _Judging:
    registry: Registry
    tombstones: Tombstones
    ground: Ground
    seen_times: Counter[Fingerprint]

    def obstacle(self, seen: AccountSnapshot, live: LiveKey) -> Obstacle | None:
        """The gravest one; None where the key may be adopted."""
        return (
            self._revoked(seen, live)
            or self._known(seen, live)
            or self._unclear(seen, live)
            or self._marked(seen, live)
        )

    def _revoked(self, seen: AccountSnapshot, live: LiveKey) -> Obstacle | None:
        tombstone = self.tombstones.find(live.identifier)
        if tombstone is None:
            return None
        words = wording.revoked_stranger(self.registry.accounts[seen.account], live, tombstone)
        return Obstacle(*words, ExitReason.BLOCKED)

    def _known(self, seen: AccountSnapshot, live: LiveKey) -> Obstacle | None:
        one = live.identifier
        holder = next((key for key in self.registry.keys.values() if one in key.living), None)
        if holder is not None:
            return Obstacle(
                f"{holder.name} declares it, on {holder.account}",
                f"correct account in {holder.place.path}, or revoke the id if nobody knows why it is here",
                ExitReason.DIFFERENCES,
            )
        if one == seen.credential or one.fingerprint in self.ground.own:
            return Obstacle(
                "keyctl itself uses it, so it is no app's", _declare_own(seen, live), ExitReason.DIFFERENCES
            )
        if one.fingerprint in self.ground.elsewhere:
            return Obstacle(
                f"{self.ground.elsewhere[one.fingerprint]} has it",
                "leave it to that registry: one id belongs to one key",
                ExitReason.DIFFERENCES,
            )
        if one.fingerprint in self.ground.remembered:
            return Obstacle(
                self.ground.remembered[one.fingerprint],
                "bring that file back, or list the id under revoked and delete the key at the exchange",
                ExitReason.BLOCKED,
            )
        return None

    def _unclear(self, seen: AccountSnapshot, live: LiveKey) -> Obstacle | None:
        if masked(live.identifier):
            return Obstacle(
                "the exchange shows a mask in place of its id, and nothing can be told apart by that",
                "look its id up in the exchange's own page, then begin its file with exchange-keyctl new",
                ExitReason.INCOMPLETE,
            )
        if self.seen_times[live.identifier.fingerprint] > 1:
            return Obstacle(
                "several accounts report this id",
                "look at the exchange's own page, and correct subaccount or uid in registry/accounts.yaml",
                ExitReason.DIFFERENCES,
            )
        if seen.coverage is not Coverage.ENUMERATED:
            return Obstacle(
                f"{seen.account} could not be seen wholly: {seen.error or 'only declared keys can be asked about'}",
                "mend the cause and run it again",
                ExitReason.INCOMPLETE,
            )
        return None

    def _marked(self, seen: AccountSnapshot, live: LiveKey) -> Obstacle | None:
        if not isinstance(live.label, Known):
            if not isinstance(live.label, NotObservable):
                return None
            return Obstacle(
                "its label could not be observed, so it may carry another registry's mark",
                f"look at the exchange's own page; if it carries none, name it: exchange-keyctl adopt"
                f" {live.identifier.fingerprint}",
                ExitReason.INCOMPLETE,
                yields=True,
            )
        marks = markers_in(live.label.value)
        if not marks:
            return None
        key = next((key for key in self.registry.keys.values() if self._marks(key) & {*marks}), None)
        if key is None:
            return Obstacle(
                f"it carries the mark {marks[0]} of a key that another registry declared, or that is no more",
                "find that registry, and leave the key to it; if there is none, delete the key at the exchange",
                ExitReason.DIFFERENCES,
            )
        return Obstacle(
            f"it carries the mark of {key.name}: keyctl made it for that key, whose file has another id",
            f"whether it is a rotation that stopped half-way is for a person to find out; else delete it on"
            f" {seen.account} at {seen.exchange}",
            ExitReason.DIFFERENCES,
        )

    def _marks(self, key: Key) -> set[str]:
        return {marker(self.registry.id, key.name, had) for had in range(key.generation + 2)}


def _declare_own(seen: AccountSnapshot, live: LiveKey) -> str:
    """The command that begins the file of a credential of keyctl's own."""
    words = ["exchange-keyctl", "new", f"keyctl-{seen.account}", "--account", seen.account, "--owner", KEYCTL]
    scopes, ips = value_of(live.scopes), value_of(live.ips)
    words += ["--scopes", ",".join(in_order(scopes))] if scopes else []
    words += ["--ips", str(ips).replace(" ", "")] if ips is not None and (ips.networks or ips.unrestricted) else []
    return f"declare it: {shlex.join(words)}; then write id: {live.identifier.fingerprint} into that file"
