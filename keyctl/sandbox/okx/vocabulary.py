"""OKX's words: rights, limits, codes, and what a scenario may say of its accounts and keys."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_network

from keyctl.sandbox.scenario import ScenarioError
from keyctl.sandbox.simulator import check_fields, check_wallets
from keyctl.sandbox.world import ExchangeWorld

OPTIONS: Mapping[str, object] = {"main_uid": True, "modify_says_read": True, "read_implied": True, "limits": True}
ACCOUNT_NATIVE: Mapping[str, object] = {
    "sub_acct": "", "label": "", "type": "", "enable": True, "frozen": [], "created_ms": 0, "api_frozen": False,
}  # fmt: skip
KEY_NATIVE: Mapping[str, object] = {"demo": False, "idle_days": 0, "passphrase_digest": ""}

READ, TRADE, WITHDRAW = "read_only", "trade", "withdraw"
MOST_KEYS, MOST_ADDRESSES, LONGEST_LABEL = 50, 20, 50
IDLE_DAYS = 14

CONFIG, TIME = "/api/v5/account/config", "/api/v5/public/time"
KEYS, MEMBERS = "/api/v5/users/subaccount/apikey", "/api/v5/users/subaccount/list"
MODIFY, DELETE = "/api/v5/users/subaccount/modify-apikey", "/api/v5/users/subaccount/delete-apikey"

BALANCE, FUNDING = "/api/v5/account/balance", "/api/v5/asset/balances"
SUB_BALANCE, SUB_FUNDING = "/api/v5/account/subaccount/balances", "/api/v5/asset/subaccount/balances"
INDEX = "/api/v5/market/index-tickers"
WALLETS = ("trading", "funding")

LIMITS: Mapping[tuple[str, str], tuple[int, float]] = {
    ("GET", CONFIG): (5, 2),
    ("GET", KEYS): (20, 2),
    ("GET", MEMBERS): (20, 2),
    ("GET", BALANCE): (10, 2),
    ("GET", FUNDING): (6, 1),
    ("GET", SUB_BALANCE): (6, 2),
    ("GET", SUB_FUNDING): (6, 2),
    ("POST", KEYS): (1, 1),
    ("POST", MODIFY): (1, 1),
    ("POST", DELETE): (1, 1),
}
"""How many requests an account may send in how many seconds."""

MESSAGES: Mapping[str, tuple[int, str]] = {
    "50000": (400, "Body for POST request cannot be empty."),
    "50002": (400, "JSON syntax error"),
    "50006": (400, 'Invalid Content-Type. Please use "application/JSON".'),
    "50011": (429, "Too Many Requests"),
    "50014": (400, "Parameter {0} can not be empty."),
    "50035": (403, "This endpoint requires that APIKey must be bound to IP"),
    "50038": (200, "This feature is unavailable in demo trading"),
    "50100": (400, "API frozen, please contact customer service."),
    "50101": (401, "APIKey does not match current environment."),
    "50102": (401, "Timestamp request expired."),
    "50103": (401, 'Request header "OK-ACCESS-KEY" cannot be empty.'),
    "50104": (401, 'Request header "OK-ACCESS-PASSPHRASE" cannot be empty.'),
    "50105": (401, 'Request header "OK-ACCESS-PASSPHRASE" incorrect.'),
    "50106": (401, 'Request header "OK-ACCESS-SIGN" cannot be empty.'),
    "50107": (401, 'Request header "OK-ACCESS-TIMESTAMP" cannot be empty.'),
    "50110": (401, "Your IP {0} is not included in your API key's IP whitelist."),
    "50111": (401, "Invalid OK-ACCESS-KEY."),
    "50112": (401, "Invalid OK-ACCESS-TIMESTAMP."),
    "50113": (401, "Invalid signature."),
    "50115": (405, "Invalid request method."),
    "50119": (401, "API key doesn't exist"),
    "50120": (200, "This API key doesn't have permission to use this function"),
    "51000": (400, "Parameter {0} error"),
    "51001": (200, "Instrument ID does not exist"),
    "59500": (200, "Only the API key of the main account has permission."),
    "59501": (200, "Each account can create up to 50 API keys"),
    "59502": (200, "This note name already exists. Enter a unique API key note name"),
    "59503": (200, "Each API key can bind up to 20 IP addresses"),
    "59504": (200, "The API key doesn't support the withdrawal function"),
    "59505": (200, "The passphrase format is incorrect."),
    "59506": (200, "API key doesn't exist."),
    "59508": (200, "The sub account is suspended."),
    "59510": (200, "Sub-account does not exist"),
}
"""HTTP status and text by code. The texts of 59504, 59508 and 59510 are not in any source at hand."""


class Refused(Exception):
    """The exchange's own refusal; ``about`` fills the gap in its text."""

    def __init__(self, code: str, about: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.about = about


def check(world: ExchangeWorld) -> None:
    """Raise `ScenarioError` for what OKX can't have."""
    check_fields(world.options, OPTIONS, "okx: options")
    check_wallets(world, WALLETS, "okx")
    names: set[tuple[str | None, str]] = set()
    for account in world.accounts.values():
        at = f"okx: account {account.name}"
        check_fields(account.native, ACCOUNT_NATIVE, f"{at}: native")
        if not (account.uid.isascii() and account.uid.isdigit()):
            raise ScenarioError(f"{at}: uid {account.uid!r} is no number")
        if account.parent is not None and world.accounts[account.parent].parent is not None:
            raise ScenarioError(f"{at}: a sub-account has no sub-accounts of its own")
        name = (account.parent, str(account.native.get("sub_acct") or account.name))
        if account.parent is not None and name in names:
            raise ScenarioError(f"{at}: another sub-account has the name {name[1]!r}")
        names.add(name)
    for key in world.keys.values():
        at = f"okx: key {key.name}"
        check_fields(key.native, KEY_NATIVE, f"{at}: native")
        known = {READ, TRADE} if world.account_of(key).parent is not None else {READ, TRADE, WITHDRAW}
        if set(key.rights) - {"perm"} or set(key.rights.get("perm", ())) - known:
            raise ScenarioError(f"{at}: rights are {{perm: [{', '.join(sorted(known))}]}} or fewer")
        if len(key.ips) > MOST_ADDRESSES:
            raise ScenarioError(f"{at}: more than {MOST_ADDRESSES} addresses")
        for bound in key.ips:
            try:
                ip_network(bound)
            except ValueError:
                raise ScenarioError(f"{at}: {bound!r} is no address") from None
