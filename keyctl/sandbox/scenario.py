"""Scenario files: the accounts, keys and clock that a simulated world starts with, in a frozen form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import yaml

from keyctl.sandbox.invented import invented_id, invented_passphrase, invented_secret
from keyctl.sandbox.merge import merge_patch
from keyctl.sandbox.money import Prices, Wallets

SHIPPED = Path(__file__).parent / "scenarios"
CREDENTIALS = ("account", "own", "write")
WITH_PASSPHRASE = frozenset({"okx", "myokx", "okxus"})
"""The exchanges at which a credential has a passphrase beside key and secret."""
_RELATIVE = re.compile(r"(?:(?P<ago>\d+)(?P<ago_unit>[smhd]) ago|in (?P<ahead>\d+)(?P<ahead_unit>[smhd]))")
_AMOUNT = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class ScenarioError(ValueError):
    """The scenario can't be simulated; the message says where and why."""


@dataclass(frozen=True, slots=True)
class SimulatedKey:
    """One API key of the simulated exchange.

    ``rights`` maps the exchange's own groups to its own rights. No ``ips`` means that the key is bound to none.
    ``expires`` is an end that the exchange set (aware, UTC); ends that follow from its rules are not written here.
    ``credential`` holds ``account`` for the key that reads its account, ``write`` for the one that changes its keys,
    ``own`` for one that is asked about itself; it is empty for keys whose secret only their app has. ``native`` is
    what only this exchange has.
    ``passphrase`` is always invented, and empty at exchanges whose credentials have none.
    """

    name: str
    account: str
    id: str
    secret: str = field(repr=False)
    label: str
    rights: Mapping[str, tuple[str, ...]]
    ips: tuple[str, ...]
    created: datetime
    expires: datetime | None
    credential: tuple[str, ...]
    native: Mapping[str, object]
    passphrase: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SimulatedAccount:
    """One account; ``parent`` is the name of the account that it is a sub-account of. ``balances`` is what lies in it,
    by the exchange's own names of wallets."""

    name: str
    uid: str
    parent: str | None
    native: Mapping[str, object]
    balances: Wallets = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExchangeScenario:
    """One exchange: its accounts and keys in the order in which it lists them; ``options`` switch assumptions.
    ``prices`` are in USD, and an asset that is not named has none."""

    options: Mapping[str, object]
    accounts: tuple[SimulatedAccount, ...]
    keys: tuple[SimulatedKey, ...]
    prices: Prices = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole world at its start. ``clock_offset`` is by how many seconds the exchanges' clocks are ahead."""

    name: str
    summary: str
    clock_offset: float
    exchanges: Mapping[str, ExchangeScenario]


class _Loader(yaml.SafeLoader):
    """Safe YAML in which dates stay text: they may be relative."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_document(path: Path) -> object:
    """The content of a scenario or state file, unchecked."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader without dates
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ScenarioError(f"{path}: can't be read: {error}") from None


def load(scenario: str, start: datetime | None = None) -> Scenario:
    """A shipped scenario by name, or one of your own by a path that ends in ``.yaml``; times count from ``start``.

    A file with ``base: NAME`` is a merge patch on that shipped scenario. ``large`` is made by rule, in any size.
    """
    from keyctl.sandbox import large

    if scenario.partition(":")[0] == large.NAME:
        return read(large.document(scenario), start or datetime.now(UTC), source=scenario)
    path = Path(scenario) if scenario.endswith(".yaml") else SHIPPED / f"{scenario}.yaml"
    shipped = [name for name, _ in scenario_names()]
    if not scenario.endswith(".yaml") and scenario not in shipped:
        known = ", ".join(shipped)
        raise ScenarioError(f"no scenario {scenario!r}; shipped are {known}, or give a file that ends in .yaml")
    document = read_document(path)
    if isinstance(document, Mapping) and "base" in document:
        base = read_document(SHIPPED / f"{document['base']}.yaml")
        document = merge_patch(base, {name: value for name, value in document.items() if name != "base"})
    return read(document, start or datetime.now(UTC), source=str(path))


