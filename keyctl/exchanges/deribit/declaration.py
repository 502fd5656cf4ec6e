"""Deribit, as its documentation of API version 2.1.1 describes it."""

from __future__ import annotations

from dataclasses import replace

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
    Right,
    ServerTime,
)
from keyctl.exchanges.errors import Cause
from keyctl.model.names import ExchangeId
from keyctl.model.scopes import KEYS_MANAGE, READ, WITHDRAW, Scope, other

# A good answer has no error at all, so the number of a success is never looked at.
ENVELOPE = Envelope(
    code=("error", "code"),
    success=0,
    absent_is_success=True,
    challenge=("result", "security_key_authorization_required"),
)

PER_SECOND = 20
"""A pool of 50,000 credits for each account; a call costs 500, and 10,000 come back in a second
(https://docs.deribit.com/articles/rate-limits)."""

_KEY = ("id", "client_id", "name", "max_scope", "enabled", "enabled_features", "ip_whitelist", "public_key")
_RECORD = ("id", "timestamp", "log", "result", "data")
# The documentation shows two shapes: a list of records, and an object that holds it as `data`.
_LOG = (*_RECORD, "records_total", *(f"data.{name}" for name in _RECORD))


def _call(
    name: str,
    effect: Effect,
    fields: tuple[str, ...],
    paging: Paging = Paging.NONE,
    api: str = "private",
    secrets: tuple[str, ...] = (),
) -> Endpoint:
    """A method as ccxt calls it: by GET, with its parameters in the query, whether it reads or writes."""
    return Endpoint(
        f"GET /api/v2/{api}/{name}",
        "GET",
        name,
        effect,
        (api,),
        None if name == "edit_api_key" else f"{api}_get_{name}",  # the only one that ccxt lacks
        PER_SECOND,
        (*ENVELOPE.fields, "testnet", *(f"result.{field}" for field in fields)),
        paging,
        secrets,
    )


LIST_API_KEYS = _call("list_api_keys", Effect.READ, _KEY)
GET_ACCOUNT_SUMMARY = _call("get_account_summary", Effect.READ, ("id", "type"))
GET_SUBACCOUNTS = _call("get_subaccounts", Effect.READ, ("id", "type", "username", "system_name"))
GET_ACCESS_LOG = _call("get_access_log", Effect.READ, _LOG, Paging.OFFSET)
GET_ACCOUNT_SUMMARIES = _call("get_account_summaries", Effect.READ, ("id", "summaries.currency", "summaries.equity"))
_NAMES = _call("get_index_price_names", Effect.READ, (), api="public")
GET_INDEX_PRICE_NAMES = replace(_NAMES, fields=(*_NAMES.fields, "result"))  # a list of texts
GET_INDEX_PRICE = _call("get_index_price", Effect.READ, ("index_price",), api="public")
CREATE_API_KEY = _call("create_api_key", Effect.WRITE, _KEY, secrets=("result.client_secret",))
EDIT_API_KEY = _call("edit_api_key", Effect.WRITE, _KEY)
CHANGE_SCOPE_IN_API_KEY = _call("change_scope_in_api_key", Effect.WRITE, _KEY)
CHANGE_API_KEY_NAME = _call("change_api_key_name", Effect.WRITE, _KEY)
ENABLE_API_KEY = _call("enable_api_key", Effect.WRITE, _KEY)
DISABLE_API_KEY = _call("disable_api_key", Effect.WRITE, _KEY)
RESET_API_KEY = _call("reset_api_key", Effect.WRITE, _KEY)
_REMOVED = _call("remove_api_key", Effect.WRITE, ())
REMOVE_API_KEY = replace(_REMOVED, fields=(*_REMOVED.fields, "result"))  # a text

ONE_KEY = (
    CREATE_API_KEY, EDIT_API_KEY, CHANGE_SCOPE_IN_API_KEY, CHANGE_API_KEY_NAME,
    ENABLE_API_KEY, DISABLE_API_KEY, RESET_API_KEY,
)  # fmt: skip
"""Endpoints that answer with the key that they changed."""

_TRADE = frozenset({READ, Scope("trade.futures"), Scope("trade.options"), Scope("trade.spot")})
_SUBACCOUNT = Scope("transfer.subaccount")
_READ = frozenset({READ})

RIGHTS = (
    Right("account:read", _READ),
    Right("account:read_write", frozenset({READ, KEYS_MANAGE})),
    Right("trade:read", _READ),
    # https://docs.deribit.com/api-reference/trading/private-move_positions needs mainaccount
    Right("trade:read_write", _TRADE | {other("move_positions")}, Holder.MASTER),
    Right("trade:read_write", _TRADE, Holder.SUBACCOUNT),
    Right("wallet:read", _READ),
    # withdrawals and transfers to other users need mainaccount
    Right(
        "wallet:read_write", frozenset({READ, WITHDRAW, Scope("transfer.internal"), _SUBACCOUNT}), Holder.MASTER
    ),
    Right("wallet:read_write", frozenset({READ, _SUBACCOUNT}), Holder.SUBACCOUNT),
    Right("block_trade:read", _READ, given=False),
    Right("block_trade:read_write", frozenset({READ, other("block_trade")})),
    Right("block_rfq:read", _READ, given=False),
    Right("block_rfq:read_write", frozenset({READ, other("block_rfq")})),
    Right("custody:read", _READ, given=False),
    Right("custody:read_write", frozenset({READ, other("custody")})),
)  # fmt: skip

