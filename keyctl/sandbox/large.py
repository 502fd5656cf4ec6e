"""A desk of any size, made by rule: the scenario ``large`` or ``large:ACCOUNTS:KEYS``, and a registry that matches it.

Accounts are dealt to the exchanges in turn; the first of each is a master account with one key, keyctl's own. Where
every account needs a credential of its own, each has one. All other keys are dealt to the accounts in turn, as far as
the exchange has room. The same size is always the same world.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from keyctl.sandbox.invented import invented_id
from keyctl.sandbox.scenario import ScenarioError

NAME = "large"
SUMMARY = "60 accounts and 600 keys at three exchanges; large:ACCOUNTS:KEYS for other numbers"
ACCOUNTS, KEYS = 60, 600
APPS = 12
CREATED, ISSUED, EXPIRES = "2026-09-01T08:00:00Z", "2026-09-01", "2027-08-31"
LOOPBACK = "127.0.0.1"

Rights = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Venue:
    """What the world's rule must know of an exchange.

    ``rights`` are the rights of keys that apps use, in turn, each with keyctl's scopes for it; ``reading`` those of
    keyctl's own. ``room`` is how many keys an account can hold, ``family`` how many accounts a master has, itself
    included; None is any number. ``alone`` says that each account is read with a credential of its own, ``named`` that
    calls name a sub-account by its name and not by its uid.
    """

    exchange: str
    id_of: Callable[[str], str]
    reading: Rights
    rights: tuple[tuple[Rights, tuple[str, ...]], ...]
    room: int | None = None
    family: int | None = None
    alone: bool = False
    named: bool = False


def _uuid(name: str) -> str:
    return str(UUID(bytes=sha256(f"{NAME}\n{name}".encode()).digest()[:16]))


_OKX_TRADE = (
    *("trade.spot", "trade.margin", "trade.futures", "trade.options"),
    *("transfer.internal", "transfer.subaccount", "earn", "convert", "copy"),
)
VENUES = (
    Venue(
        "bybit",
        lambda name: invented_id(NAME, name),
        {"Wallet": ["SubMemberTransfer"]},
        (
            ({"Spot": ["SpotTrade"]}, ("read", "trade.spot")),
            ({"ContractTrade": ["Order", "Position"]}, ("read", "trade.futures")),
            ({"Exchange": ["ExchangeHistory"]}, ("convert", "read")),
        ),
    ),
    Venue(
        "okx",
        _uuid,
        {"perm": ["read_only"]},
        (({"perm": ["read_only"]}, ("read",)), ({"perm": ["read_only", "trade"]}, ("read", *_OKX_TRADE))),
        room=50,
        named=True,
    ),
    Venue(
        "deribit",
        lambda name: invented_id(NAME, name)[:8],
        {"account": ["read"]},
        (
            ({"account": ["read"]}, ("read",)),
            ({"account": ["read"], "block_trade": ["read_write"]}, ("read", "other:block_trade")),
        ),
        room=8,
        family=21,
        alone=True,
    ),
)


@dataclass(frozen=True, slots=True)
class _Account:
    name: str
    venue: Venue
    uid: str
    parent: str | None


@dataclass(frozen=True, slots=True)
class _Key:
    name: str
    account: _Account
    owner: str
    rights: Rights
    scopes: tuple[str, ...]
    ips: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """The world's accounts and keys, in order."""

    name: str
    accounts: tuple[_Account, ...]
    keys: tuple[_Key, ...]


def document(name: str) -> dict[str, object]:
    """The scenario of a name such as ``large:60:600``, in a scenario file's form. Raises `ScenarioError`."""
    desk = _desk(name)
    exchanges: dict[str, dict[str, dict[str, object]]] = {venue.exchange: {"accounts": {}} for venue in VENUES}
    keys: dict[str, dict[str, object]] = {account.name: {} for account in desk.accounts}
    for key in desk.keys:
        keys[key.account.name][key.name] = _key_form(key)
    for account in desk.accounts:
        parent = {} if account.parent is None else {"parent": account.parent}
        form = {"uid": account.uid, **parent, "keys": keys[account.name]}
        exchanges[account.venue.exchange]["accounts"][account.name] = form
    return {"name": desk.name, "summary": SUMMARY, "exchanges": exchanges}


