"""The documented answers of Bybit and what is expected of them, as the files in ``payloads`` have it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from keyctl.model.ips import IpSet
from keyctl.model.live import LiveKey
from keyctl.model.observed import Absent, Known, NotObservable, Observed
from keyctl.model.scopes import ScopeSet

T = TypeVar("T")
PAYLOADS = Path(__file__).parent / "payloads"


@dataclass(frozen=True)
class Payload:
    """One documented answer. ``keys`` and ``subaccounts`` are what it decodes to; ``causes`` of the error otherwise."""

    name: str
    endpoint: str
    source: str
    answer: Any
    keys: list[dict[str, Any]] | None
    subaccounts: list[dict[str, Any]] | None
    causes: list[str] | None


def payloads() -> list[Payload]:
    """Every file, by name."""
    return [
        Payload(
            path.stem,
            form["endpoint"],
            form["source"],
            form["answer"],
            form.get("keys"),
            form.get("subaccounts"),
            form.get("causes"),
        )
        for path in sorted(PAYLOADS.glob("*.json"))
        for form in [json.loads(path.read_text(encoding="utf-8"))]
    ]


def payload(name: str) -> Any:
    """The answer of one file, fresh for changing."""
    return json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))["answer"]


def shown(key: LiveKey) -> dict[str, Any]:
    """A live key as the files have it: null for what the answer itself says is none, ``unknown`` for what it does not
    say."""
    return {
        "id": key.identifier.text,
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
