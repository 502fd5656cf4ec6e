"""fmt as people and hooks run it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.cli.program import keyctl
from tests.history.repository import Repository

OWNERS = Path(".gitlab/CODEOWNERS")
LEDGER = Path("keys.d/ledger/ledger.yaml")


def disarrange() -> str:
    text = LEDGER.read_text()
    LEDGER.write_text(text.replace("account: bybit-main\nowner: ledger\n", "owner: ledger\naccount: bybit-main\n"))
    return text


def test_the_worked_example_has_its_form(example: Repository) -> None:
    for options in ([], ["--check"]):
        ran = keyctl("fmt", options)
        assert (ran.status, ran.out, ran.err) == (0, "", "")
    assert example.git("status", "--porcelain") == ""


def test_check_shows_the_difference_with_2_and_writes_nothing(example: Repository) -> None:
    disarrange()
    before = LEDGER.read_bytes()
    ran = keyctl("fmt", "--check")
    assert ran.status == 2
    assert "--- a/keys.d/ledger/ledger.yaml\n+++ b/keys.d/ledger/ledger.yaml\n" in ran.out
    assert "+account: bybit-main\n" in ran.out and "-account: bybit-main\n" in ran.out
    assert LEDGER.read_bytes() == before


def test_the_difference_is_one_that_git_can_apply(example: Repository) -> None:
    disarrange()
    LEDGER.write_bytes(LEDGER.read_bytes().rstrip())
    ran = keyctl("fmt", "--check")
    example.git("apply", stdin=ran.out)
    assert keyctl("fmt", "--check").status == 0


def test_files_are_rewritten_and_named(example: Repository) -> None:
    text = disarrange()
    ran = keyctl("fmt")
    assert (ran.status, ran.out) == (0, "keys.d/ledger/ledger.yaml\n")
    accounts = text.index("account:")
    assert LEDGER.read_text()[:accounts].startswith("# yaml-language-server: ")
    assert keyctl("fmt", "--check").status == 0 and keyctl("validate").status == 0


def test_a_file_that_can_not_be_read_is_1_and_the_others_are_done(example: Repository) -> None:
    disarrange()
    Path("keys.d/broken.yaml").write_text("account: &a b\n")
    Path("keys.d/link.yaml").symlink_to("broken.yaml")
    ran = keyctl("fmt")
    assert ran.status == 1 and ran.out == "keys.d/ledger/ledger.yaml\n"
    assert "keys.d/broken.yaml:1:10 anchors" in ran.err and "keys.d/link.yaml is a symbolic link" in ran.err
    disarrange()
    assert keyctl("fmt", "--check").status == 1


def test_owners_are_begun_when_asked_and_kept_current_from_then_on(example: Repository) -> None:
    assert keyctl("fmt").status == 0 and not OWNERS.exists()
    ran = keyctl("fmt", "--codeowners", "--security-team", "desk/security")
    assert (ran.status, ran.out) == (0, ".gitlab/CODEOWNERS\n")
    text = OWNERS.read_text()
    assert "/keys.d/hedger/ @market-making\n" in text and "/registry/ @desk/security\n" in text
    assert "/keys.d/keyctl/" not in text, "keyctl's own keys are the security team's"
    assert keyctl("fmt", "--check").status == 0
    LEDGER.write_text(LEDGER.read_text().replace("owner: ledger", "owner: arbitrage"))
    ran = keyctl("fmt", "--check")
    assert ran.status == 2 and "-/keys.d/ledger/ @finance\n" in ran.out
    assert keyctl("fmt").status == 0
    assert re.search("(?m)^/keys.d/ledger/(ledger.yaml)? @arbitrage$", OWNERS.read_text())
    assert "/registry/ @desk/security\n" in OWNERS.read_text()


def test_owners_of_a_registry_below_the_repository_s_top(example: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("desk").mkdir()
    for folder in ("registry", "keys.d", "schemas"):
        Path(folder).rename(Path("desk") / folder)
    monkeypatch.chdir("desk")
    assert keyctl("fmt", "--codeowners").status == 0
    text = (example.path / OWNERS).read_text()
    assert "/desk/keys.d/hedger/ @market-making\n" in text and "/desk/registry/ @security\n" in text


def test_owners_are_not_called_current_when_the_registry_is_not_valid(example: Repository) -> None:
    assert keyctl("fmt", "--codeowners").status == 0
    LEDGER.write_text(LEDGER.read_text().replace("scopes: [read]\n", ""))
    ran = keyctl("fmt", "--check")
    assert ran.status == 1 and ".gitlab/CODEOWNERS was not looked at" in ran.err


def test_wrong_usage_is_64(example: Repository) -> None:
    assert keyctl("fmt", "--security-team", "x").status == 64
    assert keyctl("fmt", "--codeowners", "--security-team", "§").status == 64
