"""The table of docs/policy.md: every practice has something that holds it, and every rule belongs to a practice."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import typer

from keyctl.cli.main import app
from keyctl.model.rules import RULES
from keyctl.policy import catalogue
from keyctl.policy.explained import names

PAGE = Path(__file__).parents[2] / "docs/policy.md"
PRACTICES = (
    "least privilege",
    "no right to withdraw",
    "IP allow-list",
    "expiry",
    "one key for each app",
    "a dedicated sub-account, nearly empty, for each third-party app",
    "second factor, never SMS",
    "a unique e-mail address",
    "wallet-signed access",
    "every live key on one page",
    "alerts on use outside hours",
    "immediate revocation",
    "a forensic log of calls",
    "permanent, version-controlled revoked ids",
    "secrets never in git",
)
"""What the project is for, practice by practice."""
BY_HAND_YET = {"alerts on use outside hours", "immediate revocation", "a forensic log of calls"}
"""Practices that no command does yet; the page says so."""


def rows() -> list[list[str]]:
    table = PAGE.read_text().split("## The practices")[1].split("\n## ")[0]
    lines = [line for line in table.splitlines() if line.startswith("| ")][2:]
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def practice_of(row: list[str]) -> str:
    return next(practice for practice in PRACTICES if practice in row[0])


def test_every_practice_has_a_row_and_no_row_is_none() -> None:
    assert [practice_of(row) for row in rows()] == list(PRACTICES)


def test_every_practice_is_held_by_a_rule_or_a_live_check_that_is_there() -> None:
    for row in rows():
        held = [*named(row[1]), *named(row[2])]
        assert held, row[0]
        assert set(held) <= set(names()), row[0]


def test_every_command_is_there_and_what_is_not_built_is_said() -> None:
    group: Any = typer.main.get_command(app)
    for row in rows():
        by_hand = "yet" in row[3]
        assert by_hand == (practice_of(row) in BY_HAND_YET)
        for command in named(row[3]):
            words = command.split()
            assert words[0] in group.commands, command
            options = [word for word in words if word.startswith("--")]
            known = {option for parameter in group.commands[words[0]].params for option in parameter.opts}
            assert set(options) <= known, command


def test_every_rule_of_the_policy_belongs_to_a_practice() -> None:
    held = {name for row in rows() for name in (*named(row[1]), *named(row[2]))}
    assert {rule.name for rule in catalogue.rules()} <= held
    live = {rule.name for rule in catalogue.rules() if rule.live}
    assert not live & {name for row in rows() for name in named(row[1])}, "a live check stands in the column of those"
    assert all(name in RULES or catalogue.rule(name) for name in held)
