"""What holds for the writers of all exchanges: who may be asked for one, what it never touches, what is certain."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from dataclasses import replace
from itertools import chain, combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyctl.exchanges import catalogue
from keyctl.exchanges.aftermath import Aftermath, after
from keyctl.exchanges.catalogue import UnknownExchange
from keyctl.exchanges.declaration import Declaration, Effect, Endpoint, Holder, Limits, Ungrantable
from keyctl.exchanges.edge import seal
from keyctl.exchanges.entries import entries
from keyctl.exchanges.envelope import refusal
from keyctl.exchanges.errors import Cause, ExchangeError, Malformed, surely_not_done
from keyctl.exchanges.guarding import Forbidden, Guarded
from keyctl.exchanges.redaction import HIDDEN, Redactor
from keyctl.exchanges.slots import free_slots
from keyctl.exchanges.transport import EffectRefused, Transport
from keyctl.exchanges.writing import Created, HalfMade, NotSent, Unsupported, Wanted
from keyctl.model.finding import Risk
from keyctl.model.identifier import Identifier
from keyctl.model.ips import ANY, IpSet
from keyctl.model.live import Assumption, LiveKey
from keyctl.model.observed import ABSENT, Known, NotObservable
from keyctl.model.scopes import READ, Scope
from keyctl.model.tombstone import Tombstone, Tombstones
from keyctl.secrets.sources import Secret
from tests.exchanges.bench import LOOPBACK, MARKER, SPOT, ips, wanted
from tests.exchanges.test_transport import KEY, transport
from tests.exchanges.venue import Answer, venue

WRITTEN = ("bybit", "deribit", "okx")
ID, OTHER = Identifier.of_text("AnAppsKey000000001"), Identifier.of_text("Another00000000001")
UNSAID = NotObservable("it does not say")


@pytest.mark.parametrize("exchange", ["hyperliquid", "paradex"])
def test_exchanges_whose_keys_no_api_changes_have_no_writer(exchange: str) -> None:
    with pytest.raises(Unsupported, match=catalogue.declaration(exchange).title):
        catalogue.writer(exchange, protected_ids=frozenset(), tombstones=Tombstones(()))


def test_an_unknown_exchange_has_no_writer_either() -> None:
    with pytest.raises(UnknownExchange):
        catalogue.writer("mtgox", protected_ids=frozenset(), tombstones=Tombstones(()))


WRITES = [
    (name, end) for name in WRITTEN for end in catalogue.declaration(name).endpoints if end.effect is Effect.WRITE
]


@pytest.mark.parametrize(("exchange", "endpoint"), WRITES, ids=lambda given: getattr(given, "name", given))
def test_a_reader_s_transport_refuses_every_endpoint_that_writes(exchange: str, endpoint: Endpoint) -> None:
    async def run(url: str) -> None:
        async with transport(url, declaration=catalogue.declaration(exchange)) as way:
            await way.call(endpoint)

    with venue(lambda _line: Answer()) as there, pytest.raises(EffectRefused):
        asyncio.run(run(there.url))
    assert there.lines == []


class Recorded:
    """A writer that only remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def create(self, transport: Transport, subaccount: str | None, wanted: Wanted) -> Created:
        self.asked.append("create")
        return Created(ID, Secret("s"), None, LIVE)

    async def update(
        self, transport: Transport, subaccount: str | None, identifier: Identifier, wanted: Wanted
    ) -> LiveKey:
        self.asked.append("update")
        return LIVE

    async def disable(self, transport: Transport, subaccount: str | None, identifier: Identifier) -> None:
        self.asked.append("disable")

    async def enable(self, transport: Transport, subaccount: str | None, identifier: Identifier) -> None:
        self.asked.append("enable")

    async def delete(self, transport: Transport, subaccount: str | None, identifier: Identifier) -> None:
        self.asked.append("delete")

    async def freeze(self, transport: Transport, subaccount: str | None) -> None:
        self.asked.append("freeze")


LIVE = LiveKey(ID, Known(MARKER), Known(SPOT), Known(LOOPBACK), Known(True), UNSAID, UNSAID, UNSAID, UNSAID)


def asked(
    what: str, identifier: Identifier, *, protected: tuple[Identifier, ...] = (), revoked: tuple[str, ...] = ()
) -> list[str]:
    """What gets through to the writer."""
    writer = Recorded()
    tombstones = Tombstones(Tombstone(Identifier.parse(text), "keys.d/a.yaml:9") for text in revoked)
    ids = frozenset(one.fingerprint for one in protected)
    guarded = Guarded(writer, catalogue.declaration("deribit"), ids, tombstones)

    async def run() -> None:
        async with transport("http://127.0.0.1:1") as way:
            if what == "update":
                await guarded.update(way, None, identifier, wanted())
            else:
                await getattr(guarded, what)(way, None, identifier)

    asyncio.run(run())
    return writer.asked


