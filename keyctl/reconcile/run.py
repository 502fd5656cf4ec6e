"""A whole reconcile: read what is desired, observe, compare."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from keyctl.exchanges import catalogue
from keyctl.exchanges.declaration import Capability
from keyctl.model.account import Unmanaged
from keyctl.model.comparison import Comparison
from keyctl.model.finding import Finding, Severity, exit_reasons, in_order
from keyctl.model.identifier import Fingerprint
from keyctl.model.key import Key
from keyctl.model.live import Snapshot
from keyctl.model.names import ExchangeId
from keyctl.model.registry import Registry
from keyctl.policy.judge import judge
from keyctl.policy.rules.attestation_stale import vouched_fields
from keyctl.policy.rules.expiring import window
from keyctl.policy.world import World, known_venue
from keyctl.reconcile import snapshots
from keyctl.reconcile.compare import Venue, compare
from keyctl.reconcile.desired import Desired
from keyctl.reconcile.narrowing import Narrowing
from keyctl.reconcile.neighbours import elsewhere
from keyctl.reconcile.planning import plan
from keyctl.reconcile.touched import EventFields, touched
from keyctl.registry.positions import locate


@dataclass(frozen=True, slots=True)
class Reconciled:
    """The comparison, and the snapshot it rests on; None when the registry's files were too wrong to ask anybody."""

    comparison: Comparison
    snapshot: Snapshot | None


def reconcile(
    root: Path,
    desired: Desired,
    observe: Callable[[Registry], Snapshot],
    *,
    now: datetime,
    real_now: datetime,
    files: Iterable[Path] = (),
    previous: Path | None = None,
    only: Narrowing | None = None,
    fail_on: Severity = Severity.ERROR,
    planned: bool = False,
) -> Reconciled:
    """Compare ``desired`` with what ``observe`` and the snapshot ``files`` report; ``planned`` adds the actions that
    would converge.

    ``now`` judges (expiry, days left), ``real_now`` is for the age of snapshot files. ``previous`` is the snapshot of
    an earlier run, of any age: what moved since without a cause is found. A registry whose files are wrong gives a
    comparison without accounts and keys that carries the findings. Raises Refusal for a wrong snapshot file and for a
    name in ``only`` that is not declared.
    """
    only = only or Narrowing()
    registry = desired.registry
    if registry is None:
        return Reconciled(replace(_nothing(desired, now, fail_on, bool(only)), planned=planned), None)
    only.check(registry)
    merged = snapshots.merge(observe(registry), [snapshots.load(path, registry.id, real_now) for path in files])
    words = vouched(registry, now.date())
    compared = compare(registry, desired.tombstones, merged, now, venues(registry), near(registry), words)
    told = [*desired.findings, *compared.findings]
    if previous is not None:
        earlier = snapshots.load(previous, registry.id, real_now, oldest=None)
        told += touched(registry, earlier, merged, _event_fields(registry))
    judged = judge(
        World(registry, now, known_venue, merged, desired.texts),
        registry.policy,
        registry.waivers,
        told,
        partial_view=bool(only),
    )
    kept = [finding for finding in judged.findings if only.keeps_finding(finding, registry)]
    rows = tuple(row for row in compared.keys if only.keeps_row(row, registry))
    findings = in_order(list(locate(root, kept)))
    commit, dirty = _commit(desired)
    comparison = Comparison(
        generated_at=now,
        commit=commit,
        dirty=dirty,
        registry_digest=registry.digest,
        live_digest=snapshots.digest(merged),
        partial=bool(only),
        accounts=compared.accounts,
        keys=rows,
        findings=findings,
        exit_reasons=exit_reasons(findings, fail_on),
        planned=planned,
        actions=plan(registry, merged, rows, now, known_venue, _elsewhere(root, desired)) if planned else (),
    )
    return Reconciled(comparison, merged)


def _elsewhere(root: Path, desired: Desired) -> frozenset[Fingerprint]:
    """What other registries of the repository hold, where a plan may delete what nobody declared here."""
    accounts = desired.registry.accounts.values() if desired.registry else ()
    if all(account.unmanaged is Unmanaged.REPORT for account in accounts):
        return frozenset()
    return frozenset(elsewhere(root, desired))


def venues(registry: Registry) -> Mapping[ExchangeId, Venue]:
    """What the comparison has to know of each exchange in the registry."""
    found = {}
    for exchange in {account.exchange for account in registry.accounts.values()}:
        declared = catalogue.declaration(exchange)
        found[exchange] = Venue(Capability.EXPIRY in declared.capabilities, declared.implicit_expiry)
    return found


def near(registry: Registry) -> Callable[[Key], timedelta]:
    """How long before its last day each key counts as expiring, by the registry's policy."""
    return lambda key: window(registry.policy, registry.accounts[key.account].exchange, key)


def vouched(registry: Registry, today: date) -> Callable[[Key], frozenset[str]]:
    """For which fields of each key a person's word holds, by the registry's policy."""
    return lambda key: vouched_fields(registry.policy, registry.accounts[key.account].exchange, key, today)


def _event_fields(registry: Registry) -> EventFields:
    exchanges = {account.exchange for account in registry.accounts.values()}
    return {exchange: catalogue.declaration(exchange).event_fields for exchange in exchanges}


def _nothing(desired: Desired, now: datetime, fail_on: Severity, partial: bool) -> Comparison:
    findings: tuple[Finding, ...] = in_order(list(desired.findings))
    commit, dirty = _commit(desired)
    return Comparison(
        generated_at=now,
        commit=commit,
        dirty=dirty,
        registry_digest=None,
        live_digest=None,
        partial=partial,
        accounts=(),
        keys=(),
        findings=findings,
        exit_reasons=exit_reasons(findings, fail_on),
    )


def _commit(desired: Desired) -> tuple[str | None, bool]:
    return (desired.history.commit, desired.history.dirty) if desired.history else (None, False)
