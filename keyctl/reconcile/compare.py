"""Desired against live. Pure: the same arguments always give the same comparison."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from keyctl.model.account import Account
from keyctl.model.app import KEYCTL
from keyctl.model.comparison import AccountRow, Change, KeyRow, Status
from keyctl.model.expiry import ImplicitExpiry
from keyctl.model.finding import Finding, Risk, Severity
from keyctl.model.identifier import Fingerprint, Identifier
from keyctl.model.key import NEVER_ISSUED, Key
from keyctl.model.live import AccountSnapshot, Coverage, LiveKey, Snapshot, SubAccount
from keyctl.model.marker import marker, markers_in
from keyctl.model.names import AccountName, ExchangeId
from keyctl.model.observed import Known, value_of
from keyctl.model.place import Place
from keyctl.model.registry import Registry
from keyctl.model.rules import found
from keyctl.model.scopes import KEYS_MANAGE, WITHDRAW
from keyctl.model.times import end_of
from keyctl.model.tombstone import Tombstone, Tombstones
from keyctl.reconcile import wording
from keyctl.reconcile.drift import drift

EXPIRING_DAYS = 14
"""A key counts as expiring when this many days or fewer are left."""


@dataclass(frozen=True, slots=True)
class Venue:
    """What the comparison has to know of an exchange."""

    sets_expiry: bool = False
    implicit_expiry: tuple[ImplicitExpiry, ...] = ()


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
) -> Compared:
    """Hold every account of the snapshot against the registry.

    Accounts that the snapshot leaves out are left out here too, but for closed ones: their keys have ended.
    ``tombstones`` are those of the checkout and of history together.
    """
    work = _Work(registry, tombstones, snapshot, now, venues)
    for account in snapshot.accounts:
        work.account(account)
    for key in registry.keys.values():
        if key.account in work.snapshots:
            work.declared(key)
        elif registry.accounts[key.account].closed is not None:
            work.rows.append(KeyRow(key.name, key.account, key.owner, None, (Status.ENDED,)))
    work.undeclared()
    work.unverified_tombstones()
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
    rows: list[KeyRow] = field(default_factory=list)
    account_rows: list[AccountRow] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    accounted: set[tuple[AccountName, Fingerprint]] = field(default_factory=set)
    snapshots: dict[AccountName, AccountSnapshot] = field(init=False)
    live: dict[AccountName, dict[Fingerprint, LiveKey]] = field(init=False)

    def __post_init__(self) -> None:
        self.snapshots = {account.account: account for account in self.snapshot.accounts}
        self.live = {
            name: {key.identifier.fingerprint: key for key in account.keys} for name, account in self.snapshots.items()
        }

    # accounts

    def account(self, seen: AccountSnapshot) -> None:
        declared = self.registry.accounts[seen.account]
        enumerated = seen.coverage is Coverage.ENUMERATED
        self.account_rows.append(
            AccountRow(seen.account, seen.exchange, seen.coverage, seen.error, len(seen.keys) if enumerated else None)
        )
        if seen.coverage is Coverage.INCOMPLETE:
            message, remedy = wording.incomplete(seen)
            self._tell("account-incomplete", message, remedy, account=declared, place=declared.place)
        if seen.credential is not None:
            self._credential(declared, seen.credential)
        if isinstance(seen.subaccounts, Known):
            for listed in seen.subaccounts.value:
                match = self._declared_as(declared, listed)
                if match is None or match.closed is not None:
                    message, remedy = wording.undeclared_subaccount(seen, listed, match)
                    place = match.place if match else declared.place
                    self._tell("subaccount-undeclared", message, remedy, account=declared, place=place)

    def _declared_as(self, parent: Account, listed: SubAccount) -> Account | None:
        """The account that a listed sub-account is declared as. One with a credential of its own names no parent: it
        is known by its uid."""
        others = [account for account in self.registry.accounts.values() if account.name != parent.name]
        children = [account for account in others if account.parent == parent.name]
        system = (parent.exchange, parent.environment)
        found = [
            *(child for child in children if listed.uid in (child.uid, child.subaccount)),
            *(child for child in children if child.subaccount == listed.name),
            *(a for a in others if a.uid == listed.uid and (a.exchange, a.environment) == system),
        ]
        return found[0] if found else None

    def _credential(self, account: Account, credential: Identifier) -> None:
        tombstone = self.tombstones.find(credential)
        if tombstone is not None:
            message, remedy = wording.revoked_credential(account, credential, tombstone)
            self._tell("credential-revoked", message, remedy, account=account, place=tombstone.place)
            return
        holder = next((key for key in self.registry.keys.values() if credential in _identifiers(key)), None)
        if holder is None or holder.owner != KEYCTL:
            message, remedy = wording.undeclared_credential(account, credential, holder)
            place = holder.place if holder else account.place
            self._tell("credential-undeclared", message, remedy, key=holder, account=account, place=place)

    # declared keys

    def declared(self, key: Key) -> None:
        account = self.registry.accounts[key.account]
        seen = self.snapshots[key.account]
        if key.identifier is None:
            self._without_identifier(key, account, seen)
        else:
            self._with_identifier(key, account, seen, key.identifier)
        if key.retiring is not None:
            self._retiring(key, account, seen)

    def _without_identifier(self, key: Key, account: Account, seen: AccountSnapshot) -> None:
        if key.revoked and not key.reissue:
            self.rows.append(KeyRow(key.name, key.account, key.owner, None, (Status.ENDED,)))
            return
        mark = marker(self.registry.id, key.name, key.generation)
        for live in seen.keys:
            blocked = self.tombstones.find(live.identifier) is not None
            if not blocked and mark in markers_in(value_of(live.label) or ""):
                self.accounted.add((key.account, live.identifier.fingerprint))
                self.rows.append(
                    KeyRow(key.name, key.account, key.owner, live.identifier, (Status.PENDING_WRITE_BACK,))
                )
                message, remedy = wording.pending(key, live.identifier)
                self._tell("pending-write-back", message, remedy, key=key, account=account, place=key.place)
                return
        self.rows.append(KeyRow(key.name, key.account, key.owner, None, (Status.UNISSUED,)))
        message, remedy = wording.unissued(key)
        self._tell("unissued", message, remedy, key=key, account=account, place=key.place)

    def _with_identifier(self, key: Key, account: Account, seen: AccountSnapshot, identifier: Identifier) -> None:
        where, live = self._find(key.account, identifier)
        ended = key.expires is not None and self.now >= end_of(key.expires)
        statuses: set[Status] = set()
        changes: tuple[Change, ...] = ()
        unknown: tuple[str, ...] = ()
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
                message, remedy = wording.missing(key, account)
                self._tell("missing", message, remedy, key=key, account=account, place=_at(key, "id"))
        else:
            statuses.add(Status.UNOBSERVABLE)
            message, remedy = wording.unobservable(key, seen, identifier)
            self._tell("unobservable", message, remedy, key=key, account=account, place=_at(key, "id"))
        if live is not None or not ended:
            statuses |= self._age(key, account, ended)
        if not statuses or statuses == {Status.EXPIRING}:
            statuses.add(Status.IN_SYNC)
        self.rows.append(KeyRow(key.name, key.account, key.owner, identifier, _loudest(statuses), unknown, changes))

    def _differences(
        self, key: Key, account: Account, where: AccountName, live: LiveKey
    ) -> tuple[tuple[Change, ...], tuple[str, ...]]:
        compared = drift(key, live, sets_expiry=self._venue(account).sets_expiry)
        changes = compared.changes
        if where != key.account:
            changes = (Change("account", where, key.account, Risk.ESCALATION), *changes)
        for change in changes:
            self._drifted(key, account, change)
        if compared.unknown:
            message, remedy = wording.unobserved(key, account, compared.unknown)
            self._tell("unobserved", message, remedy, key=key, account=account, place=key.place)
        drifted = {change.field for change in changes}
        for assumption in live.assumptions:
            if assumption.field in drifted:
                message, remedy = wording.assumed(key, assumption.words)
                self._tell("assumed", message, remedy, key=key, account=account, place=key.place)
        return changes, compared.unknown

    def _drifted(self, key: Key, account: Account, change: Change) -> None:
        message, remedy = wording.drifted(key, account, change)
        severity = Severity.WARNING if change.risk is not Risk.ESCALATION else Severity.ERROR
        if change.field.endswith("scopes") and isinstance(change.live, tuple):
            gained = set(change.live) - set(change.desired if isinstance(change.desired, tuple) else ())
            if gained & {WITHDRAW, KEYS_MANAGE}:
                severity = Severity.CRITICAL
        place = _at(key, change.field.rpartition(".")[2])
        self._tell("drift", message, remedy, key=key, account=account, place=place, severity=severity)

    def _age(self, key: Key, account: Account, ended: bool) -> set[Status]:
        if key.expires is None:
            return set()
        if ended:
            message, remedy = wording.expired(key, account, self.now)
            self._tell("expired", message, remedy, key=key, account=account, place=_at(key, "expires"))
            return {Status.EXPIRED}
        if self.now >= end_of(key.expires) - timedelta(days=EXPIRING_DAYS):
            message, remedy = wording.expiring(key, self.now)
            self._tell("expiring", message, remedy, key=key, account=account, place=_at(key, "expires"))
            return {Status.EXPIRING}
        return set()

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
                message, remedy = wording.ends_early(key, account, moment, why, self.now)
                self._tell("expires-early", message, remedy, key=key, account=account, place=_at(key, "expires"))

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
                message, remedy = wording.unobservable(key, seen, identifier)
                self._tell("unobservable", message, remedy, key=key, account=account, place=_at(key, "retiring"))
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
                message, remedy = wording.retiring_overdue(key, account)
                self._tell("retiring-overdue", message, remedy, key=key, account=account, place=_at(key, "retiring"))
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
                    message, remedy = wording.unmanaged(account, live)
                    self._tell("unmanaged", message, remedy, account=account, place=account.place)

    def _reactivated(self, account: Account, live: LiveKey, tombstone: Tombstone) -> None:
        message, remedy = wording.reactivated(account, live, tombstone)
        key = self.registry.keys.get(tombstone.key) if tombstone.key else None
        self._tell("reactivated", message, remedy, key=key, account=account, place=tombstone.place)

    def unverified_tombstones(self) -> None:
        """Law 3: where an account can't be enumerated, nothing shows that a revoked id is dead."""
        unseen = {name for name, seen in self.snapshots.items() if seen.coverage is not Coverage.ENUMERATED}
        alive = {fingerprint for keys in self.live.values() for fingerprint in keys}
        for tombstone in self.tombstones:
            if tombstone.place is None or tombstone.confirmed is not None or tombstone.reason == NEVER_ISSUED:
                continue
            if tombstone.identifier.fingerprint in alive:
                continue
            accounts = {tombstone.account} if tombstone.account else set(self.snapshots)
            doubtful = sorted(name for name in accounts & unseen if name)
            gone = any(tombstone.identifier.fingerprint in self.snapshots[name].gone for name in doubtful)
            if doubtful and not gone:
                message, remedy = wording.unverified(tombstone, doubtful)
                account = self.registry.accounts[doubtful[0]] if len(doubtful) == 1 else None
                key = self.registry.keys.get(tombstone.key) if tombstone.key else None
                self._tell("tombstone-unverified", message, remedy, key=key, account=account, place=tombstone.place)

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

    def _tell(
        self,
        rule: str,
        message: str,
        remedy: str,
        *,
        account: Account | None,
        place: Place | None,
        key: Key | None = None,
        severity: Severity | None = None,
    ) -> None:
        self.findings.append(
            found(
                rule,
                message,
                remedy,
                key=key.name if key else None,
                account=account.name if account else None,
                place=place,
                severity=severity,
            )
        )


def _identifiers(key: Key) -> Iterable[Identifier]:
    if key.identifier is not None:
        yield key.identifier
    if key.retiring is not None:
        yield key.retiring.identifier


def _at(key: Key, field_name: str) -> Place:
    return Place(key.place.path, (field_name,))


def _loudest(statuses: set[Status]) -> tuple[Status, ...]:
    return tuple(status for status in Status if status in statuses)