_WEB_PAGE = "observe this account by hand, in the web page"
_TWO_FACTOR = "use a key of an account that asks for none when keys are listed, or " + _WEB_PAGE


def _parameter(meaning: str) -> NativeError:
    return NativeError((Cause.MALFORMED,), meaning, "check the version of keyctl")


REFUSALS = {
    "10000": NativeError((Cause.CREDENTIAL_INVALID,), "authorization is required", "check the credential"),
    # not proof that a key was deleted: a wrong secret and a key of the other environment answer the same
    "13004": NativeError(
        (Cause.CREDENTIAL_INVALID, Cause.NOT_FOUND),
        "the key is mistyped, removed, or of the other environment, or its secret is wrong",
        "check that the credential belongs to this environment and that the key still exists",
    ),
    # no source says what a caller from another address or with a wrong clock is told; this is the likeliest
    "13009": NativeError(
        (Cause.CREDENTIAL_INVALID, Cause.CLOCK_SKEW, Cause.IP_REFUSED, Cause.PERMISSION_DENIED),
        "the request was not authorized",
        "check the credential's secret, this machine's clock (NTP) and the key's IP allow-list and scope",
    ),
    "13012": NativeError(
        (Cause.PERMISSION_DENIED,), "sub-accounts can't do this", "give keyctl a key of the main account"
    ),
    "13021": NativeError(
        (Cause.PERMISSION_DENIED,),
        "the key lacks the scope for this call",
        "give keyctl's key account:read, or account:read_write to change keys with",
    ),
    "13403": NativeError(
        (Cause.PERMISSION_DENIED,),
        "the key may not see or change keys that can do more than it can itself",
        "give keyctl's key a scope that covers the other keys', or observe this account by hand",
    ),
    "13668": NativeError((Cause.TWO_FACTOR,), "the second factor was refused", _TWO_FACTOR),
    "12998": NativeError((Cause.TWO_FACTOR,), "the second factor was refused too often", _TWO_FACTOR),
    "13904": NativeError((Cause.TWO_FACTOR,), "the account must first set up a security key", _TWO_FACTOR),
    "10028": NativeError((Cause.RATE_LIMITED,), "too many requests", "run again later, and no two runs at a time"),
    "-32602": _parameter("a parameter is missing or wrong"),
    "-32000": _parameter("a parameter is missing"),
    "11050": _parameter("the request is not valid"),
    "-32601": _parameter("the exchange knows no such method"),
}

DECLARATION = Declaration(
    id=ExchangeId("deribit"),
    title="Deribit",
    sources=(
        "https://docs.deribit.com/api-reference/account-management/private-list_api_keys",
        "https://docs.deribit.com/api-reference/account-management/private-get_account_summary",
        "https://docs.deribit.com/api-reference/account-management/private-get_subaccounts",
        "https://docs.deribit.com/api-reference/account-management/private-get_access_log",
        "https://docs.deribit.com/api-reference/account-management/private-get_account_summaries",
        "https://docs.deribit.com/api-reference/market-data/public-get_index_price_names",
        "https://docs.deribit.com/api-reference/market-data/public-get_index_price",
        "https://docs.deribit.com/articles/access-scope",
        "https://docs.deribit.com/articles/security-keys",
        "https://docs.deribit.com/articles/rate-limits",
        "https://docs.deribit.com/articles/errors",
    ),
    capabilities=frozenset(
        {
            Capability.LIST,
            Capability.INSPECT_SELF,
            Capability.CREATE,
            Capability.UPDATE_SCOPES,
            Capability.UPDATE_IPS,
            Capability.RENAME,
            Capability.ENABLE,
            Capability.DISABLE,
            Capability.DELETE,
            Capability.MODIFIED,
        }
    ),
    endpoints=(
        LIST_API_KEYS, GET_ACCOUNT_SUMMARY, GET_SUBACCOUNTS, GET_ACCESS_LOG,
        GET_ACCOUNT_SUMMARIES, GET_INDEX_PRICE_NAMES, GET_INDEX_PRICE, *ONE_KEY, REMOVE_API_KEY,
    ),
    envelope=ENVELOPE,
    rights=RIGHTS,
    refusals=REFUSALS,
    limits=Limits(max_keys=8, label_room=16),
    # get_access_log names these; reset_api_key is not among them: a new secret changes nothing that shows
    event_fields={
        "changed_scope": "scopes",
        "changed_whitelist": "ips",
        "enabled_api_key": "enabled",
        "disabled_api_key": "enabled",
    },
    server_time=ServerTime(("usOut",), per_second=1_000_000),
    may_also=(
        "a key with account:read may be shown, in the listing, the secrets of keys that can do no more than itself",
        "a main-account key with account:read_write administers sub-accounts, and may get tokens for them"
        " (public/exchange_token): it is assumed to reach their keys too",
        "a key with wallet:read_write edits the withdrawal address book",
        "a key with account:read_write may enable disabled keys again, without a second factor",
    ),
    assumptions=(
        "an answer that shows keys does not say whether their account is a main account; without another answer that"
        " says it, the main account's rights are assumed",
        "`timestamp` of a key is documented neither as creation nor as change: both are unknown",
        "a key without `ip_whitelist` may be used from anywhere; an empty one, and `*`, are documented nowhere and"
        " taken for the same",
        "what blocking a sub-account's login does to its keys is documented nowhere: whether it is frozen is unknown",
    ),
)  # fmt: skip
