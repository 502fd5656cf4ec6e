"""What several keys share, before and after: networks, accounts, apps, policy, waivers, settings, allowed signers.

Pure. Which keys an edit touches is for the caller to say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from keyctl.model.account import Account
from keyctl.model.app import App, Hours, Window
from keyctl.model.attestation import Attestation
from keyctl.model.finding import Risk
from keyctl.model.ips import IpSet
from keyctl.model.life import FieldValue
from keyctl.model.place import Pointer
from keyctl.model.policy import CustomRule, Policy, RuleSet, Waiver
from keyctl.model.review import SharedKind
from keyctl.model.scopes import in_order
from keyctl.policy.shifts import shifts
from keyctl.registry.policy_file import POLICY, WAIVERS
from keyctl.review.fields import retold, widening
from keyctl.review.side import SIGNERS, Side

_UP, _DOWN, _SAME = Risk.ESCALATION, Risk.REDUCTION, Risk.NEUTRAL
_POWERFUL = frozenset({"exchange", "environment", "parent", "subaccount", "uid", "mode", "sink", "recipients"})
"""Fields of accounts and apps of which any change is an escalation (design 5)."""
_ACCOUNT = (
    "exchange",
    "environment",
    "parent",
    "subaccount",
    "uid",
    "mode",
    "unmanaged",
    "grace_days",
    "on_expiry",
    "dedicated_to",
    "max_balance",
    "two_factor",
    "email",
    "closed",
    "attested",
)
_APP = (
    "team",
    "contact",
    "kind",
    "access",
    "wallet",
    "needs",
    "hours",
    "countries",
    "no_change",
    "recipients",
    "sink",
)
ENTRIES = {
    SharedKind.NETWORK: "registry/networks.yaml",
    SharedKind.ACCOUNT: "registry/accounts.yaml",
    SharedKind.APP: "registry/apps.yaml",
}
"""Files in which several things stand, each with a name of its own."""
_SETTINGS, _REVOKED = "registry/registry.yaml", "registry/revoked.yaml"


@dataclass(frozen=True, slots=True)
class Edit:
    """One field of one shared thing; ``path`` and ``pointer`` are where it stands."""

    kind: SharedKind
    name: str
    field: str
    before: FieldValue
    after: FieldValue
    risk: Risk
    path: str
    pointer: Pointer = ()


def edits(base: Side, head: Side) -> list[Edit]:
    """Every difference, but for files that one side can't read."""
    parts: list[tuple[str, Callable[[Side, Side], Iterator[Edit]]]] = [
        (ENTRIES[SharedKind.NETWORK], _networks),
        (ENTRIES[SharedKind.ACCOUNT], _accounts),
        (ENTRIES[SharedKind.APP], _apps),
        (POLICY, _policy),
        (WAIVERS, _waivers),
        (_SETTINGS, _settings),
        (_REVOKED, _revocations),
        (SIGNERS, _signers),
    ]
    unread = base.refused | head.refused
    return [edit for path, compare in parts if path not in unread for edit in compare(base, head)]


def _networks(base: Side, head: Side) -> Iterator[Edit]:
    before, after = base.registry.networks, head.registry.networks
    for name in sorted({*before, *after}):
        was, now = before.get(name), after.get(name)
        if was != now:
            risk = widening(was or IpSet(), now or IpSet())
            yield Edit(
                SharedKind.NETWORK,
                name,
                "addresses",
                was.texts() if was is not None else None,
                now.texts() if now is not None else None,
                risk,
                ENTRIES[SharedKind.NETWORK],
                (name,),
            )


def _accounts(base: Side, head: Side) -> Iterator[Edit]:
    before, after = base.registry.accounts, head.registry.accounts
    for name in sorted({*before, *after}):
        yield from _entries(SharedKind.ACCOUNT, name, before.get(name), after.get(name), _ACCOUNT)


def _apps(base: Side, head: Side) -> Iterator[Edit]:
    before, after = base.registry.apps, head.registry.apps
    for name in sorted({*before, *after}):
        if base.place is not None or len(after) > 1 or name != "keyctl":
            yield from _entries(SharedKind.APP, name, before.get(name), after.get(name), _APP)


def _entries(
    kind: SharedKind, name: str, was: Account | App | None, now: Account | App | None, fields: tuple[str, ...]
) -> Iterator[Edit]:
    path = ENTRIES[kind]
    if was is None or now is None:
        if was is not now and not _built_in(was or now):
            yield Edit(
                kind,
                name,
                "declared",
                was is not None,
                now is not None,
                _SAME,
                path,
                (name,) if now is not None else (),
            )
        return
    for field in fields:
        before, after = _shown(getattr(was, field)), _shown(getattr(now, field))
        if before != after:
            written = "grace" if field == "grace_days" else field
            yield Edit(kind, name, written, before, after, _risk(field, after), path, (name, written))


def _built_in(entry: Account | App | None) -> bool:
    """The app keyctl is there without being declared."""
    return isinstance(entry, App) and entry.place.pointer == ()


def _risk(field: str, after: FieldValue) -> Risk:
    if field in _POWERFUL:
        return _UP
    if field == "closed":
        return _UP if after is None else _DOWN
    return _SAME


def _shown(value: object) -> FieldValue:
    match value:
        case None:
            return None
        case Enum():
            return str(value.value)
        case bool():
            return value
        case frozenset():
            return tuple(in_order(value))
        case tuple():
            return tuple(_piece(item) for item in value) or None
        case _:
            return _piece(value)


