"""Accounts at exchanges that are only declared: nothing is asked, nothing passes, and no credential is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from keyctl.model.account import Account, Environment
from keyctl.model.comparison import Comparison, Status
from keyctl.model.finding import ExitReason, Severity
from keyctl.model.identifier import Identifier
from keyctl.model.ips import ANY
from keyctl.model.key import Key, Retiring, Revocation
from keyctl.model.live import Coverage, Snapshot
from keyctl.model.names import AccountName, AppName, ExchangeId, KeyName
from keyctl.model.observed import NotObservable
from keyctl.model.place import Place
from keyctl.model.refusal import Refusal
from keyctl.model.registry import Registry
from keyctl.model.tombstone import Tombstones
from keyctl.model.validation import Counts
from keyctl.reconcile import run, snapshots
from keyctl.reconcile.desired import Desired
from keyctl.reconcile.doctor import Doctor
from keyctl.reconcile.observe import observe
from keyctl.reconcile.own_view import own_credential
from keyctl.registry.schema import decided_errors, validity
from keyctl.secrets.sources import Credentials
from tests.reconcile.desk import of
from tests.reconcile.worlds import NOW

AGENT, OLDER, DEAD = "0x" + "a1" * 20, "0x" + "b2" * 20, "0x" + "c3" * 20
VARIABLES = "KEYCTL_READ_HYPERLIQUID_HL_DESK"
FILE = Place("keys.d/agent.yaml")
PERP = KeyName("perp")


def registry(*, confirmed: date | None = None, **changes: object) -> Registry:
    """One account at Hyperliquid with an agent, the one that it replaces, and a revoked one."""
    account = Account(AccountName("hl-desk"), ExchangeId("hyperliquid"), Environment.LIVE, FILE)
    key = Key(
        PERP,
        account.name,
        AppName("signer"),
        "perps",
        frozenset(),
        ANY,
        FILE,
        Identifier.of_text(AGENT),
        retiring=Retiring(Identifier.of_text(OLDER), date(2026, 12, 3)),
        revoked=(Revocation(Identifier.of_text(DEAD), date(2026, 6, 1), "leaked", FILE, confirmed),),
    )
    key = replace(key, **changes)  # type: ignore[arg-type]
    return Registry("registry-id", {account.name: account}, {}, {}, {key.name: key}, (), "sha256:0")


def seen(declared: Registry, environ: Mapping[str, str] | None = None) -> Snapshot:
    return observe(
        declared,
        credentials=Credentials.from_environ(environ or {}),
        tombstones=declared.tombstones(),
        clock=lambda: NOW,
    )


def reconciled(declared: Registry) -> Comparison:
    desired = Desired(declared, None, Tombstones(declared.tombstones()), (), Counts(0, 0, 0, 0, 0, None), declared)
    return run.reconcile(Path("/nowhere"), desired, seen, now=NOW, real_now=NOW).comparison


def told(comparison: Comparison) -> list[tuple[str, KeyName | None]]:
    return sorted((finding.rule, finding.key) for finding in comparison.findings if finding.key is not None)


def test_nothing_is_asked_and_every_declared_agent_stays_unanswered() -> None:
    account = of(seen(registry()), "hl-desk")
    assert (account.coverage, account.error, account.credential) == (Coverage.DECLARED_ONLY, None, None)
    assert (account.keys, account.gone) == ((), frozenset())
    expected = {Identifier.of_text(text).fingerprint for text in (AGENT, OLDER)}
    assert {row.fingerprint for row in account.unanswered} == expected
    assert all("keyctl can't ask Hyperliquid yet" in row.reason for row in account.unanswered)
    assert all("have a person look and attest it" in row.reason for row in account.unanswered)
    assert isinstance(account.subaccounts, NotObservable)


def test_a_credential_that_is_set_all_the_same_is_not_used() -> None:
    declared = registry()
    given = {f"{VARIABLES}_KEY": AGENT, f"{VARIABLES}_SECRET": "canary"}
    assert seen(declared, given) == seen(declared)


def test_its_keys_are_unobservable_which_is_never_a_pass() -> None:
    comparison = reconciled(registry(confirmed=date(2026, 6, 2)))
    assert [row.statuses for row in comparison.keys] == [(Status.UNOBSERVABLE,)] * 2
    assert told(comparison) == [("unobservable", PERP), ("unobservable", PERP)]
    assert comparison.exit_reasons == (ExitReason.INCOMPLETE,)
    assert all(
        "keyctl can't ask Hyperliquid yet" in finding.message for finding in comparison.findings if finding.key == PERP
    )


def test_a_revoked_agent_is_unverified_until_somebody_attests_it() -> None:
    unconfirmed = reconciled(registry(identifier=None, retiring=None))
    assert told(unconfirmed) == [("tombstone-unverified", PERP)]
    assert told(reconciled(registry(identifier=None, retiring=None, confirmed=date(2026, 6, 2)))) == []


def test_a_revoked_agent_that_is_declared_again_is_not_asked_either() -> None:
    account = of(seen(registry(identifier=Identifier.of_text(DEAD))), "hl-desk")
    assert Identifier.of_text(DEAD).fingerprint in {row.fingerprint for row in account.unanswered}


def test_its_snapshot_is_written_and_merged_like_any_other(tmp_path: Path) -> None:
    snapshot = seen(registry())
    document = snapshots.document(snapshot)
    assert validity("snapshot")(document), decided_errors("snapshot", document)
    assert of(snapshots.merge(snapshot, [snapshot]), "hl-desk") == of(snapshot, "hl-desk")


def doctored(declared: Registry, *variables: str) -> tuple[list[str], list[str]]:
    """Which variables doctor tried, and what it found."""
    given = dict.fromkeys(variables, "x")
    doctor = Doctor(declared, Credentials.from_environ(given), Tombstones(()), frozenset(given), None, lambda: NOW)
    result = doctor.examine(None, Severity.ERROR)
    return [row.variables for row in result.credentials], [finding.message for finding in result.findings]


def test_doctor_asks_for_no_credential() -> None:
    assert doctored(registry()) == ([], [])


@pytest.mark.parametrize("variable", [f"{VARIABLES}_KEY", f"{VARIABLES}_PERP_SECRET"])
def test_doctor_says_that_nothing_reads_one(variable: str) -> None:
    tried, (message,) = doctored(registry(), variable)
    assert tried == [] and message == f"{variable} is set, and nothing reads that: keyctl can't ask Hyperliquid yet"


def test_an_agent_can_t_describe_itself_to_keyctl() -> None:
    declared = registry()
    with pytest.raises(Refusal, match="keyctl can't ask Hyperliquid yet"):
        own_credential(declared, declared.keys[PERP], Credentials.from_environ({}), Tombstones(()))
