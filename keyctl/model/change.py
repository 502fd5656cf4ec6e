"""One field in which live differs from desired."""

from __future__ import annotations

from dataclasses import dataclass

from keyctl.model.finding import Risk

Value = str | bool | tuple[str, ...] | None
"""A field's value as documents show it: sorted texts for sets, RFC 3339 for times, None for none."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field in which live differs from desired. ``risk`` is what the difference does to the key's power compared
    with what is declared: ``escalation`` means that the live key can do more, or from more places, or for longer."""

    field: str
    live: Value
    desired: Value
    risk: Risk
