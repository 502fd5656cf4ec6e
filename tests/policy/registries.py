"""Random registries in which every rule has something to find, and what exchanges might report of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from keyctl.model.account import Account, Environment, SecondFactor
from keyctl.model.app import KEYCTL, Access, App, Kind
from keyctl.model.attestation import Attestation
from keyctl.model.balance import Balance, Holding
from keyctl.model.identifier import Identifier
from keyctl.model.ips import ANY, IpSet, parse_network
from keyctl.model.key import Key, Retiring, Revocation
from keyctl.model.live import NOT_ASKED_FOR, AccountSnapshot, Coverage, LiveKey, Snapshot
from keyctl.model.names import AccountName, AppName, ExchangeId, KeyName
from keyctl.model.observed import ABSENT, Known, NotObservable
from keyctl.model.place import Place
from keyctl.model.policy import Policy, RuleSet
from keyctl.model.registry import Registry
from keyctl.model.scopes import STANDARD, Scope

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
TODAY = NOW.date()
UNSAID = NotObservable("the venue has no such thing")
NETWORKS = {
    "nat": ("8.8.4.0/28",),
    "both": ("8.8.8.0/28", "2600::/64"),
    "wide": ("9.0.0.0/8",),
    "idle": ("1.1.1.1",),
}
ENTRIES = ("8.8.4.3", "8.8.8.7", "8.8.4.0/28", "2600::9", "10.0.0.1", "203.0.113.9", "@nat", "@both", "@wide")
_APPS = tuple(AppName(name) for name in ("hedger", "vendor", "signer", KEYCTL))
_ACCOUNTS = tuple(AccountName(name) for name in ("main", "mm", "shared", "ok", "px", "hl"))

scopes = st.frozensets(st.sampled_from([*STANDARD[1:], Scope("other:keys.self_manage")]), max_size=4).map(
    lambda some: some | {STANDARD[0]}
)
_distances = st.integers(-2, 14) | st.integers(-400, 400) | st.integers(-900, 900)
some_days = _distances.map(lambda number: TODAY + timedelta(days=number))
days = st.none() | some_days


attestations = st.none() | some_days.map(lambda on: Attestation(on, "ann", "looked"))


def addresses(listed: tuple[str, ...]) -> IpSet:
    """What the entries of a list cover."""
    if not listed:
        return ANY
    texts = [text for one in listed for text in (NETWORKS[one[1:]] if one.startswith("@") else (one,))]
    return IpSet.of(parse_network(text) for text in texts)


@st.composite
def keys(draw: st.DrawFn, name: str) -> Key:
    """One key of any kind, in any state."""
    listed = tuple(draw(st.lists(st.sampled_from(ENTRIES), max_size=3)))
    place = Place(f"keys.d/{name}.yaml")
    state = draw(st.sampled_from(["issued", "planned", "ended"]))
    forms = st.sampled_from([f"Id{name}", f"0x{name.encode().hex():0>40}", f"{'A1b2' * 9:.{36 - len(name)}}{name}"])
    revoked = (Revocation(Identifier.of_text(f"Old{name}"), date(2026, 1, 1), "leaked", place),)
    retiring = Retiring(Identifier.of_text(f"Retiring{name}"), draw(some_days))
    return Key(
        name=KeyName(name),
        account=draw(st.sampled_from([*_ACCOUNTS, AccountName("mm"), AccountName("hl")])),
        owner=draw(st.just(AppName("hedger")) | st.sampled_from(_APPS)),
        purpose="",
        scopes=draw(scopes),
        ips=addresses(listed),
        place=place,
        identifier=Identifier.of_text(draw(forms)) if state == "issued" else None,
        networks=tuple(one[1:] for one in listed if one.startswith("@")),
        issued=draw(days),
        expires=draw(days),
        retiring=retiring if state == "issued" and draw(st.booleans()) else None,
        revoked=revoked if state == "ended" else (),
        listed=listed,
        attested=draw(attestations),
    )


@st.composite
def accounts(draw: st.DrawFn, name: AccountName) -> Account:
    """One account; its exchange goes with its name."""
    exchange = {"ok": "okx", "px": "paradex", "hl": "hyperliquid"}.get(name, "bybit")
    return Account(
        name=name,
        exchange=ExchangeId(exchange),
        environment=draw(st.sampled_from([Environment.LIVE, Environment.SANDBOX])),
        place=Place("registry/accounts.yaml", (name,)),
        parent=AccountName("main") if name == "mm" else None,
        dedicated_to=draw(st.none() | st.sampled_from(_APPS)),
        max_balance=draw(st.sampled_from([(), (("USD", Decimal(500)),)])),
        two_factor=draw(st.none() | st.sampled_from(SecondFactor)),
        attested=draw(attestations),
        email=draw(st.sampled_from([None, "sha256:" + "a" * 64, "sha256:" + "b" * 64, "hmac-sha256:" + "a" * 64])),
    )


@st.composite
def registries(draw: st.DrawFn) -> Registry:
    """A few keys on a few accounts of a few apps."""
    kinds = {"vendor": Kind.THIRD_PARTY}
    apps = {
        name: App(
            name,
            "team",
            kinds.get(name, Kind.INTERNAL),
            Place("registry/apps.yaml", (name,)),
            access=Access.WALLET if name == "signer" else Access.KEY,
            needs=draw(st.just(frozenset()) | scopes),
        )
        for name in _APPS
    }
    return Registry(
        id="161de356-cc81-4733-9a87-dc6c45793064",
        accounts={name: draw(accounts(name)) for name in _ACCOUNTS},
        apps=apps,
        networks={name: addresses(tuple(texts)) for name, texts in NETWORKS.items()},
        keys={KeyName(name): draw(keys(name)) for name in draw(st.sampled_from(["a", "ab", "abcd"]))},
        revoked=(),
        digest="",
        policy=Policy(draw(st.sampled_from(RuleSet))),
    )


@st.composite
def snapshots(draw: st.DrawFn, registry: Registry) -> Snapshot:
    """Something that could be seen of it."""
    moments = st.just(UNSAID) | st.just(ABSENT) | st.integers(0, 400).map(lambda n: Known(NOW - timedelta(days=n)))

    def live(key: Key) -> LiveKey:
        assert key.identifier is not None
        facts: dict[str, Any] = {"created_at": draw(moments), "last_used_at": draw(moments)}
        return LiveKey(
            key.identifier,
            UNSAID,
            Known(key.scopes),
            Known(key.ips),
            Known(True),
            modified_at=UNSAID,
            expires_at=UNSAID,
            **facts,
        )

    worth = st.sampled_from(["10", "700"]).map(lambda text: Holding("BTC", Decimal(1), Decimal(text)))
    balances = st.sampled_from([NOT_ASKED_FOR, NotObservable("the key may not")]) | worth.map(
        lambda holding: Known(Balance((holding,), "USD", "Bybit"))
    )
    seen = [
        AccountSnapshot(
            name,
            account.exchange,
            Coverage.ENUMERATED,
            NOW,
            tuple(live(key) for key in registry.keys.values() if key.account == name and key.identifier is not None),
            subaccounts=UNSAID,
            balances=draw(balances),
        )
        for name, account in registry.accounts.items()
    ]
    return Snapshot(registry.id, NOW, tuple(seen))


def with_key(registry: Registry, key: Key) -> Registry:
    """The same with one key more."""
    return replace(registry, keys=dict(sorted({**registry.keys, key.name: key}.items())))
