"""How far this machine's clock is from an exchange's, read off an answer that was asked for anyhow."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from keyctl.exchanges.declaration import ServerTime
from keyctl.exchanges.edge import parse
from keyctl.exchanges.errors import Malformed
from keyctl.model.checkup import ClockOffset

_HEADER_STEP = 1.0
"""The ``Date`` header is cut to whole seconds."""


def offset(
    declared: ServerTime | None, headers: Mapping[str, str], body: str, sent: float, received: float
) -> ClockOffset | None:
    """This machine's clock minus the exchange's; None where the answer does not tell. ``sent`` and ``received`` are
    Unix times of this machine: the answer was made somewhere between."""
    if declared is None:
        return None
    there, step = _in_body(declared, body), 0.0
    if there is None and declared.header is not None:
        there, step = _in_header(declared.header, headers), _HEADER_STEP
    if there is None:
        return None
    return ClockOffset((sent + received) / 2 - (there + step / 2), (received - sent) / 2 + step / 2)


def _in_body(declared: ServerTime, body: str) -> float | None:
    if not declared.path:
        return None
    try:
        value = parse(body)
    except Malformed:
        return None
    for name in declared.path:
        value = value.get(name) if isinstance(value, dict) else None
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value / declared.per_second
    return None


def _in_header(name: str, headers: Mapping[str, str]) -> float | None:
    given = next((value for header, value in headers.items() if header.lower() == name.lower()), None)
    try:
        return parsedate_to_datetime(given).timestamp() if given else None
    except (ValueError, OverflowError):
        return None
