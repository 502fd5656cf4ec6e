"""Whole valid registries as files, with the model that they should load to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from ipaddress import IPv4Network, IPv6Network
from random import Random
from typing import Any

from hypothesis import strategies as st

from keyctl.exchanges.catalogue import declaration
from keyctl.model.account import Account, Closed, Environment, Mode, OnExpiry, SecondFactor, Unmanaged
from keyctl.model.app import KEYCTL, Access, App, Hours, Kind, Wallet, Window
from keyctl.model.attestation import FIELDS, Attestation
from keyctl.model.identifier import Identifier
from keyctl.model.ips import ANY, IpSet, Network
from keyctl.model.key import Key, Retiring, Revocation
from keyctl.model.names import AccountName, AppName, ExchangeId, KeyName
from keyctl.model.place import Place
from keyctl.model.registry import Brakes, Registry
from keyctl.model.scopes import STANDARD, Scope, in_order

ACCOUNTS, APPS, REVOKED = "registry/accounts.yaml", "registry/apps.yaml", "registry/revoked.yaml"
NETWORKS, SETTINGS = "registry/networks.yaml", "registry/registry.yaml"

_NAME = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=6)
_LINES = st.text(
    st.characters(exclude_categories=("C", "Z"), exclude_characters="\u061c"), min_size=1, max_size=30
) | st.sampled_from(["yes", "on", "1e5", "0123", "2026-09-01", "null", "true", "a: b", "# no comment", "- x", "~"])
_DAYS = st.dates(date(2020, 1, 1), date(2029, 12, 31))
_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))


@dataclass(frozen=True)
class Plain:
    """A scalar that is written as it stands, without quotes."""

    text: str


@dataclass(frozen=True)
class Written:
    """A registry's files by path, and what they mean; the model's ``digest`` is empty, since bytes decide it."""

    files: dict[str, str]
    registry: Registry

    @property
    def documents(self) -> dict[str, bytes]:
        """The files as ``load_documents`` takes them."""
        return {path: text.encode() for path, text in self.files.items()}


@st.composite
def registries(draw: st.DrawFn, max_keys: int = 5) -> Written:
    """A registry with at most so many keys, written in one of the many ways in which YAML can be."""
    random = Random(draw(st.integers(0, 2**32)))
    ids = _identifiers(random)
    networks = draw(st.dictionaries(_NAME, _networks(), max_size=2))
    app_names = draw(st.lists(_NAME, min_size=1, max_size=3, unique=True))
    apps = {AppName(name): draw(_apps(AppName(name))) for name in app_names}
    accounts: dict[AccountName, Account] = {}
    for name in draw(st.lists(_NAME, min_size=1, max_size=4, unique=True)):
        accounts[AccountName(name)] = draw(_accounts(AccountName(name), list(accounts.values()), list(apps)))
    users = [name for name, app in apps.items() if app.access is Access.KEY] or [KEYCTL]
    keys: dict[KeyName, Key] = {}
    for name in draw(st.lists(_NAME.map("key-{}".format), max_size=max_keys, unique=True)):
        folder = draw(st.sampled_from(["keys.d/", "keys.d/team/", "keys.d/team/Desk_2/"]))
        keys[KeyName(name)] = draw(_keys(f"{folder}{name}.yaml", list(accounts.values()), users, networks, ids))
    revoked = tuple(draw(_revocations(REVOKED, ids, 2)))
    brakes = draw(st.builds(Brakes, st.integers(0, 9), st.integers(0, 100), st.integers(0, 100)))
    registry = Registry(
        id=str(draw(st.uuids())),
        accounts=dict(sorted(accounts.items())),
        apps=dict(sorted({KEYCTL: App(KEYCTL, "keyctl", Kind.INTERNAL, Place(APPS)), **apps}.items())),
        networks={name: IpSet.of(networks[name]) for name in sorted(networks)},
        keys=dict(sorted(keys.items())),
        revoked=revoked,
        digest="",
        brakes=brakes,
    )
    files: dict[str, dict[str, Any]] = {
        SETTINGS: {"version": Plain("1"), "id": registry.id, "brakes": _members(brakes, typed=True)},
        ACCOUNTS: {name: _account_document(account) for name, account in accounts.items()},
        APPS: {name: _app_document(app) for name, app in apps.items()},
        **{key.place.path: _key_document(key, random) for key in keys.values()},
    }
    if networks or random.random() < 0.5:
        files[NETWORKS] = {name: [str(network) for network in given] for name, given in networks.items()}
    if revoked or random.random() < 0.5:
        files[REVOKED] = {"revoked": [_revocation_document(entry) for entry in revoked]}
    return Written({path: yaml_text(document, random) for path, document in files.items()}, registry)


def _identifiers(random: Random) -> Iterator[Identifier]:
    """Different credentials, also by letter case, each known by its text or by its fingerprint."""
    seen: set[str] = set()
    while True:
        alphabet = random.choice(["0123456789", "0123456789abcdefABCDEF", _PRINTABLE])
        text = random.choice(["", "", "", "0x"]) + "".join(random.choices(alphabet, k=random.randint(8, 24)))
        if text.lower() not in seen and not text.startswith(("sha256:", "key-")):
            seen.add(text.lower())
            known = Identifier.of_text(text)
            yield Identifier.of_fingerprint(known.fingerprint) if random.random() < 0.3 else known


def _network() -> st.SearchStrategy[Network]:
    fours = st.builds(lambda n, p: IPv4Network((n >> (32 - p) << (32 - p), p)), st.integers(1, 2**32 - 1), _prefix(32))
    sixes = st.builds(
        lambda n, p: IPv6Network((0x2001 << 112 | n >> (128 - p) << (128 - p), p)),
        st.integers(0, 2**100),
        _prefix(128).map(lambda length: max(length, 16)),
    )
    return fours | sixes


def _prefix(longest: int) -> st.SearchStrategy[int]:
    return st.integers(8, longest) | st.just(longest)


def _networks() -> st.SearchStrategy[list[Network]]:
    return st.lists(_network(), min_size=1, max_size=3)


@st.composite
def _accounts(draw: st.DrawFn, name: AccountName, others: list[Account], apps: list[AppName]) -> Account:
    parent = draw(st.none() | st.sampled_from(others)) if others else None
    environment = parent.environment if parent else draw(st.sampled_from(Environment))
    return Account(
        name=name,
        exchange=ExchangeId("bybit"),
        environment=environment,
        place=Place(ACCOUNTS, (name,)),
        parent=parent.name if parent else None,
        subaccount=draw(st.integers(10**6, 10**8).map(str)) if parent else None,
        uid=draw(st.none() | st.integers(10**6, 10**8).map(str)),
        mode=draw(st.sampled_from(Mode)),
        unmanaged=draw(st.sampled_from(Unmanaged)),
        grace_days=draw(st.integers(1, 99)),
        on_expiry=draw(st.sampled_from(OnExpiry)),
        dedicated_to=draw(st.none() | st.sampled_from(apps)),
        max_balance=draw(
            st.sampled_from([(), (("USD", Decimal(500)),), (("BTC", Decimal("0.25")), ("EUR", Decimal(7)))])
        ),
        two_factor=draw(st.none() | st.sampled_from(SecondFactor)),
        email=draw(st.none() | st.just("sha256:" + "ab" * 32)),
        closed=draw(st.none() | st.none() | st.builds(Closed, _DAYS, _LINES)),
        attested=draw(st.none() | _attestations(st.just(()))),
    )


def _attestations(fields: st.SearchStrategy[tuple[str, ...]]) -> st.SearchStrategy[Attestation]:
    return st.builds(Attestation, _DAYS, _LINES, _LINES, fields, st.none() | st.just("sha256:" + "cd" * 32))


@st.composite
def _apps(draw: st.DrawFn, name: AppName) -> App:
    hour = st.integers(0, 11).map(time)
    late = st.builds(time, st.integers(12, 23), st.integers(0, 59))
    zone = st.sampled_from(["UTC", "Europe/Berlin"])
    days = st.lists(st.sampled_from(["mon", "tue", "sat", "sun"]), min_size=1, unique=True).map(tuple)
    wallet = draw(st.none() | st.builds(Wallet, _LINES, _LINES, st.just("0x" + "0a" * 20)))
    return App(
        name=name,
        team=draw(_LINES),
        kind=draw(st.sampled_from(Kind)),
        place=Place(APPS, (name,)),
        contact=draw(st.none() | _LINES),
        access=Access.WALLET if wallet else Access.KEY,
        wallet=wallet,
        needs=draw(st.frozensets(st.sampled_from(STANDARD), max_size=3)),
        hours=draw(st.none() | st.builds(Hours, days, hour, late, zone)),
        countries=draw(st.lists(st.sampled_from(["DE", "NL", "NO"]), unique=True).map(tuple)),
        no_change=draw(st.lists(st.builds(Window, hour, late, zone), max_size=2).map(tuple)),
        recipients=draw(st.sampled_from([(), ("age1qqqq",), ("ssh-ed25519 AAAA someone",)])),
        sink=draw(st.none() | st.just("vault:kv/x")),
    )


@st.composite
def _keys(
    draw: st.DrawFn,
    path: str,
    accounts: list[Account],
    apps: list[AppName],
    networks: dict[str, list[Network]],
    ids: Iterator[Identifier],
) -> Key:
    account = draw(st.sampled_from(accounts))
    issued = draw(st.none() | _DAYS)
    later = (issued or date(2026, 1, 1)) + timedelta(days=draw(st.integers(0, 400)))
    revoked = tuple(draw(_revocations(path, ids, 2)))
    current = next(ids) if account.closed is None and draw(st.booleans()) else None
    wanted = draw(st.frozensets(st.sampled_from([*STANDARD, Scope("other:BlockTrade")]), max_size=4))
    names = draw(st.lists(st.sampled_from(sorted(networks)), unique=True)) if networks else []
    given = draw(_networks())
    unrestricted = draw(st.booleans())
    return Key(
        name=KeyName(path.rpartition("/")[2].removesuffix(".yaml")),
        account=account.name,
        owner=draw(st.sampled_from(apps)),
        purpose=draw(st.just("") | _LINES),
        scopes=declaration("bybit").grantable(wanted, subaccount=account.parent is not None or None),
        ips=ANY if unrestricted else IpSet.of([*given, *(one for name in names for one in networks[name])]),
        place=Place(path),
        identifier=current,
        networks=() if unrestricted else tuple(names),
        issued=issued,
        expires=draw(st.none() | st.just(later)),
        retiring=Retiring(next(ids), later) if current and draw(st.booleans()) else None,
        protected=draw(st.booleans()),
        disabled=draw(st.booleans()),
        reissue=bool(revoked) and current is None and draw(st.booleans()),
        deliver=draw(st.none() | st.just("vault:kv/hedger")),
        revoked=revoked,
        attested=draw(st.none() | _attestations(_some_fields)),
    )


_some_fields = st.sets(st.sampled_from(FIELDS)).map(lambda some: tuple(sorted(some, key=FIELDS.index)))


@st.composite
def _revocations(draw: st.DrawFn, path: str, ids: Iterator[Identifier], most: int) -> list[Revocation]:
    return [
        Revocation(
            next(ids),
            draw(_DAYS),
            draw(_LINES),
            Place(path, ("revoked", index)),
            draw(st.none() | _DAYS),
            draw(st.none() | _LINES),
        )
        for index in range(draw(st.integers(0, most)))
    ]


def _as_written(identifier: Identifier) -> str:
    return identifier.text if identifier.text is not None else identifier.fingerprint


def _members(value: Any, *, typed: bool = False) -> dict[str, Any]:
    """The fields of a flat dataclass but for those that say nothing."""
    fields = {name: getattr(value, name) for name in value.__slots__}
    return {name: Plain(str(field)) if typed else str(field) for name, field in fields.items() if field is not None}


def _account_document(account: Account) -> dict[str, Any]:
    document = _members(account)
    for name in ("name", "place", "grace_days", "max_balance", "closed", "attested"):
        document.pop(name, None)
    document["grace"] = f"{account.grace_days}d"
    if account.max_balance:
        document["max_balance"] = {code: Plain(str(amount)) for code, amount in account.max_balance}
    if account.closed:
        document["closed"] = {"on": str(account.closed.on), "evidence": account.closed.evidence}
    if account.attested:
        document["attested"] = _attestation_document(account.attested, [])
    return document


def _attestation_document(attested: Attestation, fields: list[str]) -> dict[str, Any]:
    document: dict[str, Any] = {"on": str(attested.on), "by": attested.by, "evidence": attested.evidence}
    if fields:
        document["fields"] = fields
    if attested.state:
        document["state"] = attested.state
    return document


def _app_document(app: App) -> dict[str, Any]:
    document: dict[str, Any] = {"team": app.team, "kind": str(app.kind), "access": str(app.access)}
    for name in ("contact", "sink"):
        if getattr(app, name) is not None:
            document[name] = getattr(app, name)
    for name in ("countries", "recipients"):
        document[name] = list(getattr(app, name))
    if app.wallet:
        document["wallet"] = _members(app.wallet)
    if app.hours:
        document["hours"] = {"days": list(app.hours.days), **_stretch(app.hours)}
    return {**document, "needs": list(in_order(app.needs)), "no_change": [_stretch(window) for window in app.no_change]}


def _stretch(window: Hours | Window) -> dict[str, Any]:
    return {"from": f"{window.start:%H:%M}", "to": f"{window.end:%H:%M}", "zone": window.zone}


def _key_document(key: Key, random: Random) -> dict[str, Any]:
    ips = list(key.ips.texts())
    document: dict[str, Any] = {
        "account": key.account,
        "owner": key.owner,
        "scopes": list(in_order(key.scopes)),
        "ips": "any" if key.ips.unrestricted else [*ips, *(f"@{name}" for name in key.networks)],
    }
    if key.identifier:
        document["id"] = _as_written(key.identifier)
    for name in ("purpose", "issued", "expires", "deliver"):
        if getattr(key, name):
            document[name] = str(getattr(key, name))
    if key.retiring:
        document["retiring"] = {"id": _as_written(key.retiring.identifier), "until": str(key.retiring.until)}
    for name in ("protected", "disabled", "reissue"):
        if getattr(key, name) or random.random() < 0.3:
            document[name] = Plain("true" if getattr(key, name) else "false")
    if key.attested:
        fields = random.sample(key.attested.fields, len(key.attested.fields))
        document["attested"] = _attestation_document(key.attested, fields)
    if key.revoked or random.random() < 0.3:
        document["revoked"] = [_revocation_document(entry) for entry in key.revoked]
    members = list(document.items())
    random.shuffle(members)
    return dict(members)


def _revocation_document(entry: Revocation) -> dict[str, Any]:
    document = {"id": _as_written(entry.identifier), "on": str(entry.on), "reason": entry.reason}
    if entry.confirmed:
        document["confirmed"] = str(entry.confirmed)
    if entry.note:
        document["note"] = entry.note
    return document


def yaml_text(document: dict[str, Any], random: Random) -> str:
    """A mapping as YAML; styles, quotes and comments as ``random`` likes, the meaning always the same."""
    head = random.choice(["", "# yaml-language-server: $schema=../schemas/x.schema.json\n", "---\n", "\ufeff"])
    return head + "".join(_block(document, 0, random)) if document else "{}\n"


def _block(node: dict[str, Any] | list[Any], indent: int, random: Random) -> Iterator[str]:
    pad = " " * indent
    for head, value in (
        [(f"{_scalar(k, random)}:", v) for k, v in node.items()]
        if isinstance(node, dict)
        else [("-", item) for item in node]
    ):
        if random.random() < 0.1:
            yield f"{pad}# a remark: with [signs] & \u00fcmlauts\n"
        if isinstance(value, dict | list) and value and random.random() < 0.6:
            yield f"{pad}{head}\n"
            yield from _block(value, indent + random.choice([2, 4]), random)
        else:
            yield f"{pad}{head} {_flow(value, random)}{random.choice(['', '', '   # as agreed'])}\n"


def _flow(node: Any, random: Random) -> str:
    if isinstance(node, dict):
        return "{" + ", ".join(f"{_scalar(k, random)}: {_flow(v, random)}" for k, v in node.items()) + "}"
    if isinstance(node, list):
        return "[" + ", ".join(_flow(item, random) for item in node) + "]"
    return node.text if isinstance(node, Plain) else _scalar(str(node), random)


def _scalar(text: str, random: Random) -> str:
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/-]*", text) and random.random() < 0.7:
        return text
    if "'" not in text and random.random() < 0.5:
        return f"'{text}'"
    beyond = any(ord(char) > 0xFFFF for char in text)  # JSON escapes those as surrogates, which YAML has not
    return json.dumps(text, ensure_ascii=not beyond and random.random() < 0.5)
