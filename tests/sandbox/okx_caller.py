"""A small client that signs as OKX's overview says, and can be told to get each part wrong."""

from __future__ import annotations

import hmac
import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from keyctl.sandbox.running import Sandbox, Scenario
from tests.sandbox.caller import Reply, fetch

CONFIG, MEMBERS = "/api/v5/account/config", "/api/v5/users/subaccount/list"
KEYS = "/api/v5/users/subaccount/apikey"
MODIFY, DELETE = "/api/v5/users/subaccount/modify-apikey", "/api/v5/users/subaccount/delete-apikey"


@dataclass(frozen=True)
class OkxCaller:
    url: str
    key: str
    secret: str = field(repr=False)
    passphrase: str = field(repr=False)

    def ask(
        self,
        path: str,
        query: str = "",
        *,
        method: str = "GET",
        body: str = "",
        signed: str | None = None,
        ahead: float = 0,
        source: str = "127.0.0.1",
        headers: Mapping[str, str | None] | None = None,
    ) -> Reply:
        """``signed`` is what is signed instead of query and body; ``headers`` replace those that are sent, None leaves
        one out."""
        moment = datetime.now(UTC) + timedelta(seconds=ahead)
        timestamp = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        target = path + (f"?{query}" if query else "")
        payload = timestamp + method + (target + body if signed is None else path + signed)
        sent: dict[str, str | None] = {
            "OK-ACCESS-KEY": self.key,
            "OK-ACCESS-PASSPHRASE": self.passphrase,
            "OK-ACCESS-TIMESTAMP": timestamp,
            "OK-ACCESS-SIGN": b64encode(hmac.digest(self.secret.encode(), payload.encode(), "sha256")).decode(),
            "Content-Type": "application/json",
        }
        kept = {name: value for name, value in {**sent, **(headers or {})}.items() if value is not None}
        return fetch(self.url, method, target, body=body, headers=kept, source=source)

    def post(self, path: str, **parameters: object) -> Reply:
        return self.ask(path, method="POST", body=json.dumps(parameters))


def code(reply: Reply) -> tuple[int, str]:
    """HTTP status and code of an answer."""
    return reply.status, reply.body["code"]


def data(reply: Reply) -> list[dict[str, Any]]:
    """The rows of a good answer."""
    assert code(reply) == (200, "0"), reply.body["code"]
    rows = reply.body["data"]
    assert isinstance(rows, list)
    return rows


def okx_caller(sandbox: Sandbox, scenario: Scenario, name: str, exchange: str = "okx") -> OkxCaller:
    """A caller with the credential of a scenario's key, by the key's name."""
    (found,) = [key for key in scenario.exchanges[exchange].keys if key.name == name]
    return OkxCaller(sandbox.exchanges[exchange], found.id, found.secret, found.passphrase)
