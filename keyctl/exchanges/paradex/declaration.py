"""Paradex, as its documentation describes it: subkeys, which an account's main key registers, and tokens.

Nothing of it is asked yet: it is declared so that accounts, subkeys, tokens and tombstones can be in a registry.
"""

from __future__ import annotations

from keyctl.exchanges.declaration import Declaration, Envelope, Limits, Right, WalletAgents
from keyctl.model.names import ExchangeId
from keyctl.model.scopes import READ, Scope

DOCS = "https://docs.paradex.trade"

RIGHTS = (
    # trades whatever is listed; it can't withdraw, transfer or change sensitive settings of the account
    # (https://docs.paradex.trade/trading/api-authentication)
    Right("subkey", frozenset({READ, Scope("trade.spot"), Scope("trade.futures"), Scope("trade.options")})),
    # a switch of a subkey, off by default: it then signs block trades at agreed prices
    # (https://docs.paradex.trade/api/prod/subkey/update-subkey-block-trade-signing)
    Right("block_trade_signing", frozenset({Scope("other:block_trade")})),
    # tokens are credentials of their own, and their kinds are documented by these examples only
    # (https://docs.paradex.trade/api/prod/token/create-token)
    Right("api_key", frozenset({READ, Scope("other:api_key")}), exclusive=True),
    Right("jwt", frozenset({READ, Scope("other:jwt")}), exclusive=True),
)

DECLARATION = Declaration(
    id=ExchangeId("paradex"),
    title="Paradex",
    sources=(
        f"{DOCS}/trading/api-authentication",
        f"{DOCS}/api/prod/subkey/list-subkeys",
        f"{DOCS}/api/prod/subkey/register-subkey",
        f"{DOCS}/api/prod/subkey/update-subkey-allowed-cidrs",
        f"{DOCS}/api/prod/subkey/update-subkey-block-trade-signing",
        f"{DOCS}/api/prod/token/create-token",
        f"{DOCS}/api/prod/token/update-token-allowed-cidrs",
    ),
    capabilities=frozenset(),
    endpoints=(),
    # refusals are {"error": CODE, "message": …} with HTTP 400, 401 or 403; other answers have no such field
    envelope=Envelope(code=("error",), success="", absent_is_success=True),
    rights=RIGHTS,
    refusals={},
    # networks such as 203.0.113.0/24, /32 for one address; IPv6 is not documented
    limits=Limits(max_ips=50, cidr=True),
    wallet_agents=WalletAgents(
        kind="subkey",
        max_days=None,
        source=f"{DOCS}/api/prod/subkey/register-subkey",
        as_of="2026-06",
        steps=(
            "Make a new Starknet key pair for the app; a public key that was registered before is never used again.",
            "In a session of the account's main key, register its public key with a name, and with allowed_cidrs in the"
            " same call: without them it works from anywhere.",
            "Give the app the subkey's private key and the main account's address; the main key stays where it is.",
        ),
        expiry=False,
    ),
    may_also=(
        "a subkey works until somebody revokes it: it has no expiry",
        "a session of the main key registers and revokes subkeys and replaces their allow-lists; a subkey's can't",
        "a subkey with block-trade signing moves value to whom it agrees prices with",
    ),
    assumptions=(
        "a subkey reads, and trades everything that is listed: no field of it narrows that",
        "a token's kind says what it may do beside reading: no field of it does",
        "a subkey's id is its public key in lower case, as the list shows it; leading zeros may be missing there",
        "a token's id is its lookup_id",
    ),
)
