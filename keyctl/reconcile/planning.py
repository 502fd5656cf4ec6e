"""A comparison → the actions that would converge, in the order in which they are to be done. Pure.

By design 7: what is revoked and alive is killed first. Drift is undone, in place where the exchange can. Expired keys
go as their account says, new ones are created. A missing key is never created again, and one that nobody declared goes
only where its account says so, after its grace. Accounts that are only observed have no actions, and accounts that
could not be seen wholly none but killings; keyctl's own credentials are for people.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from keyctl.exchanges.declaration import Capability, Declaration
from keyctl.exchanges.slots import free_slots
from keyctl.model.account import Account, Mode, OnExpiry, Unmanaged
from keyctl.model.app import KEYCTL
from keyctl.model.change import Change
from keyctl.model.comparison import KeyRow, Status
from keyctl.model.difference import undoing
from keyctl.model.finding import Risk
from keyctl.model.identifier import Fingerprint
from keyctl.model.key import Key
from keyctl.model.live import AccountSnapshot, Coverage, LiveKey, Snapshot
from keyctl.model.marker import markers_in
from keyctl.model.names import AccountName, ExchangeId, KeyName
from keyctl.model.observed import Known, value_of
from keyctl.model.plan import Action, Op
from keyctl.model.registry import Registry
from keyctl.model.times import end_of
from keyctl.reconcile import steps

_BY_FIELD = {"scopes": Capability.UPDATE_SCOPES, "ips": Capability.UPDATE_IPS, "expires": Capability.EXPIRY}


def plan(
    registry: Registry,
    snapshot: Snapshot,
    rows: Iterable[KeyRow],
    now: datetime,
    declared: Callable[[ExchangeId], Declaration | None],
    elsewhere: Collection[Fingerprint] = (),
) -> tuple[Action, ...]:
    """The actions for the rows of a comparison of this registry with this snapshot, in their order. ``elsewhere`` are
    ids that another registry of the same repository holds."""
    rows = tuple(rows)
    work = _Planning(
        registry,
        {account.account: account for account in snapshot.accounts},
        now,
        declared,
        _own(registry, snapshot),
        frozenset(row.key for row in rows if row.key is not None and Status.PENDING_WRITE_BACK in row.statuses),
        frozenset(elsewhere),
    )
    actions = [action for row in rows if (action := work.action(row)) is not None]
    return tuple(sorted(actions, key=_rank))


def _rank(action: Action) -> tuple[int, str, str, str]:
    if action.kills:
        first = 0
    elif action.op is Op.CREATE:
        first = 3
    else:
        first = {Risk.REDUCTION: 1, Risk.NEUTRAL: 2, Risk.RENEWAL: 2, Risk.ESCALATION: 4}[action.risk]
    identifier = action.identifier.fingerprint if action.identifier else ""
    return first, action.account, action.key or "", identifier


def _own(registry: Registry, snapshot: Snapshot) -> frozenset[Fingerprint]:
    """Every credential that keyctl uses or is declared to use (law 9)."""
    used = {account.credential.fingerprint for account in snapshot.accounts if account.credential is not None}
    living = {one.fingerprint for key in registry.keys.values() if key.owner == KEYCTL for one in key.living}
    return frozenset(used | living)


@dataclass(frozen=True, slots=True)
class _Planning:
    registry: Registry
    seen: Mapping[AccountName, AccountSnapshot]
    now: datetime
    declared: Callable[[ExchangeId], Declaration | None]
    own: frozenset[Fingerprint]
    made: frozenset[KeyName]
    """The keys whose next id is there already and waits to be written back."""
    elsewhere: frozenset[Fingerprint]

    def action(self, row: KeyRow) -> Action | None:
        """What a row calls for; None for nothing."""
        if row.account is None or row.account not in self.seen:
            return None
        account, seen = self.registry.accounts[row.account], self.seen[row.account]
        if account.mode is Mode.OBSERVE:
            return None
        key = self.registry.keys.get(row.key) if row.key is not None else None
        if Status.REACTIVATED in row.statuses:
            return self._kill(row, account)
        if seen.coverage is Coverage.INCOMPLETE:
            return None
        if row.retiring and key is not None and self._has_successor_in_use(key, seen):
            possible = Capability.DELETE in self._able(account)
            reason = "its successor is in use"
            return self._made(Op.DELETE, row, account, reason, Risk.REDUCTION, possible=possible)
        if Status.EXPIRED in row.statuses and key is not None and not row.retiring:
            return self._expire(row, key, account)
        if Status.DRIFTED in row.statuses and key is not None:
            return self._update(row, key, account)
        if Status.UNISSUED in row.statuses and key is not None:
            return self._create(key, account, seen)
        if Status.UNMANAGED in row.statuses:
            return self._sweep(row, account, seen)
        return None

    def _kill(self, row: KeyRow, account: Account) -> Action:
        able = self._able(account)
        op = Op.DISABLE if Capability.DISABLE in able and Capability.DELETE not in able else Op.DELETE
        needed = Capability.DISABLE if op is Op.DISABLE else Capability.DELETE
        reason = "its id is revoked for ever, and it is alive"
        return self._made(op, row, account, reason, Risk.REDUCTION, possible=needed in able, kills=True)

    def _expire(self, row: KeyRow, key: Key, account: Account) -> Action | None:
        reason = f"it expired on {key.expires}"
        if account.on_expiry is OnExpiry.DISABLE:
            possible = Capability.DISABLE in self._able(account)
            return self._made(Op.DISABLE, row, account, reason, Risk.REDUCTION, possible=possible)
        if account.on_expiry is OnExpiry.DELETE and not key.protected:
            possible = Capability.DELETE in self._able(account)
            return self._made(Op.DELETE, row, account, reason, Risk.REDUCTION, possible=possible)
        return None

    def _has_successor_in_use(self, key: Key, seen: AccountSnapshot) -> bool:
        """Whether the exchange says that the id which replaces a retiring one was used, by its app: keyctl never uses
        it. Not in hours in which the app is not to be changed."""
        live = next((one for one in seen.keys if one.identifier == key.identifier), None)
        if key.protected or live is None or not isinstance(live.last_used_at, Known) or live.enabled == Known(False):
            return False
        return not any(window.holds(self.now) for window in self.registry.apps[key.owner].no_change)

    def _update(self, row: KeyRow, key: Key, account: Account) -> Action | None:
        able = self._able(account)
        fields = [change.field.removeprefix("retiring.") for change in row.changes]
        reason = f"it differs from its file in {' and '.join(fields)}"
        risk = _undoing(row.changes)
        if fields == ["enabled"] and row.changes[0].desired is False:
            possible = Capability.DISABLE in able
            return self._made(Op.DISABLE, row, account, reason, risk, possible=possible, changes=row.changes)
        in_place = all(_needed(change) in able for change in row.changes)
        replaceable = {Capability.CREATE, Capability.DELETE} <= able and "account" not in fields
        rotates = not in_place and replaceable and not (key.protected or key.disabled or row.retiring)
        if rotates and key.name in self.made:
            return None
        op = Op.ROTATE if rotates else Op.UPDATE
        return self._made(op, row, account, reason, risk, possible=in_place or rotates, changes=row.changes)

    def _create(self, key: Key, account: Account, seen: AccountSnapshot) -> Action | None:
        """None for a key whose last day is over, or that is to be switched off: a new one works at once."""
        if key.disabled or (key.expires is not None and self.now >= end_of(key.expires)):
            return None
        row = KeyRow(key.name, key.account, key.owner, None, (Status.UNISSUED,))
        known = self.declared(account.exchange)
        full = known is not None and free_slots(known, seen.keys) == 0
        wanted = "it is to be issued again" if key.reissue else "it is declared and was never issued"
        reason = "its account has as many keys as it may" if full else wanted
        possible = Capability.CREATE in self._able(account) and not full
        return self._made(Op.CREATE, row, account, reason, Risk.ESCALATION, possible=possible)

    def _sweep(self, row: KeyRow, account: Account, seen: AccountSnapshot) -> Action | None:
        """A key that nobody declared. How old it is must be known, and no registry's mark may be on it."""
        live = next((one for one in seen.keys if one.identifier == row.identifier), None)
        if account.unmanaged is not Unmanaged.DELETE or seen.coverage is not Coverage.ENUMERATED or live is None:
            return None
        if live.identifier.fingerprint in self.own | self.elsewhere or not self._old_enough(live, account):
            return None
        if not isinstance(live.label, Known) or markers_in(live.label.value):
            return None
        reason = f"nobody declared it for {account.grace_days} days"
        possible = Capability.DELETE in self._able(account)
        return self._made(Op.DELETE, row, account, reason, Risk.REDUCTION, possible=possible)

    def _old_enough(self, live: LiveKey, account: Account) -> bool:
        created = value_of(live.created_at)
        return created is not None and self.now - created >= timedelta(days=account.grace_days)

    def _able(self, account: Account) -> frozenset[Capability]:
        """What can be done by API to the keys of an account. A master's own keys are for people, where the exchange
        tells masters and sub-accounts apart: it lets no other key administer them."""
        known = self.declared(account.exchange)
        if known is None:
            return frozenset()
        return (
            frozenset() if not account.is_subaccount and known.master_capabilities is not None else known.capabilities
        )

    def _made(
        self,
        op: Op,
        row: KeyRow,
        account: Account,
        reason: str,
        risk: Risk,
        *,
        possible: bool,
        kills: bool = False,
        changes: tuple[Change, ...] = (),
    ) -> Action:
        identifier = row.identifier
        used = identifier is not None and identifier.fingerprint in self.own
        manual: tuple[str, ...] = ()
        if used or not possible:
            key = self.registry.keys.get(row.key) if row.key is not None else None
            known = self.declared(account.exchange)
            manual = tuple(steps.by_hand(op, key, account, identifier, changes, known, own=used))
        assert row.account is not None
        return Action(op, row.key, row.account, identifier, reason, risk, manual, kills, changes)


def _needed(change: Change) -> Capability | None:
    name = change.field.removeprefix("retiring.")
    if name == "enabled":
        return Capability.ENABLE if change.desired else Capability.DISABLE
    return _BY_FIELD.get(name)


def _undoing(changes: Iterable[Change]) -> Risk:
    """What it does to a key's power to bring it from live to desired."""
    risks = {undoing(change) for change in changes}
    return next((risk for risk in (Risk.ESCALATION, Risk.REDUCTION) if risk in risks), Risk.NEUTRAL)
