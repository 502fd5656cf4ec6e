"""Each credential is tried once, and what is wrong with it is said with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from keyctl.exchanges.retry import Patience
from keyctl.model.account import Closed
from keyctl.model.app import KEYCTL
from keyctl.model.checkup import Acceptance, Checkup, CredentialRow, Egress
from keyctl.model.finding import Severity
from keyctl.model.identifier import Identifier
from keyctl.model.names import AccountName
from keyctl.model.registry import Registry
from keyctl.model.tombstone import Tombstone, Tombstones
from keyctl.reconcile.doctor import Doctor
from keyctl.secrets.sources import Credentials
from tests.reconcile.desk import Desk, account, opened, registry, scenario, with_key

OTHER = "KEYCTL_READ_BYBIT_SANDBOX_OTHER"


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with opened() as desk:
        yield desk


def declared(desk: Desk) -> Registry:
    """The desk's registry, with keyctl as the owner of its own credentials."""
    return with_key(with_key(desk.registry, "main-reader", owner=KEYCTL), "other-reader", owner=KEYCTL)


def checkup(
    desk: Desk,
    environ: dict[str, str] | None = None,
    *,
    of: Registry | None = None,
    dead: str = "",
    only: set[str] | None = None,
    sandbox: str | None = None,
) -> Checkup:
    given = desk.environ() if environ is None else environ
    doctor = Doctor(
        of or declared(desk),
        Credentials.from_environ(given),
        Tombstones([Tombstone(Identifier.of_text(dead), "test")] if dead else []),
        frozenset(given),
        desk.sandbox.control_url if sandbox is None else sandbox,
        lambda: datetime.now(UTC),
        Patience(timeout=5),
    )
    return doctor.examine(None if only is None else frozenset(map(AccountName, only)), Severity.ERROR)


def row(result: Checkup, account_name: str, key: str | None = None) -> CredentialRow:
    (found,) = [one for one in result.credentials if (one.account, one.key) == (account_name, key)]
    return found


def rules(result: Checkup) -> set[str]:
    return {finding.rule for finding in result.findings}


def with_rights(name: str, **changes: Any) -> Any:
    """The scenario with another key for reading account ``other``."""
    key = {"credential": "account", "created": "30d ago", "ips": ["127.0.0.1"], **changes}
    return scenario(other={"uid": "3000", "keys": {name: key}})


def test_healthy_credentials_give_no_finding_about_themselves(desk: Desk) -> None:
    result = checkup(desk)
    for name in ("main", "other"):
        found = row(result, name)
        assert (found.acceptance, found.egress, found.excess) == (Acceptance.ACCEPTED, Egress.ADMITTED, frozenset())
        assert found.holder == f"{name}-reader"
        assert found.clock is not None and abs(found.clock.seconds) <= found.clock.within + 0.1
    assert row(result, "main", "ledger").acceptance is Acceptance.ACCEPTED
    assert {(f.rule, f.key) for f in result.findings} == {("own-credential-missing", "silent")}
    assert result.exit_reasons == ()


def test_nothing_is_written_and_each_credential_asks_once(desk: Desk) -> None:
    before = len(desk.requests())
    checkup(desk)
    assert desk.requests()[before:] == ["GET /v5/user/query-api"] * 3


def test_missing_and_half_credentials(desk: Desk) -> None:
    result = checkup(desk, {})
    assert row(result, "main").acceptance is Acceptance.MISSING
    assert {"credential-missing", "own-credential-missing"} <= rules(result)
    assert result.exit_reasons == ("incomplete",)
    (remedy,) = {f.remedy for f in result.findings if f.rule == "credential-missing" and f.account == "other"}
    assert "other-reader" in remedy
    result = checkup(desk, {f"{OTHER}_KEY": "x"})
    assert row(result, "other").acceptance is Acceptance.UNUSABLE
    assert "failed" in result.exit_reasons


def test_a_wrong_secret_is_refused_and_shows_nothing(desk: Desk) -> None:
    result = checkup(desk, {**desk.environ(), f"{OTHER}_SECRET": "canary-" + "0" * 32})
    found = row(result, "other")
    assert (found.acceptance, found.cause, found.egress) == (
        Acceptance.REFUSED, "credential-invalid", Egress.UNKNOWN,
    )  # fmt: skip
    assert found.clock is not None, "a refusal tells the time too"
    assert "canary" not in repr(result)


