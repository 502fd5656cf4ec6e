"""Desired against live. Pure: the same arguments always give the same comparison."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from keyctl.model.account import Account, OnExpiry
from keyctl.model.attestation import EXISTS
from keyctl.model.change import Change
from keyctl.model.comparison import AccountRow, KeyRow, Status
from keyctl.model.expiry import ImplicitExpiry
from keyctl.model.finding import Finding, Risk, Severity
from keyctl.model.identifier import Fingerprint, Identifier
from keyctl.model.key import Key
from keyctl.model.live import AccountSnapshot, Coverage, LiveKey, Snapshot
from keyctl.model.marker import marker, markers_in
from keyctl.model.names import AccountName, ExchangeId
from keyctl.model.observed import Known, value_of
from keyctl.model.place import Place
from keyctl.model.registry import Registry
from keyctl.model.scopes import KEYS_MANAGE, WITHDRAW
from keyctl.model.times import end_of
from keyctl.model.tombstone import Tombstone, Tombstones
from keyctl.reconcile import wording
from keyctl.reconcile.accounts import account_findings
from keyctl.reconcile.drift import drift, rests_on_reading
from keyctl.reconcile.telling import tell
from keyctl.reconcile.unverified import unverified


@dataclass(frozen=True, slots=True)
class Venue:
    """What the comparison has to know of an exchange."""

    sets_expiry: bool = False
    implicit_expiry: tuple[ImplicitExpiry, ...] = ()


NEAR = timedelta(days=14)
"""How long before its last day a key counts as expiring, unless the policy says otherwise."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Rows and findings, each in its document's order."""

    accounts: tuple[AccountRow, ...]
    keys: tuple[KeyRow, ...]
    findings: tuple[Finding, ...]


def compare(
    registry: Registry,
    tombstones: Tombstones,
    snapshot: Snapshot,
    now: datetime,
    venues: Mapping[ExchangeId, Venue],
    near: Callable[[Key], timedelta] = lambda _key: NEAR,
    attested: Callable[[Key], frozenset[str]] = lambda _key: frozenset(),
) -> Compared:
    """Hold every account of the snapshot against the registry.

    ``near`` says how long before its last day a key counts as expiring, ``attested`` for which of its fields a person's
    word holds; a word stands in for what nothing can show, and never for what was asked and did not answer. Accounts
    that the snapshot leaves out are left out here too, but for closed ones: their keys have ended.
    ``tombstones`` are those of the checkout and of history together.
    """
    work = _Work(registry, tombstones, snapshot, now, venues, near, attested)
    for account in snapshot.accounts:
        work.account(account)
    for key in registry.keys.values():
        if key.account in work.snapshots:
            work.declared(key)
        elif registry.accounts[key.account].closed is not None:
            work.rows.append(KeyRow(key.name, key.account, key.owner, None, (Status.ENDED,)))
    work.undeclared()
    work.findings += unverified(registry, tombstones, snapshot)
    rows = sorted(
        work.rows,
        key=lambda row: (
            row.key or "\x7f",
            row.account or "",
            list(Status).index(row.status),
            row.identifier.fingerprint if row.identifier else "",
        ),
    )
    return Compared(tuple(work.account_rows), tuple(rows), tuple(work.findings))


