"""What the policy's rooms hand to each other is never changed by who gets it."""

from __future__ import annotations

import dataclasses
import importlib
import pkgutil

import pytest

import keyctl.policy
from keyctl.policy.judge import _Work
from keyctl.policy.world import World

MODULES = [
    one.name
    for one in pkgutil.walk_packages(keyctl.policy.__path__, "keyctl.policy.")
    if not one.name.startswith("keyctl.policy.rules.")
]
BUILDING = {_Work}
"""What is filled step by step, in the one function that made it."""
INDEXED = {World}
"""What keeps the indexes that it makes."""


def values() -> list[type]:
    found = (value for name in MODULES for value in vars(importlib.import_module(name)).values())
    return sorted({one for one in found if isinstance(one, type) and dataclasses.is_dataclass(one)}, key=str)


@pytest.mark.parametrize("value", values(), ids=lambda value: value.__name__)
def test_every_value_is_frozen_and_slotted(value: type) -> None:
    assert value.__dataclass_params__.frozen == (value not in BUILDING)  # type: ignore[attr-defined]
    assert ("__slots__" in vars(value)) == (value not in INDEXED)


def test_there_are_such_values() -> None:
    assert len([one for one in values() if one.__module__.startswith("keyctl.policy.")]) > 20
