"""A small client that signs as Bybit's guide says, and can be told to get each part wrong."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from keyctl.sandbox.running import Sandbox, Scenario
from keyctl.sandbox.scenario import load


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> int:
        code = self.body["retCode"]
        assert isinstance(code, int)
        return code

    @property
    def result(self) -> Any:
        assert self.code == 0, self.text
        return self.body["result"]


@dataclass(frozen=True)
class Caller:
    url: str
    key: str
    secret: str = field(repr=False)
    window: str = "5000"

    def ask(
        self,
        path: str,
        query: str = "",
        *,
        method: str = "GET",
        body: str = "",
        ahead_ms: int = 0,
        signed: str | None = None,
        mark: str = "?",
        source: str = "127.0.0.1",
    ) -> Reply:
        """``signed`` is what the signature is made over instead of what is sent; ``mark`` stands before the query."""
        timestamp = str(round(time.time() * 1000) + ahead_ms)
        content = signed if signed is not None else body if method == "POST" else query
        signature = hmac.new(
            self.secret.encode(), f"{timestamp}{self.key}{self.window}{content}".encode(), "sha256"
        ).hexdigest()
        headers = {"X-BAPI-API-KEY": self.key, "X-BAPI-TIMESTAMP": timestamp, "X-BAPI-SIGN": signature}
        if self.window:
            headers["X-BAPI-RECV-WINDOW"] = self.window
        target = path + (mark + query if query or mark == "?" else "")
        return fetch(self.url, method, target, body=body, headers=headers, source=source)


def fetch(
    url: str,
    method: str,
    target: str = "/",
    *,
    body: str = "",
    headers: Mapping[str, str] | None = None,
    source: str = "127.0.0.1",
) -> Reply:
    """One request, its target sent as it is given."""
    connection = HTTPConnection(urlsplit(url).netloc, timeout=20, source_address=(source, 0))
    try:
        connection.request(method, target, body or None, dict(headers or {}))
        response = connection.getresponse()
        return Reply(response.status, dict(response.getheaders()), response.read().decode())
    finally:
        connection.close()


def control(sandbox: Sandbox, method: str, path: str, document: object = None) -> Reply:
    """One request to the control port."""
    return fetch(sandbox.control_url, method, path, body="" if document is None else json.dumps(document))


def caller(sandbox: Sandbox, scenario: str | Scenario, key: str) -> Caller:
    """A caller with the credential of a scenario's key, by the key's name."""
    whole = load(scenario) if isinstance(scenario, str) else scenario
    found = next(known for known in whole.exchanges["bybit"].keys if known.name == key)
    return Caller(sandbox.exchanges["bybit"], found.id, found.secret)
