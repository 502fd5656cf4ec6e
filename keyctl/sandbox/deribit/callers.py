"""Who calls: by a signature over the request, or by a token that a key was given."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address

from keyctl.sandbox.deribit.call import Call
from keyctl.sandbox.deribit.scopes import Scope, cut, of_rights, parsed, text
from keyctl.sandbox.deribit.state import State
from keyctl.sandbox.deribit.vocabulary import Refused, wrong
from keyctl.sandbox.invented import invented_secret
from keyctl.sandbox.scenario import SimulatedAccount, SimulatedKey
from keyctl.sandbox.signing import hmac_sha256_hex, same
from keyctl.sandbox.simulator import Request

SIGNED, BEARER = "deri-hmac-sha256 ", "bearer "
WINDOW_MS = 60_000
TOKEN_SECONDS = 900
_EXPIRES = re.compile(r"expires:([0-9]{1,8})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Caller:
    """A key, the account that it acts on, and what it may do there in this call."""

    key: SimulatedKey
    account: SimulatedAccount
    scope: Scope

    @property
    def main(self) -> bool:
        return self.account.parent is None


@dataclass(frozen=True, slots=True)
class _Token:
    """``resets`` is how often the key's secret had been reset when it was given."""

    key: str
    resets: object
    account: str
    scope: Scope
    extra: tuple[str, ...]
    ends_ms: int
    ip: str | None
    refreshes: bool


