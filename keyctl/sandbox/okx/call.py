"""A verified request, and what its parameters say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from keyctl.sandbox.okx.vocabulary import Refused
from keyctl.sandbox.scenario import SimulatedAccount, SimulatedKey
from keyctl.sandbox.simulator import Distortion, Request


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
        """The exchange's own time, to the second."""
        return datetime.fromtimestamp(self.request.at_ms // 1000, UTC)

    def text(self, name: str) -> str | None:
        """A text as it was sent, empty ones too; None where there is none."""
        value = self.parameters.get(name)
        if value is not None and not isinstance(value, str):
            raise Refused("51000", name)
        return value

    def required(self, name: str) -> str:
        """A text that must be there."""
        value = self.text(name)
        if not value:
            raise Refused("50014", name)
        return value

    def number(self, name: str) -> int | None:
        """A number in a query; an empty one counts as none."""
        value = self.text(name)
        if not value:
            return None
        if not (value.isascii() and value.isdigit() and len(value) <= 15):
            raise Refused("51000", name)
        return int(value)


def parameters(request: Request) -> Mapping[str, object]:
    """What was asked for. Raises `Refused` for a body that is no JSON object."""
    if request.method == "GET":
        return dict(parse_qsl(request.query, keep_blank_values=True))
    if not request.body:
        raise Refused("50000")
    if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused("50006")
    try:
        body: object = json.loads(request.body)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, Mapping):
        raise Refused("50002")
    return body
