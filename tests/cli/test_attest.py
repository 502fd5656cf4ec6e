"""attest: one entry of one file, written by hand of a person and nothing else touched."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.program import keyctl
from tests.history.repository import Repository

QUOTES = Path("keys.d/hedger/hedger-quotes.yaml")
OPTIONS = Path("keys.d/hedger/hedger-options.yaml")
ACCOUNTS, REVOKED = Path("registry/accounts.yaml"), Path("registry/revoked.yaml")
TICKET = ("--evidence", "screenshot in ticket 4711")


def ago(days: int) -> str:
    return str(datetime.now(UTC).date() - timedelta(days=days))


@pytest.fixture(autouse=True)
def issued_long_ago(example: Repository) -> None:
    """So that days before today are days on which somebody could look."""
    for path in Path("keys.d").rglob("*.yaml"):
        text = path.read_text()
        path.write_text(text.replace("issued: 2026-", "issued: 2025-").replace("on: 2026-1", "on: 2026-0"))
    example.commit(message="older")


def test_one_line_is_written_and_git_takes_it_back(example: Repository) -> None:
    head, before = example.head(), QUOTES.read_bytes()
    ran = keyctl("attest", "hedger-quotes", TICKET)
    told = f"attested on {ago(0)} by Tester <tester@desk.example>: screenshot in ticket 4711"
    assert (ran.status, ran.out, ran.err) == (0, f"hedger-quotes: {told}  {QUOTES}\n", "")
    lines = QUOTES.read_text().splitlines(keepends=True)
    (written,) = [line for line in lines if line.startswith("attested:")]
    assert "".join(line for line in lines if line != written).encode() == before
    assert lines[lines.index(written) + 1] == "revoked:\n"
    assert f"on: {ago(0)}, by: Tester <tester@desk.example>, evidence: screenshot in ticket 4711, state: " in written
    assert example.head() == head and example.git("status", "--porcelain") == f"M {QUOTES}"
    assert keyctl("validate", "--fail-on", "critical").status == 0 and keyctl("fmt", "--check").status == 0
    example.git("checkout", "--", ".")
    assert QUOTES.read_bytes() == before


def test_the_last_word_counts(example: Repository) -> None:
    keyctl("attest", "hedger-quotes", TICKET)
    once = QUOTES.read_text()
    arguments = ("--by", "ann", "--on", ago(2), "--field", "scopes", "--field", "exists", "--evidence", "page 2: all")
    ran = keyctl("attest", "hedger-quotes", arguments)
    assert ran.out.startswith(f"hedger-quotes: attested on {ago(2)} by ann: page 2: all (exists, scopes)  ")
    text = QUOTES.read_text()
    assert text.count("attested:") == 1 and 'evidence: "page 2: all", fields: [exists, scopes], state: ' in text
    assert keyctl("attest", "hedger-quotes", TICKET).status == 0
    assert QUOTES.read_text() == once


def test_crlf_and_comments_stay(example: Repository) -> None:
    data = QUOTES.read_bytes().replace(b"\n", b"\r\n").rstrip()
    QUOTES.write_bytes(data)
    assert keyctl("attest", "hedger-quotes", TICKET).status == 0
    lines = QUOTES.read_bytes().split(b"\r\n")
    assert b"\r\n".join(line for line in lines if not line.startswith(b"attested:")) == data


def test_an_account_s_login(example: Repository) -> None:
    before = ACCOUNTS.read_text()
    ran = keyctl("attest", "--account", "bybit-main", "--by", "ann", TICKET)
    assert ran.out == f"bybit-main: attested on {ago(0)} by ann: screenshot in ticket 4711  {ACCOUNTS}\n"
    added = [line for line in ACCOUNTS.read_text().splitlines() if "attested:" in line]
    assert len(added) == 1 and ACCOUNTS.read_text().replace(added[0] + "\n", "") == before
    assert keyctl("validate", "--fail-on", "critical").status == 0
    assert keyctl("attest", "--account", "bybit-main", "--by", "ben", TICKET).status == 0
    assert ACCOUNTS.read_text().count("attested:") == 1
    replaced = ACCOUNTS.read_text().replace("two_factor: totp\n", "").replace("  email:", "  # email:")
    ACCOUNTS.write_text(replaced)
    assert "nothing that could be attested" in keyctl("attest", "--account", "deribit-main", TICKET).err
    assert "did you mean 'bybit-main'?" in keyctl("attest", "--account", "bybit-man", TICKET).err


@pytest.mark.parametrize("named", [("hedger-options",), ()])
def test_a_revoked_id_of_a_key_is_confirmed(example: Repository, named: tuple[str, ...]) -> None:
    before = OPTIONS.read_text()
    ran = keyctl("attest", named, "--dead", "fyB6s88s", TICKET)
    shown = f"hedger-options: revoked id fyB6… is dead, confirmed on {ago(0)}: screenshot in ticket 4711  {OPTIONS}\n"
    assert (ran.status, ran.out, ran.err) == (0, shown, "")
    written = f"reason: rotated, confirmed: {ago(0)}, note: screenshot in ticket 4711}}"
    assert OPTIONS.read_text() == before.replace("reason: rotated}", written)
    assert "nothing is left to do" in keyctl("attest", "--dead", "fyB6s88s", TICKET).err
    assert keyctl("validate", "--fail-on", "critical").status == 0


def test_a_revoked_id_that_no_key_file_holds_and_a_note_that_stays(example: Repository) -> None:
    REVOKED.write_text(REVOKED.read_text() + "  - {id: NobodysId0001, on: 2026-01-01, reason: leaked, note: old}\n")
    ran = keyctl("attest", "--dead", "NobodysId0001", TICKET)
    assert ran.out.startswith("revoked id Nobo… is dead") and ran.out.endswith(f"  {REVOKED}\n")
    assert "commit's message" in ran.err
    assert f"reason: leaked, confirmed: {ago(0)}, note: old}}" in REVOKED.read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("hedger-quotes", "--dead", "fyB6s88s"), "not of hedger-quotes"),
        (("--dead", "W83Q8eDvJaEdoUvUzg"), "a living id"),
        (("--dead", "NeverHeardOf01"), "no id Neve… is revoked here"),
        (("--dead", "two words"), "an id is 1 to 512"),
        (("nobody", "--dead", "fyB6s88s"), "no key 'nobody'"),
        (("--dead", "fyB6s88s", "--on", "2026-01-01"), "says nothing of it since"),
        (("hedger-quote",), "did you mean 'hedger-quotes'?"),
        (("hedger-quotes", "--on", ago(91)), "after 90 somebody looks again"),
        (("arbitrage-perps",), "no excuse"),
    ],
)
def test_what_does_not_hold_is_not_written(example: Repository, arguments: tuple[str, ...], words: str) -> None:
    ran = keyctl("attest", arguments, TICKET)
    assert (ran.status, ran.out) == (1, "") and words in ran.err and "->" in ran.err
    assert example.git("status", "--porcelain") == ""


def test_nothing_can_be_seen_of_a_key_without_a_living_id(example: Repository) -> None:
    text = QUOTES.read_text()
    QUOTES.write_text(text.replace("id: W83Q8eDvJaEdoUvUzg\n", ""))
    assert "has no id" in keyctl("attest", "hedger-quotes", TICKET).err
    QUOTES.write_text(text)
    REVOKED.write_text(REVOKED.read_text() + "  - {id: W83Q8eDvJaEdoUvUzg, on: 2026-01-01, reason: leaked}\n")
    assert "revoked for ever" in keyctl("attest", "hedger-quotes", TICKET).err


def test_a_new_id_needs_a_new_look(example: Repository) -> None:
    QUOTES.write_text(QUOTES.read_text().replace("issued: 2025-09-01", f"issued: {ago(3)}"))
    assert "before its id was issued" in keyctl("attest", "hedger-quotes", "--on", ago(4), TICKET).err
    assert keyctl("attest", "hedger-quotes", "--on", ago(3), TICKET).status == 0


def test_how_old_a_look_may_be_is_the_policy_s_to_say(example: Repository) -> None:
    Path("registry/policy.yaml").write_text("set: base\napps: {hedger: {attestation-stale: {days: 7}}}\n")
    assert keyctl("attest", "hedger-quotes", "--on", ago(8), TICKET).status == 1
    assert keyctl("attest", "hedger-quotes", "--on", ago(7), TICKET).status == 0
    assert keyctl("attest", "--account", "bybit-main", "--on", ago(181), TICKET).status == 1


def test_somebody_must_have_looked(example: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NAME", "EMAIL"):
        monkeypatch.delenv(f"GIT_AUTHOR_{name}")
    ran = keyctl("attest", "hedger-quotes", TICKET)
    assert ran.status == 1 and "nothing says who looked" in ran.err and "--by" in ran.err
    example.git("config", "user.email", "ann@desk.example")
    assert "by ann@desk.example:" in keyctl("attest", "hedger-quotes", TICKET).out
    assert "by ben:" in keyctl("attest", "hedger-quotes", "--by", "ben", TICKET).out


@pytest.mark.parametrize("option", ["--evidence", "--by"])
def test_a_secret_is_neither_written_nor_repeated(example: Repository, option: str) -> None:
    secret = "ghp_" + "".join(chr(ord("a") + (index * 7) % 26) for index in range(36))
    given = {"--evidence": "ticket 1", option: f"see {secret}"}
    ran = keyctl("attest", "hedger-quotes", [word for pair in given.items() for word in pair])
    assert (ran.status, ran.out) == (1, "") and secret not in ran.err and "looks like" in ran.err
    assert example.git("status", "--porcelain") == ""


def test_ids_of_the_registry_are_no_secrets(example: Repository) -> None:
    assert keyctl("attest", "hedger-quotes", "--evidence", "page shows W83Q8eDvJaEdoUvUzg").status == 0


@pytest.mark.parametrize(
    "arguments",
    [
        (), ("k", "--account", "a"), ("--account", "a", "--dead", "x"), ("--account", "a", "--field", "scopes"),
        ("k", "--dead", "x", "--field", "scopes"), ("k", "--dead", "x", "--by", "ann"), ("k", "--field", "name"),
        ("k", "--on", "yesterday"), ("k", "--on", "2099-01-01"),
    ],
)  # fmt: skip
def test_wrong_usage_is_64(example: Repository, arguments: tuple[str, ...]) -> None:
    assert keyctl("attest", arguments, TICKET).status == 64


@pytest.mark.parametrize("text", ["", "  ", "two\nlines", "x" * 201, "a\tb", "bell\x07"])
def test_evidence_is_one_line(example: Repository, text: str) -> None:
    assert keyctl("attest", "hedger-quotes", "--evidence", text).status == 64
    assert keyctl("attest", "hedger-quotes").status == 64
