"""The file of an adopted key says what was observed, leaves the rest to a person, and is not valid before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyctl.model.account import Account, Environment
from keyctl.model.identifier import Identifier
from keyctl.model.ips import ANY, IpSet, parse_network
from keyctl.model.live import Assumption, LiveKey
from keyctl.model.names import AccountName, AppName, ExchangeId
from keyctl.model.observed import ABSENT, Absent, Known, NotObservable, Observed
from keyctl.model.place import Place
from keyctl.model.scopes import READ, Scope, ScopeSet
from keyctl.model.times import end_of
from keyctl.registry.adopted import Adopted, adopted_text, last_whole_day, one_line
from keyctl.registry.canonical import canonical
from keyctl.registry.load import load_documents
from keyctl.registry.reader import read
from keyctl.registry.schema import types
from tests.registry.writing import base

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SILENT = NotObservable("the answer\ndoes not say")
ACCOUNT = Account(AccountName("bybit-main"), ExchangeId("bybit"), Environment.LIVE, Place("registry/accounts.yaml"))
PATH = "keys.d/bybit-main/k.yaml"
TRADING: ScopeSet = frozenset({READ, Scope("trade.spot")})
LIVE = LiveKey(
    identifier=Identifier.of_text("Abc123Def456"),
    label=Known("desk"),
    scopes=Known(TRADING),
    ips=Known(IpSet.of([parse_network("203.0.113.7"), parse_network("198.51.100.0/24")])),
    enabled=Known(True),
    created_at=Known(datetime(2026, 10, 1, 8, tzinfo=UTC)),
    modified_at=SILENT,
    expires_at=Known(datetime(2027, 2, 1, tzinfo=UTC)),
    last_used_at=SILENT,
)


def text_of(account: Account = ACCOUNT, fingerprint: bool = False, label: str | None = None, **changes: Any) -> str:
    apps = (AppName("hedger"), AppName("ledger"))
    return adopted_text(PATH, Adopted(account, replace(LIVE, **changes), NOW, label, apps, fingerprint))


def test_what_was_observed_is_filled_in_and_the_owner_is_not() -> None:
    assert text_of(label="desk") == (
        "# yaml-language-server: $schema=../../schemas/key.schema.json\n"
        "# As bybit reported it on 2026-11-25 at 12:00 UTC, when nobody had declared it: what is, not what should be.\n"
        "# Its label there: desk\n"
        "account: bybit-main\n"
        "# To be filled in: the app (hedger, ledger) that uses it. The file is not valid without.\n"
        "# owner: …\n"
        "# purpose: what the key is for, on one line\n"
        "id: Abc123Def456\n"
        "scopes: [read, trade.spot]\n"
        'ips: ["198.51.100.0/24", "203.0.113.7"]\n'
        "issued: 2026-10-01\n"
        "expires: 2027-01-31\n"
    )


def test_it_is_not_valid_before_an_owner_is_there_and_valid_then() -> None:
    text = text_of()
    findings = load_documents({**documents(), PATH: text.encode()}).findings
    assert [finding.message for finding in findings] == ["the field 'owner' is missing"]
    assert key_in(text) == ("Abc123Def456", TRADING, "198.51.100.0/24, 203.0.113.7", date(2027, 1, 31))


def test_a_dedicated_account_says_whose_it_is_and_leaves_it_to_a_person() -> None:
    text = text_of(replace(ACCOUNT, dedicated_to=AppName("signals")))
    assert "# owner: signals    # the account is dedicated to it\n" in text
    assert "owner" not in mapping(text)


def test_the_fingerprint_stands_for_the_id() -> None:
    text = text_of(fingerprint=True)
    assert f'\nid: "{LIVE.identifier.fingerprint}"\n' in text and "Abc123Def456" not in text
    known = Identifier.of_fingerprint(LIVE.identifier.fingerprint)
    assert f'\nid: "{known.fingerprint}"\n' in text_of(identifier=known), "where nothing else is known"


@pytest.mark.parametrize("spelt", ["0123", "1e5", "no", "0xAB12", "12345678", "#a", "a:b", "-x", '"q"', "{}"])
def test_an_id_is_read_as_the_text_that_it_is(spelt: str) -> None:
    assert mapping(text_of(identifier=Identifier.of_text(spelt)))["id"] == Identifier.of_text(spelt).text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"scopes": SILENT}, "# To be filled in: its rights (the answer\\ndoes not say)."),
        ({"scopes": Known(frozenset())}, "# To be filled in: its rights (the exchange reports none)."),
        ({"ips": SILENT}, "# To be filled in: the addresses from which it may be used (the answer\\ndoes not say)."),
        ({"ips": Known(IpSet())}, "(the exchange reports a list without any)"),
        ({"created_at": SILENT}, "# issued: the day on which it was issued, as YYYY-MM-DD (the answer\\ndoes not say)"),
        ({"expires_at": SILENT}, "# To be decided: its last day (the answer\\ndoes not say)."),
        ({"expires_at": ABSENT}, "# To be decided: its last day (the exchange sets no end)."),
        ({"expires_at": Known(datetime(2026, 9, 30, tzinfo=UTC))}, "and that it was made later"),
        ({"enabled": SILENT}, "# Whether it is switched on: unknown (the answer\\ndoes not say)."),
        ({"assumptions": (Assumption("scopes", "the worse\x1b[2J"),)}, "# Assumed: the worse\\x1b[2J.\n"),
    ],
)
def test_what_is_unknown_is_said_and_never_made_up(changes: dict[str, Any], words: str) -> None:
    text = text_of(**changes)
    assert words in text
    named = {"scopes": "scopes", "ips": "ips", "created_at": "issued", "expires_at": "expires", "enabled": "disabled"}
    assert not {named.get(field) for field in changes} & mapping(text).keys()
    assert canonical(text.encode(), "key") == text.encode()


def test_no_list_of_addresses_is_no_restriction() -> None:
    assert mapping(text_of(ips=ABSENT))["ips"] == mapping(text_of(ips=Known(ANY)))["ips"] == "any"


def test_a_key_that_is_switched_off_is_meant_to_be() -> None:
    assert mapping(text_of(enabled=Known(False)))["disabled"] is True


def test_the_instant_of_an_end_within_a_day_is_told() -> None:
    text = text_of(expires_at=Known(datetime(2027, 2, 1, 9, 30, tzinfo=UTC)))
    assert "# The exchange ends it at 2027-02-01T09:30:00Z.\nexpires: 2027-01-31\n" in text


moments = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))


@given(moments, st.none() | st.dates(date(2026, 1, 1), date(2026, 11, 25)))
def test_the_last_day_ends_no_later_than_the_key_unless_that_is_past(ends: datetime, created: date | None) -> None:
    day = last_whole_day(ends, created, NOW.date())
    if end_of(day) > ends:
        before = day - timedelta(days=1)
        assert before < NOW.date() or (created is not None and before < created)
    assert end_of(day) >= ends or end_of(day + timedelta(days=1)) > ends, "and not a day sooner than needed"


def observed(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Observed[Any]]:
    return values.map(Known) | st.just(ABSENT) | st.text(max_size=20).map(NotObservable)


scope_sets = st.frozensets(st.sampled_from([READ, Scope("trade.spot"), Scope("withdraw"), Scope("other:a,b]#:")]))
networks = st.lists(st.sampled_from(["203.0.113.7", "198.51.100.0/24", "2001:db8::/32"]), max_size=3, unique=True)
ip_sets = networks.map(lambda texts: IpSet.of([parse_network(text) for text in texts])) | st.just(ANY)
lives = st.builds(
    LiveKey,
    st.text("".join(map(chr, range(0x21, 0x7F))), min_size=1, max_size=30).map(Identifier.of_text),
    st.just(Known("")),
    observed(scope_sets),
    observed(ip_sets),
    observed(st.booleans()),
    observed(moments),
    st.just(SILENT),
    observed(moments),
    st.just(SILENT),
)


@given(lives, st.none() | st.text(max_size=80).map(one_line), st.booleans())
def test_whatever_is_observed_gives_a_file_that_means_it(live: LiveKey, label: str | None, fingerprint: bool) -> None:
    adopted = Adopted(ACCOUNT, live, NOW, label, (), fingerprint)
    text = adopted_text(PATH, adopted)
    assert text == adopted_text(PATH, adopted)
    assert canonical(text.encode(), "key") == text.encode()
    document = mapping(text)
    assert document["account"] == "bybit-main" and "owner" not in document and "purpose" not in document
    assert Identifier.parse(str(document["id"])) == live.identifier
    match live.scopes:
        case Known(scopes) if scopes:
            assert set(document["scopes"]) == scopes
        case _:
            assert "scopes" not in document
    match live.ips:
        case Known(ips) if ips.unrestricted or ips.networks:
            listed = document["ips"]
            assert (ANY if listed == "any" else IpSet.of([parse_network(one) for one in listed])) == ips
        case Absent():
            assert document["ips"] == "any"
        case _:
            assert "ips" not in document
    assert document.get("disabled", False) is (live.enabled == Known(False))
    assert ("issued" in document) is isinstance(live.created_at, Known)
    if "issued" in document and "expires" in document:
        assert document["issued"] <= document["expires"]


@given(st.text())
def test_one_line_is_one_line_and_keeps_what_is_harmless(text: str) -> None:
    line = one_line(text)
    assert line.isprintable() and (line == text or not text.isprintable())


def mapping(text: str) -> dict[str, Any]:
    document = read(text.encode(), types("key"))
    assert isinstance(document, dict)
    return document


def documents() -> dict[str, bytes]:
    return {path: text.encode() for path, text in base().items()}


def key_in(text: str) -> tuple[str, ScopeSet, str, date | None]:
    filled = text.replace("# owner: …", "owner: hedger")
    registry = load_documents({**documents(), PATH: filled.encode()}).registry
    assert registry is not None
    (key,) = [key for key in registry.keys.values() if key.name == "k"]
    assert key.identifier is not None and key.identifier.text is not None
    return key.identifier.text, key.scopes, str(key.ips), key.expires
