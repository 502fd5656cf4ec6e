"""keyctl's own vocabulary of rights."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import NewType

Scope = NewType("Scope", str)
ScopeSet = frozenset[Scope]

STANDARD: tuple[Scope, ...] = tuple(
    Scope(name)
    for name in (
        "read",
        "trade.spot",
        "trade.margin",
        "trade.futures",
        "trade.options",
        "convert",
        "earn",
        "copy",
        "transfer.internal",
        "transfer.subaccount",
        "withdraw",
        "keys.manage",
        "affiliate",
    )
)
READ, WITHDRAW, KEYS_MANAGE = Scope("read"), Scope("withdraw"), Scope("keys.manage")
_OTHER = re.compile(r"other:[!-~]+")


class ScopeError(ValueError):
    """The text names no scope; the message says which are meant, perhaps."""


def parse_scope(text: str) -> Scope:
    """A scope of the vocabulary, or ``other:<native>`` spelt as the exchange spells it."""
    if text in STANDARD or _OTHER.fullmatch(text):
        return Scope(text)
    near = get_close_matches(text, STANDARD, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(STANDARD)} and other:<native>"
    raise ScopeError(f"unknown scope {text!r}; {hint}")


def other(native: str) -> Scope:
    """The scope of a native right that has no place in the vocabulary: nothing is dropped."""
    return Scope("other:" + re.sub(r"[^!-~]", "_", native))


def in_order(scopes: Iterable[Scope]) -> tuple[Scope, ...]:
    """Sorted for people: the vocabulary's order first, then ``other:`` by name."""
    known = {scope: rank for rank, scope in enumerate(STANDARD)}
    return tuple(sorted(scopes, key=lambda scope: (known.get(scope, len(known)), scope)))
