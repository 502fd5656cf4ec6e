"""Bybit's V5 key endpoints, for reading.

Facts come from https://bybit-exchange.github.io/docs/v5/user/ (apikey-info, list-sub-apikeys, subuid-list, page-subuid,
fund-subuid-list), /docs/v5/guide (signing), /docs/v5/error and /docs/v5/rate-limit. Only HMAC keys are simulated, no
RSA keys. Where the documentation is silent or says two things, one reading is taken:

- An error (``retCode`` other than 0) comes with HTTP status 200; only a path that does not exist comes with 404.
- A wrong ``subMemberId``, ``limit``, ``pageSize`` or cursor is a parameter error (10001).
- A ``readOnly=1`` key that has a transfer or withdrawal right ticked may list sub-accounts
  (option ``read_only_lists_subaccounts: false`` refuses it with 10005).
- The boolean ``readOnly`` of the sub-account listing is true for a read-only key
  (option ``listing_read_only: inverted`` says the opposite).
- Cursors are row numbers: with a suffix of reserved characters in the key listing, so that encoding clients and others
  send different queries; counted from 1 in the sub-account listing, where "0" is the end.
- The order of the checks: key, expiry, timestamp, signature, address, permission, rate, parameters.
- Endpoints that write, and all others, do not exist here (10017).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address, ip_network
from urllib.parse import parse_qsl

from keyctl.sandbox.rates import SlidingWindows
from keyctl.sandbox.scenario import ScenarioError, SimulatedAccount, SimulatedKey
from keyctl.sandbox.signing import hmac_sha256_hex, same
from keyctl.sandbox.simulator import UNDISTORTED, Answer, Distortion, Request, check_fields
from keyctl.sandbox.world import ExchangeWorld, stamp

OPTIONS: Mapping[str, object] = {"read_only_lists_subaccounts": True, "listing_read_only": "plain"}
ACCOUNT_NATIVE: Mapping[str, object] = {"username": "", "remark": "", "member_type": 1, "status": 1, "account_mode": 5}
KEY_NATIVE: Mapping[str, object] = {"read_only": False, "type": 1, "internal_id": ""}

LISTED_GROUPS = (
    *("ContractTrade", "Spot", "Wallet", "Options", "Derivatives", "CopyTrading"),
    *("BlockTrade", "Exchange", "NFT", "Affiliate", "Earn"),
)
INSPECTED_GROUPS = (
    *LISTED_GROUPS,
    *("FiatP2P", "FiatConvertBroker", "FiatGlobalPay", "FiatBitPay", "BitCard", "ByXPost"),
)
"""The permission groups of the documented answers, in their order; empty ones are sent too."""

ADMINISTRATION = {"AccountTransfer", "SubMemberTransfer", "Withdraw"}
"""A master key needs one of these to list sub-accounts."""

MASTER_ONLY = {"SubMemberTransfer", "Withdraw"}
SUB_ONLY = {"SubMemberTransferList"}

LIMITS: Mapping[str, int] = {
    "/v5/user/query-api": 10,
    "/v5/user/sub-apikeys": 10,
    "/v5/user/query-sub-members": 10,
    "/v5/user/submembers": 5,
}
"""Requests per second and uid where they are documented; other endpoints have no limit here."""

WRITES = {
    *("/v5/user/create-sub-member", "/v5/user/frozen-sub-member", "/v5/user/del-submember"),
    *("/v5/user/create-sub-api", "/v5/user/update-sub-api", "/v5/user/delete-sub-api"),
    *("/v5/user/update-api", "/v5/user/delete-api"),
}
MESSAGES: Mapping[int, str] = {
    10001: "Request parameter error.",
    10002: "The request time exceeds the time window range.",
    10003: "API key is invalid. Check whether the key and domain are matched, there are 4 env: mainnet, testnet,"
    " mainnet-demo, testnet-demo",
    10004: "Error sign, please check your signature generation algorithm.",
    10005: "Permission denied, please check your API key permissions.",
    10006: "Too many visits. Exceeded the API Rate Limit.",
    10010: "Unmatched IP, please check your API key's bound IP addresses.",
    10017: "Route not found.",
    33004: "(Derivatives) Your api key has expired",
}

UNBOUND_LIFE = timedelta(days=90)
NO_EXPIRY, NO_DEADLINE_DAY = "1970-01-01T00:00:00Z", -2
"""What the documented sample shows for a key that is bound to addresses."""
CAPPED_SUB_ACCOUNTS = 1000
CUSTODIAL_FUND = 12
DEFAULT_RECV_WINDOW = 5000
_CURSOR = re.compile(r"(\d{1,9}):=")


class _Refused(Exception):
    def __init__(self, code: int) -> None:
        super().__init__(MESSAGES[code])
        self.code = code


class Bybit:
    """Answers as the module's description says; see `keyctl.sandbox.simulator.Simulator`."""

    exchange = "bybit"

    def __init__(self, world: ExchangeWorld) -> None:
        _check(world)
        self._world = world
        self._windows = SlidingWindows()
        self._private: Mapping[str, Callable[[_Call], dict[str, object]]] = {
            "/v5/user/query-api": self._query_api,
            "/v5/user/sub-apikeys": self._sub_apikeys,
            "/v5/user/query-sub-members": self._query_sub_members,
            "/v5/user/submembers": self._submembers,
            "/v5/user/escrow_sub_members": self._escrow_sub_members,
            "/v5/account/info": self._account_info,
        }

    def writes(self, method: str, path: str) -> bool:
        return method not in ("GET", "HEAD") or path in WRITES

    def rate_limited(self, request: Request) -> Answer:
        return _error(10006, request)

    def answer(self, request: Request, distortion: Distortion = UNDISTORTED) -> Answer:
        if (request.method, request.path) == ("GET", "/v5/market/time"):
            seconds = {"timeSecond": str(request.at_ms // 1000), "timeNano": str(request.at_ms * 1_000_000)}
            return Answer(200, _envelope(0, "OK", seconds, request))
        endpoint = self._private.get(request.path)
        if endpoint is None or request.method != "GET":
            return _error(10017, request, status=404)
        try:
            key = self._verified(request)
            account = self._world.account_of(key)
            if request.path not in ("/v5/user/query-api", "/v5/account/info"):
                self._may_ask_about_sub_accounts(request.path, key, account)
            headers = self._paced(request, account)
            parameters = dict(parse_qsl(request.query, keep_blank_values=True))
            result = endpoint(_Call(request, key, account, parameters, distortion))
        except _Refused as refused:
            return _error(refused.code, request)
        return Answer(200, _envelope(0, "", result, request), headers)

    def _verified(self, request: Request) -> SimulatedKey:
        key = self._world.keys.get(request.headers.get("X-BAPI-API-KEY", ""))
        if key is None:
            raise _Refused(10003)
        end = _end(key)
        if end is not None and end <= _now(request):
            raise _Refused(33004)
        sent = request.headers.get("X-BAPI-TIMESTAMP", "")
        window = request.headers.get("X-BAPI-RECV-WINDOW", "")
        if not _digits(sent) or (window and not _digits(window)):
            raise _Refused(10001)
        reach = int(window) if window else DEFAULT_RECV_WINDOW
        if not request.at_ms - reach <= int(sent) < request.at_ms + 1000:
            raise _Refused(10002)
        signed = request.query.encode("utf-8", "surrogateescape") if request.method == "GET" else request.body
        expected = hmac_sha256_hex(key.secret, f"{sent}{key.id}{window}".encode() + signed)
        if not same(request.headers.get("X-BAPI-SIGN", ""), expected):
            raise _Refused(10004)
        if key.ips and not any(ip_address(request.peer) in ip_network(bound) for bound in key.ips):
            raise _Refused(10010)
        return key

    def _may_ask_about_sub_accounts(self, path: str, key: SimulatedKey, account: SimulatedAccount) -> None:
        if account.parent is not None:
            raise _Refused(10005)
        if path == "/v5/user/sub-apikeys":
            return
        if not ADMINISTRATION & set(key.rights.get("Wallet", ())):
            raise _Refused(10005)
        if key.native.get("read_only") and not self._world.options.get("read_only_lists_subaccounts", True):
            raise _Refused(10005)

    def _paced(self, request: Request, account: SimulatedAccount) -> Mapping[str, str]:
        limit = LIMITS.get(request.path)
        if limit is None:
            return {}
        admission = self._windows.admit((account.uid, request.path), limit, request.ticks)
        if not admission.admitted:
            raise _Refused(10006)
        return {
            "X-Bapi-Limit": str(limit),
            "X-Bapi-Limit-Status": str(admission.remaining),
            "X-Bapi-Limit-Reset-Timestamp": str(request.at_ms + round(admission.free_in * 1000)),
        }

    def _query_api(self, call: _Call) -> dict[str, object]:
        if call.distortion.empty:
            return {}
        key, account, now = call.key, call.account, _now(call.request)
        parent = self._world.accounts[account.parent] if account.parent is not None else None
        return {
            "id": _internal_id(key),
            "note": key.label,
            "apiKey": key.id,
            "readOnly": 1 if key.native.get("read_only") else 0,
            "secret": "",
            "permissions": _permissions(key, INSPECTED_GROUPS),
            "ips": list(key.ips) or ["*"],
            "type": key.native.get("type", KEY_NATIVE["type"]),
            "deadlineDay": _deadline_day(key, now),
            "expiredAt": _expired_at(key),
            "createdAt": stamp(key.created),
            "unified": 0,
            "uta": 1,
            "userID": int(call.distortion.uid or account.uid),
            "inviterID": 0,
            "vipLevel": "No VIP",
            "mktMakerLevel": "0",
            "affiliateID": 0,
            "rsaPublicKey": "",
            "isMaster": parent is None,
            "parentUid": parent.uid if parent is not None else "0",
            "kycLevel": "LEVEL_1",
            "kycRegion": "MYS",
            "userIDInt64": "0",
            "inviterIDInt64": "0",
            "affiliateIDInt64": "0",
        }

    def _sub_apikeys(self, call: _Call) -> dict[str, object]:
        wanted = call.parameters.get("subMemberId", "")
        children = [child for child in self._world.children(call.account) if child.uid == wanted]
        if not children:
            raise _Refused(10001)
        keys = [] if call.distortion.empty else self._world.keys_of(children[0])
        start, limit = call.row_of("cursor"), call.number("limit", default=20, most=20)
        page = keys[start : start + limit]
        following = call.distortion.next_row(start + len(page), len(keys))
        return {
            "result": [self._listed(key, _now(call.request)) for key in page],
            "nextPageCursor": "" if following is None else f"{following}:=",
        }

    def _listed(self, key: SimulatedKey, now: datetime) -> dict[str, object]:
        read_only = bool(key.native.get("read_only"))
        return {
            "id": _internal_id(key),
            "ips": list(key.ips) or ["*"],
            "apiKey": key.id,
            "note": key.label,
            "status": _status(key, now),
            "expiredAt": _expired_at(key),
            "createdAt": stamp(key.created),
            "type": key.native.get("type", KEY_NATIVE["type"]),
            "permissions": _permissions(key, LISTED_GROUPS),
            "secret": "******",
            "readOnly": read_only != (self._world.options.get("listing_read_only") == "inverted"),
            "deadlineDay": _deadline_day(key, now),
            "flag": "hmac",
        }

    def _query_sub_members(self, call: _Call) -> dict[str, object]:
        members = [] if call.distortion.empty else self._members(call, custodial=False)
        return {"subMembers": members[:CAPPED_SUB_ACCOUNTS]}

    def _submembers(self, call: _Call) -> dict[str, object]:
        return self._member_page(call, custodial=False)

    def _escrow_sub_members(self, call: _Call) -> dict[str, object]:
        return self._member_page(call, custodial=True)

    def _member_page(self, call: _Call, *, custodial: bool) -> dict[str, object]:
        members = [] if call.distortion.empty else self._members(call, custodial=custodial)
        size = call.number("pageSize", default=100, most=100)
        cursor = call.parameters.get("nextCursor") or "1"
        if not _digits(cursor) or cursor == "0":
            raise _Refused(10001)
        start = int(cursor) - 1
        page = members[start : start + size]
        following = call.distortion.next_row(start + len(page), len(members))
        return {"subMembers": page, "nextCursor": "0" if following is None else str(following + 1)}

    def _members(self, call: _Call, *, custodial: bool) -> list[dict[str, object]]:
        members = []
        for child in self._world.children(call.account):
            native = {**ACCOUNT_NATIVE, **child.native}
            if (native["member_type"] == CUSTODIAL_FUND) == custodial:
                members.append(
                    {
                        "uid": call.distortion.uid or child.uid,
                        "username": native["username"] or child.name,
                        "memberType": native["member_type"],
                        "status": native["status"],
                        "remark": native["remark"],
                        "accountMode": native["account_mode"],
                    }
                )
        return members

    def _account_info(self, call: _Call) -> dict[str, object]:
        if call.distortion.empty:
            return {}
        return {
            "marginMode": "REGULAR_MARGIN",
            "updatedTime": str(int(call.key.created.timestamp()) * 1000),
            "unifiedMarginStatus": call.account.native.get("account_mode", ACCOUNT_NATIVE["account_mode"]),
            "dcpStatus": "OFF",
            "timeWindow": 10,
            "smpGroup": 0,
            "isMasterTrader": False,
            "spotHedgingStatus": "OFF",
        }


@dataclass(frozen=True, slots=True)
class _Call:
    """A verified request, its parameters decoded."""

    request: Request
    key: SimulatedKey
    account: SimulatedAccount
    parameters: Mapping[str, str]
    distortion: Distortion

    def number(self, name: str, *, default: int, most: int) -> int:
        text = self.parameters.get(name, str(default))
        if not _digits(text) or not 1 <= int(text) <= most:
            raise _Refused(10001)
        return int(text)

    def row_of(self, name: str) -> int:
        found = _CURSOR.fullmatch(self.parameters.get(name) or "0:=")
        if found is None:
            raise _Refused(10001)
        return int(found[1])


def _check(world: ExchangeWorld) -> None:
    check_fields(world.options, OPTIONS, "bybit: options")
    if world.options.get("listing_read_only", "plain") not in ("plain", "inverted"):
        raise ScenarioError("bybit: options: listing_read_only is plain or inverted")
    for account in world.accounts.values():
        at = f"bybit: account {account.name}"
        check_fields(account.native, ACCOUNT_NATIVE, f"{at}: native")
        if not _digits(account.uid):
            raise ScenarioError(f"{at}: uid {account.uid!r} is no number")
        if account.parent is not None and world.accounts[account.parent].parent is not None:
            raise ScenarioError(f"{at}: a sub-account has no sub-accounts of its own")
    for key in world.keys.values():
        at = f"bybit: key {key.name}"
        check_fields(key.native, KEY_NATIVE, f"{at}: native")
        for bound in key.ips:
            try:
                ip_network(bound)
            except ValueError:
                raise ScenarioError(f"{at}: {bound!r} is no address") from None
        kind, others = ("master", SUB_ONLY) if world.account_of(key).parent is None else ("sub-account", MASTER_ONLY)
        if wrong := others & set(key.rights.get("Wallet", ())):
            raise ScenarioError(f"{at}: a {kind} key can't hold the Wallet right {min(wrong)}")


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def _now(request: Request) -> datetime:
    return datetime.fromtimestamp(request.at_ms / 1000, UTC)


def _end(key: SimulatedKey) -> datetime | None:
    """When the key stops working: what the exchange set, else 90 days after creation unless bound to addresses."""
    if key.expires is not None:
        return key.expires
    return None if key.ips else key.created + UNBOUND_LIFE


def _expired_at(key: SimulatedKey) -> str:
    end = _end(key)
    return NO_EXPIRY if end is None else stamp(end)


def _deadline_day(key: SimulatedKey, now: datetime) -> int:
    end = _end(key)
    return NO_DEADLINE_DAY if end is None else (end - now).days


def _status(key: SimulatedKey, now: datetime) -> int:
    """1 permanent, 2 expired, 3 valid for now, 4 ends in under 7 days."""
    end = _end(key)
    if end is None:
        return 1
    if end <= now:
        return 2
    return 4 if end - now < timedelta(days=7) else 3


def _internal_id(key: SimulatedKey) -> str:
    """Bybit's own number of the key: given, else made from the key's id."""
    given = key.native.get("internal_id")
    return str(given) if given else str(int.from_bytes(sha256(key.id.encode()).digest()[:4]) % 90_000_000 + 10_000_000)


def _permissions(key: SimulatedKey, groups: Sequence[str]) -> dict[str, list[str]]:
    return {group: list(key.rights.get(group, ())) for group in [*groups, *(g for g in key.rights if g not in groups)]}


def _envelope(code: int, message: str, result: Mapping[str, object], request: Request) -> dict[str, object]:
    return {"retCode": code, "retMsg": message, "result": result, "retExtInfo": {}, "time": request.at_ms}


def _error(code: int, request: Request, *, status: int = 200) -> Answer:
    return Answer(status, _envelope(code, MESSAGES[code], {}, request))