CHANGES = ("update", "disable", "enable", "delete")


@pytest.mark.parametrize("what", CHANGES)
def test_the_credential_that_calls_and_all_that_keyctl_uses_are_never_touched(what: str) -> None:
    assert asked(what, ID, protected=(OTHER,)) == [what]
    with pytest.raises(Forbidden, match="keyctl itself uses"):
        asked(what, Identifier.of_text(KEY))
    with pytest.raises(Forbidden, match="keyctl itself uses"):
        asked(what, ID, protected=(OTHER, ID))
    with pytest.raises(Forbidden, match="keyctl itself uses"):
        asked(what, ID, protected=(Identifier.of_fingerprint(ID.fingerprint),))
    with pytest.raises(NotSent, match="fingerprint"):
        asked(what, Identifier.of_fingerprint(ID.fingerprint))


@pytest.mark.parametrize("revoked", [ID.text, ID.fingerprint, str(ID.text).upper(), str(ID.text).lower()])
@pytest.mark.parametrize("what", CHANGES)
def test_what_is_revoked_is_never_enabled_or_changed_and_can_always_be_killed(what: str, revoked: str) -> None:
    if what in ("disable", "delete"):
        assert asked(what, ID, revoked=(revoked,)) == [what]
    else:
        with pytest.raises(Forbidden, match=r"revoked for ever \(keys.d/a.yaml:9\)"):
            asked(what, ID, revoked=(revoked,))


@pytest.mark.parametrize("label", ["", "hedger", f"{MARKER} {MARKER}", f"x{MARKER}"])
def test_a_key_without_one_marker_is_not_made(label: str) -> None:
    writer = Recorded()
    guarded = Guarded(writer, catalogue.declaration("okx"), frozenset(), Tombstones(()))

    async def run(text: str) -> None:
        async with transport("http://127.0.0.1:1") as way:
            await guarded.create(way, None, wanted(label=text))

    with pytest.raises(Forbidden, match="marker"):
        asyncio.run(run(label))
    with pytest.raises(NotSent, match="takes 50"):
        asyncio.run(run(f"{MARKER} {'x' * 40}"))
    assert writer.asked == []
    asyncio.run(run(f"hedger {MARKER}"))
    assert writer.asked == ["create"]


def failed(declaration: Declaration, answer: object) -> ExchangeError:
    error = refusal(declaration, "POST /x", answer)
    assert error is not None
    return error


@pytest.mark.parametrize("exchange", WRITTEN)
def test_every_documented_refusal_is_certain_unless_it_says_that_the_exchange_does_not_know(exchange: str) -> None:
    declared = catalogue.declaration(exchange)
    for code, row in declared.refusals.items():
        value: object = int(code) if exchange != "okx" else code
        for name in reversed(declared.envelope.code):
            value = {name: value}
        assert surely_not_done(failed(declared, value)) is (Cause.TRANSPORT not in row.causes), code


def test_nothing_else_is_certain() -> None:
    bybit, deribit = catalogue.declaration("bybit"), catalogue.declaration("deribit")
    assert surely_not_done(failed(deribit, {"result": {"security_key_authorization_required": True}}))
    unknown: list[object] = [{"retCode": 424242}, {"retCode": "10001"}, {}, [], None]
    for answer in unknown:
        assert not surely_not_done(failed(bybit, answer)), answer
    refused = failed(bybit, {"retCode": 10001})
    assert surely_not_done(refused) and not surely_not_done(HalfMade(ID, refused))
    for cause in Cause:
        assert not surely_not_done(ExchangeError(cause, "a proxy said so", ""))
        assert surely_not_done(ExchangeError(cause, "", "", unsent=True))
    assert not surely_not_done(Malformed("result", "an object", "nothing"))


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503, 302])
def test_a_bare_http_status_is_certain_only_where_the_exchange_documents_it(status: int) -> None:
    async def run(url: str, endpoint: Endpoint) -> None:
        async with transport(url, effects=frozenset({Effect.WRITE})) as way:
            await way.call(endpoint)

    endpoint = next(end for name, end in WRITES if name == "bybit")
    with venue(lambda _line: Answer(status=status, body="<html>")) as there, pytest.raises(ExchangeError) as caught:
        asyncio.run(run(there.url, endpoint))
    assert surely_not_done(caught.value) is (status == 403)