class Callers:
    """Verifies callers, and gives tokens; those are forgotten at a restart."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._tokens: dict[str, _Token] = {}
        self._nonces: set[tuple[str, str]] = set()

    def verified(self, request: Request) -> Caller:
        """Raises Refused for a caller who is not known, or not from one of the key's addresses."""
        given = request.headers.get("Authorization", "")
        if given.lower().startswith(BEARER):
            token = self._token(given[len(BEARER) :].strip(), request.at_ms, refreshes=False)
            key = self._key(token.key)
            if token.ip is not None and token.ip != request.peer:
                raise Refused(13009)
            caller = Caller(key, self._state.account(token.account), cut(token.scope, of_rights(key.rights)))
        elif given.startswith(SIGNED):
            key = self._signed(given, request)
            caller = Caller(key, self._state.account(key.account), of_rights(key.rights))
        else:
            raise Refused(10000)
        self._from_an_address_of(key, request)
        return caller

    def auth(self, call: Call, request: Request) -> dict[str, object]:
        """public/auth."""
        grant = call.text("grant_type")
        if grant == "refresh_token":
            old = self._token(call.text("refresh_token"), request.at_ms, refreshes=True)
            return self._given(self._key(old.key), old.account, old.scope, old.extra, old.ip, TOKEN_SECONDS, request)
        key = self._key(call.text("client_id"))
        if grant == "client_credentials":
            if not same(call.text("client_secret"), self._state.secret(key)):
                raise Refused(13004)
        elif grant == "client_signature":
            timestamp, nonce = call.number("timestamp"), str(call.parameters.get("nonce", ""))
            data = str(call.parameters.get("data", ""))
            expected = hmac_sha256_hex(self._state.secret(key), f"{timestamp}\n{nonce}\n{data}".encode())
            if not same(call.text("signature"), expected):
                raise Refused(13004)
            self._recent(timestamp, request)
        else:
            raise wrong("grant_type")
        self._from_an_address_of(key, request)
        own, extra, address, seconds = of_rights(key.rights), [], None, TOKEN_SECONDS
        scope: Scope = {} if self._state.option("token_scope", "key") == "connection" else own
        if call.has("scope"):
            groups = []
            for part in call.text("scope").split():
                if ends := _EXPIRES.fullmatch(part):
                    seconds = int(ends[1])
                elif part.startswith("ip:"):
                    address = None if part == "ip:*" else part.removeprefix("ip:")
                elif part == "connection" or part.startswith("session:"):
                    extra.append(part)
                elif part != "mainaccount":
                    groups.append(part)
            scope = cut(parsed(groups, "scope"), own) if groups else {}
        return self._given(key, key.account, scope, tuple(extra), address, seconds, request)

    def exchange(self, call: Call, request: Request) -> dict[str, object]:
        """public/exchange_token: a main account's token becomes one for a sub-account of it."""
        old = self._token(call.text("refresh_token"), request.at_ms, refreshes=True)
        key, wanted = self._key(old.key), str(call.number("subject_id"))
        main = self._state.account(key.account)
        subjects = [main, *self._state.world.children(main)] if main.parent is None else []
        subject = next((account for account in subjects if account.uid == wanted), None)
        if subject is None:
            raise Refused(13021)
        return self._given(key, subject.name, old.scope, old.extra, old.ip, TOKEN_SECONDS, request)

    def _given(
        self,
        key: SimulatedKey,
        account: str,
        scope: Scope,
        extra: tuple[str, ...],
        ip: str | None,
        seconds: int,
        request: Request,
    ) -> dict[str, object]:
        scope = cut(scope, of_rights(key.rights))
        names = []
        for refreshes in (False, True):
            name = invented_secret(self._state.world.scenario, f"token {len(self._tokens)} {request.at_ms}")
            ends_ms = request.at_ms + seconds * 1000 * (100 if refreshes else 1)
            resets = key.native.get("resets", 0)
            self._tokens[name] = _Token(key.id, resets, account, scope, extra, ends_ms, ip, refreshes)
            names.append(name)
        shown = [text(scope)] if scope else []
        main = ["mainaccount"] if self._state.account(account).parent is None else []
        extra = extra or ("connection",)
        return {
            "access_token": names[0],
            "refresh_token": names[1],
            "expires_in": seconds,
            "scope": " ".join([*shown, *extra, *main]),
            "enabled_features": key.native.get("features", []),
            "token_type": "bearer",
        }

    def _token(self, name: str, at_ms: int, *, refreshes: bool) -> _Token:
        token = self._tokens.get(name)
        key = self._state.world.keys.get(token.key) if token is not None else None
        if token is None or key is None or token.refreshes is not refreshes or token.ends_ms <= at_ms:
            raise Refused(13009, reason="token has expired", param="access_token")
        if not key.native.get("enabled", True) or key.native.get("resets", 0) != token.resets:
            raise Refused(13009, reason="token has expired", param="access_token")
        return token

    def _key(self, id_: str) -> SimulatedKey:
        key = self._state.world.keys.get(id_)
        if key is None or not key.native.get("enabled", True):
            raise Refused(13004)
        return key

    def _signed(self, header: str, request: Request) -> SimulatedKey:
        parts = dict(part.strip().partition("=")[::2] for part in header.removeprefix(SIGNED).split(","))
        key = self._key(parts.get("id", ""))
        sent, nonce = parts.get("ts", ""), parts.get("nonce", "")
        if not (sent.isascii() and sent.isdecimal() and len(sent) < 16):
            raise Refused(13009)
        uri = f"{request.path}?{request.query}" if request.query else request.path
        head = f"{sent}\n{nonce}\n{request.method}\n{uri}\n".encode("utf-8", "surrogateescape")
        expected = hmac_sha256_hex(self._state.secret(key), head + request.body + b"\n")
        if key.native.get("public_key") or not same(parts.get("sig", ""), expected):
            raise Refused(13009)
        self._recent(int(sent), request)
        if self._state.option("nonce_reuse", "tolerated") == "refused":
            if (key.id, nonce) in self._nonces:
                raise Refused(13009)
            self._nonces.add((key.id, nonce))
        return key

    def _recent(self, sent_ms: int, request: Request) -> None:
        if abs(request.at_ms - sent_ms) > WINDOW_MS:
            raise Refused(13009)

    def _from_an_address_of(self, key: SimulatedKey, request: Request) -> None:
        if key.ips and ip_address(request.peer) not in {ip_address(entry) for entry in key.ips}:
            raise Refused(13009)
