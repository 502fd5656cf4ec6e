"""Bybit, as its v5 documentation describes it."""

from __future__ import annotations

from keyctl.exchanges.declaration import (
    Capability,
    Declaration,
    Effect,
    Endpoint,
    Envelope,
    Holder,
    Limits,
    NativeError,
    Paging,
    ReadOnly,
    Right,
    ServerTime,
)
from keyctl.exchanges.errors import Cause
from keyctl.model.expiry import Condition, ImplicitExpiry
from keyctl.model.names import ExchangeId
from keyctl.model.scopes import KEYS_MANAGE, WITHDRAW, Scope, other

SELF_MANAGE = other("keys.self_manage")
"""A sub-account key that holds a transfer right may edit and delete itself, nothing else
(https://bybit-exchange.github.io/docs/v5/user/modify-sub-apikey)."""

_FUTURES, _INTERNAL = Scope("trade.futures"), Scope("transfer.internal")
_SUBACCOUNT = Scope("transfer.subaccount")

ENVELOPE = Envelope(code=("retCode",), success=0)

_PERMISSIONS = "permissions.*"
_WRITTEN = ("id", "note", "apiKey", "readOnly", _PERMISSIONS, "ips")
_INSPECTED = (
    *_WRITTEN, "type", "expiredAt", "createdAt", "userID", "isMaster", "parentUid", "rsaPublicKey"
)  # fmt: skip
_LISTED = (*_WRITTEN, "type", "expiredAt", "createdAt", "status", "flag")
_COIN = ("coin", "equity")
_MEMBERS = tuple(f"result.subMembers.{name}" for name in ("uid", "username", "memberType", "status"))