def subsets(natives: list[str]) -> list[tuple[str, ...]]:
    return list(chain.from_iterable(combinations(natives, size) for size in range(4)))


@pytest.mark.parametrize("holder", [Holder.SUBACCOUNT, Holder.MASTER])
@pytest.mark.parametrize("exchange", catalogue.names())
def test_the_rights_for_a_set_open_exactly_that_set(exchange: str, holder: Holder) -> None:
    declared = catalogue.declaration(exchange)
    natives = [row.native for row in declared.rights if row.settable and row.holder in (Holder.ANY, holder)]
    alone = {row.native for row in declared.rights if row.exclusive}
    for chosen in subsets(sorted(set(natives))):
        if len(chosen) > 1 and alone & set(chosen):
            continue
        scopes = declared.opened_by(chosen, holder)
        if declared.wallet_agents is None or scopes != declared.implicit:
            given = declared.native_for(scopes, holder)
            assert declared.opened_by(given, holder) == scopes, (chosen, given)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(WRITTEN), st.sampled_from([Holder.SUBACCOUNT, Holder.MASTER]), st.data())
def test_a_set_has_rights_exactly_when_it_can_be_granted(exchange: str, holder: Holder, data: st.DataObject) -> None:
    declared = catalogue.declaration(exchange)
    known = sorted({scope for row in declared.rights for scope in row.scopes})
    scopes = frozenset(data.draw(st.sets(st.sampled_from(known))))
    scopes = data.draw(st.sampled_from([scopes, declared.grantable(scopes, subaccount=holder is Holder.SUBACCOUNT)]))
    try:
        given = declared.native_for(scopes, holder)
    except Ungrantable as error:
        assert str(error)
        # a master's `trade` at OKX opens more or less by its addresses; everywhere else both must agree
        same = declared.grantable(scopes, subaccount=holder is Holder.SUBACCOUNT) == scopes
        assert not same or (exchange, holder) == ("okx", Holder.MASTER)
    else:
        assert declared.opened_by(given, holder) == scopes


def test_rights_of_reading_are_given_only_to_keys_that_do_nothing_else() -> None:
    deribit = catalogue.declaration("deribit")
    assert deribit.native_for(frozenset({READ}), Holder.SUBACCOUNT) == ("account:read", "trade:read", "wallet:read")
    trading = frozenset({READ, *(Scope(f"trade.{what}") for what in ("spot", "futures", "options"))})
    assert deribit.native_for(trading, Holder.SUBACCOUNT) == ("trade:read_write",)
    okx = catalogue.declaration("okx")
    assert okx.native_for(frozenset({READ}), Holder.SUBACCOUNT) == ("read_only",)
    with pytest.raises(Ungrantable, match=r"what can be had is read, trade\.spot, trade\.margin"):
        okx.native_for(SPOT, Holder.SUBACCOUNT)
    with pytest.raises(Ungrantable, match="does not know which rights"):
        okx.native_for(frozenset({READ, Scope("other:new")}), Holder.SUBACCOUNT)


def test_neighbouring_addresses_are_sent_as_addresses_where_networks_are_not_documented() -> None:
    pair = ips("203.0.113.8", "203.0.113.9")
    assert str(pair.networks[0]) == "203.0.113.8/31"
    assert entries(catalogue.declaration("bybit"), pair) == ("203.0.113.8", "203.0.113.9")
    assert entries(catalogue.declaration("okx"), pair) == ("203.0.113.8/31",)
    assert entries(catalogue.declaration("bybit"), ips("203.0.113.8", "2001:db8::1")) == ("203.0.113.8", "2001:db8::1")
    assert entries(catalogue.declaration("bybit"), ANY) == ()
    for wrong in (IpSet(), ips("203.0.113.0/25"), ips("2001:db8::/64")):
        with pytest.raises(Unsupported):
            entries(catalogue.declaration("deribit"), wrong)
    many = ips(*(f"203.0.113.{2 * host}" for host in range(21)))
    with pytest.raises(Unsupported, match="21 entries, and OKX takes 20"):
        entries(catalogue.declaration("okx"), many)


def test_free_slots_are_what_the_documented_limit_leaves() -> None:
    deribit = catalogue.declaration("deribit")
    assert free_slots(deribit, [LIVE] * 6) == 2
    assert free_slots(deribit, [LIVE] * 9) == 0
    assert free_slots(catalogue.declaration("bybit"), [LIVE]) is None
    assert free_slots(replace(deribit, limits=Limits(max_keys=1)), []) == 1


