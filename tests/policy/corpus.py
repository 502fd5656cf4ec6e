"""The cases of the rules: small registries as data, what an exchange reports where a rule asks, and the findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from string import ascii_letters, digits
from typing import Any

import yaml

from keyctl.exchanges.declaration import Declaration, Limits
from keyctl.model.account import Account
from keyctl.model.balance import Balance, Holding
from keyctl.model.expiry import Condition, ImplicitExpiry
from keyctl.model.finding import Finding
from keyctl.model.identifier import Identifier
from keyctl.model.ips import ANY, IpSet, parse_network
from keyctl.model.live import NOT_ASKED_FOR, AccountSnapshot, Coverage, LiveKey, Snapshot
from keyctl.model.names import AccountName, ExchangeId
from keyctl.model.observed import ABSENT, Known, NotObservable, Observed
from keyctl.model.place import Pointer
from keyctl.model.registry import Registry
from keyctl.policy.judge import Judged, judge
from keyctl.policy.world import World, known_venue
from keyctl.registry.load import load_documents

HERE = Path(__file__).parent / "cases"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
UNSAID = NotObservable("the venue has no such thing")
BASE: Mapping[str, Any] = {
    "registry": {"version": 1, "id": "7b0f6f0e-6a51-4c0a-9d3e-2f6a5c1f9b42"},
    "accounts": {
        "main": {
            "exchange": "bybit",
            "two_factor": "totp",
            "email": "sha256:" + "a" * 64,
            "attested": {"on": "2026-11-01", "by": "ann", "evidence": "ticket 1"},
        },
        "mm": {"exchange": "bybit", "parent": "main", "subaccount": "101"},
    },
    "apps": {"hedger": {"team": "mm", "kind": "internal", "needs": ["read", "trade.spot"]}},
    "key": {
        "account": "mm",
        "owner": "hedger",
        "id": "QuotesId01",
        "scopes": ["read", "trade.spot"],
        "ips": ["8.8.4.10"],
        "issued": "2026-09-01",
        "expires": "2027-02-15",
    },
}
"""A registry of which no rule of the set ``strict`` has anything to say; the key is called ``one``."""


class Plain(yaml.SafeLoader):
    """YAML in which ``on`` and ``off`` are texts, as they are in a registry."""


Plain.yaml_implicit_resolvers = {
    start: [(tag, pattern) for tag, pattern in pairs if tag != "tag:yaml.org,2002:bool" or start in "tTfF"]
    for start, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True)
class Case:
    """``registry`` replaces or adds to parts of the base: ``accounts``, ``apps``, ``networks``, ``policy``,
    ``waivers``, ``revoked``, and ``keys``, where a key is what it has otherwise than the base's; null is no field.
    ``findings`` are as ``told`` tells them.

    Where a case says more: ``at`` are their places, ``words`` facts that their messages tell, in that order, ``remedy``
    the same of their remedies, ``fixes`` what ``--fix`` would remove. ``now`` is the moment, ``files`` are further
    texts of the registry by path, and ``venue`` is what every exchange has otherwise: ``limits``, ``may_also``, and
    ``implicit_expiry`` as conditions with days; null is an exchange that nothing is known of."""

    rule: str
    name: str
    registry: Mapping[str, Any]
    live: Mapping[str, Any] | None
    findings: list[str]
    at: list[str] | None
    words: list[str]
    remedy: list[str]
    fixes: list[str] | None
    now: datetime
    files: Mapping[str, str]
    venue: Mapping[str, Any] | None


def cases() -> list[Case]:
    """All of them, in the order of their files."""
    return [
        Case(
            file.stem,
            entry["name"],
            entry.get("registry", {}),
            entry.get("live"),
            entry.get("findings", []),
            entry.get("at"),
            entry.get("words", []),
            entry.get("remedy", []),
            entry.get("fixes"),
            datetime.fromisoformat(entry["now"]).replace(tzinfo=UTC) if "now" in entry else NOW,
            entry.get("files", {}),
            entry.get("venue", {}),
        )
        for file in sorted(HERE.glob("*.yaml"))
        for entry in yaml.load(_drawn(file.read_text()), Plain)
    ]


def _drawn(text: str) -> str:
    """A file of cases with the invented secrets that it names: none stands in any file of this project."""
    for name, secret in SECRETS.items():
        text = text.replace("{" + name + "}", secret)
    return text


def _drawn_text(seed: str, alphabet: str, length: int) -> str:
    random = Random(seed)
    return "".join(random.choice(alphabet) for _ in range(length))


_BOTH = ascii_letters + digits
SECRETS = {
    "pem": f"-----BEGIN PRIVATE KEY----- {_drawn_text('pem', _BOTH, 64)} -----END PRIVATE KEY-----",
    "token": "glpat-" + _drawn_text("token", _BOTH, 20),
    "okx": _drawn_text("okx", "0123456789ABCDEF", 32),
    "bybit": _drawn_text("bybit", _BOTH, 36),
    "drawn": _drawn_text("drawn", _BOTH, 28),
    "bybit_id": _drawn_text("bybit id", _BOTH, 18),
}


def registry_of(fragment: Mapping[str, Any]) -> Registry:
    """The base with a fragment laid over it; it must load without a complaint."""
    loaded = load_documents(documents_of(fragment))
    assert loaded.registry is not None, loaded.findings
    return loaded.registry


def documents_of(fragment: Mapping[str, Any]) -> dict[str, bytes]:
    """The files of the same."""
    documents: dict[str, Any] = {}
    for name in ("registry", "accounts", "apps"):
        whole = {**BASE[name]}
        for entry, fields in fragment.get(name, {}).items():
            merged = {**whole.get(entry, {}), **fields} if isinstance(fields, dict) else fields
            whole[entry] = _without_nulls(merged) if isinstance(merged, dict) else merged
        documents[f"registry/{name}.yaml"] = whole
    for name in ("networks", "policy", "waivers", "revoked"):
        if name in fragment:
            documents[f"registry/{name}.yaml"] = fragment[name]
    for name, fields in fragment.get("keys", {"one": {}}).items():
        documents[f"keys.d/{name}.yaml"] = _without_nulls({**BASE["key"], **fields})
    return {path: _yaml(document) for path, document in documents.items()}


def _without_nulls(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _yaml(document: Any) -> bytes:
    return yaml.safe_dump(document, sort_keys=False).encode()


def world_of(case: Case) -> World:
    """What the rules see."""
    registry = registry_of(case.registry)
    snapshot = snapshot_of(registry, case.live) if case.live is not None else None
    texts = documents_of(case.registry) | {path: text.encode() for path, text in case.files.items()}
    return World(registry, case.now, _Venues(case.venue), snapshot, texts)


@dataclass(frozen=True)
class _Venues:
    """Exchanges as they are but for what a case says of them all."""

    said: Mapping[str, Any] | None

    def __call__(self, exchange: ExchangeId) -> Declaration | None:
        known = known_venue(exchange)
        if known is None or self.said is None:
            return None
        changes: dict[str, Any] = {}
        if "limits" in self.said:
            changes["limits"] = Limits(**self.said["limits"])
        if "may_also" in self.said:
            changes["may_also"] = tuple(self.said["may_also"])
        if "implicit_expiry" in self.said:
            changes["implicit_expiry"] = tuple(
                ImplicitExpiry(Condition(condition), days, "the key ends", "a page", "2026-01", unless="it is bound")
                for condition, days in self.said["implicit_expiry"]
            )
        return replace(known, **changes)


def judged(case: Case) -> Judged:
    """What they say."""
    world = world_of(case)
    return judge(world, world.registry.policy, world.registry.waivers)


def told(finding: Finding) -> str:
    """A finding in a line: severity, rule, and the key, account or place that it is about."""
    place = finding.place
    about: str | None = finding.key or finding.account
    if about is None and place is not None:
        about = spot(place.path, place.pointer)
    return f"{finding.severity.value} {finding.rule} {about or '-'}"


def spot(path: str, pointer: Pointer) -> str:
    """A place in a word: the file's name and the way to the node in it."""
    return "/".join([path.rpartition("/")[2], *map(str, pointer)])


