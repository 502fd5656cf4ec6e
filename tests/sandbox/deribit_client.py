"""A small client written from Deribit's documentation (articles/authentication, articles/json-rpc-overview), which can
be told to get each part wrong. It knows nothing of the simulator."""

from __future__ import annotations

import hmac
import itertools
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from tests.sandbox.caller import Reply, fetch

_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Told:
    """One answer of JSON-RPC."""

    reply: Reply

    @property
    def code(self) -> int:
        """The error's code, 0 for none."""
        error = self.reply.body.get("error")
        return 0 if error is None else int(error["code"])

    @property
    def result(self) -> Any:
        assert self.code == 0, self.reply.body["error"]
        return self.reply.body["result"]


@dataclass(frozen=True)
class Client:
    """One credential, by signature; with a ``token``, by that."""

    url: str
    key: str
    secret: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    source: str = "127.0.0.1"

    def get(self, method: str, params: Mapping[str, object] | Sequence[tuple[str, str]] = (), **how: Any) -> Told:
        """A GET with a query; a list in ``params`` is repeated names."""
        return self.raw("GET", method, urlencode(params, doseq=True), **how)

    def post(self, method: str, params: Mapping[str, object] | None = None, *, verb: str = "POST", **how: Any) -> Told:
        """A JSON-RPC body; the documentation's own samples send it with GET too."""
        body = {"jsonrpc": "2.0", "id": next(_NUMBERS), "method": method, "params": dict(params or {})}
        told = self.raw(verb, method, "", json.dumps(body), **how)
        assert told.reply.body["id"] == body["id"]
        return told

    def raw(
        self,
        verb: str,
        method: str,
        query: str = "",
        body: str = "",
        *,
        ahead_ms: int = 0,
        nonce: str | None = None,
        signed: str | None = None,
        path: str | None = None,
    ) -> Told:
        """``signed`` is the query that the signature is made over instead of what is sent."""
        path = path or f"/api/v2/{method}"
        uri = f"{path}?{query}" if query else path
        headers = {"Content-Type": "application/json"}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        elif self.secret:
            over = uri if signed is None else f"{path}?{signed}"
            ts, nonce = str(round(time.time() * 1000) + ahead_ms), nonce or f"nonce{next(_NUMBERS)}"
            data = f"{ts}\n{nonce}\n{verb}\n{over}\n{body}\n"
            signature = hmac.new(self.secret.encode(), data.encode(), "sha256").hexdigest()
            headers["Authorization"] = f"deri-hmac-sha256 id={self.key},ts={ts},sig={signature},nonce={nonce}"
        return Told(fetch(self.url, verb, uri, body=body, headers=headers, source=self.source))

    def authenticated(self, **params: object) -> tuple[Client, dict[str, Any]]:
        """The same with a token from public/auth, and what it said; by client_credentials unless told otherwise."""
        asked: dict[str, object] = {"grant_type": "client_credentials", "client_id": self.key, **params}
        if asked["grant_type"] == "client_credentials":
            asked["client_secret"] = self.secret
        elif asked["grant_type"] == "client_signature":
            ts, nonce, data = str(round(time.time() * 1000)), "abcd1234", str(params.get("data", ""))
            signature = hmac.new(self.secret.encode(), f"{ts}\n{nonce}\n{data}".encode(), "sha256").hexdigest()
            asked |= {"timestamp": ts, "nonce": nonce, "signature": signature}
        result = replace(self, secret="", token=None).post("public/auth", asked).result
        return replace(self, token=result["access_token"]), result

    def listed(self) -> dict[str, Any]:
        """The account's keys by client id."""
        return {row["client_id"]: row for row in self.get("private/list_api_keys").result}

    def log(self) -> list[tuple[str, str | None]]:
        """What the access log says, oldest first."""
        entries = self.get("private/get_access_log", {"count": 1000}).result
        return [(entry["log"], entry.get("data")) for entry in reversed(entries)]
