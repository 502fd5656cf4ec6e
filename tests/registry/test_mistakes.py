"""Every mistake of mistakes.yaml is told, each at its file, line and column, and nothing else is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from keyctl.model.finding import ExitReason
from keyctl.registry.load import Loaded
from keyctl.registry.reader import read
from tests.registry.writing import loaded_with, text_of

MISTAKES: Any = read((Path(__file__).parent / "mistakes.yaml").read_bytes())


@pytest.mark.parametrize("mistake", MISTAKES, ids=[f"{m['name']}: {m['says'][0]}"[:90] for m in MISTAKES])
def test_a_mistake_is_told_at_its_place(mistake: Any) -> None:
    loaded = loaded_with(**{mistake["name"]: mistake["text"]})
    assert text_of(loaded) == mistake["says"]
    wrong = any(finding.consequence is ExitReason.FAILED for finding in loaded.findings)
    assert (loaded.registry is None) == wrong
    assert wrong or loaded.findings[0].consequence is ExitReason.BLOCKED
    assert all(finding.remedy for finding in loaded.findings)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("ips: any\naccuont: a", "did you mean 'account'?"),
        ("ips: any\nscopes: [trade.spto]", "did you mean 'trade.spot'?"),
        ("ips: any\nprotected: 'true'", "remove the quotes around true"),
        ("ips: any\nprotected: yes", "write true or false, without quotes"),
        ("ips: [any]", "write the text in place of the list, ips: any, if no restriction is meant"),
        ("ips: any\nissued: 1.2.2026", "write the day on which the current identifier was issued, as YYYY-MM-DD"),
        ("ips: any\nscopes: read", "write it as a list: [read]"),
        (
            "ips: any\nowner: hedgre",
            "did you mean 'hedger'? else declare it in registry/apps.yaml, or correct the name",
        ),
    ],
)
def test_the_remedy_says_what_to_write(text: str, remedy: str) -> None:
    given = dict(line.split(": ", 1) for line in text.split("\n"))
    members = {"account": "bybit-main", "owner": "hedger", "scopes": "[read]", **given}
    loaded = loaded_with(one="".join(f"{name}: {value}\n" for name, value in members.items()))
    assert remedy in [finding.remedy for finding in loaded.findings]


def _rules(loaded: Loaded) -> list[str]:
    return [finding.rule for finding in loaded.findings]


def test_ids_that_come_back_block_and_other_mistakes_fail() -> None:
    shared = loaded_with(two="account: bybit-main\nowner: hedger\nid: w8HqB0tXn3KcVz\nscopes: [read]\nips: any\n")
    assert _rules(shared) == ["identifier-shared"]
    revoked = loaded_with(revoked="revoked: [{id: w8HqB0tXn3KcVz, on: 2026-06-01, reason: leaked}]\n")
    assert _rules(revoked) == ["revoked-id-declared"]
    assert revoked.findings[0].consequence == "blocked"
    assert _rules(loaded_with(networks="office: [x]\n")) == ["value"]


def test_the_same_id_may_be_revoked_in_two_files() -> None:
    revoked = "revoked: [{id: gone-id, on: 2026-06-01, reason: leaked}]\n"
    key = f"account: bybit-main\nowner: hedger\nscopes: [read]\nips: any\n{revoked}"
    loaded = loaded_with(two=key, three=key, revoked=revoked)
    assert loaded.findings == ()
    assert loaded.registry is not None
    assert len(loaded.registry.tombstones()) == 1


def test_ids_and_names_of_digits_stay_text() -> None:
    key = "account: bybit-main\nowner: '007'\nid: 12345678\nscopes: [read]\nips: any\n"
    loaded = loaded_with(
        one=key, apps="007: {team: x, kind: internal}\n", accounts="bybit-main: {exchange: bybit, uid: 53888000}\n"
    )
    assert loaded.registry is not None
    (found,) = loaded.registry.keys.values()
    assert found.identifier is not None
    assert found.identifier.text == "12345678"
    (account,) = loaded.registry.accounts.values()
    assert account.uid == "53888000"


def test_keyctl_is_an_app_without_being_declared() -> None:
    loaded = loaded_with(one="account: bybit-main\nowner: keyctl\nscopes: [read]\nips: any\n")
    assert loaded.findings == ()
    declared = loaded_with(apps="hedger: {team: a, kind: internal}\nkeyctl: {team: security, kind: internal}\n")
    assert declared.registry is not None
    assert [app.team for app in declared.registry.apps.values()] == ["a", "security"]
