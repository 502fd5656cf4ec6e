"""The exchanges at which a desk is simulated, as data: what its keys look like there, which calls read it, and how
their answers are damaged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Names = frozenset[str]
DESK: Names = frozenset({"main", "many", "few", "bare", "other"})
ROOTS: Names = frozenset({"main", "other"})
CHILDREN: Names = DESK - ROOTS


@dataclass(frozen=True)
class Venue:
    """One exchange.

    ``reader`` and ``trader`` are the forms of a key that lists sub-accounts and of one that trades, ``trades`` what the
    latter can do beside reading. ``named`` is
    whether calls name sub-accounts by their name instead of their uid. ``calls`` are all calls that a reconcile makes,
    each with the accounts that an answer is needed for; ``inspect``, ``listing`` and ``members`` are those for the
    calling key, for the keys of a sub-account and for sub-accounts. ``damages`` are merge patches that are wrong in any
    answer, each with the cause.
    """

    exchange: str
    reader: Mapping[str, Any]
    trader: Mapping[str, Any]
    trades: tuple[str, ...]
    named: bool
    calls: Mapping[str, Names]
    inspect: str
    listing: str
    members: str
    damages: tuple[tuple[object, str], ...]
    key_rows: tuple[str, ...]
    masked_row: Mapping[str, object]
    plain_row: Mapping[str, object]
    damaged_row: Mapping[str, object]
    twice: str
    """What is said of an id that comes twice."""
    misnamed: Names
    """Whom a list of sub-accounts that all have one wrong uid leaves incomplete."""

    def rows(self, *rows: Mapping[str, object]) -> dict[str, object]:
        """A merge patch that replaces the rows of the listing of keys."""
        patch: Any = [dict(row) for row in rows]
        for name in reversed(self.key_rows):
            patch = {name: patch}
        assert isinstance(patch, dict)
        return patch


_INSPECT, _LISTING = "GET /v5/user/query-api", "GET /v5/user/sub-apikeys"
_MEMBERS, _CUSTODIAL = "GET /v5/user/submembers", "GET /v5/user/escrow_sub_members"
BYBIT = Venue(
    exchange="bybit",
    reader={"native": {"read_only": True}, "rights": {"Wallet": ["SubMemberTransfer"]}},
    trader={"rights": {"Spot": ["SpotTrade"]}},
    trades=("trade.spot",),
    named=False,
    calls={_INSPECT: DESK, _LISTING: CHILDREN, _MEMBERS: ROOTS, _CUSTODIAL: ROOTS},
    inspect=_INSPECT,
    listing=_LISTING,
    members=_MEMBERS,
    damages=(
        ({"retCode": None}, "malformed"),
        ({"retCode": "0"}, "malformed"),
        ({"retCode": 10005}, "permission-denied"),
        ({"result": None}, "malformed"),
        ([], "malformed"),
    ),
    key_rows=("result", "result"),
    masked_row={"apiKey": "XXXXXX", "readOnly": False},
    plain_row={"apiKey": "abc", "readOnly": False},
    damaged_row={"apiKey": "a"},
    twice="came twice",
    misnamed=frozenset({"main"}),
)

_CONFIG, _KEYS = "GET /api/v5/account/config", "GET /api/v5/users/subaccount/apikey"
_LIST = "GET /api/v5/users/subaccount/list"
OKX = Venue(
    exchange="okx",
    reader={"rights": {"perm": ["read_only"]}},
    trader={"rights": {"perm": ["read_only", "trade"]}},
    trades=(
        *("trade.spot", "trade.margin", "trade.futures", "trade.options", "convert", "earn", "copy"),
        *("transfer.internal", "transfer.subaccount"),
    ),
    named=True,
    calls={_CONFIG: DESK, _KEYS: CHILDREN, _LIST: ROOTS},
    inspect=_CONFIG,
    listing=_KEYS,
    members=_LIST,
    damages=(
        ({"code": None}, "malformed"),
        ({"code": 0}, "malformed"),
        ({"code": "424242"}, "malformed"),
        ({"code": "50120"}, "permission-denied"),
        ({"code": "50119"}, "regional domain"),
        ({"code": "59510"}, "malformed"),
        ({"code": "59506"}, "not-found"),
        ({"data": None}, "malformed"),
        ([], "malformed"),
    ),
    key_rows=("data",),
    masked_row={"apiKey": "******", "perm": "read_only"},
    plain_row={"apiKey": "abc", "perm": "read_only"},
    damaged_row={"apiKey": 7},
    twice="names one id twice",
    misnamed=CHILDREN,
)

VENUES = (BYBIT, OKX)