def test_an_address_that_is_not_in_the_list() -> None:
    with opened(with_rights("other-reader", ips=["203.0.113.9"], native={"read_only": True})) as desk:
        result = checkup(desk)
        assert (row(result, "other").acceptance, row(result, "other").egress) == (Acceptance.REFUSED, Egress.REFUSED)
        assert "credential-refused" in rules(result) and result.exit_reasons == ("incomplete",)


def test_rights_that_a_reader_does_not_need_and_a_list_that_is_none() -> None:
    rights = {"Wallet": ["SubMemberTransfer"], "Spot": ["SpotTrade"]}
    with opened(with_rights("other-reader", rights=rights, ips=[])) as desk:
        result = checkup(desk)
        found = row(result, "other")
        assert set(map(str, found.excess or ())) == {"trade.spot", "transfer.subaccount", "keys.manage"}
        assert found.egress is Egress.UNRESTRICTED
        assert {"credential-excess", "credential-unrestricted"} <= rules(result)
        assert result.exit_reasons == ("differences",)


def test_a_clock_that_is_off() -> None:
    with opened(replace(scenario(), clock_offset=3.0)) as desk:
        result = checkup(desk)
        found = row(result, "main")
        assert found.clock is not None and -3.5 < found.clock.seconds < -2.5
        assert "clock-offset" in rules(result)


def test_an_undeclared_and_a_foreign_credential(desk: Desk) -> None:
    assert "credential-undeclared" in rules(checkup(desk, of=desk.registry)), "the owner is not keyctl"
    keys = {name: key for name, key in declared(desk).keys.items() if name != "other-reader"}
    result = checkup(desk, of=replace(declared(desk), keys=keys))
    assert {f.account for f in result.findings if f.rule == "credential-undeclared"} == {"other"}
    swapped = desk.environ() | {
        f"{OTHER}_{part}": desk.environ()[f"KEYCTL_READ_BYBIT_SANDBOX_MAIN_{part}"] for part in ("KEY", "SECRET")
    }
    result = checkup(desk, swapped)
    assert row(result, "other").acceptance is Acceptance.REFUSED
    assert any("belongs to account 1000" in finding.message for finding in result.findings)


def test_a_revoked_credential_is_not_sent_and_blocks(desk: Desk) -> None:
    before = len(desk.requests())
    result = checkup(desk, only={"other"}, dead=desk.environ()[f"{OTHER}_KEY"])
    assert row(result, "other").acceptance is Acceptance.UNUSED
    assert result.exit_reasons == ("blocked",) and result.partial
    assert len(desk.requests()) == before


def test_variables_that_nothing_reads_are_named_with_what_may_be_meant(desk: Desk) -> None:
    environ = desk.environ()
    environ["KEYCTL_READ_BYBIT_SANDBOX_OTHR_KEY"] = environ.pop(f"{OTHER}_KEY")
    environ["KEYCTL_READ_BYBIT_SANDBOX_OTHR_SECRET"] = environ.pop(f"{OTHER}_SECRET")
    environ["KEYCTL_READ_BYBIT_SANDBOX_FEW_KEY"] = "x"
    environ["PATH"] = "/bin"
    result = checkup(desk, environ)
    assert result.unused == (
        "KEYCTL_READ_BYBIT_SANDBOX_FEW_KEY",
        "KEYCTL_READ_BYBIT_SANDBOX_OTHR_KEY",
        "KEYCTL_READ_BYBIT_SANDBOX_OTHR_SECRET",
    )
    told = [(finding.message, finding.remedy) for finding in result.findings if finding.rule == "credential-unused"]
    assert len(told) == 2
    assert any("its parent main" in message for message, _ in told)
    assert any(remedy == f"did you mean {OTHER}_…?" for _, remedy in told)


def test_an_exchange_that_can_not_be_reached_is_no_refusal(desk: Desk) -> None:
    result = checkup(desk, sandbox="http://127.0.0.1:9")
    assert {one.acceptance for one in result.credentials if one.key is None} == {Acceptance.UNCHECKED}
    assert result.exit_reasons == ("incomplete",)


def test_closed_accounts_are_not_tried(desk: Desk) -> None:
    gone = account("other", closed=Closed(date(2026, 1, 1), "letter"))
    result = checkup(desk, of=registry(desk.simulated, other=gone))
    assert all(one.account != "other" for one in result.credentials)
    assert f"{OTHER}_KEY" in result.unused