def _of(prefix: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{prefix}.{name}" for name in names)


def _get(
    path: str,
    ccxt_method: str,
    per_second: float | None,
    fields: tuple[str, ...],
    paging: Paging = Paging.NONE,
    api: str = "private",
) -> Endpoint:
    return Endpoint(
        f"GET /{path}", "GET", path, Effect.READ, (api,), ccxt_method, per_second, (*ENVELOPE.fields, *fields), paging
    )


def _post(
    path: str,
    ccxt_method: str | None,
    per_second: float,
    fields: tuple[str, ...] = (),
    secrets: tuple[str, ...] = (),
) -> Endpoint:
    return Endpoint(
        f"POST /{path}", "POST", path, Effect.WRITE, ("private",), ccxt_method, per_second,
        (*ENVELOPE.fields, *fields), secrets=secrets,
    )  # fmt: skip


QUERY_API = _get("v5/user/query-api", "private_get_v5_user_query_api", 10, _of("result", _INSPECTED))
SUB_APIKEYS = _get(
    "v5/user/sub-apikeys",
    "private_get_v5_user_sub_apikeys",
    10,
    (*_of("result.result", _LISTED), "result.nextPageCursor"),
    Paging.CURSOR,
)
SUBMEMBERS = _get(
    "v5/user/submembers", "private_get_v5_user_submembers", 5, (*_MEMBERS, "result.nextCursor"), Paging.CURSOR
)
# The documentation gives no limit of its own for fund-custodial sub-accounts; it is paced like the list of the others.
ESCROW_SUB_MEMBERS = _get(
    "v5/user/escrow_sub_members",
    "private_get_v5_user_escrow_sub_members",
    5,
    (*_MEMBERS, "result.nextCursor"),
    Paging.CURSOR,
)
# Declared for reading other people's recorded answers; keyctl never calls it, since it is cut at 1,000 without a sign.
QUERY_SUB_MEMBERS = _get("v5/user/query-sub-members", "private_get_v5_user_query_sub_members", 10, _MEMBERS)
# One answer has every wallet of one account, which no other endpoint gives a parent: query-account-coins-balance wants
# the coins of a unified wallet named (https://bybit-exchange.github.io/docs/v5/asset/balance/all-balance). Wallets with
# products of their own (Earn, TradingBot, CopyTrading) are cut into categories.
ASSET_OVERVIEW = _get(
    "v5/asset/asset-overview",
    "private_get_v5_asset_asset_overview",
    50,
    (
        "result.totalEquity",
        *_of("result.list", ("accountType", "totalEquity")),
        *_of("result.list.coinDetail", _COIN),
        *_of("result.list.categories", ("category", "equity")),
        *_of("result.list.categories.coinDetail", _COIN),
    ),
)
# Public; only the limit of the address counts, and all prices come at once.
TICKERS = _get(
    "v5/market/tickers",
    "public_get_v5_market_tickers",
    None,
    _of("result.list", ("symbol", "lastPrice", "usdIndexPrice")),
    api="public",
)
CREATE_SUB_API = _post(
    "v5/user/create-sub-api", "private_post_v5_user_create_sub_api", 1, _of("result", _WRITTEN), ("result.secret",)
)  # fmt: skip
UPDATE_API = _post("v5/user/update-api", "private_post_v5_user_update_api", 5, _of("result", _WRITTEN))
UPDATE_SUB_API = _post("v5/user/update-sub-api", "private_post_v5_user_update_sub_api", 5, _of("result", _WRITTEN))
DELETE_API = _post("v5/user/delete-api", "private_post_v5_user_delete_api", 5)
DELETE_SUB_API = _post("v5/user/delete-sub-api", "private_post_v5_user_delete_sub_api", 5)
# https://bybit-exchange.github.io/docs/v5/user/froze-subuid
FREEZE = _post("v5/user/frozen-sub-member", "private_post_v5_user_frozen_sub_member", 5)

# The rights of sub-account keys are those that create-sub-api and update-sub-api list
# (https://bybit-exchange.github.io/docs/v5/user/create-subuid-apikey); all others are a master's.
RIGHTS = (
    Right("ContractTrade.Order", frozenset({_FUTURES})),
    Right("ContractTrade.Position", frozenset({_FUTURES})),
    Right("Spot.SpotTrade", frozenset({Scope("trade.spot")})),
    # options and, by the documentation, USDC perpetuals
    Right("Options.OptionsTrade", frozenset({Scope("trade.options"), _FUTURES})),
    # deprecated at creation: the system adds it by itself to keys of unified accounts
    Right("Derivatives.DerivativesTrade", frozenset({_FUTURES}), given=False),
    # any of the three wallet rights on a read-write master key opens the administration of sub-account keys
    Right("Wallet.AccountTransfer", frozenset({_INTERNAL, KEYS_MANAGE}), Holder.MASTER),
    Right("Wallet.AccountTransfer", frozenset({_INTERNAL, SELF_MANAGE}), Holder.SUBACCOUNT),
    Right("Wallet.SubMemberTransfer", frozenset({_SUBACCOUNT, KEYS_MANAGE}), Holder.MASTER),
    Right("Wallet.SubMemberTransferList", frozenset({_SUBACCOUNT, SELF_MANAGE}), Holder.SUBACCOUNT),
    Right("Wallet.Withdraw", frozenset({WITHDRAW, KEYS_MANAGE}), Holder.MASTER),
    Right("Exchange.ExchangeHistory", frozenset({Scope("convert")})),
    Right("Earn.Earn", frozenset({Scope("earn")})),
    Right("CopyTrading.CopyTrading", frozenset({Scope("copy")}), settable=False),
    Right("BlockTrade.BlockTrade", frozenset({other("BlockTrade")}), Holder.MASTER),
    Right("Affiliate.Affiliate", frozenset({Scope("affiliate")}), Holder.MASTER, exclusive=True),
    Right("NFT.NFTQueryProductList", frozenset({other("NFT")}), settable=False),
    Right("FiatP2P.FiatP2POrder", frozenset({other("FiatP2P")}), Holder.MASTER),
    Right("FiatP2P.Advertising", frozenset({other("FiatP2P")}), Holder.MASTER),
    Right("FiatBitPay.FaitPayOrder", frozenset({other("FiatBitPay")}), Holder.MASTER),
    Right("FiatConvertBroker.FiatConvertBrokerOrder", frozenset({other("FiatConvertBroker")}), Holder.MASTER),
    Right("BitCard.BitCard", frozenset({other("BitCard")}), Holder.MASTER),
    Right("ByXPost.ByXPost", frozenset({other("ByXPost")}), Holder.MASTER),
)  # fmt: skip

READ_ONLY = ReadOnly(
    "readOnly=1",
    ("ContractTrade.Order", "ContractTrade.Position", "Spot.SpotTrade", "Options.OptionsTrade"),
)
"""At least one group must be named even for a key that only reads. No right of a wallet is: should the key ever become
read-write, it moves no money."""

_CHECK_KEY = "check that the credential belongs to this exchange and environment and that the key still exists"
_EXPIRED = NativeError(
    (Cause.CREDENTIAL_INVALID,), "the key has expired", "create a new key for keyctl and replace the credential"
)

REFUSALS = {
    "10001": NativeError(
        (Cause.MALFORMED,),
        "a parameter was refused",
        "check `subaccount` of the account in registry/accounts.yaml; a key that is named may be gone: list the keys",
    ),
    "10002": NativeError(
        (Cause.CLOCK_SKEW,), "the request's time is outside the window", "set this machine's clock (NTP)"
    ),
    # not proof that a key was deleted: reported for expired keys and wrong domains too
    "10003": NativeError(
        (Cause.CREDENTIAL_INVALID, Cause.NOT_FOUND),
        "the key is mistyped, deleted, expired, or of another environment or regional domain",
        _CHECK_KEY,
    ),
    "10004": NativeError(
        (Cause.CREDENTIAL_INVALID,), "the signature is wrong", "check that the credential's secret is the key's own"
    ),
    "10005": NativeError(
        (Cause.PERMISSION_DENIED,),
        "the key lacks the right for this call",
        "give keyctl's key the missing right, or take another key",
    ),
    "10006": NativeError((Cause.RATE_LIMITED,), "too many visits", "run again later, and no two runs at a time"),
    "10007": NativeError((Cause.CREDENTIAL_INVALID,), "the user was not authenticated", _CHECK_KEY),
    "10009": NativeError(
        (Cause.IP_REFUSED,),
        "the address or its region is banned",
        "call from an address in a country that the exchange serves",
    ),
    "10010": NativeError(
        (Cause.IP_REFUSED,),
        "this address is not in the key's allow-list",
        "run keyctl from an allowed address, or add this one to its key",
    ),
    "10017": NativeError((Cause.MALFORMED,), "the exchange knows no such call", "check the version of keyctl"),
    "33004": _EXPIRED,
    "-2015": _EXPIRED,
    "81007": NativeError(
        (Cause.PERMISSION_DENIED,),
        "Bybit EU does not offer this by API",
        "administer this account's keys in the web page",
    ),
}

STATUSES = {
    403: NativeError(
        (Cause.RATE_LIMITED, Cause.IP_REFUSED),
        "too many requests from this address, or a country that the exchange does not serve",
        "wait 10 minutes, then run again; if it stays, call from another country",
    ),
}

DECLARATION = Declaration(
    id=ExchangeId("bybit"),
    title="Bybit",
    sources=(
        "https://bybit-exchange.github.io/docs/v5/user/apikey-info",
        "https://bybit-exchange.github.io/docs/v5/user/list-sub-apikeys",
        "https://bybit-exchange.github.io/docs/v5/user/page-subuid",
        "https://bybit-exchange.github.io/docs/v5/user/fund-subuid-list",
        "https://bybit-exchange.github.io/docs/v5/user/create-subuid-apikey",
        "https://bybit-exchange.github.io/docs/v5/user/modify-sub-apikey",
        "https://bybit-exchange.github.io/docs/v5/user/rm-sub-apikey",
        "https://bybit-exchange.github.io/docs/v5/asset/balance/asset-overview",
        "https://bybit-exchange.github.io/docs/v5/market/tickers",
        "https://bybit-exchange.github.io/docs/v5/error",
        "https://bybit-exchange.github.io/docs/v5/rate-limit",
    ),
    capabilities=frozenset(
        {
            Capability.LIST,
            Capability.INSPECT_SELF,
            Capability.CREATE,
            Capability.UPDATE_SCOPES,
            Capability.UPDATE_IPS,
            Capability.DELETE,
            Capability.CREATED,
        }
    ),
    master_capabilities=frozenset(
        {Capability.INSPECT_SELF, Capability.UPDATE_SCOPES, Capability.DELETE, Capability.CREATED}
    ),
    endpoints=(
        QUERY_API, SUB_APIKEYS, SUBMEMBERS, ESCROW_SUB_MEMBERS, QUERY_SUB_MEMBERS, ASSET_OVERVIEW, TICKERS,
        CREATE_SUB_API, UPDATE_API, UPDATE_SUB_API, DELETE_API, DELETE_SUB_API, FREEZE,
    ),
    envelope=ENVELOPE,
    rights=RIGHTS,
    refusals=REFUSALS,
    statuses=STATUSES,
    server_time=ServerTime(("time",)),
    read_only=READ_ONLY,
    limits=Limits(address_per_second=120, reset_header="X-Bapi-Limit-Reset-Timestamp"),
    implicit_expiry=(
        ImplicitExpiry(
            Condition.NO_IP_LIST,
            90,
            "the key becomes invalid",
            "https://bybit-exchange.github.io/docs/v5/user/create-subuid-apikey",
            "2026-07-24",
            unless="it is bound to addresses",
        ),
    ),
    may_also=(
        "a master key, whatever its rights, reads the keys of its sub-accounts: ids, rights and allow-lists",
        "a spot right may trade spot on margin in a unified account",
        "a change of the account's password ends keys after 7 days",
    ),
    assumptions=(
        "the listing of sub-account keys documents its boolean `readOnly` both ways: read-write is assumed",
        "an allow-list of nothing ([] or [\"\"]) is documented nowhere: it is unknown, not empty and not `any`",
        "the epoch as expiry means none for a key that is bound to addresses, and is unknown for one that is not",
    ),
)  # fmt: skip