def scenario_names() -> list[tuple[str, str]]:
    """Name and one-line description of every shipped scenario, by name."""
    from keyctl.sandbox import large

    names = [(large.NAME, large.SUMMARY)]
    for path in sorted(SHIPPED.glob("*.yaml")):
        document = read_document(path)
        if isinstance(document, Mapping) and "exchanges" in document:
            names.append((path.stem, str(document.get("summary", ""))))
    return sorted(names)


def read(
    document: object, start: datetime, *, source: str = "scenario", secrets: Mapping[str, str] | None = None
) -> Scenario:
    """A scenario from its parsed text.

    Ids and secrets that are not given are invented from the scenario's and the key's names, always the same;
    ``secrets`` (by id) come before invented ones.
    """
    top = _mapping(document, source, {"name", "summary", "clock_offset", "exchanges"}, {"name", "exchanges"})
    name = _text(top["name"], f"{source}: name")
    offset = top.get("clock_offset", 0)
    if isinstance(offset, bool) or not isinstance(offset, int | float):
        raise ScenarioError(f"{source}: clock_offset: a number of seconds is expected, not {offset!r}")
    exchanges = {
        exchange: _exchange(exchange, form, f"{source}: exchanges.{exchange}", name, start, secrets or {})
        for exchange, form in _names(top["exchanges"], f"{source}: exchanges").items()
    }
    return Scenario(name, _text(top.get("summary", ""), f"{source}: summary"), offset, exchanges)


def _exchange(
    exchange: str, form: object, at: str, scenario: str, start: datetime, secrets: Mapping[str, str]
) -> ExchangeScenario:
    body = _mapping(form, at, {"options", "prices", "accounts"}, {"accounts"})
    accounts: list[SimulatedAccount] = []
    keys: list[SimulatedKey] = []
    forms = _names(body["accounts"], f"{at}.accounts")
    for name, account_form in forms.items():
        place = f"{at}.accounts.{name}"
        account = _mapping(account_form, place, {"uid", "parent", "native", "balances", "keys"}, {"uid"})
        parent = account.get("parent")
        if parent is not None and parent not in forms:
            raise ScenarioError(f"{place}.parent: no account {parent!r} in this scenario")
        accounts.append(
            SimulatedAccount(
                name,
                _text(account["uid"], f"{place}.uid"),
                None if parent is None else str(parent),
                dict(_names(account.get("native", {}), f"{place}.native")),
                {
                    wallet: _amounts(held, f"{place}.balances.{wallet}")
                    for wallet, held in _names(account.get("balances", {}), f"{place}.balances").items()
                },
            )
        )
        for key, key_form in _names(account.get("keys", {}), f"{place}.keys").items():
            keys.append(_key(key, name, key_form, f"{place}.keys.{key}", scenario, start, secrets))
    if exchange in WITH_PASSPHRASE:
        keys = [replace(key, passphrase=invented_passphrase(scenario, key.id)) for key in keys]
    _refuse_twins([key.id for key in keys], f"{at}: two keys have the id")
    _refuse_twins([account.uid for account in accounts], f"{at}: two accounts have the uid")
    prices = _amounts(body.get("prices", {}), f"{at}.prices")
    if wrong := sorted(asset for asset, price in prices.items() if price <= 0):
        raise ScenarioError(f"{at}.prices.{wrong[0]}: a price is above 0; leave out what has none")
    options = dict(_names(body.get("options", {}), f"{at}.options"))
    return ExchangeScenario(options, tuple(accounts), tuple(keys), prices)


