"""A review in every format: whole, stable, by its schema, and inert whatever a commit or a file says."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyctl.model.finding import Risk, Severity, exit_reasons, in_order
from keyctl.model.life import Commit, Person
from keyctl.model.names import AccountName, AppName, KeyName
from keyctl.model.place import Place
from keyctl.model.review import AddedTombstone, Meaning, Review, ReviewedChange, SharedEdit, SharedKind
from keyctl.registry.schema import decided_errors, validity
from keyctl.reports.formats import Style, names, render
from tests.reports.results import findings, ids, texts

people = st.builds(Person, texts, texts)
commits = st.lists(
    st.builds(
        Commit,
        st.just("0123456789" * 4),
        people,
        people,
        st.none() | st.just(datetime(2026, 11, 25, tzinfo=UTC)),
        st.none(),
        texts,
    ),
    max_size=2,
).map(tuple)
values = st.none() | st.booleans() | texts | ids | st.lists(texts, max_size=3).map(tuple)
places = st.none() | st.builds(Place, texts, st.just(()), st.integers(0, 99), st.integers(1, 9))
changes = st.builds(
    ReviewedChange,
    texts.map(KeyName),
    st.none() | texts.map(AccountName),
    st.none() | texts.map(AppName),
    st.sampled_from(Meaning),
    st.sampled_from(["scopes", "ips", "id"]),
    values,
    values,
    st.sampled_from(Risk),
    st.none() | texts,
    places,
    commits,
)
shared = st.builds(
    SharedEdit,
    st.sampled_from(SharedKind),
    texts,
    texts,
    values,
    values,
    st.sampled_from(Risk),
    st.lists(texts.map(KeyName), max_size=20).map(tuple),
    places,
    commits,
)
stones = st.builds(
    AddedTombstone,
    ids,
    st.none() | texts.map(KeyName),
    st.none() | texts.map(AccountName),
    st.none() | texts.map(AppName),
    st.booleans(),
    st.none() | st.just(date(2026, 6, 1)),
    st.none() | texts,
    st.none(),
    st.booleans(),
    places,
    commits,
)


@st.composite
def reviews(draw: st.DrawFn) -> Review:
    found = in_order(draw(st.lists(findings, max_size=3)))
    return Review(
        "01" * 20,
        "23" * 20,
        draw(st.none() | texts),
        draw(st.none() | st.just("45" * 20)),
        draw(st.integers(0, 9)),
        draw(st.booleans()),
        draw(st.booleans()),
        tuple(draw(st.lists(changes, max_size=3))),
        tuple(draw(st.lists(shared, max_size=2))),
        tuple(draw(st.lists(stones, max_size=2))),
        found,
        exit_reasons(found, Severity.ERROR),
    )


@given(reviews(), st.booleans())
@settings(deadline=None)
def test_the_document_matches_its_schema_and_nothing_is_added(review: Review, full_ids: bool) -> None:
    document = json.loads(render("json", review, Style(full_ids=full_ids)))
    assert validity("review")(document), decided_errors("review", document)
    assert len(document["changes"]) == len(review.changes)
    if not full_ids:
        assert all("id" not in stone for stone in document["tombstones"])


@pytest.mark.parametrize("name", names())
@given(review=reviews())
@settings(deadline=None, max_examples=25)
def test_every_format_shows_it_the_same_way_each_time(name: str, review: Review) -> None:
    assert render(name, review, Style()) == render(name, review, Style())


@given(reviews(), st.integers(40, 200))
@settings(deadline=None)
def test_text_fits_the_terminal_and_holds_no_control_characters(review: Review, width: int) -> None:
    from rich.cells import cell_len

    shown = render("text", review, Style(width=width))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029]", shown)
    assert max(cell_len(line) for line in shown.splitlines()) <= width


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)


@given(reviews())
@settings(deadline=None)
def test_markdown_holds_no_tag_but_the_folds(review: Review) -> None:
    tags = _Tags()
    tags.feed(render("markdown", review, Style()))
    assert tags.seen <= {"details", "summary"}


@given(reviews())
@settings(deadline=None, max_examples=50)
def test_every_row_is_in_the_page(review: Review) -> None:
    shown = render("html", review, Style())
    assert shown.count("</tr>") >= len(review.changes) + len(review.shared) + len(review.tombstones)