def told_in_order(texts: Sequence[str], pieces: Sequence[str]) -> bool:
    """Whether some texts, one after the other, hold all pieces, each one after the one before it."""
    whole, at = "\n".join(texts), 0
    for piece in pieces:
        found = whole.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def snapshot_of(registry: Registry, live: Mapping[str, Any]) -> Snapshot:
    """Every account but those ``unseen``, with what ``live`` says of its keys, by name: ``last_used`` and ``created``,
    days or ``never``; ``balances`` by account, priced by ``priced_by``."""
    unseen = live.get("unseen", ())
    accounts = [_account(registry, one, live) for one in registry.accounts.values() if one.name not in unseen]
    return Snapshot(registry.id, NOW, tuple(accounts))


def _account(registry: Registry, account: Account, live: Mapping[str, Any]) -> AccountSnapshot:
    keys = [
        _live(key.identifier, live.get(str(key.name), {}))
        for key in registry.keys.values()
        if key.account == account.name and key.identifier is not None and str(key.name) in live
    ]
    return AccountSnapshot(
        AccountName(account.name),
        account.exchange,
        Coverage.ENUMERATED,
        NOW,
        tuple(sorted(keys, key=lambda key: key.identifier.fingerprint)),
        subaccounts=UNSAID,
        balances=_balance(live.get("balances", {}).get(account.name), live.get("priced_by", "Bybit")),
    )


def _balance(said: Any, priced_by: str) -> Observed[Balance]:
    """``[asset, amount, value]`` for each holding, or why it could not be read."""
    if said is None:
        return NOT_ASKED_FOR
    if isinstance(said, str):
        return NotObservable(said)
    holdings = [Holding(name, Decimal(amount), Decimal(worth) if worth else None) for name, amount, worth in said]
    return Known(Balance(tuple(holdings), "USD", priced_by))


def _live(identifier: Identifier, said: Mapping[str, Any]) -> LiveKey:
    ips = said.get("ips", ["8.8.4.10"])
    return LiveKey(
        identifier=identifier,
        label=UNSAID,
        scopes=UNSAID,
        ips=Known(ANY if ips == "any" else IpSet.of(parse_network(text) for text in ips)),
        enabled=Known(True),
        created_at=_moment(said.get("created")),
        modified_at=UNSAID,
        expires_at=UNSAID,
        last_used_at=_moment(said.get("last_used")),
    )


def _moment(said: Any) -> Any:
    if said is None:
        return UNSAID
    return ABSENT if said == "never" else Known(datetime.fromisoformat(str(said)).replace(tzinfo=UTC))
