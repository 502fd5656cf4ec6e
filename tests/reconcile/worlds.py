"""Random registries as values, and the live state that is exactly in sync with each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from keyctl.model.account import Account, Environment
from keyctl.model.app import KEYCTL, App, Kind
from keyctl.model.identifier import Identifier
from keyctl.model.ips import ANY, IpSet, parse_network
from keyctl.model.key import Key, Retiring, Revocation
from keyctl.model.live import AccountSnapshot, Coverage, LiveKey, Snapshot
from keyctl.model.names import AccountName, AppName, ExchangeId, KeyName
from keyctl.model.observed import ABSENT, Known, NotObservable
from keyctl.model.place import Place
from keyctl.model.registry import Registry
from keyctl.model.scopes import STANDARD, ScopeSet

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
UNSAID = NotObservable("the venue has no such thing")
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

scope_sets: st.SearchStrategy[ScopeSet] = st.frozensets(st.sampled_from(STANDARD[1:]), max_size=4).map(
    lambda scopes: scopes | {STANDARD[0]}
)
networks = st.builds(
    lambda a, b, length: parse_network(f"203.{a}.{b}.0/{length}"), st.integers(0, 9), st.integers(0, 9), st.just(24)
) | st.builds(lambda a, b: parse_network(f"198.51.{a}.{b}"), st.integers(0, 9), st.integers(0, 255))
ip_sets = st.lists(networks, min_size=1, max_size=4).map(IpSet.of) | st.just(ANY)


@dataclass(frozen=True, slots=True)
class World:
    """A registry and what the exchanges would report if everything were as declared."""

    registry: Registry
    snapshot: Snapshot

    @property
    def issued(self) -> list[Key]:
        return [key for key in self.registry.keys.values() if key.identifier is not None]


def live(identifier: Identifier, scopes: ScopeSet, ips: IpSet, *, enabled: bool = True, label: str = "") -> LiveKey:
    """A live key whose fields are all reported."""
    return LiveKey(
        identifier=identifier,
        label=Known(label),
        scopes=Known(scopes),
        ips=Known(ips),
        enabled=Known(enabled),
        created_at=Known(NOW - timedelta(days=30)),
        modified_at=UNSAID,
        expires_at=ABSENT,
        last_used_at=UNSAID,
    )


@st.composite
def worlds(draw: st.DrawFn, min_issued: int = 1) -> World:
    """One to three accounts that can be enumerated, keys in every honest state on them, all in sync."""
    accounts = {
        AccountName(f"acc-{n}"): Account(
            AccountName(f"acc-{n}"),
            ExchangeId("bybit"),
            Environment.SANDBOX,
            Place("registry/accounts.yaml", (f"acc-{n}",)),
        )
        for n in range(draw(st.integers(1, 3)))
    }
    apps = {
        name: App(name, "team", Kind.INTERNAL, Place("registry/apps.yaml", (name,)))
        for name in (AppName("hedger"), KEYCTL)
    }
    # a digit first: no id is a word that documents hold anyway
    spelt = st.text(ALPHABET, min_size=10, max_size=18).map(lambda text: "7" + text)
    texts = draw(st.lists(spelt, min_size=30, max_size=30, unique_by=str.lower))
    ids = iter([Identifier.of_text(text) for text in texts])
    keys: dict[KeyName, Key] = {}
    for n in range(draw(st.integers(min_issued, 6))):
        name = KeyName(f"key-{n}")
        place = Place(f"keys.d/{name}.yaml")
        issued = n < min_issued or draw(st.booleans())
        revoked = tuple(
            Revocation(next(ids), date(2026, 6, 1), "rotated", Place(place.path, ("revoked", i)))
            for i in range(draw(st.integers(0 if issued else 1, 2)))
        )
        retiring = issued and draw(st.booleans())
        keys[name] = Key(
            name=name,
            account=draw(st.sampled_from(sorted(accounts))),
            owner=AppName("hedger"),
            purpose="quotes",
            scopes=draw(scope_sets),
            ips=draw(ip_sets),
            place=place,
            identifier=next(ids) if issued else None,
            expires=draw(st.none() | st.just(date(2027, 6, 30))),
            retiring=Retiring(next(ids), date(2026, 12, 31)) if retiring else None,
            disabled=draw(st.booleans()),
            revoked=revoked,
        )
    registry = Registry(
        id="161de356-cc81-4733-9a87-dc6c45793064",
        accounts=accounts,
        apps=apps,
        networks={},
        keys=keys,
        revoked=(),
        digest="sha256:" + "0" * 64,
    )
    return World(registry, in_sync(registry))


def in_sync(registry: Registry) -> Snapshot:
    """What the exchanges report when everything is as declared."""
    found: dict[AccountName, list[LiveKey]] = {name: [] for name in registry.accounts}
    for key in registry.keys.values():
        for identifier in (key.identifier, key.retiring.identifier if key.retiring else None):
            if identifier is not None:
                found[key.account].append(live(identifier, key.scopes, key.ips, enabled=not key.disabled))
    return Snapshot(registry.id, NOW, tuple(seen(registry, name, keys) for name, keys in sorted(found.items())))


def seen(
    registry: Registry, name: AccountName, keys: list[LiveKey], coverage: Coverage = Coverage.ENUMERATED
) -> AccountSnapshot:
    """One account as observed."""
    return AccountSnapshot(
        account=name,
        exchange=registry.accounts[name].exchange,
        coverage=coverage,
        observed_at=NOW,
        keys=tuple(sorted(keys, key=lambda key: key.identifier.fingerprint)),
        subaccounts=NotObservable("not asked"),
    )