def _key(
    name: str, account: str, form: object, at: str, scenario: str, start: datetime, secrets: Mapping[str, str]
) -> SimulatedKey:
    known = {"id", "secret", "label", "rights", "ips", "created", "expires", "credential", "native"}
    body = _mapping(form, at, known, {"created"})
    credential = body.get("credential", [])
    uses = (credential,) if isinstance(credential, str) else _texts(credential, f"{at}.credential")
    if strange := [use for use in uses if use not in CREDENTIALS]:
        raise ScenarioError(f"{at}.credential: some of {', '.join(CREDENTIALS)} are expected, not {strange[0]!r}")
    id_ = _text(body.get("id", invented_id(scenario, name)), f"{at}.id")
    rights = _names(body.get("rights", {}), f"{at}.rights")
    expires = body.get("expires")
    return SimulatedKey(
        name=name,
        account=account,
        id=id_,
        secret=_text(body.get("secret", secrets.get(id_) or invented_secret(scenario, id_)), f"{at}.secret"),
        label=_text(body.get("label", ""), f"{at}.label"),
        rights={group: _texts(values, f"{at}.rights.{group}") for group, values in rights.items()},
        ips=_texts(body.get("ips", []), f"{at}.ips"),
        created=moment(body["created"], start, f"{at}.created"),
        expires=None if expires is None else moment(expires, start, f"{at}.expires"),
        credential=uses,
        native=dict(_names(body.get("native", {}), f"{at}.native")),
    )


def moment(value: object, start: datetime, at: str = "time") -> datetime:
    """``2026-09-01T08:00:00Z``, ``30d ago`` or ``in 12h`` (s, m, h, d; from ``start``), to the whole second, in UTC."""
    text = _text(value, at)
    if found := _RELATIVE.fullmatch(text):
        if found["ago"]:
            return (start - timedelta(**{_UNITS[found["ago_unit"]]: int(found["ago"])})).replace(microsecond=0)
        return (start + timedelta(**{_UNITS[found["ahead_unit"]]: int(found["ahead"])})).replace(microsecond=0)
    try:
        absolute = datetime.fromisoformat(text)
    except ValueError:
        absolute = None
    if absolute is None or absolute.tzinfo is None:
        raise ScenarioError(f"{at}: {text!r} is no time; write 2026-09-01T08:00:00Z, '30d ago' or 'in 12h'")
    return absolute.astimezone(UTC).replace(microsecond=0)


def _mapping(value: object, at: str, known: set[str], required: set[str]) -> Mapping[str, object]:
    body = _names(value, at)
    if strange := sorted(set(body) - known):
        raise ScenarioError(f"{at}: unknown field {strange[0]!r}; known are {', '.join(sorted(known))}")
    if absent := sorted(required - set(body)):
        raise ScenarioError(f"{at}: field {absent[0]!r} is missing")
    return body


def _names(value: object, at: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise ScenarioError(f"{at}: a mapping with text keys is expected")
    return value


def _amounts(value: object, at: str) -> dict[str, Decimal]:
    """Asset → amount, as whole numbers or as text: a plain 0.1 would no longer be what was written."""
    found = {}
    for asset, amount in _names(value, at).items():
        digits = str(amount) if isinstance(amount, int) and not isinstance(amount, bool) else amount
        if not isinstance(digits, str) or not _AMOUNT.fullmatch(digits):
            raise ScenarioError(f'{at}.{asset}: an amount such as 500 or "0.25" is expected, not {amount!r}')
        found[asset] = Decimal(digits)
    return found


def _text(value: object, at: str) -> str:
    if not isinstance(value, str):
        raise ScenarioError(f"{at}: text is expected, not {type(value).__name__}")
    return value


def _texts(value: object, at: str) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise ScenarioError(f"{at}: a list of texts is expected")
    return tuple(_text(entry, at) for entry in value)


def _refuse_twins(values: list[str], what: str) -> None:
    for value in sorted(set(values)):
        if values.count(value) > 1:
            raise ScenarioError(f"{what} {value!r}")
