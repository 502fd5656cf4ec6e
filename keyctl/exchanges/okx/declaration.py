"""OKX, as its v5 documentation describes it; its regional sites are the same exchange."""

from __future__ import annotations

from keyctl.exchanges.declaration import (
    Capability,
    Declaration,
    Effect,
    Endpoint,
    Envelope,
    Holder,
    Limits,
    Paging,
    Right,
    ServerTime,
)
from keyctl.exchanges.okx.refusals import REFUSALS
from keyctl.model.expiry import Condition, ImplicitExpiry
from keyctl.model.names import ExchangeId
from keyctl.model.scopes import KEYS_MANAGE, READ, WITHDRAW, Scope, ScopeSet

DOCS = "https://www.okx.com/docs-v5/en/"
ENVELOPE = Envelope(code=("code",), success="0")

TRADE: ScopeSet = frozenset(
    Scope(name)
    for name in (
        *("trade.spot", "trade.margin", "trade.futures", "trade.options"),
        *("transfer.internal", "transfer.subaccount", "earn", "convert", "copy"),
    )
)
"""What the right ``trade`` opens for every key: there is no finer split, and funds can always be moved between own
accounts (https://www.okx.com/docs-v5/en/#funding-account-rest-api-funds-transfer)."""

_KEY = ("apiKey", "label", "perm", "ip", "ts")


def _data(names: tuple[str, ...]) -> tuple[str, ...]:
    return (*ENVELOPE.fields, *(f"data.{name}" for name in names))


def _get(
    path: str,
    ccxt_method: str,
    per_second: float,
    fields: tuple[str, ...],
    paging: Paging = Paging.NONE,
    api: str = "private",
) -> Endpoint:
    return Endpoint(
        f"GET /api/v5/{path}", "GET", path, Effect.READ, (api,), ccxt_method, per_second, _data(fields), paging
    )


def _post(path: str, ccxt_method: str, fields: tuple[str, ...], secrets: tuple[str, ...] = ()) -> Endpoint:
    return Endpoint(
        f"POST /api/v5/{path}", "POST", path, Effect.WRITE, ("private",), ccxt_method, 1, _data(fields),
        secrets=secrets,
    )  # fmt: skip


ACCOUNT_CONFIG = _get(
    "account/config",
    "private_get_account_config",
    2.5,  # 5 in 2 s
    ("perm", "ip", "label", "uid", "mainUid", "type"),
)
SUB_APIKEYS = _get("users/subaccount/apikey", "private_get_users_subaccount_apikey", 10, _KEY)  # 20 in 2 s
SUBACCOUNTS = _get(
    "users/subaccount/list",
    "private_get_users_subaccount_list",
    10,  # 20 in 2 s
    ("subAcct", "uid", "enable", "ts"),
    Paging.CURSOR,
)
_TRADING = ("totalEq", *(f"details.{name}" for name in ("ccy", "eq", "eqUsd")))
_FUNDING = ("ccy", "bal")
BALANCE = _get("account/balance", "private_get_account_balance", 5, _TRADING)  # 10 in 2 s
FUNDING = _get("asset/balances", "private_get_asset_balances", 6, _FUNDING)
SUB_BALANCE = _get("account/subaccount/balances", "private_get_account_subaccount_balances", 3, _TRADING)  # 6 in 2 s
SUB_FUNDING = _get("asset/subaccount/balances", "private_get_asset_subaccount_balances", 3, _FUNDING)  # 6 in 2 s
INDEX_TICKERS = _get(
    "market/index-tickers", "public_get_market_index_tickers", 10, ("instId", "idxPx"), api="public"
)  # 20 in 2 s, by address
CREATE = _post(
    "users/subaccount/apikey", "private_post_users_subaccount_apikey", ("subAcct", *_KEY), ("data.secretKey",)
)
MODIFY = _post("users/subaccount/modify-apikey", "private_post_users_subaccount_modify_apikey", ("subAcct", *_KEY))
DELETE = _post("users/subaccount/delete-apikey", "private_post_users_subaccount_delete_apikey", ("subAcct",))

