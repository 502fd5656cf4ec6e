"""The words of the simulated exchange: options, forms, scopes, methods, errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_address

from keyctl.sandbox.scenario import ScenarioError
from keyctl.sandbox.simulator import check_fields, check_wallets
from keyctl.sandbox.world import ExchangeWorld

OPTIONS: Mapping[str, object] = {
    "testnet": False,
    "nonce_reuse": "tolerated",
    "token_scope": "key",
    "stronger_keys": "without-secret",
    "timestamp": "created",
    "empty_list_shown": False,
    "empty_list": "unbinds",
    "json_text_lists": False,
    "log_shape": "list",
}
"""Every option and what it is unless said."""

CHOICES: Mapping[str, tuple[str, ...]] = {
    "nonce_reuse": ("tolerated", "refused"),
    "token_scope": ("key", "connection"),
    "stronger_keys": ("without-secret", "refused"),
    "timestamp": ("created", "modified"),
    "empty_list": ("unbinds", "refused"),
    "log_shape": ("list", "object"),
}

ACCOUNT_NATIVE: Mapping[str, object] = {
    "username": "",
    "system_name": "",
    "email": "",
    "login_enabled": False,
    "two_factor": "none",
    "log": [],
    "next_number": 0,
    "next_entry": 0,
}
KEY_NATIVE: Mapping[str, object] = {
    "number": 0,
    "enabled": True,
    "features": [],
    "public_key": "",
    "resets": 0,
    "timestamp": 0,
}
TWO_FACTOR = ("none", "writes", "all", "setup-required")

LEVELS = ("none", "read", "read_write")
GROUPS = ("account", "block_rfq", "block_trade", "custody", "trade", "wallet")
FEATURES = ("restricted_block_trades", "block_trade_approval")
MOST_KEYS = 8
NAME = re.compile(r"[A-Za-z0-9_]{0,16}", re.ASCII)

READING = ("list_api_keys", "get_access_log", "get_subaccounts", "get_account_summary", "get_account_summaries")
WRITING = (
    *("create_api_key", "edit_api_key", "change_scope_in_api_key", "change_api_key_name"),
    *("enable_api_key", "disable_api_key", "reset_api_key", "remove_api_key"),
)
FLAGGED = ("create_api_key", "edit_api_key", "change_scope_in_api_key", "disable_api_key")
"""Methods that write and that the documentation flags as asking for a second factor; list_api_keys is flagged too."""

KEY_EVENTS = (
    *("new_api_key", "removed_api_key", "changed_scope", "changed_whitelist"),
    *("disabled_api_key", "enabled_api_key", "reset_api_key"),
)

WALLETS = ("account",)
CURRENCIES = ("BTC", "ETH", "USDC", "USDT")
"""What every account has a summary of, if only of nothing."""

MESSAGES: Mapping[int, str] = {
    10000: "authorization_required",
    10028: "too_many_requests",
    11050: "bad_request",
    13004: "invalid_credentials",
    13009: "unauthorized",
    13021: "forbidden",
    13403: "scope_exceeded",
    13668: "security_key_authorization_error",
    13904: "security_key_setup_required",
    -32601: "Method not found",
    -32602: "Invalid params",
}
STATUSES: Mapping[int, int] = {13009: 401, 10028: 429}
"""HTTP statuses other than 400."""


class Refused(Exception):
    """The exchange says no. ``data`` is what it adds to the code."""

    def __init__(self, code: int, **data: str) -> None:
        super().__init__(MESSAGES[code])
        self.code = code
        self.data = data


def wrong(param: str, reason: str = "wrong value") -> Refused:
    """A parameter that is missing or wrong."""
    return Refused(-32602, reason=reason, param=param)


def check(world: ExchangeWorld) -> None:
    """Raises ScenarioError for what this exchange can't have."""
    check_fields(world.options, OPTIONS, "deribit: options")
    for name, choices in CHOICES.items():
        if world.options.get(name, OPTIONS[name]) not in choices:
            raise ScenarioError(f"deribit: options: {name} is one of {', '.join(choices)}")
    check_wallets(world, WALLETS, "deribit")
    for account in world.accounts.values():
        at = f"deribit: account {account.name}"
        check_fields(account.native, ACCOUNT_NATIVE, f"{at}: native")
        if account.native.get("two_factor", "none") not in TWO_FACTOR:
            raise ScenarioError(f"{at}: native: two_factor is one of {', '.join(TWO_FACTOR)}")
        if not account.uid.isdecimal():
            raise ScenarioError(f"{at}: uid: a number as text is expected, not {account.uid!r}")
        if account.parent is not None and world.accounts[account.parent].parent is not None:
            raise ScenarioError(f"{at}: a sub-account has no sub-accounts")
        if len(world.keys_of(account)) > MOST_KEYS:
            raise ScenarioError(f"{at}: an account has at most {MOST_KEYS} keys")
    for key in world.keys.values():
        at = f"deribit: key {key.name}"
        check_fields(key.native, KEY_NATIVE, f"{at}: native")
        for group, levels in key.rights.items():
            if group not in GROUPS or len(levels) != 1 or levels[0] not in LEVELS:
                raise ScenarioError(
                    f"{at}: rights: a group ({', '.join(GROUPS)}) has one level ({', '.join(LEVELS)}),"
                    f" such as trade: [read]; not {group}: {list(levels)}"
                )
        if not any(levels[0] != "none" for levels in key.rights.values()):
            raise ScenarioError(f"{at}: rights: at least one group must have a level")
        if key.expires is not None:
            raise ScenarioError(f"{at}: expires: keys of this exchange do not expire")
        if not NAME.fullmatch(key.label):
            raise ScenarioError(f"{at}: label: up to 16 letters, digits and underscores, not {key.label!r}")
        for entry in key.ips:
            try:
                ip_address(entry)
            except ValueError:
                raise ScenarioError(f"{at}: ips: single addresses only, not {entry!r}") from None
