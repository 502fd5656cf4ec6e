"""The documented answers of every exchange and what is expected of them, as ``<exchange>/payloads/*.json`` have it.

Beside them an exchange has ``meaning.py`` with ``MEANING``, which tells another answer from a damaged one. Lists of
sub-accounts are read by ``subaccount_page(endpoint, answer)`` of its ``decoding`` module.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

from keyctl.exchanges import catalogue
from keyctl.model.identifier import UNSAID
from keyctl.model.ips import IpSet
from keyctl.model.live import LiveKey, SubAccount
from keyctl.model.observed import Absent, Known, NotObservable, Observed, value_of
from keyctl.model.scopes import ScopeSet

T = TypeVar("T")
Steps = tuple[str | int, ...]
"""The path of a value in an answer."""

HERE = Path(__file__).parent
EXCHANGES = sorted(folder.parent.name for folder in HERE.glob("*/payloads"))
GONE: Any = object()
"""In the place of a value: the field is taken out."""


@dataclass(frozen=True)
class Payload:
    """One documented answer. ``keys``, ``subaccounts``, ``parts`` (what lies in wallets: asset, amount, value) and
    ``prices`` (USD by asset, null for those without) are what it decodes to; ``causes`` of the error otherwise."""

    exchange: str
    name: str
    endpoint: str
    source: str
    answer: Any
    keys: list[dict[str, Any]] | None
    subaccounts: list[dict[str, Any]] | None
    causes: list[str] | None
    parts: list[list[str | None]] | None = None
    prices: dict[str, str | None] | None = None

    def __str__(self) -> str:
        return f"{self.exchange}-{self.name}"

    def decoded(self, answer: Any) -> tuple[LiveKey, ...]:
        """The keys in an answer of the same endpoint."""
        return catalogue.decode(self.exchange, self.endpoint, answer)

    def members(self, answer: Any) -> tuple[SubAccount, ...]:
        """The sub-accounts in an answer of the same endpoint."""
        decoding = import_module(f"keyctl.exchanges.{self.exchange}.decoding")
        found: tuple[SubAccount, ...] = decoding.subaccount_page(self.endpoint, answer).items
        return found


@dataclass(frozen=True)
class Meaning:
    """What the documentation lets the fields of an answer say.

    ``another_answer`` is whether a value (or GONE) at a path makes another answer that is as good as the documented
    one. ``listings`` are the paths of lists of keys and of sub-accounts, which may be shorter. In objects called one
    of ``open_objects`` every name is a right.
    """

    another_answer: Callable[[Steps, object], bool]
    listings: frozenset[Steps] = frozenset()
    open_objects: frozenset[str] = frozenset()


def meaning(exchange: str) -> Meaning:
    """What an exchange's own tests say of its answers."""
    found: Meaning = import_module(f"tests.exchanges.{exchange}.meaning").MEANING
    return found


def payloads(*exchanges: str) -> list[Payload]:
    """Every file, by exchange and name; of all exchanges if none is named."""
    return [
        Payload(
            exchange,
            path.stem,
            form["endpoint"],
            form["source"],
            form["answer"],
            form.get("keys"),
            form.get("subaccounts"),
            form.get("causes"),
            form.get("parts"),
            form.get("prices"),
        )
        for exchange in exchanges or EXCHANGES
        for path in sorted((HERE / exchange / "payloads").glob("*.json"))
        for form in [json.loads(path.read_text(encoding="utf-8"))]
    ]


def payload(exchange: str, name: str) -> Any:
    """The answer of one file, fresh for changing."""
    return json.loads((HERE / exchange / "payloads" / f"{name}.json").read_text(encoding="utf-8"))["answer"]


def change(item: dict[str, Any], changes: dict[str, Any]) -> None:
    """Replace fields of an object; GONE takes one out."""
    for name, value in changes.items():
        if value is GONE:
            item.pop(name, None)
        else:
            item[name] = value


def shown(key: LiveKey) -> dict[str, Any]:
    """A live key as the files have it: null for what the answer itself says is none, ``unknown`` for what it does not
    say; ``id`` is null where the answer gives none."""
    return {
        "id": None if key.identifier == UNSAID else key.identifier.text,
        "label": _shown(key.label, str),
        "scopes": _shown(key.scopes, _scopes),
        "ips": _shown(key.ips, _ips),
        "enabled": _shown(key.enabled, bool),
        "created_at": _shown(key.created_at, _time),
        "modified_at": _shown(key.modified_at, _time),
        "expires_at": _shown(key.expires_at, _time),
        "last_used_at": _shown(key.last_used_at, _time),
        "native": list(key.native),
        "assumed": len(key.assumptions),
    }


def shown_member(subaccount: SubAccount) -> dict[str, Any]:
    """A sub-account as the files have it; ``frozen`` is null where the list does not say."""
    return {"uid": subaccount.uid, "name": subaccount.name, "frozen": value_of(subaccount.frozen)}


def _shown(field: Observed[T], text: Callable[[T], object]) -> object:
    match field:
        case Known(value):
            return text(value)
        case Absent():
            return None
        case NotObservable(reason):
            assert reason
            return "unknown"


def _scopes(scopes: ScopeSet) -> list[str]:
    return sorted(scopes)


def _ips(ips: IpSet) -> object:
    return "any" if ips.unrestricted else list(ips.texts())


def _time(value: datetime) -> str:
    assert value.tzinfo is not None
    return value.isoformat().replace("+00:00", "Z")
