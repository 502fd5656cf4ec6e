"""The words of the model are those of the published schemas: whoever reads a document relies on them."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from keyctl.model.account import Environment, Mode, OnExpiry, SecondFactor, Unmanaged
from keyctl.model.app import Access, Kind
from keyctl.model.application import Verb
from keyctl.model.attempt import Outcome
from keyctl.model.checkup import Acceptance, Egress
from keyctl.model.comparison import SCHEMA_VERSION, Status
from keyctl.model.finding import Confidence, ExitReason, Risk, Severity
from keyctl.model.life import Deed, Holding
from keyctl.model.live import Coverage
from keyctl.model.overview import State
from keyctl.model.plan import Op
from keyctl.model.policy import RuleSet, Subject
from keyctl.model.review import Meaning, SharedKind
from keyctl.model.scopes import KEYS_MANAGE, READ, STANDARD, WITHDRAW

SCHEMAS = Path(__file__).parents[2] / "schemas"


def listed(schema: str, pointer: str) -> list[str]:
    """The values that a schema allows at a place, but for null."""
    node: Any = json.loads((SCHEMAS / f"{schema}.schema.json").read_text("utf-8"))
    for step in pointer.split("/"):
        node = node[int(step)] if isinstance(node, list) else node[step]
    return [value for value in node["enum"] if value is not None]


@pytest.mark.parametrize(
    ("words", "schema", "pointer"),
    [
        (Environment, "accounts", "$defs/account/properties/environment"),
        (Mode, "accounts", "$defs/account/properties/mode"),
        (Unmanaged, "accounts", "$defs/account/properties/unmanaged"),
        (OnExpiry, "accounts", "$defs/account/properties/on_expiry"),
        (SecondFactor, "accounts", "$defs/account/properties/two_factor"),
        (Kind, "apps", "$defs/app/properties/kind"),
        (Access, "apps", "$defs/app/properties/access"),
        (Status, "comparison", "$defs/key/properties/status"),
        (Coverage, "snapshot", "properties/accounts/items/properties/coverage"),
        (ExitReason, "comparison", "properties/exit_reasons/items"),
        (Severity, "comparison", "$defs/finding/properties/severity"),
        (Confidence, "comparison", "$defs/finding/properties/confidence"),
        (Risk, "comparison", "$defs/change/properties/risk"),
        (Op, "comparison", "$defs/action/properties/op"),
        (Op, "application", "$defs/outcome/properties/op"),
        (Outcome, "application", "$defs/outcome/properties/outcome"),
        (Verb, "application", "properties/command"),
        (RuleSet, "policy", "properties/set"),
        (Acceptance, "doctor", "$defs/credential/properties/acceptance"),
        (Egress, "doctor", "$defs/credential/properties/egress"),
        (Deed, "log", "$defs/event/properties/deeds/items"),
        (Holding, "log", "$defs/held_id/properties/holding"),
        (State, "status", "$defs/key/properties/state"),
        (Meaning, "review", "$defs/change/properties/class"),
        (SharedKind, "review", "$defs/shared/properties/kind"),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_a_schema_lists_the_same_words_in_the_same_order(words: type[StrEnum], schema: str, pointer: str) -> None:
    assert [str(word) for word in words] == listed(schema, pointer)


@pytest.mark.parametrize(
    ("schema", "pointer"),
    [("key", "properties/scopes/items/anyOf/0"), ("apps", "$defs/app/properties/needs/items/anyOf/0")],
)
def test_the_vocabulary_of_scopes_is_the_published_one(schema: str, pointer: str) -> None:
    assert list(STANDARD) == listed(schema, pointer)


def test_the_scopes_that_rules_speak_of_are_in_the_vocabulary() -> None:
    assert (READ, WITHDRAW, KEYS_MANAGE) == ("read", "withdraw", "keys.manage")
    assert {READ, WITHDRAW, KEYS_MANAGE} <= set(STANDARD)


@pytest.mark.parametrize("document", ["comparison", "doctor", "log", "review", "status", "validation"])
def test_documents_say_the_version_that_their_schema_is_of(document: str) -> None:
    schema = json.loads((SCHEMAS / f"{document}.schema.json").read_text("utf-8"))
    assert schema["properties"]["schema_version"]["const"] == SCHEMA_VERSION


def test_a_rule_of_a_registry_s_own_is_about_anything_but_the_registry() -> None:
    told = [str(subject) for subject in Subject]
    assert told == [*listed("policy", "properties/custom/items/properties/about"), "registry"]
