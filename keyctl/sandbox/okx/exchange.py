"""The simulated exchange: who calls, whether they may, how often, and which endpoint answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from urllib.parse import unquote_to_bytes

from keyctl.sandbox.okx.call import Call, parameters
from keyctl.sandbox.okx.money import Money, index_tickers
from keyctl.sandbox.okx.reading import Reading, Rows, held
from keyctl.sandbox.okx.vocabulary import (
    BALANCE,
    CONFIG,
    DELETE,
    FUNDING,
    IDLE_DAYS,
    INDEX,
    KEYS,
    LIMITS,
    MEMBERS,
    MESSAGES,
    MODIFY,
    SUB_BALANCE,
    SUB_FUNDING,
    TIME,
    TRADE,
    WITHDRAW,
    Refused,
    check,
)
from keyctl.sandbox.okx.writing import Writing, digest
from keyctl.sandbox.rates import SlidingWindows
from keyctl.sandbox.scenario import SimulatedAccount, SimulatedKey
from keyctl.sandbox.signing import hmac_sha256_base64, same
from keyctl.sandbox.simulator import UNDISTORTED, Answer, Distortion, Request
from keyctl.sandbox.world import ExchangeWorld

WINDOW = timedelta(seconds=30)
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_KEY = re.compile(r"[0-9A-Za-z-]{1,64}")
_HEADERS = (
    ("OK-ACCESS-KEY", "50103"),
    ("OK-ACCESS-PASSPHRASE", "50104"),
    ("OK-ACCESS-SIGN", "50106"),
    ("OK-ACCESS-TIMESTAMP", "50107"),
)


class Okx:
    """Answers as the package's description says; see `keyctl.sandbox.simulator.Simulator`."""

    exchange = "okx"

    def __init__(self, world: ExchangeWorld) -> None:
        check(world)
        self._world = world
        self._windows = SlidingWindows()
        reading, money, writing = Reading(world), Money(world), Writing(world)
        self._endpoints: Mapping[tuple[str, str], Callable[[Call], Rows]] = {
            ("GET", CONFIG): reading.config,
            ("GET", KEYS): reading.keys,
            ("GET", MEMBERS): reading.members,
            ("GET", BALANCE): money.balance,
            ("GET", FUNDING): money.funding,
            ("GET", SUB_BALANCE): money.sub_balance,
            ("GET", SUB_FUNDING): money.sub_funding,
            ("POST", KEYS): writing.create,
            ("POST", MODIFY): writing.modify,
            ("POST", DELETE): writing.delete,
        }
        self._paths = {path for _, path in self._endpoints}

    def writes(self, method: str, path: str) -> bool:  # noqa: ARG002 - as Simulator has it
        return method not in ("GET", "HEAD")

    def rate_limited(self, request: Request) -> Answer:  # noqa: ARG002 - as Simulator has it
        return _error(Refused("50011"))

    def answer(self, request: Request, distortion: Distortion = UNDISTORTED) -> Answer:
        if (request.method, request.path) == ("GET", TIME):
            return Answer(200, {"code": "0", "data": [{"ts": str(request.at_ms)}], "msg": ""})
        if (request.method, request.path) == ("GET", INDEX):
            try:
                return Answer(200, {"code": "0", "data": index_tickers(request, self._world.prices), "msg": ""})
            except Refused as refused:
                return _error(refused)
        endpoint = self._endpoints.get((request.method, request.path))
        if endpoint is None and request.path not in self._paths:
            return Answer(404, {"code": "404", "data": [], "msg": "Not Found"})
        try:
            if endpoint is None:
                raise Refused("50115")
            key = self._verified(request)
            account = self._world.account_of(key)
            self._permit(request, key, account)
            self._pace(request, account)
            data = endpoint(Call(request, key, account, parameters(request), distortion))
        except Refused as refused:
            return _error(refused)
        return Answer(200, {"code": "0", "data": data, "msg": ""})

    def _verified(self, request: Request) -> SimulatedKey:
        given = {name: request.headers.get(name, "") for name, _ in _HEADERS}
        for name, code in _HEADERS:
            if not given[name]:
                raise Refused(code)
        sent = _moment(given["OK-ACCESS-TIMESTAMP"])
        if sent is None:
            raise Refused("50112")
        if abs(datetime.fromtimestamp(request.at_ms / 1000, UTC) - sent) > WINDOW:
            raise Refused("50102")
        if not _KEY.fullmatch(given["OK-ACCESS-KEY"]):
            raise Refused("50111")
        self._delete_idle_keys()
        key = self._world.keys.get(given["OK-ACCESS-KEY"])
        if key is None:
            raise Refused("50119")
        if (request.headers.get("x-simulated-trading", "0") == "1") is not key.native.get("demo", False):
            raise Refused("50101")
        if not _is_passphrase(key, given["OK-ACCESS-PASSPHRASE"]):
            raise Refused("50105")
        signatures = [hmac_sha256_base64(key.secret, signed) for signed in _signed(request)]
        if not any(same(given["OK-ACCESS-SIGN"], signature) for signature in signatures):
            raise Refused("50113")
        if key.ips and not any(ip_address(request.peer) in ip_network(bound) for bound in key.ips):
            raise Refused("50110", request.peer)
        if key.native.get("idle_days"):
            key = replace(key, native={**key.native, "idle_days": 0})
            self._world.keys[key.id] = key
        return key

    def _delete_idle_keys(self) -> None:
        for key in list(self._world.keys.values()):
            idle, demo = key.native.get("idle_days", 0), key.native.get("demo", False)
            assert isinstance(idle, int)
            if idle >= IDLE_DAYS and not key.ips and not demo and {TRADE, WITHDRAW} & set(held(key)):
                del self._world.keys[key.id]

    def _permit(self, request: Request, key: SimulatedKey, account: SimulatedAccount) -> None:
        """Raises `Refused` unless this key may call this endpoint at all."""
        root = account if account.parent is None else self._world.accounts[account.parent]
        if account.native.get("api_frozen") or root.native.get("api_frozen"):
            raise Refused("50100")
        if account.parent is not None and account.native.get("enable") is False:
            raise Refused("59508")
        if request.path in (CONFIG, BALANCE, FUNDING):
            return
        if key.native.get("demo"):
            raise Refused("50038")
        if account.parent is not None:
            raise Refused("59500")
        if request.method == "POST":
            if TRADE not in held(key):
                raise Refused("50120")
            if not key.ips:
                raise Refused("50035")

    def _pace(self, request: Request, account: SimulatedAccount) -> None:
        if not self._world.options.get("limits", True):
            return
        limit, seconds = LIMITS[request.method, request.path]
        if not self._windows.admit((account.uid, request.method, request.path), limit, request.ticks, seconds).admitted:
            raise Refused("50011")


def _moment(text: str) -> datetime | None:
    if not _TIMESTAMP.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _is_passphrase(key: SimulatedKey, given: str) -> bool:
    kept = str(key.native.get("passphrase_digest", ""))
    if kept:
        return same(digest(key.id, given.encode("utf-8", "surrogateescape").decode("utf-8", "replace")), kept)
    return same(given, key.passphrase)


def _signed(request: Request) -> tuple[bytes, ...]:
    """What the signature may be over: some clients sign their query before they encode it."""
    start = f"{request.headers['OK-ACCESS-TIMESTAMP']}{request.method}{request.path}".encode("utf-8", "surrogateescape")
    query = request.query.encode("utf-8", "surrogateescape")
    if not query:
        return (start + request.body,)
    return tuple(start + b"?" + form + request.body for form in (query, unquote_to_bytes(query)))


def _error(refused: Refused) -> Answer:
    status, message = MESSAGES[refused.code]
    words = {"msg": message.format(refused.about), "code": refused.code}
    return Answer(status, words if refused.code.startswith("501") else {**words, "data": []})
