"""Hyperliquid, as its documentation describes it: every key is the address of an agent that a wallet approved.

Nothing of it is asked yet: it is declared so that accounts, agents and tombstones can be in a registry.
"""

from __future__ import annotations

from keyctl.exchanges.declaration import Declaration, Envelope, Limits, Right, WalletAgents
from keyctl.model.names import ExchangeId
from keyctl.model.scopes import READ, Scope, ScopeSet

DOCS = "https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api"
SDK = "https://github.com/hyperliquid-dex/hyperliquid-python-sdk"

AGENT: ScopeSet = frozenset(
    {
        READ,
        *(Scope(name) for name in ("trade.spot", "trade.futures", "earn", "transfer.internal", "transfer.subaccount")),
        Scope("other:account.settings"),
    }
)
"""What every agent can do, for its master and all its sub-accounts: each action that an agent may sign. There is no
choice. It trades, deposits into vaults, moves funds between own accounts and changes the account's mode; withdrawing,
sending to others and approving agents take the master's own signature
(https://hyperliquid.gitbook.io/hyperliquid-docs/for-developers/api/exchange-endpoint)."""

DECLARATION = Declaration(
    id=ExchangeId("hyperliquid"),
    title="Hyperliquid",
    sources=(
        f"{DOCS}/nonces-and-api-wallets",
        f"{DOCS}/exchange-endpoint",
        f"{DOCS}/info-endpoint",
        SDK,
    ),
    capabilities=frozenset(),
    endpoints=(),
    # {"status": "ok" | "err", "response": …} of the exchange endpoint; answers of the info endpoint have no status
    envelope=Envelope(code=("status",), success="ok", absent_is_success=True),
    rights=(Right("agent", AGENT),),
    refusals={},
    implicit=AGENT,
    # no allow-lists; an agent's name has 16 characters, the end of its life left out
    limits=Limits(max_ips=0, cidr=False, ipv6=False, label_room=16),
    wallet_agents=WalletAgents(
        kind="API wallet (agent)",
        max_days=180,
        source=f"{DOCS}/exchange-endpoint#approve-an-api-wallet",
        as_of="2026-09-07",
        steps=(
            "Make a new key pair for the app; an address that was an agent before is never used again.",
            "Connect the master account's wallet at https://app.hyperliquid.xyz/API.",
            "Name the agent, enter its address, give its life an end, and authorise it with the wallet's signature.",
            "Give the app the agent's private key and the master account's address; the master's key stays where it"
            " is.",
        ),
        expiry=True,
    ),
    may_also=(
        "anybody may list an account's agents by its address: nothing there takes a credential",
        "an agent loses value without any right to withdraw, by deposits into a vault that somebody else leads",
        "an agent acts for all sub-accounts of its master",
        "an agent whose life is over may sign on: on the testnet one was still accepted 15 minutes later",
    ),
    assumptions=(
        "an agent's id is its address in lower case, and an account's uid is the master's address",
        "an agent that was approved without an end lives for 90 days, as was seen once on the testnet",
        "an account has 1 agent without a name, up to 3 with one, and 2 more for each sub-account",
        "the list of agents leaves out the one without a name: approve none",
    ),
)
