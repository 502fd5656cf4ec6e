"""A verified request, and what its parameters say."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from keyctl.sandbox.bybit.vocabulary import Refused, digits
from keyctl.sandbox.scenario import SimulatedAccount, SimulatedKey
from keyctl.sandbox.simulator import Distortion, Request

_CURSOR = re.compile(r"(\d{1,9}):=")


@dataclass(frozen=True, slots=True)
class Call:
    """A verified request: its caller, and its parameters decoded, from the query of a GET or the body of a POST."""

    request: Request
    key: SimulatedKey
    account: SimulatedAccount
    parameters: Mapping[str, object]
    distortion: Distortion

    @property
    def now(self) -> datetime:
        """The exchange's own time."""
        return now(request=self.request)

    def number(self, name: str, *, default: int, most: int) -> int:
        """A number in a query."""
        given = str(self.parameters.get(name, default))
        if not digits(given) or not 1 <= int(given) <= most:
            raise Refused(10001)
        return int(given)

    def row_of(self, name: str) -> int:
        """The row that a cursor stands for."""
        found = _CURSOR.fullmatch(str(self.parameters.get(name) or "0:="))
        if found is None:
            raise Refused(10001)
        return int(found[1])

    def text(self, name: str, default: str | None = None) -> str:
        """A text in a body; refused when it is missing and has no default."""
        value = self.parameters.get(name)
        value = default if value is None else value
        if not isinstance(value, str):
            raise Refused(10001)
        return value

    def integer(self, name: str, default: int | None = None) -> int:
        """A JSON number in a body; refused when it is missing and has no default."""
        value = self.parameters.get(name)
        value = default if value is None else value
        if isinstance(value, bool) or not isinstance(value, int):
            raise Refused(10001)
        return value

    def switch(self, name: str, default: int | None = None) -> bool:
        """0 or 1."""
        value = self.integer(name, default)
        if value not in (0, 1):
            raise Refused(10001)
        return value == 1


def now(request: Request) -> datetime:
    return datetime.fromtimestamp(request.at_ms / 1000, UTC)


def parameters(request: Request) -> Mapping[str, object]:
    """What was asked for. Raises `Refused` for a body that is no JSON object."""
    if request.method == "GET":
        return dict(parse_qsl(request.query, keep_blank_values=True))
    try:
        body: object = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, Mapping):
        raise Refused(10001)
    return body