def test_what_is_read_back_as_it_was_sent_is_no_difference() -> None:
    assert after(wanted(), LIVE) == Aftermath()
    assert after(wanted(), replace(LIVE, enabled=Known(False)), replace(LIVE, enabled=Known(False))) == Aftermath()


def test_each_field_that_differs_is_named_with_its_risk() -> None:
    other = replace(LIVE, label=Known("x"), scopes=Known(frozenset({READ})), ips=Known(ANY), enabled=Known(False))
    found = after(wanted(), other)
    assert [(change.field, change.risk) for change in found.changes] == [
        ("label", Risk.NEUTRAL), ("scopes", Risk.REDUCTION), ("ips", Risk.ESCALATION), ("enabled", Risk.REDUCTION),
    ]  # fmt: skip
    assert found.unknown == () and found.changes[2].live == ("any",)
    (switched,) = after(wanted(), LIVE, replace(LIVE, enabled=Known(False))).changes
    assert (switched.live, switched.desired, switched.risk) == (True, False, Risk.ESCALATION)


def test_what_an_answer_does_not_say_is_unknown_and_what_it_says_is_none_differs() -> None:
    silent = replace(LIVE, label=UNSAID, scopes=UNSAID, ips=UNSAID, enabled=UNSAID)
    assert after(wanted(), silent) == Aftermath((), ("label", "scopes", "ips", "enabled"))
    assert after(wanted(), LIVE, replace(LIVE, enabled=UNSAID)).unknown == ("enabled",)
    none = replace(LIVE, label=ABSENT, scopes=ABSENT, ips=ABSENT)
    assert [change.field for change in after(wanted(), none).changes] == ["label", "scopes", "ips"]
    assert after(wanted(label=""), replace(LIVE, label=ABSENT)).changes == ()


def test_an_assumed_field_is_never_proof_and_only_what_is_missing_is_certain() -> None:
    guess = (Assumption("scopes", ""), Assumption("ips", ""))
    assert after(wanted(), replace(LIVE, assumptions=guess)) == Aftermath((), ("scopes", "ips"))
    wider = replace(LIVE, scopes=Known(SPOT | {Scope("earn")}), assumptions=guess[:1])
    assert after(wanted(), wider) == Aftermath((), ("scopes",))
    narrower = replace(LIVE, scopes=Known(frozenset({READ})), ips=Known(ANY), assumptions=guess)
    assert [change.field for change in after(wanted(), narrower).changes] == ["scopes", "ips"]


def test_what_is_shown_once_enters_in_the_hands_of_a_secret() -> None:
    answer = {"data": [{"secretKey": "canary-1", "id": 5}, {"secretKey": 7}], "secretKey": "not there"}
    sealed, secrets = seal(answer, ("data.secretKey", "nothing.here"))
    assert [secret.reveal() for secret in secrets] == ["canary-1"]
    assert "canary-1" not in repr(sealed)
    assert sealed == {"data": [{"secretKey": secrets[0], "id": 5}, {"secretKey": 7}], "secretKey": "not there"}


def test_a_redactor_learns_the_secrets_of_keys_that_are_made_meanwhile() -> None:
    redactor = Redactor(["first-secret"])
    redactor.learn("second-secret")
    assert redactor.scrub("first-secret second-secret") == f"{HIDDEN} {HIDDEN}"


def test_no_declared_field_holds_a_secret() -> None:
    fields = {field for name in WRITTEN for end in catalogue.declaration(name).endpoints for field in end.fields}
    assert fields and not [field for field in fields if re.search("secret|passphrase", field, re.IGNORECASE)]


def test_every_writer_has_its_guards_and_needs_neither_ccxt_nor_aiohttp() -> None:
    script = (
        "import sys; from keyctl.exchanges.catalogue import writer\n"
        "from keyctl.exchanges.guarding import Guarded; from keyctl.model.tombstone import Tombstones\n"
        f"for name in {WRITTEN!r}:\n"
        "    assert type(writer(name, protected_ids=frozenset(), tombstones=Tombstones(()))) is Guarded\n"
        "sys.exit(any(heavy in sys.modules for heavy in ('ccxt', 'aiohttp')))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_only_endpoints_that_make_keys_show_secrets() -> None:
    shown = {end.name: end.secrets for name in WRITTEN for end in catalogue.declaration(name).endpoints if end.secrets}
    assert shown == {
        "POST /v5/user/create-sub-api": ("result.secret",),
        "GET /api/v2/private/create_api_key": ("result.client_secret",),
        "POST /api/v5/users/subaccount/apikey": ("data.secretKey",),
    }
