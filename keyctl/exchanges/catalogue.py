"""The exchanges that keyctl knows: a static table of lazy import paths, and plug-ins that the deployment names."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from keyctl.exchanges.declaration import Declaration, Effect
from keyctl.model.names import ExchangeId

if TYPE_CHECKING:
    from keyctl.exchanges.reading import Reader
    from keyctl.exchanges.writing import Writer
    from keyctl.model.identifier import Fingerprint
    from keyctl.model.live import LiveKey
    from keyctl.model.tombstone import Tombstones

ENTRY_POINTS = "keyctl.exchanges"
PLUGINS = "KEYCTL_PLUGINS"

_BUILT_IN = {
    "bybit": "keyctl.exchanges.bybit",
    "deribit": "keyctl.exchanges.deribit",
    "hyperliquid": "keyctl.exchanges.hyperliquid",
    "okx": "keyctl.exchanges.okx",
    "paradex": "keyctl.exchanges.paradex",
}
"""A package holds ``declaration.DECLARATION`` and, where that declares endpoints, ``reader.READER``; where it declares
endpoints that write, ``writer.WRITER``."""


class UnknownExchange(LookupError):
    """No built-in and no named plug-in declares this exchange; the message lists those that are known."""


class Unread(LookupError):
    """The exchange is declared, and keyctl can't ask it anything yet."""


def names() -> tuple[str, ...]:
    """Every exchange id that accounts may name, members of families included, sorted."""
    return tuple(sorted(_members()))


def declaration(exchange: str) -> Declaration:
    """The declaration for a ccxt id. Raises UnknownExchange."""
    found: Declaration = _part(_package(exchange), "declaration", "DECLARATION")
    return found


def reader(exchange: str) -> Reader:
    """What reads keys at a ccxt id's exchange. Loads no ccxt. Raises UnknownExchange, and Unread for an exchange that
    is only declared."""
    why = unread(exchange)
    if why is not None:
        raise Unread(why)
    found: Reader = _part(_package(exchange), "reader", "READER")
    return found


def writer(exchange: str, *, protected_ids: frozenset[Fingerprint], tombstones: Tombstones) -> Writer:
    """What changes keys at a ccxt id's exchange. It refuses to touch keyctl's own credentials (``protected_ids``) and
    to bring back what is revoked: there is no way to a writer without that. Loads no ccxt.

    Raises UnknownExchange, and Unsupported for an exchange whose keys no API changes.
    """
    from keyctl.exchanges.guarding import Guarded
    from keyctl.exchanges.writing import Unsupported

    declared = declaration(exchange)
    if not any(endpoint.effect is Effect.WRITE for endpoint in declared.endpoints):
        raise Unsupported(
            f"keyctl can't change keys at {declared.title}", "make, change and delete them in the exchange's web page"
        )
    found: Writer = _part(_package(exchange), "writer", "WRITER")
    return Guarded(found, declared, protected_ids, tombstones)


def decode(exchange: str, endpoint: str, answer: object) -> tuple[LiveKey, ...]:
    """The keys in an answer of an endpoint such as ``GET /v5/user/query-api``.

    Raises UnknownExchange, Unread, and ExchangeError for refusals and for answers that are not as documented or list
    no keys.
    """
    keys: tuple[LiveKey, ...] = reader(exchange).decode(endpoint, answer)
    return keys


def unread(exchange: str) -> str | None:
    """That nothing can be asked of an exchange that is only declared, in words; None for any other, an unknown one too.
    Accounts, keys and tombstones there are judged offline."""
    if exchange not in _members() or declaration(exchange).asked:
        return None
    return f"keyctl can't ask {declaration(exchange).title} yet"


def canonical(exchange: str) -> ExchangeId:
    """The id of the exchange whose keys this ccxt id shares. Raises UnknownExchange."""
    return declaration(exchange).id


def _package(exchange: str) -> str:
    members = _members()
    if exchange not in members:
        raise UnknownExchange(f"keyctl knows no exchange {exchange!r}; it knows {', '.join(sorted(members))}")
    return members[exchange]


def _members() -> dict[str, str]:
    return _families(os.environ.get(PLUGINS, ""))


@cache
def _families(plugins: str) -> dict[str, str]:
    packages = {**_plugged(plugins), **_BUILT_IN}
    members: dict[str, str] = {}
    for name in sorted(packages, key=lambda name: name not in _BUILT_IN):
        package = packages[name]
        declared: Declaration = _part(package, "declaration", "DECLARATION")
        for member in (name, *declared.family):
            members.setdefault(member, package)
    return members


def _plugged(plugins: str) -> dict[str, str]:
    """Packages of the entry points that KEYCTL_PLUGINS names, separated by commas or white space."""
    wanted = set(plugins.replace(",", " ").split())
    if not wanted:
        return {}
    from importlib.metadata import entry_points

    return {point.name: point.value for point in entry_points(group=ENTRY_POINTS) if point.name in wanted}


def _part(package: str, module: str, name: str) -> Any:
    return getattr(_load(f"{package}.{module}"), name)


_load: Callable[[str], Any] = import_module