def write_registry(folder: Path, name: str = NAME) -> None:
    """Writes ``registry/`` and ``keys.d/`` into a folder: what the scenario of that name is in sync with.

    A tool's time of judging must be after 2026-09-01 and before 2027-08-01. Raises `ScenarioError`.
    """
    for path, text in registry_files(name):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def registry_files(name: str = NAME) -> Iterator[tuple[str, str]]:
    """Path and text of each file that `write_registry` writes."""
    desk = _desk(name)
    line = "# yaml-language-server: $schema=../{}schemas/{}.schema.json\n"
    yield "registry/registry.yaml", line.format("", "registry") + f"version: 1\nid: {_uuid('registry')}\n"
    yield (
        "registry/accounts.yaml",
        line.format("", "accounts") + "".join(_account_text(account) for account in desk.accounts),
    )
    yield (
        "registry/apps.yaml",
        line.format("", "apps") + "".join(f"{_app(n)}:\n  team: desk\n  kind: internal\n" for n in range(APPS)),
    )
    for key in desk.keys:
        yield f"keys.d/{key.account.name}/{key.name}.yaml", line.format("../", "key") + _key_text(key)


def _desk(name: str) -> Desk:
    count, total = _size(name)
    accounts: list[_Account] = []
    masters: dict[str, list[str]] = {venue.exchange: [] for venue in VENUES}
    for number in range(count):
        venue = VENUES[number % len(VENUES)]
        within = number // len(VENUES) % (venue.family or count)
        account = f"{venue.exchange}-{number // len(VENUES):04}"
        if within == 0:
            masters[venue.exchange].append(account)
        parent = None if within == 0 else masters[venue.exchange][-1]
        accounts.append(_Account(account, venue, str(70_000_000 + number), parent))
    keys = [_own(account) for account in accounts if account.parent is None or account.venue.alone]
    held = {account.name: 0 for account in accounts} | {key.account.name: 1 for key in keys}
    while len(keys) < total:
        before = len(keys)
        for holder in accounts:
            if len(keys) < total and _has_room(holder, held[holder.name]):
                keys.append(_apps(holder, held[holder.name], len(keys)))
                held[holder.name] += 1
        if len(keys) == before:
            raise ScenarioError(f"{name}: {count} accounts have no room for {total} keys; ask for more accounts")
    return Desk(f"{NAME}:{count}:{total}", tuple(accounts), tuple(keys))


def _size(name: str) -> tuple[int, int]:
    head, *numbers = name.split(":")
    if head != NAME or len(numbers) not in (0, 2) or not all(n.isascii() and n.isdigit() for n in numbers):
        raise ScenarioError(f"{name!r} is not {NAME} or {NAME}:ACCOUNTS:KEYS, such as {NAME}:{ACCOUNTS}:{KEYS}")
    accounts, keys = (int(n) for n in numbers) if numbers else (ACCOUNTS, KEYS)
    if accounts < len(VENUES) or keys < accounts:
        raise ScenarioError(f"{name}: at least {len(VENUES)} accounts are needed, and as many keys as accounts")
    return accounts, keys


def _has_room(account: _Account, held: int) -> bool:
    if account.parent is None and not account.venue.alone:
        return False  # nobody can list what else a master account holds
    return account.venue.room is None or held < account.venue.room


def _own(account: _Account) -> _Key:
    return _Key(f"keyctl-{account.name}", account, "keyctl", account.venue.reading, ("read",), (LOOPBACK,))


def _apps(account: _Account, place: int, number: int) -> _Key:
    rights, scopes = account.venue.rights[number % len(account.venue.rights)]
    address = f"203.0.113.{number % 250 + 1}"
    return _Key(f"{account.name}-{place:02}", account, _app(number % APPS), rights, scopes, (address,))


def _app(number: int) -> str:
    return f"app-{number:02}"


def _key_form(key: _Key) -> dict[str, object]:
    form: dict[str, object] = {
        "id": key.account.venue.id_of(key.name),
        "label": "keyctl" if key.owner == "keyctl" else key.name.replace("-", "_"),
        "rights": key.rights,
        "ips": list(key.ips),
        "created": CREATED,
    }
    if key.owner == "keyctl":
        form["credential"] = "account"
        if key.account.venue.exchange == "bybit":
            form["native"] = {"read_only": True}
    return form


def _account_text(account: _Account) -> str:
    parent = ""
    if account.parent is not None and not account.venue.alone:
        called = account.name if account.venue.named else account.uid
        parent = f'  parent: {account.parent}\n  subaccount: "{called}"\n'
    return (
        f"{account.name}:\n  exchange: {account.venue.exchange}\n  environment: sandbox\n{parent}"
        f'  uid: "{account.uid}"\n  mode: observe\n'
    )


def _key_text(key: _Key) -> str:
    addresses = ", ".join(f'"{address}"' for address in key.ips)
    return (
        f"account: {key.account.name}\nowner: {key.owner}\npurpose: number {key.name} of a generated desk\n"
        f'id: "{key.account.venue.id_of(key.name)}"\nscopes: [{", ".join(key.scopes)}]\n'
        f"ips: [{addresses}]\nissued: {ISSUED}\nexpires: {EXPIRES}\n"
    )