@dataclass(slots=True)
class _Work:
    registry: Registry
    tombstones: Tombstones
    snapshot: Snapshot
    now: datetime
    venues: Mapping[ExchangeId, Venue]
    near: Callable[[Key], timedelta]
    attested: Callable[[Key], frozenset[str]]
    rows: list[KeyRow] = field(default_factory=list)
    account_rows: list[AccountRow] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    accounted: set[tuple[AccountName, Fingerprint]] = field(default_factory=set)
    snapshots: dict[AccountName, AccountSnapshot] = field(init=False)
    live: dict[AccountName, dict[Fingerprint, LiveKey]] = field(init=False)
    declared_ids: frozenset[Fingerprint] = field(init=False)

    def __post_init__(self) -> None:
        self.snapshots = {account.account: account for account in self.snapshot.accounts}
        self.live = {
            name: {key.identifier.fingerprint: key for key in account.keys} for name, account in self.snapshots.items()
        }
        keys = self.registry.keys.values()
        self.declared_ids = frozenset(identifier.fingerprint for key in keys for identifier in key.living)

    def account(self, seen: AccountSnapshot) -> None:
        enumerated = seen.coverage is Coverage.ENUMERATED
        number = len(seen.keys) if enumerated else None
        self.account_rows.append(
            AccountRow(seen.account, seen.exchange, seen.coverage, seen.error, number, seen.balances)
        )
        self.findings += account_findings(self.registry, self.tombstones, seen)

    # declared keys

    def declared(self, key: Key) -> None:
        account = self.registry.accounts[key.account]
        seen = self.snapshots[key.account]
        if key.identifier is None:
            self._without_identifier(key, account, seen)
        else:
            self._with_identifier(key, account, seen, key.identifier)
            self._pending(key, account, seen)
        if key.retiring is not None:
            self._retiring(key, account, seen)

    def _without_identifier(self, key: Key, account: Account, seen: AccountSnapshot) -> None:
        if key.ended:
            self.rows.append(KeyRow(key.name, key.account, key.owner, None, (Status.ENDED,)))
            return
        if self._pending(key, account, seen):
            return
        self.rows.append(KeyRow(key.name, key.account, key.owner, None, (Status.UNISSUED,)))
        words = wording.unissued(key)
        self.findings.append(tell("unissued", words, key=key, account=account, place=key.place))

    def _pending(self, key: Key, account: Account, seen: AccountSnapshot) -> bool:
        """Whether live keys carry the marker of the key's next id: they were made, and no file says so yet."""
        mark = marker(self.registry.id, key.name, key.generation)
        made = [
            live.identifier
            for live in seen.keys
            if mark in markers_in(value_of(live.label) or "")
            and live.identifier.fingerprint not in self.declared_ids
            and self.tombstones.find(live.identifier) is None
        ]
        for identifier in made:
            self.accounted.add((key.account, identifier.fingerprint))
            self.rows.append(KeyRow(key.name, key.account, key.owner, identifier, (Status.PENDING_WRITE_BACK,)))
            words = wording.pending(key, identifier)
            self.findings.append(tell("pending-write-back", words, key=key, account=account, place=key.place))
        return bool(made)

    def _with_identifier(self, key: Key, account: Account, seen: AccountSnapshot, identifier: Identifier) -> None:
        where, live = self._find(key.account, identifier)
        ended = key.expires is not None and self.now >= end_of(key.expires)
        statuses: set[Status] = set()
        changes: tuple[Change, ...] = ()
        unknown: tuple[str, ...] = ()
        if live is not None and ended and where == key.account and self._rests(account, live):
            self.accounted.add((where, identifier.fingerprint))
            self.rows.append(KeyRow(key.name, key.account, key.owner, identifier, (Status.ENDED,)))
            return
        if live is not None:
            self.accounted.add((where, identifier.fingerprint))
            changes, unknown = self._differences(key, account, where, live)
            statuses |= {Status.DRIFTED} if changes else set()
            if seen.coverage is Coverage.INCOMPLETE and not changes:
                statuses.add(Status.UNOBSERVABLE)
            tombstone = self.tombstones.find(identifier)
            if tombstone is not None:
                statuses.add(Status.REACTIVATED)
                self._reactivated(self.registry.accounts[where], live, tombstone)
            if not ended:
                self._early_end(key, account, live)
        elif identifier.fingerprint in seen.gone or seen.coverage is Coverage.ENUMERATED:
            if ended:  # dead, as its file wants it to be
                statuses.add(Status.ENDED)
            else:
                statuses.add(Status.MISSING)
                words = wording.missing(key, account)
                self.findings.append(tell("missing", words, key=key, account=account, place=_at(key, "id")))
        else:
            statuses.add(Status.UNOBSERVABLE)
            unknown = self._unseen(key, account, seen, identifier, ended=ended)
        if live is not None or not ended:
            statuses |= self._age(key, account, ended)
        if not statuses or statuses == {Status.EXPIRING}:
            statuses.add(Status.IN_SYNC)
        self.rows.append(KeyRow(key.name, key.account, key.owner, identifier, _loudest(statuses), unknown, changes))

    def _rests(self, account: Account, live: LiveKey) -> bool:
        """Whether a key that is over is switched off, where that is how its account has keys end."""
        off = account.on_expiry is OnExpiry.DISABLE and live.enabled == Known(False)
        return off and self.tombstones.find(live.identifier) is None

    def _differences(
        self, key: Key, account: Account, where: AccountName, live: LiveKey
    ) -> tuple[tuple[Change, ...], tuple[str, ...]]:
        compared = drift(key, live, sets_expiry=self._venue(account).sets_expiry)
        vouched = self._vouched(key, self.snapshots[key.account]) if where == key.account else frozenset()
        doubtful = [one for one in compared.changes if one.field in vouched and rests_on_reading(one, key, live)]
        unknown = (*(change.field for change in doubtful), *compared.unknown)
        changes = tuple(change for change in compared.changes if change not in doubtful)
        if where != key.account:
            changes = (Change("account", where, key.account, Risk.ESCALATION), *changes)
        for change in changes:
            self._drifted(key, account, change)
        unseen = tuple(name for name in unknown if name not in vouched)
        if unseen:
            words = wording.unobserved(key, account, unseen)
            self.findings.append(tell("unobserved", words, key=key, account=account, place=key.place))
        drifted = {change.field for change in changes}
        for assumption in live.assumptions:
            if assumption.field in drifted:
                doubt = any(rests_on_reading(change, key, live) for change in changes)
                words = wording.assumed(key, assumption, doubtful=doubt)
                self.findings.append(tell("assumed", words, key=key, account=account, place=key.place))
        return changes, unknown

    def _unseen(
        self, key: Key, account: Account, seen: AccountSnapshot, identifier: Identifier, *, ended: bool
    ) -> tuple[str, ...]:
        """What is unknown of a key of which nothing says whether it exists, beside its existence: told only where a
        person's word stands in for that. That somebody saw it is no excuse once it should be dead."""
        vouched = self._vouched(key, seen)
        silent = any(row.fingerprint == identifier.fingerprint and not row.askable for row in seen.unanswered)
        if key.attested is None or EXISTS not in vouched or not silent or ended:
            words = wording.unobservable(key, seen, identifier)
            self.findings.append(tell("unobservable", words, key=key, account=account, place=_at(key, "id")))
            return ()
        words = wording.vouched(key, identifier, key.attested)
        place = _at(key, "attested")
        told = tell("unobservable", words, key=key, account=account, place=place, severity=Severity.INFO)
        self.findings.append(replace(told, consequence=None))
        unknown = ("scopes", "ips", "enabled", *(("expires",) if self._venue(account).sets_expiry else ()))
        unseen = tuple(name for name in unknown if name not in vouched)
        if unseen:
            words = wording.unattested(key, unseen)
            self.findings.append(tell("unobserved", words, key=key, account=account, place=place))
        return unknown

    def _vouched(self, key: Key, seen: AccountSnapshot) -> frozenset[str]:
        """The fields of a key for which a person's word counts: none on an account that was asked and failed, and none
        of an id that is dead for ever."""
        revoked = key.identifier is None or self.tombstones.find(key.identifier) is not None
        return frozenset() if revoked or seen.coverage is Coverage.INCOMPLETE else self.attested(key)

    def _drifted(self, key: Key, account: Account, change: Change) -> None:
        words = wording.drifted(key, account, change)
        severity = Severity.WARNING if change.risk is not Risk.ESCALATION else Severity.ERROR
        if change.field.endswith("scopes") and isinstance(change.live, tuple):
            gained = set(change.live) - set(change.desired if isinstance(change.desired, tuple) else ())
            if gained & {WITHDRAW, KEYS_MANAGE}:
                severity = Severity.CRITICAL
        place = _at(key, change.field.rpartition(".")[2])
        self.findings.append(tell("drift", words, key=key, account=account, place=place, severity=severity))

    def _age(self, key: Key, account: Account, ended: bool) -> set[Status]:
        if key.expires is None:
            return set()
        if ended:
            words = wording.expired(key, account, self.now)
            self.findings.append(tell("expired", words, key=key, account=account, place=_at(key, "expires")))
            return {Status.EXPIRED}
        return {Status.EXPIRING} if self.now >= end_of(key.expires) - self.near(key) else set()

    def _early_end(self, key: Key, account: Account, live: LiveKey) -> None:
        ends = [
            (moment, rule.effect)
            for rule in self._venue(account).implicit_expiry
            if (moment := rule.forecast(live)) is not None
        ]
        if isinstance(live.expires_at, Known):
            ends.append((live.expires_at.value, "the exchange reports that it ends then"))
        if ends:
            moment, why = min(ends)
            if key.expires is None or moment < end_of(key.expires):
                words = wording.ends_early(key, account, moment, why, self.now)
                self.findings.append(tell("expires-early", words, key=key, account=account, place=_at(key, "expires")))

    def _retiring(self, key: Key, account: Account, seen: AccountSnapshot) -> None:
        assert key.retiring is not None
        identifier = key.retiring.identifier
        where, live = self._find(key.account, identifier)
        overdue = self.now >= end_of(key.retiring.until)
        statuses: set[Status] = set()
        changes: tuple[Change, ...] = ()
        if live is None:
            dead = identifier.fingerprint in seen.gone or seen.coverage is Coverage.ENUMERATED
            statuses.add(Status.ENDED if dead else Status.UNOBSERVABLE)
            if not dead:
                words = wording.unobservable(key, seen, identifier)
                self.findings.append(tell("unobservable", words, key=key, account=account, place=_at(key, "retiring")))
        else:
            self.accounted.add((where, identifier.fingerprint))
            compared = drift(key, live, sets_expiry=False)
            changes = tuple(
                Change("retiring." + change.field, change.live, change.desired, change.risk)
                for change in compared.changes
                if change.risk is Risk.ESCALATION
            )
            for change in changes:
                self._drifted(key, account, change)
            statuses |= {Status.DRIFTED} if changes else set()
            tombstone = self.tombstones.find(identifier)
            if tombstone is not None:
                statuses.add(Status.REACTIVATED)
                self._reactivated(self.registry.accounts[where], live, tombstone)
            if overdue:
                statuses.add(Status.EXPIRED)
                words = wording.retiring_overdue(key, account)
                self.findings.append(
                    tell("retiring-overdue", words, key=key, account=account, place=_at(key, "retiring"))
                )
            if not statuses:
                unseen = seen.coverage is Coverage.INCOMPLETE
                statuses.add(Status.UNOBSERVABLE if unseen else Status.IN_SYNC)
        self.rows.append(
            KeyRow(key.name, key.account, key.owner, identifier, _loudest(statuses), (), changes, retiring=True)
        )

    # live keys that no file declares

    def undeclared(self) -> None:
        for seen in self.snapshot.accounts:
            account = self.registry.accounts[seen.account]
            for live in seen.keys:
                if (seen.account, live.identifier.fingerprint) in self.accounted:
                    continue
                tombstone = self.tombstones.find(live.identifier)
                if tombstone is not None:
                    former = self.registry.keys.get(tombstone.key) if tombstone.key else None
                    owner = former.owner if former else None
                    self.rows.append(KeyRow(tombstone.key, seen.account, owner, live.identifier, (Status.REACTIVATED,)))
                    self._reactivated(account, live, tombstone)
                    continue
                self.rows.append(KeyRow(None, seen.account, None, live.identifier, (Status.UNMANAGED,)))
                if live.identifier != seen.credential:
                    words = wording.unmanaged(account, live)
                    self.findings.append(tell("unmanaged", words, account=account, place=account.place))

    def _reactivated(self, account: Account, live: LiveKey, tombstone: Tombstone) -> None:
        words = wording.reactivated(account, live, tombstone)
        key = self.registry.keys.get(tombstone.key) if tombstone.key else None
        self.findings.append(tell("reactivated", words, key=key, account=account, place=tombstone.place))

    # common

    def _find(self, account: AccountName, identifier: Identifier) -> tuple[AccountName, LiveKey | None]:
        """The live key and where it is; its own account first, any other after."""
        own = self.live[account].get(identifier.fingerprint)
        if own is not None:
            return account, own
        for name in sorted(self.live):
            elsewhere = self.live[name].get(identifier.fingerprint)
            if elsewhere is not None:
                return name, elsewhere
        return account, None

    def _venue(self, account: Account) -> Venue:
        return self.venues.get(account.exchange, Venue())


def _at(key: Key, field_name: str) -> Place:
    return Place(key.place.path, (field_name,))


def _loudest(statuses: set[Status]) -> tuple[Status, ...]:
    return tuple(status for status in Status if status in statuses)
