"""One call: its method and parameters, from a query or from a JSON-RPC body."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from keyctl.sandbox.deribit.scopes import Scope, parsed
from keyctl.sandbox.deribit.vocabulary import Refused, wrong
from keyctl.sandbox.simulator import Request

ROOT = "/api/v2"
_INDEXED = re.compile(r"(\w+)\[\d{1,3}\]", re.ASCII)


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked: ``method`` such as ``private/list_api_keys``. ``id`` comes back in the answer, if one was sent."""

    method: str
    parameters: Mapping[str, object]
    id: object = None

    def has(self, name: str) -> bool:
        """Whether a parameter was sent; null is as good as nothing."""
        return self.parameters.get(name) is not None

    def text(self, name: str) -> str:
        value = self.parameters.get(name)
        if not isinstance(value, str):
            raise wrong(name)
        return value

    def number(self, name: str, default: int | None = None) -> int:
        value = self.parameters.get(name, default)
        if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 16:
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise wrong(name)
        return value

    def flag(self, name: str) -> bool:
        value = {"true": True, "false": False}.get(str(self.parameters.get(name)).lower())
        if value is None:
            raise wrong(name)
        return value

    def texts(self, name: str, *, json_text: bool = False) -> list[str]:
        """A list of texts. ``json_text`` takes one that a query writes as JSON."""
        value = self.parameters.get(name)
        if isinstance(value, str) and json_text and value.startswith("["):
            try:
                value = json.loads(value)
            except ValueError:
                raise wrong(name) from None
        value = [value] if isinstance(value, str) else value
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise wrong(name)
        return value

    def scope(self, name: str) -> Scope:
        """``<group>:<level>`` in one text with spaces, or in a list."""
        return parsed([token for entry in self.texts(name) for token in entry.split(" ")], name)


def call_of(request: Request) -> Call:
    """Raises Refused for what is no call, or one to nothing."""
    if request.path != ROOT and not request.path.startswith((f"{ROOT}/private/", f"{ROOT}/public/")):
        raise Refused(-32601)
    named = request.path.removeprefix(ROOT).removeprefix("/")
    if not request.body:
        if request.method != "GET" or not named:
            raise Refused(11050, reason="a body is expected")
        return Call(named, _query(request.query))
    try:
        body: object = json.loads(request.body)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict) or body.get("jsonrpc") != "2.0":
        raise Refused(11050, reason="the body is no JSON-RPC 2.0 request")
    method, parameters = body.get("method", named), body.get("params", {})
    if not isinstance(method, str) or not isinstance(parameters, dict):
        raise Refused(11050, reason="the body is no JSON-RPC 2.0 request")
    method = method.removeprefix("/")
    if (named and method != named) or not method:
        raise Refused(11050, reason="path and body name two methods")
    return Call(method, parameters, body.get("id"))


def _query(query: str) -> Mapping[str, object]:
    """Parameters of a query. A name that comes several times, or with an index, is a list."""
    found: dict[str, list[str]] = {}
    lists: set[str] = set()
    for name, value in parse_qsl(query, keep_blank_values=True):
        indexed = _INDEXED.fullmatch(name)
        plain = indexed[1] if indexed else name
        if indexed:
            lists.add(plain)
        found.setdefault(plain, []).append(value)
    return {name: values if name in lists or len(values) > 1 else values[0] for name, values in found.items()}
