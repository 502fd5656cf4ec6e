"""The simulated exchange: who calls, whether they may, how often, and which endpoint answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_address, ip_network

from keyctl.sandbox.bybit.call import Call, now, parameters
from keyctl.sandbox.bybit.money import Money, tickers
from keyctl.sandbox.bybit.reading import Reading
from keyctl.sandbox.bybit.shown import end, read_only
from keyctl.sandbox.bybit.vocabulary import (
    ADMINISTRATION,
    LIMITS,
    MESSAGES,
    SELF_ADMINISTRATION,
    Refused,
    check,
    digits,
)
from keyctl.sandbox.bybit.writing import Writing
from keyctl.sandbox.rates import SlidingWindows
from keyctl.sandbox.scenario import SimulatedAccount, SimulatedKey
from keyctl.sandbox.signing import hmac_sha256_hex, same
from keyctl.sandbox.simulator import UNDISTORTED, Answer, Distortion, Request
from keyctl.sandbox.world import ExchangeWorld

DEFAULT_RECV_WINDOW = 5000
BY_ANY_KEY = {
    "/v5/user/query-api",
    "/v5/account/info",
    "/v5/account/wallet-balance",
    "/v5/asset/asset-overview",
}
BY_ANY_MASTER_KEY = {"/v5/user/sub-apikeys"}
BY_A_SUB_KEY_ON_ITSELF = {"/v5/user/update-sub-api", "/v5/user/delete-sub-api"}


class Bybit:
    """Answers as the package's description says; see `keyctl.sandbox.simulator.Simulator`."""

    exchange = "bybit"

    def __init__(self, world: ExchangeWorld) -> None:
        check(world)
        self._world = world
        self._windows = SlidingWindows()
        reading, money, writing = Reading(world), Money(world), Writing(world)
        self._endpoints: Mapping[tuple[str, str], Callable[[Call], dict[str, object]]] = {
            ("GET", "/v5/user/query-api"): reading.query_api,
            ("GET", "/v5/user/sub-apikeys"): reading.sub_apikeys,
            ("GET", "/v5/user/query-sub-members"): reading.query_sub_members,
            ("GET", "/v5/user/submembers"): reading.submembers,
            ("GET", "/v5/user/escrow_sub_members"): reading.escrow_sub_members,
            ("GET", "/v5/account/info"): reading.account_info,
            ("GET", "/v5/account/wallet-balance"): money.wallet_balance,
            ("GET", "/v5/asset/asset-overview"): money.asset_overview,
            ("POST", "/v5/user/create-sub-member"): writing.create_sub_member,
            ("POST", "/v5/user/frozen-sub-member"): writing.frozen_sub_member,
            ("POST", "/v5/user/del-submember"): writing.del_submember,
            ("POST", "/v5/user/create-sub-api"): writing.create_sub_api,
            ("POST", "/v5/user/update-sub-api"): writing.update_sub_api,
            ("POST", "/v5/user/update-api"): writing.update_api,
            ("POST", "/v5/user/delete-sub-api"): writing.delete_sub_api,
            ("POST", "/v5/user/delete-api"): writing.delete_api,
        }
        self._writing_paths = {path for method, path in self._endpoints if method == "POST"}

    def writes(self, method: str, path: str) -> bool:
        return method not in ("GET", "HEAD") or path in self._writing_paths

    def rate_limited(self, request: Request) -> Answer:
        return _error(10006, request)

    def answer(self, request: Request, distortion: Distortion = UNDISTORTED) -> Answer:
        if (request.method, request.path) == ("GET", "/v5/market/time"):
            seconds = {"timeSecond": str(request.at_ms // 1000), "timeNano": str(request.at_ms * 1_000_000)}
            return Answer(200, _envelope(0, "OK", seconds, request))
        if (request.method, request.path) == ("GET", "/v5/market/tickers"):
            try:
                return Answer(200, _envelope(0, "OK", tickers(request, self._world.prices), request))
            except Refused as refused:
                return _error(refused.code, request)
        endpoint = self._endpoints.get((request.method, request.path))
        if endpoint is None:
            return _error(10017, request, status=404)
        try:
            key = self._verified(request)
            account = self._world.account_of(key)
            self._permit(request, key, account)
            headers = self._paced(request, account)
            result = endpoint(Call(request, key, account, parameters(request), distortion))
        except Refused as refused:
            return _error(refused.code, request)
        return Answer(200, _envelope(0, "", result, request), headers)

    def _verified(self, request: Request) -> SimulatedKey:
        key = self._world.keys.get(request.headers.get("X-BAPI-API-KEY", ""))
        if key is None:
            raise Refused(10003)
        ends = end(key)
        if ends is not None and ends <= now(request):
            raise Refused(33004)
        sent = request.headers.get("X-BAPI-TIMESTAMP", "")
        window = request.headers.get("X-BAPI-RECV-WINDOW", "")
        if not digits(sent) or (window and not digits(window)):
            raise Refused(10001)
        reach = int(window) if window else DEFAULT_RECV_WINDOW
        if not request.at_ms - reach <= int(sent) < request.at_ms + 1000:
            raise Refused(10002)
        signed = request.query.encode("utf-8", "surrogateescape") if request.method == "GET" else request.body
        expected = hmac_sha256_hex(key.secret, f"{sent}{key.id}{window}".encode() + signed)
        if not same(request.headers.get("X-BAPI-SIGN", ""), expected):
            raise Refused(10004)
        if key.ips and not any(ip_address(request.peer) in ip_network(bound) for bound in key.ips):
            raise Refused(10010)
        return key

    def _permit(self, request: Request, key: SimulatedKey, account: SimulatedAccount) -> None:
        """Raises `Refused` unless this key may call this endpoint at all."""
        if request.path in BY_ANY_KEY:
            return
        writes = request.path in self._writing_paths
        wallet = set(key.rights.get("Wallet", ()))
        if account.parent is not None:
            allowed = request.path in BY_A_SUB_KEY_ON_ITSELF and bool(SELF_ADMINISTRATION & wallet)
        elif request.path in BY_ANY_MASTER_KEY:
            allowed = True
        else:
            allowed = bool(ADMINISTRATION & wallet)
            if read_only(key) and not writes:
                allowed &= self._world.options.get("read_only_lists_subaccounts", True) is True
        if not allowed or (writes and read_only(key)):
            raise Refused(10005)

    def _paced(self, request: Request, account: SimulatedAccount) -> Mapping[str, str]:
        limit = LIMITS[request.path]
        admission = self._windows.admit((account.uid, request.path), limit, request.ticks)
        if not admission.admitted:
            raise Refused(10006)
        return {
            "X-Bapi-Limit": str(limit),
            "X-Bapi-Limit-Status": str(admission.remaining),
            "X-Bapi-Limit-Reset-Timestamp": str(request.at_ms + round(admission.free_in * 1000)),
        }


def _envelope(code: int, message: str, result: Mapping[str, object], request: Request) -> dict[str, object]:
    return {"retCode": code, "retMsg": message, "result": result, "retExtInfo": {}, "time": request.at_ms}


def _error(code: int, request: Request, *, status: int = 200) -> Answer:
    return Answer(status, _envelope(code, MESSAGES[code], {}, request))
