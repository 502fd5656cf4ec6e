"""What nobody wrote down is nothing, empty or off; the few other defaults are the cautious ones."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil
from collections.abc import Iterator
from enum import Enum
from typing import Any, get_args, get_type_hints

import pytest

import keyctl.model
from keyctl.model.account import Account, Mode, OnExpiry, Unmanaged
from keyctl.model.app import Access, App
from keyctl.model.balance import Balance, Excess
from keyctl.model.comparison import AccountRow
from keyctl.model.finding import Confidence
from keyctl.model.live import NOT_ASKED_FOR, AccountSnapshot, Unanswered
from keyctl.model.place import Place
from keyctl.model.policy import Policy, RuleSet, Waiver
from keyctl.model.registry import Brakes, Registry
from keyctl.model.rules import Rule
from keyctl.model.tombstone import Tombstones

CAUTIOUS: dict[tuple[type, str], object] = {
    (Account, "mode"): Mode.OBSERVE,
    (Account, "unmanaged"): Unmanaged.REPORT,
    (Account, "grace_days"): 7,
    (Account, "on_expiry"): OnExpiry.REPORT,
    (App, "access"): Access.KEY,
    (Brakes, "max_deletes"): 3,
    (Brakes, "max_deletes_percent"): 20,
    (Brakes, "max_changes_percent"): 50,
    (Rule, "confidence"): Confidence.HIGH,
    (Registry, "brakes"): Brakes(),
    (Registry, "policy"): Policy(),
    (Policy, "set"): RuleSet.BASE,
    (Waiver, "place"): Place("registry/waivers.yaml"),
    (Balance, "currency"): "USD",
    (Excess, "certain"): True,
    (Unanswered, "askable"): True,
    (AccountRow, "balance"): NOT_ASKED_FOR,
    (AccountSnapshot, "balances"): NOT_ASKED_FOR,
}
"""Nothing acts by default, and what acts is braked as the documentation of registries says."""


def classes() -> Iterator[type]:
    """Every class that a module of the model defines."""
    for info in pkgutil.iter_modules(keyctl.model.__path__):
        module = importlib.import_module(f"keyctl.model.{info.name}")
        for value in vars(module).values():
            if isinstance(value, type) and value.__module__ == module.__name__:
                yield value


def values() -> Iterator[type]:
    return (found for found in classes() if dataclasses.is_dataclass(found))


def optional_fields() -> Iterator[Any]:
    for value in values():
        hints = get_type_hints(value)
        for field in dataclasses.fields(value):
            default = field.default if field.default_factory is dataclasses.MISSING else field.default_factory()
            if field.init and default is not dataclasses.MISSING:
                id_ = f"{value.__name__}.{field.name}"
                yield pytest.param(value, field.name, hints[field.name], default, id=id_)


@pytest.mark.parametrize(("value", "name", "hint", "default"), list(optional_fields()))
def test_what_is_left_out_is_nothing_or_cautious(value: type, name: str, hint: Any, default: object) -> None:
    if (value, name) in CAUTIOUS:
        assert default == CAUTIOUS[value, name]
    elif type(None) in get_args(hint):
        assert default is None
    else:
        assert not default
        assert isinstance(default, bool | str | int | tuple | frozenset | dict)


def test_a_class_of_the_model_is_a_frozen_value_or_a_word_or_an_error() -> None:
    others = [
        found
        for found in classes()
        if not (dataclasses.is_dataclass(found) or issubclass(found, Enum | Exception) or found is Tombstones)
    ]
    assert others == []
    assert all(found.__dataclass_params__.frozen for found in values())  # type: ignore[attr-defined]
