"""Every format shows a result whole, the same way each time, and lets no value do anything but be read."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyctl.cli.options import FORMATS
from keyctl.model.change import Change
from keyctl.model.comparison import AccountRow, Comparison, KeyRow, Status
from keyctl.model.finding import Risk
from keyctl.model.identifier import Identifier
from keyctl.model.live import Coverage
from keyctl.model.names import AccountName, AppName, ExchangeId, KeyName
from keyctl.registry.schema import decided_errors, validity
from keyctl.reports import sentences
from keyctl.reports.formats import Result, Style, names, render
from keyctl.reports.text import plain
from tests.reports.results import NOW, comparisons, results


@given(results, st.booleans())
def test_documents_match_their_schemas_and_nothing_is_added(result: Result, full_ids: bool) -> None:
    document = json.loads(render("json", result, Style(full_ids=full_ids)))
    name = "comparison" if isinstance(result, Comparison) else "validation"
    assert validity(name)(document), decided_errors(name, document)
    assert len(document["findings"]) == len(result.findings)


@given(results)
def test_whole_ids_are_in_documents_only_when_asked_for(result: Result) -> None:
    if isinstance(result, Comparison):
        ids = {row.identifier.text for row in result.keys if row.identifier and row.identifier.text}
        shown = {row.get("id") for row in json.loads(render("json", result, Style()))["keys"]}
        full = {row["id"] for row in json.loads(render("json", result, Style(full_ids=True)))["keys"]}
        assert shown <= {None}
        assert ids <= full


@pytest.mark.parametrize("name", names())
@given(result=results)
def test_the_same_result_gives_the_same_bytes(name: str, result: Result) -> None:
    assert render(name, result, Style()) == render(name, result, Style())


@given(results, st.integers(40, 200))
def test_text_fits_the_terminal_and_holds_no_control_characters(result: Result, width: int) -> None:
    shown = render("text", result, Style(width=width))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029]", shown)
    from rich.cells import cell_len

    assert max(cell_len(line) for line in shown.splitlines()) <= width


@pytest.mark.parametrize("width", [*range(40, 200, 7), 89, 90, 119, 120])
def test_no_width_cuts_anything_off_what_differs(width: int) -> None:
    change = Change("ips", ("192.0.2.66/32", "203.0.113.0/24"), ("203.0.113.10/32",), Risk.ESCALATION)
    row = KeyRow(
        KeyName("keyctl-bybit-treasury"),
        AccountName("bybit-treasury"),
        AppName("arbitrage"),
        Identifier.of_fingerprint("sha256:" + "ab" * 32),
        (Status.DRIFTED,),
        ("enabled",),
        (change,),
    )
    account = AccountRow(AccountName("bybit-treasury"), ExchangeId("bybit"), Coverage.ENUMERATED, None, 1)
    compared = Comparison(NOW, None, False, None, None, False, (account,), (row,), (), ())
    shown = "".join(render("text", compared, Style(width=width)).split())
    assert "".join(sentences.differences(row).split()) in shown


@given(results)
def test_colour_is_the_only_difference_that_a_terminal_makes(result: Result) -> None:
    coloured = render("text", result, Style(color=True))
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured).split() == render("text", result, Style()).split()


@pytest.mark.parametrize("name", names())
@given(result=results)
def test_no_format_holds_a_character_that_is_not_seen(name: str, result: Result) -> None:
    shown = render(name, result, Style(prefix="desk/"))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029\ud800-\udfff\ufffe\uffff]", shown)
    assert shown.endswith("\n")


@given(comparisons())
def test_every_key_is_named_in_every_format_that_has_keys(result: Comparison) -> None:
    for name in ("text", "json", "markdown", "html"):
        shown = render(name, result, Style(width=400))
        for row in result.keys:
            assert row.status.value in shown


def test_the_help_of_the_commands_names_every_format() -> None:
    assert [word for word in re.split(r"\W+", FORMATS) if word != "or"] == list(names())


def test_text_shows_what_can_not_be_printed_by_its_code() -> None:
    assert plain("a\x1b[31m\u202eb") == "a\\u001b[31m\\u202eb"
