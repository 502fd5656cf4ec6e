"""Bybit's words: permission groups, limits, codes, and what a scenario may say of its accounts and keys."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from ipaddress import ip_network

from keyctl.sandbox.scenario import ScenarioError
from keyctl.sandbox.simulator import check_fields, check_wallets
from keyctl.sandbox.world import ExchangeWorld

OPTIONS: Mapping[str, object] = {
    "read_only_lists_subaccounts": True,
    "listing_read_only": "plain",
    "creates_keys": True,
}
ACCOUNT_NATIVE: Mapping[str, object] = {"username": "", "remark": "", "member_type": 1, "status": 1, "account_mode": 5}
KEY_NATIVE: Mapping[str, object] = {"read_only": False, "type": 1, "internal_id": "", "unbound": ""}
"""``unbound`` is when a key's binding to addresses was taken off: its 90 days count from there."""

WALLETS = ("UnifiedTradingAccount", "FundingAccount", "Earn")
CATEGORIES: Mapping[str, str] = {"Earn": "Easy Earn"}
"""The wallets that are simulated, as asset-overview calls them; of those that it cuts into products, one product."""

NORMAL, FROZEN = 1, 4
"""Values of an account's ``status``."""
CUSTODIAL, CUSTODIAL_FUND = 6, 12
"""Values of an account's ``member_type``, beside 1."""

LISTED_GROUPS = (
    *("ContractTrade", "Spot", "Wallet", "Options", "Derivatives", "CopyTrading"),
    *("BlockTrade", "Exchange", "NFT", "Affiliate", "Earn"),
)
INSPECTED_GROUPS = (
    *LISTED_GROUPS,
    *("FiatP2P", "FiatConvertBroker", "FiatGlobalPay", "FiatBitPay", "BitCard", "ByXPost"),
)
CREATED_GROUPS = (
    *("ContractTrade", "Spot", "Wallet", "Options", "CopyTrading", "BlockTrade", "Exchange", "NFT", "Earn"),
)
UPDATED_MASTER_GROUPS = (
    *("ContractTrade", "Spot", "Wallet", "Options", "Derivatives"),
    *("CopyTrading", "BlockTrade", "Exchange", "Earn", "NFT"),
)
UPDATED_SUB_GROUPS = (
    *("ContractTrade", "Spot", "Wallet", "Options", "Derivatives"),
    *("CopyTrading", "BlockTrade", "Exchange", "NFT"),
)
"""The permission groups of the documented answers, in their order; empty ones are sent too."""

_EVERYBODYS: Mapping[str, tuple[str, ...]] = {
    "ContractTrade": ("Order", "Position"),
    "Spot": ("SpotTrade",),
    "Options": ("OptionsTrade",),
    "Derivatives": ("DerivativesTrade",),
    "Exchange": ("ExchangeHistory",),
    "Earn": ("Earn",),
    "CopyTrading": ("CopyTrading",),
    "NFT": ("NFTQueryProductList",),
}
SUB_RIGHTS: Mapping[str, tuple[str, ...]] = {**_EVERYBODYS, "Wallet": ("AccountTransfer", "SubMemberTransferList")}
MASTER_RIGHTS: Mapping[str, tuple[str, ...]] = {
    **_EVERYBODYS,
    "Wallet": ("AccountTransfer", "SubMemberTransfer", "Withdraw"),
    "BlockTrade": ("BlockTrade",),
    "Affiliate": ("Affiliate",),
    "FiatP2P": ("FiatP2POrder", "Advertising"),
    "FiatBitPay": ("FaitPayOrder",),
    "FiatConvertBroker": ("FiatConvertBrokerOrder",),
    "BitCard": ("BitCard",),
    "ByXPost": ("ByXPost",),
}
"""What create-sub-api and update-sub-api, and what update-api may be sent."""

DEPRECATED = {"CopyTrading", "NFT"}
FIAT = ("FiatP2P", "FiatBitPay", "FiatConvertBroker")

ADMINISTRATION = {"AccountTransfer", "SubMemberTransfer", "Withdraw"}
"""A master key needs one of these to list sub-accounts and, read-write, to administer them and their keys."""
SELF_ADMINISTRATION = {"AccountTransfer", "SubMemberTransferList"}
"""A sub-account's key needs one of these, read-write, to change and delete itself."""
MASTER_ONLY = {"SubMemberTransfer", "Withdraw"}
SUB_ONLY = {"SubMemberTransferList"}

LIMITS: Mapping[str, int] = {
    "/v5/user/query-api": 10,
    "/v5/user/sub-apikeys": 10,
    "/v5/user/query-sub-members": 10,
    "/v5/user/submembers": 5,
    "/v5/user/escrow_sub_members": 5,
    "/v5/account/info": 50,
    "/v5/account/wallet-balance": 50,
    "/v5/asset/asset-overview": 50,
    "/v5/user/create-sub-member": 1,
    "/v5/user/create-sub-api": 1,
    "/v5/user/update-api": 5,
    "/v5/user/update-sub-api": 5,
    "/v5/user/delete-api": 5,
    "/v5/user/delete-sub-api": 5,
    "/v5/user/frozen-sub-member": 5,
    "/v5/user/del-submember": 5,
}
"""Requests per second and uid."""

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
    81007: "Bybit Europe is not supported create API Key",
}


class Refused(Exception):
    """The exchange says no, with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(MESSAGES[code])
        self.code = code


def digits(text: str) -> bool:
    """Whether a text is a number as Bybit writes them."""
    return text.isascii() and text.isdigit() and len(text) <= 18


def check(world: ExchangeWorld) -> None:
    """Raises `ScenarioError` for a world that Bybit can't have."""
    check_fields(world.options, OPTIONS, "bybit: options")
    if world.options.get("listing_read_only", "plain") not in ("plain", "inverted"):
        raise ScenarioError("bybit: options: listing_read_only is plain or inverted")
    check_wallets(world, WALLETS, "bybit")
    if world.prices and "USDT" not in world.prices:
        raise ScenarioError("bybit: prices: USDT must have one, since spot pairs are in USDT")
    for account in world.accounts.values():
        at = f"bybit: account {account.name}"
        check_fields(account.native, ACCOUNT_NATIVE, f"{at}: native")
        if not digits(account.uid):
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
        unbound = str(key.native.get("unbound", ""))
        if unbound and not _is_aware(unbound):
            raise ScenarioError(f"{at}: native: unbound: {unbound!r} is no time such as 2026-09-01T08:00:00Z")
        kind, others = ("master", SUB_ONLY) if world.account_of(key).parent is None else ("sub-account", MASTER_ONLY)
        if wrong := others & set(key.rights.get("Wallet", ())):
            raise ScenarioError(f"{at}: a {kind} key can't hold the Wallet right {min(wrong)}")


def _is_aware(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
