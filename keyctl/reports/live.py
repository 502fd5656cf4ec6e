"""Live keys as JSON, for `exchanges decode`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from keyctl.model.identifier import UNSAID
from keyctl.model.live import LiveKey
from keyctl.model.observed import Absent, Known, NotObservable, Observed
from keyctl.model.times import instant

T = TypeVar("T")


def live_key(key: LiveKey) -> dict[str, Any]:
    """One key with its whole id. ``null`` stands where the answer itself says none, ``"unknown"`` where it does not
    say; only id, fingerprint and label are ``null`` where the endpoint gives none."""
    named = key.identifier != UNSAID
    label = _shown(key.label, str)
    return {
        "id": (key.identifier.text or key.identifier.display) if named else None,
        "fingerprint": key.identifier.fingerprint if named else None,
        "label": None if isinstance(key.label, NotObservable) else label,
        "scopes": _shown(key.scopes, sorted),
        "ips": _shown(key.ips, lambda ips: "any" if ips.unrestricted else list(ips.texts())),
        "created_at": _shown(key.created_at, instant),
        "modified_at": _shown(key.modified_at, instant),
        "expires_at": _shown(key.expires_at, instant),
        "last_used_at": _shown(key.last_used_at, instant),
        "enabled": _shown(key.enabled, bool),
        "native_permissions": list(key.native),
    }


def _shown(field: Observed[T], show: Callable[[T], Any]) -> Any:
    match field:
        case Known(value):
            return show(value)
        case Absent():
            return None
        case NotObservable():
            return "unknown"
