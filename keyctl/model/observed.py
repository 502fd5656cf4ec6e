"""What an exchange's answer says of one field: known, absent, or nothing at all (law 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Known(Generic[T]):
    """The answer gives the value."""

    value: T


@dataclass(frozen=True, slots=True)
class Absent:
    """The answer itself says that there is none: never expires, never used."""


@dataclass(frozen=True, slots=True)
class NotObservable:
    """The answer does not say; ``reason`` is a sentence fragment for people."""

    reason: str


Observed = Known[T] | Absent | NotObservable

ABSENT = Absent()


def value_of(field: Observed[T]) -> T | None:
    """The known value, else None: only for display and where absent and unknown mean the same."""
    return field.value if isinstance(field, Known) else None
