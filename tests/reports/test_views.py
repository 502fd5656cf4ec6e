"""Status, log and doctor in every format: whole, stable, by their schemas, and no value does anything but be read."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyctl.model.change import Change
from keyctl.model.checkup import Acceptance, Checkup, ClockOffset, CredentialRow, Egress
from keyctl.model.comparison import KeyRow, Status
from keyctl.model.finding import Risk, Severity, exit_reasons, in_order
from keyctl.model.identifier import Identifier
from keyctl.model.ips import ANY, IpSet, parse_network
from keyctl.model.key import Key
from keyctl.model.life import Commit, Deed, FieldChange, HeldId, Holding, Life, LifeEvent, Person
from keyctl.model.live import LiveKey
from keyctl.model.names import AccountName, AppName, ExchangeId, KeyName
from keyctl.model.observed import ABSENT, Known, NotObservable
from keyctl.model.overview import Overview, OverviewRow, State, WalletRow
from keyctl.model.place import Place
from keyctl.model.scopes import READ, Scope
from keyctl.registry.schema import decided_errors, validity
from keyctl.reports.checkup import offset
from keyctl.reports.formats import Style
from keyctl.reports.views import View, names, render
from tests.reports.results import NOW, findings, ids, texts

ips = st.sampled_from([ANY, IpSet.of([parse_network(f"203.0.113.{n * 4}") for n in range(9)]), IpSet()])
scopes = st.sampled_from(
    [frozenset({READ}), frozenset({READ, Scope("trade.spot"), Scope("other:<b>|`x`")}), frozenset()]
)
maybe_time = st.sampled_from([Known(NOW), ABSENT, NotObservable("no")])
days = st.none() | st.just(date(2026, 6, 1))

keys = st.builds(
    Key,
    name=texts.map(KeyName),
    account=texts.map(AccountName),
    owner=texts.map(AppName),
    purpose=texts,
    scopes=scopes,
    ips=ips,
    place=st.builds(Place, texts),
    identifier=st.none() | ids,
    networks=st.lists(texts, max_size=2).map(tuple),
    issued=days,
    expires=days,
    protected=st.booleans(),
)
lives = st.builds(
    LiveKey,
    identifier=ids,
    label=texts.map(Known) | st.just(NotObservable("no")),
    scopes=scopes.map(Known) | st.just(NotObservable("no")),
    ips=ips.map(Known) | st.just(ABSENT),
    enabled=st.booleans().map(Known) | st.just(NotObservable("no")),
    created_at=maybe_time,
    modified_at=maybe_time,
    expires_at=maybe_time,
    last_used_at=maybe_time,
)
held = st.builds(
    HeldId,
    identifier=ids,
    key=st.none() | texts.map(KeyName),
    holding=st.sampled_from(Holding),
    since=st.none() | st.just(NOW),
    on=days,
    reason=st.none() | texts,
    confirmed=days,
)

wallets = st.builds(
    WalletRow,
    app=texts.map(AppName),
    team=texts,
    venue=texts,
    exchange=st.none() | texts.map(ExchangeId),
    chain=texts,
    address=ids,
)


@st.composite
def overviews(draw: st.DrawFn) -> Overview:
    live = draw(st.booleans())
    rows = []
    for _ in range(draw(st.integers(0, 3))):
        key = draw(st.none() | keys)
        identifier = draw(st.none() | ids)
        statuses = tuple(draw(st.lists(st.sampled_from(Status), min_size=1, max_size=2, unique=True))) if live else ()
        changes = (Change(draw(texts), (draw(texts),), None, Risk.ESCALATION),) if live else ()
        row = KeyRow(
            key.name if key else None,
            draw(st.none() | texts.map(AccountName)),
            draw(st.none() | texts.map(AppName)),
            identifier,
            statuses,
            (),
            changes,
            draw(st.booleans()),
        )
        state = draw(st.sampled_from(State)) if key or not live else None
        exchange = draw(st.none() | texts.map(ExchangeId))
        left = draw(st.none() | st.integers(-99, 999))
        rows.append(OverviewRow(row, state, key, exchange, left, draw(lives) if live and identifier else None))
    found = in_order(draw(st.lists(findings, max_size=3)))
    return Overview(
        NOW,
        draw(st.none() | st.just("0123456789" * 4)),
        draw(st.booleans()),
        live,
        draw(st.booleans()),
        tuple(rows),
        tuple(draw(st.lists(held, max_size=3))) if draw(st.booleans()) else None,
        found,
        exit_reasons(found, Severity.ERROR),
        tuple(draw(st.lists(wallets, max_size=3))),
    )


people = st.builds(Person, texts, texts)
commits = st.builds(
    Commit, st.just("0123456789" * 4), people, people, st.none() | st.just(NOW), st.none() | st.just(NOW), texts
)
values = st.none() | st.booleans() | texts | st.lists(texts, max_size=3).map(tuple) | ids
events = st.builds(
    LifeEvent,
    deeds=st.lists(st.sampled_from(Deed), min_size=1, max_size=3, unique=True).map(tuple),
    commit=commits,
    on_protected=st.none() | st.booleans(),
    brought_by=st.none() | commits,
    key=st.none() | texts.map(KeyName),
    path=texts,
    came_from=st.none() | texts,
    changes=st.lists(
        st.builds(FieldChange, texts | st.just("revoked"), values, values, st.sampled_from(Risk), texts), max_size=3
    ).map(tuple),
    problem=st.none() | texts,
)


@st.composite
def life_results(draw: st.DrawFn) -> Life:
    found = in_order(draw(st.lists(findings, max_size=2)))
    return Life(
        draw(texts.map(KeyName) | ids),
        tuple(draw(st.lists(texts.map(KeyName), max_size=2))),
        tuple(draw(st.lists(held, max_size=3))),
        tuple(draw(st.lists(events, max_size=3))),
        3,
        "0123456789" * 4,
        draw(st.none() | texts),
        found,
        exit_reasons(found, Severity.ERROR),
    )


credentials = st.builds(
    CredentialRow,
    account=texts.map(AccountName),
    exchange=texts.map(ExchangeId),
    key=st.none() | texts.map(KeyName),
    variables=texts,
    acceptance=st.sampled_from(Acceptance),
    cause=st.none() | texts,
    egress=st.sampled_from(Egress),
    identifier=st.none() | ids,
    holder=st.none() | texts.map(KeyName),
    scopes=st.none() | scopes.map(Known) | st.just(NotObservable("no")),
    ips=st.none() | ips.map(Known),
    excess=st.none() | scopes,
    clock=st.none() | st.builds(ClockOffset, st.floats(-99, 99), st.floats(0, 9)),
)


@st.composite
def checkups(draw: st.DrawFn) -> Checkup:
    found = in_order(draw(st.lists(findings, max_size=3)))
    rows = tuple(draw(st.lists(credentials, max_size=3)))
    unused = tuple(draw(st.lists(texts, max_size=2)))
    return Checkup(draw(st.booleans()), rows, unused, found, exit_reasons(found, Severity.ERROR))


views = overviews() | life_results() | checkups()
SCHEMAS = {Overview: "status", Life: "log", Checkup: "doctor"}


@given(views, st.booleans())
def test_documents_match_their_schemas_and_nothing_is_added(view: View, full_ids: bool) -> None:
    document = json.loads(render("json", view, Style(full_ids=full_ids)))
    name = SCHEMAS[type(view)]
    assert validity(name)(document), decided_errors(name, document)


WHOLE = Identifier.of_text("WholeIdentifier01")
_HELD = HeldId(WHOLE, KeyName("k"), Holding.CURRENT, NOW)
_WROTE = Commit("0123456789" * 4, Person("a", "b"), Person("a", "b"), NOW, NOW, "issue it")
_ISSUED = FieldChange("id", None, WHOLE, Risk.NEUTRAL)
_EVENT = LifeEvent((Deed.ISSUED,), _WROTE, True, None, KeyName("k"), "keys.d/k.yaml", None, (_ISSUED,))
_ROW = KeyRow(KeyName("k"), AccountName("a"), AppName("o"), WHOLE, ())
_TRIED = CredentialRow(
    AccountName("a"), ExchangeId("bybit"), None, "KEYCTL_READ", Acceptance.ACCEPTED, None, Egress.UNKNOWN, WHOLE
)


_WALLET = WalletRow(AppName("signer"), "perps", "a venue", None, "arbitrum", WHOLE)


@pytest.mark.parametrize(
    "view",
    [
        Overview(
            NOW, None, False, False, False, (OverviewRow(_ROW, State.ISSUED, None, None, None, None),), (_HELD,), (), ()
        ),
        Overview(NOW, None, False, False, False, (), None, (), (), (_WALLET,)),
        Life(WHOLE, (KeyName("k"),), (_HELD,), (_EVENT,), 1, None, None, (), ()),
        Checkup(False, (_TRIED,), (), (), ()),
    ],
    ids=("status of a key", "status with a wallet", "log", "doctor"),
)
def test_whole_ids_are_shown_only_when_asked_for(view: View) -> None:
    for name in names():
        assert "WholeIdentifier01" not in render(name, view, Style())
        assert "Whol" in render(name, view, Style())
    assert "WholeIdentifier01" in render("json", view, Style(full_ids=True))


@pytest.mark.parametrize("name", names())
@given(view=views)
def test_the_same_view_gives_the_same_bytes(name: str, view: View) -> None:
    assert render(name, view, Style()) == render(name, view, Style())


@given(views, st.integers(40, 200))
def test_text_fits_the_terminal_and_holds_no_control_characters(view: View, width: int) -> None:
    from rich.cells import cell_len

    shown = render("text", view, Style(width=width))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029]", shown)
    assert max(cell_len(line) for line in shown.splitlines()) <= width


def test_space_at_the_end_of_a_value_needs_no_room() -> None:
    from keyctl.reports.page import Cell, Page, Table
    from keyctl.reports.page_text import render_page

    table = Table(("a", "b"), ((Cell("x" * 20, "red"), Cell("y" * 18 + " ")),), wide=100)
    page = Page(title="t", blocks=(table,), findings=(), caveats=(), counts="c", verdict="v", good=True)
    assert render_page(page, Style(width=40)).splitlines()[0] == "x" * 20 + "  " + "y" * 18


@given(views)
def test_colour_is_the_only_difference_that_a_terminal_makes(view: View) -> None:
    coloured = render("text", view, Style(color=True))
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured).split() == render("text", view, Style()).split()


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)


@given(views)
def test_markdown_holds_no_tag_no_mention_and_no_broken_table(view: View) -> None:
    shown = render("markdown", view, Style())
    tags = _Tags()
    tags.feed(shown)
    assert tags.seen == []
    assert (
        not re.search(r"(?<!\\)@", shown)
        and not re.search(r"(?<!\\)\]\(", shown)
        and "://" not in re.sub(r"\\:", "", shown)
    )
    widths = {len(re.findall(r"(?<!\\)\|", line)) for line in shown.splitlines() if line.startswith("|")}
    assert widths <= {6, 7, 8, 9}


@pytest.mark.parametrize(
    ("seconds", "within", "shown"),
    [
        (0.001, 0.002, "0.00 s"),
        (-0.034, 0.01, "-0.03 s"),
        (3.26, 0.06, "+3.3 s"),
        (-42.0, 0.6, "-42 s"),
        (0.3, 0.5, "0 s"),
    ],
)
def test_an_offset_says_no_more_than_was_measured(seconds: float, within: float, shown: str) -> None:
    assert offset(ClockOffset(seconds, within)) == shown


def test_what_was_not_seen_is_said_as_unknown() -> None:
    row = OverviewRow(
        KeyRow(KeyName("quiet"), AccountName("a"), AppName("o"), None, (Status.UNOBSERVABLE,)),
        State.ISSUED,
        None,
        ExchangeId("bybit"),
        None,
        None,
    )
    view = Overview(datetime(2026, 1, 1, tzinfo=UTC), None, False, True, False, (row,), (), (), ())
    assert "not seen" in render("text", view, Style())