RIGHTS = (
    Right("read_only", frozenset({READ})),
    # the spelling of the answer to a change in the documentation's own sample
    Right("read", frozenset({READ}), settable=False),
    Right("trade", TRADE, Holder.SUBACCOUNT),
    Right("trade", TRADE, Holder.MASTER),
    # while a master key is bound to addresses it creates, changes and deletes keys of sub-accounts with this right
    Right("trade", TRADE | {KEYS_MANAGE}, Holder.MASTER),
    Right("withdraw", frozenset({WITHDRAW}), Holder.MASTER),
)

DECLARATION = Declaration(
    id=ExchangeId("okx"),
    title="OKX",
    family=(ExchangeId("myokx"), ExchangeId("okxus")),
    sources=(
        f"{DOCS}#trading-account-rest-api-get-account-configuration",
        f"{DOCS}#sub-account-rest-api-get-sub-account-list",
        f"{DOCS}#sub-account-rest-api-query-the-api-key-of-a-sub-account",
        f"{DOCS}#sub-account-rest-api-create-an-api-key-for-a-sub-account",
        f"{DOCS}#sub-account-rest-api-reset-the-api-key-of-a-sub-account",
        f"{DOCS}#sub-account-rest-api-delete-the-api-key-of-sub-accounts",
        f"{DOCS}#trading-account-rest-api-get-balance",
        f"{DOCS}#funding-account-rest-api-get-balance",
        f"{DOCS}#sub-account-rest-api-get-sub-account-trading-balance",
        f"{DOCS}#sub-account-rest-api-get-sub-account-funding-balance",
        f"{DOCS}#public-data-rest-api-get-index-tickers",
        f"{DOCS}#overview",
        f"{DOCS}#error-code",
    ),
    capabilities=frozenset(
        {
            Capability.LIST,
            Capability.INSPECT_SELF,
            Capability.CREATE,
            Capability.UPDATE_SCOPES,
            Capability.UPDATE_IPS,
            Capability.RENAME,
            Capability.DELETE,
            Capability.CREATED,
        }
    ),
    master_capabilities=frozenset({Capability.INSPECT_SELF}),
    endpoints=(
        ACCOUNT_CONFIG, SUB_APIKEYS, SUBACCOUNTS, BALANCE, FUNDING, SUB_BALANCE, SUB_FUNDING, INDEX_TICKERS,
        CREATE, MODIFY, DELETE,
    ),
    envelope=ENVELOPE,
    rights=RIGHTS,
    refusals=REFUSALS,
    # no answer has the exchange's time in its body; every HTTP answer has it in a header (RFC 9110, 6.6.1)
    server_time=ServerTime(header="Date"),
    limits=Limits(max_keys=50, max_ips=20, cidr=True, ipv6=True, label_room=50),
    implicit_expiry=(
        ImplicitExpiry(
            Condition.IDLE_WITHOUT_IP_LIST,
            14,
            "the key is deleted",
            f"{DOCS}#overview",
            "2026-07-20",
            unless="it is used, or bound to addresses",
            keys="keys that may trade or withdraw and are bound to no address, unless of demo trading",
        ),
    ),
    may_also=(
        "a master key that may read lists its sub-accounts and the ids, rights and allow-lists of their keys",
        "a trade right of a sub-account moves funds to the master account, one of a master moves them both ways",
        "a trade right cancels withdrawals",
    ),
    assumptions=(
        "an empty allow-list (`ip: \"\"`) of a listed key means any address, as in account/config",
        "a key that an answer shows is enabled: no answer has a state of keys",
        "`perm: trade` without `read_only` reads too",
        "no answer tells when a key was last used, so the end of an idle one can't be forecast",
        "a master key's `trade` opens keys.manage unless the answer says that it is bound to no address",
    ),
    needs_passphrase=True,
)  # fmt: skip
