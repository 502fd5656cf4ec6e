"""renew: later days, each file's other bytes as they were."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.program import keyctl
from tests.history.repository import Repository

QUOTES = Path("keys.d/hedger/hedger-quotes.yaml")


def in_days(number: int) -> str:
    return str(datetime.now(UTC).date() + timedelta(days=number))


def replace(path: Path, find: str, by: str) -> None:
    data = path.read_bytes()
    assert data.count(find.encode()) == 1
    path.write_bytes(data.replace(find.encode(), by.encode()))


def test_one_line_of_one_file_changes_and_nothing_is_committed(example: Repository) -> None:
    head, before = example.head(), QUOTES.read_bytes()
    ran = keyctl("renew", "hedger-quotes", "--until", "2027-09-01")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == f"hedger-quotes: 2027-08-31 → 2027-09-01  {QUOTES}\n"
    assert QUOTES.read_bytes() == before.replace(b"expires: 2027-08-31", b"expires: 2027-09-01")
    assert example.head() == head
    assert example.git("status", "--porcelain") == f"M {QUOTES}"
    assert keyctl("validate").status == 0


def test_no_key_is_renewed_beyond_what_the_policy_lets_it_live(example: Repository) -> None:
    ran = keyctl("renew", "hedger-quotes", "--until", "2027-09-02")
    assert ran.status == 1 and "its policy lets it live until 2027-09-01" in ran.err
    Path("registry/policy.yaml").write_text("set: base\napps: {hedger: {max-lifetime: {days: 366}}}\n")
    assert keyctl("renew", "hedger-quotes", "--until", "2027-09-02").status == 0
    assert keyctl("validate").status == 0


def test_ninety_days_unless_something_else_is_said(example: Repository) -> None:
    for path in ("keys.d/hedger/hedger-quotes.yaml", "keys.d/hedger/hedger-perps.yaml"):
        replace(Path(path), "expires: 2027-08-31", f"expires: {in_days(3)}")
    assert keyctl("renew", "hedger-quotes").out.startswith(f"hedger-quotes: {in_days(3)} → {in_days(90)} ")
    assert keyctl("renew", "hedger-perps", "--days", "30").out.startswith(
        f"hedger-perps: {in_days(3)} → {in_days(30)} "
    )


def test_all_keys_of_an_app_are_one_change_and_what_can_not_be_renewed_is_told(example: Repository) -> None:
    replace(QUOTES, "issued: 2026-09-01\nexpires: 2027-08-31", "issued: 2020-01-01\nexpires: 2020-08-31")
    ran = keyctl("renew", "--app", "hedger", "--until", "2027-09-01")
    assert ran.status == 0
    assert "hedger-perps: 2027-08-31 → 2027-09-01  keys.d/hedger/hedger-perps.yaml\n" in ran.out
    assert "hedger-quotes" not in ran.out
    assert "left as it is: hedger-quotes: expired on 2020-08-31" in ran.err
    assert "left as it is: hedger-options: expires on 2027-10-31, which is no earlier" in ran.err


def test_a_key_without_an_end_gets_one_where_it_belongs(example: Repository) -> None:
    replace(QUOTES, "expires: 2027-08-31\n", "")
    assert keyctl("renew", "hedger-quotes", "--until", "2027-09-01").out.startswith("hedger-quotes: no expiry → ")
    assert "issued: 2026-09-01\nexpires: 2027-09-01\nprotected: true" in QUOTES.read_text()


def test_crlf_and_permissions_stay(example: Repository) -> None:
    QUOTES.write_bytes(QUOTES.read_bytes().replace(b"\n", b"\r\n").rstrip())
    QUOTES.chmod(0o640)
    before = QUOTES.read_bytes()
    assert keyctl("renew", "hedger-quotes", "--until", "2027-09-01").status == 0
    assert QUOTES.read_bytes() == before.replace(b"2027-08-31", b"2027-09-01")
    assert QUOTES.stat().st_mode & 0o777 == 0o640


def expire(_: Repository) -> None:
    replace(QUOTES, "issued: 2026-09-01\nexpires: 2027-08-31", "issued: 2020-01-01\nexpires: 2020-08-31")


def end(_: Repository) -> None:
    replace(QUOTES, "id: W83Q8eDvJaEdoUvUzg\n", "")
    replace(QUOTES, "revoked:\n", "revoked:\n  - {id: W83Q8eDvJaEdoUvUzg, on: 2026-11-25, reason: retired}\n")


def revoke(_: Repository) -> None:
    revoked = Path("registry/revoked.yaml")
    revoked.write_text(revoked.read_text() + "  - {id: W83Q8eDvJaEdoUvUzg, on: 2026-11-25, reason: leaked}\n")


def prolong(_: Repository) -> None:
    replace(QUOTES, "expires: 2027-08-31", "expires: 2099-01-31")


@pytest.mark.parametrize(
    ("change", "words"),
    [(expire, "expired on 2020-08-31"), (end, "has ended"), (revoke, "revoked for ever"), (prolong, "no earlier than")],
)
def test_what_is_dead_stays_dead_and_then_nothing_is_changed(example: Repository, change: object, words: str) -> None:
    assert callable(change)
    change(example)
    before = example.git("diff")
    ran = keyctl("renew", "hedger-perps", "hedger-quotes", "--until", "2027-09-01")
    assert (ran.status, ran.out) == (1, "")
    assert words in ran.err and "nothing was changed" in ran.err
    assert example.git("diff") == before


def test_names_that_are_not_there(example: Repository) -> None:
    assert "did you mean 'ledger'?" in keyctl("renew", "leger").err
    assert keyctl("renew", "--app", "nobody").status == 1
    replace(Path("keys.d/signals/signals-spot.yaml"), "owner: signals", "owner: ledger")
    assert "has no key" in keyctl("renew", "--app", "signals").err


def test_a_registry_that_is_not_valid_is_mended_first(example: Repository) -> None:
    replace(QUOTES, "scopes: [read, trade.spot]", "scopes: [raed]")
    ran = keyctl("renew", "hedger-perps")
    assert ran.status == 1 and "exchange-keyctl validate" in ran.err


@pytest.mark.parametrize(
    "arguments",
    [(), ("k", "--app", "a"), ("k", "--days", "0"), ("k", "--days", "9", "--until", "2099-01-01"),
     ("k", "--until", "x"), ("k", "--until", "2020-01-01")],
)  # fmt: skip
def test_wrong_usage_is_64(example: Repository, arguments: tuple[str, ...]) -> None:
    assert keyctl("renew", arguments).status == 64
