"""What was sent against what is read back: what an exchange silently changed is found here."""

from __future__ import annotations

from dataclasses import dataclass

from keyctl.exchanges.writing import Wanted
from keyctl.model.change import Change
from keyctl.model.difference import ips_differ, risk_of, scopes_differ
from keyctl.model.finding import Risk
from keyctl.model.ips import ANY
from keyctl.model.live import LiveKey
from keyctl.model.observed import Absent, Known, NotObservable


@dataclass(frozen=True, slots=True)
class Aftermath:
    """The fields that certainly differ from what was sent, and those of which the answer proves nothing; in the order
    of ``label``, ``scopes``, ``ips``, ``enabled``. Both empty: all of it is proven."""

    changes: tuple[Change, ...] = ()
    unknown: tuple[str, ...] = ()


def after(wanted: Wanted, live: LiveKey, before: LiveKey | None = None) -> Aftermath:
    """Compare what was sent with the key as an answer or a listing shows it.

    A field of whose meaning the worse reading was taken (LiveKey.assumptions) is unknown even where it looks right.
    Scopes that are assumed are the most that the key can have, so that only a missing one is certain. ``before`` is the
    same key before the change: what no change is to touch, whether it is enabled, must be as it was; for a new key
    (None) it must be enabled.
    """
    changes: list[Change] = []
    unknown: list[str] = []
    assumed = {assumption.field for assumption in live.assumptions}
    match live.label:
        case NotObservable():
            unknown.append("label")
        case Absent():
            changes += [Change("label", None, wanted.label, Risk.NEUTRAL)] if wanted.label else []
        case Known(label):
            changes += [Change("label", label, wanted.label, Risk.NEUTRAL)] if label != wanted.label else []
    match live.scopes:
        case NotObservable():
            unknown.append("scopes")
        case Known(scopes) if "scopes" in assumed and wanted.scopes <= scopes:
            unknown.append("scopes")
        case Known(scopes):
            changes += scopes_differ(wanted.scopes, scopes)
        case Absent():
            changes += scopes_differ(wanted.scopes, frozenset())
    match live.ips:
        case NotObservable():
            unknown.append("ips")
        case Known(ips) if "ips" in assumed and ips == wanted.ips:
            unknown.append("ips")
        case Known(ips):
            changes += ips_differ(wanted.ips, ips)
        case Absent():
            changes += ips_differ(wanted.ips, ANY)
    desired = True if before is None else before.enabled.value if isinstance(before.enabled, Known) else None
    match live.enabled:
        case Known(enabled) if desired is not None:
            changes += [Change("enabled", enabled, desired, risk_of(enabled))] if enabled is not desired else []
        case _:
            unknown.append("enabled")
    return Aftermath(tuple(changes), tuple(unknown))