def _piece(value: object) -> str:
    match value:
        case Hours():
            return f"{','.join(value.days)} {value.start:%H:%M}-{value.end:%H:%M} {value.zone}"
        case Window():
            return f"{value.start:%H:%M}-{value.end:%H:%M} {value.zone}"
        case tuple():
            return " ".join(str(part) for part in value)
        case str() | int() | Attestation():
            return str(value)
        case _:
            parts = (getattr(value, name) for name in getattr(value, "__slots__", ()))
            return " ".join(str(part) for part in parts)


def _policy(base: Side, head: Side) -> Iterator[Edit]:
    yield from policy_edits(base.registry.policy, head.registry.policy)


def policy_edits(was: Policy, now: Policy) -> Iterator[Edit]:
    """What one policy says otherwise than another; an escalation is a weaker one."""
    if was.set is not now.set:
        risk = _UP if was.set is RuleSet.STRICT else _DOWN
        yield Edit(SharedKind.POLICY, "set", "set", was.set.value, now.set.value, risk, POLICY, ("set",))
    for shift in shifts(was, now):
        where = ".".join(str(step) for step in shift.pointer[:-2])
        name = shift.rule if where == "rules" else f"{shift.rule} ({where})"
        yield Edit(SharedKind.POLICY, name, shift.field, shift.before, shift.after, shift.risk, POLICY, shift.pointer)
    yield from _custom_rules({one.name: one for one in was.custom}, {one.name: one for one in now.custom})


def _custom_rules(was: Mapping[str, CustomRule], now: Mapping[str, CustomRule]) -> Iterator[Edit]:
    """What an expression denies can't be compared with what another one does, so any change of one is weaker."""
    for name in sorted({*was, *now}):
        old, new = was.get(name), now.get(name)
        pointer = new.place.pointer if new is not None else ("custom",)
        for field in ("deny", "about", "severity"):
            before, after = (None if one is None else str(getattr(one, field)) for one in (old, new))
            if before != after:
                stricter = old is None or (
                    field == "severity" and new is not None and new.severity.rank > old.severity.rank
                )
                risk = _DOWN if stricter else _UP
                yield Edit(SharedKind.POLICY, name, field, before, after, risk, POLICY, (*pointer, field))


def _waivers(base: Side, head: Side) -> Iterator[Edit]:
    before, after = _by_rule_and_key(base.registry.waivers), _by_rule_and_key(head.registry.waivers)
    for rule, key in sorted({*before, *after}):
        was, now = before.get((rule, key)), after.get((rule, key))
        name = f"{rule} for {key}"
        if was is None or now is None or was.expires != now.expires:
            longer = now is not None and (was is None or now.expires > was.expires)
            old, new = (None if one is None else str(one.expires) for one in (was, now))
            yield Edit(SharedKind.WAIVER, name, "expires", old, new, _UP if longer else _DOWN, WAIVERS, ("waivers",))
        for field in ("reason", "approved_by"):
            old, new = (None if one is None else getattr(one, field) for one in (was, now))
            if old != new:
                yield Edit(SharedKind.WAIVER, name, field, old, new, _SAME, WAIVERS, ("waivers",))


def _by_rule_and_key(waivers: tuple[Waiver, ...]) -> Mapping[tuple[str, str], Waiver]:
    """Of several alike the one that ends last."""
    return {(one.rule, one.key): one for one in sorted(waivers, key=lambda one: one.expires)}


def _settings(base: Side, head: Side) -> Iterator[Edit]:
    if base.place is None or head.place is None:
        return
    if base.place != head.place:
        yield Edit(SharedKind.SETTINGS, "registry", "folder", base.place or ".", head.place or ".", _SAME, _SETTINGS)
    before, after = base.registry, head.registry
    for name in before.brakes.__slots__:
        was, now = getattr(before.brakes, name), getattr(after.brakes, name)
        if was != now:
            risk = _UP if now > was else _DOWN
            yield Edit(SharedKind.SETTINGS, "brakes", name, str(was), str(now), risk, _SETTINGS, ("brakes", name))
    for field, old, new in (
        ("unreadable", [one.blob for one in before.unreadable], [one.blob for one in after.unreadable]),
        ("closed_registries", [one.id for one in before.closed_registries], [o.id for o in after.closed_registries]),
    ):
        if sorted(old) != sorted(new):
            risk = _UP if set(new) - set(old) else _DOWN
            pointer = ("history", field)
            yield Edit(
                SharedKind.SETTINGS, "history", field, tuple(sorted(old)), tuple(sorted(new)), risk, _SETTINGS, pointer
            )


def _revocations(base: Side, head: Side) -> Iterator[Edit]:
    before = {entry.identifier: entry for entry in base.registry.revoked}
    for entry in head.registry.revoked:
        was = before.get(entry.identifier)
        if was is not None:
            for one in retold(was, entry):
                yield Edit(
                    SharedKind.SETTINGS, "tombstones", one.field, one.before, one.after, _SAME, _REVOKED, one.pointer
                )


def _signers(base: Side, head: Side) -> Iterator[Edit]:
    was, now = (_lines(side.content.get(SIGNERS)) for side in (base, head))
    if was != now:
        risk = _UP if set(now or ()) - set(was or ()) else _DOWN
        yield Edit(SharedKind.SIGNERS, "allowed_signers", "lines", was, now, risk, SIGNERS)


def _lines(data: bytes | None) -> tuple[str, ...] | None:
    if data is None:
        return None
    lines = (line.strip() for line in data.decode("utf-8", "replace").splitlines())
    return tuple(sorted(line for line in lines if line and not line.startswith("#")))
