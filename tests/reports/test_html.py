"""The page needs nothing but itself, and no value becomes markup."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256

from hypothesis import given

from keyctl.reports.formats import Result, Style, render
from keyctl.reports.html import POLICY
from keyctl.reports.text import plain
from tests.reports.page import Parsed
from tests.reports.results import large, results

OURS = {
    "a", "article", "body", "dd", "dl", "dt", "h1", "h2", "h3", "head", "html", "meta", "nav", "p", "section",
    "style", "table", "tbody", "td", "th", "thead", "title", "tr",
}  # fmt: skip
COLUMNS = {
    "status", "key", "account", "owner", "id", "differs", "exchange", "coverage", "live keys", "error",
}  # fmt: skip
WORDS = {
    "class": {"verdict", "caveat", "loud", "info", "warning", "error", "critical"},
    "data-column": COLUMNS,
    "scope": {"col"},
    "lang": {"en"},
    "charset": {"utf-8"},
    "http-equiv": {"Content-Security-Policy"},
    "name": {"viewport", "referrer"},
    "content": {POLICY, "width=device-width, initial-scale=1", "no-referrer"},
}


@given(results)
def test_every_element_and_every_attribute_is_the_page_s_own(result: Result) -> None:
    page = Parsed(render("html", result, Style()))
    assert set(page.names()) <= OURS
    assert page.comments == []
    for tag, attributes in page.elements:
        for name, value in attributes.items():
            if name == "id":
                assert re.fullmatch(r"[a-z]+(-[0-9a-f]+)?", value or "")
            elif name == "href":
                assert tag == "a" and re.fullmatch(r"#[a-z]+(-[0-9a-f]+)?", value or "")
            else:
                assert value in WORDS[name]


@given(results)
def test_every_link_leads_to_one_place_of_the_page(result: Result) -> None:
    page = Parsed(render("html", result, Style()))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    links = {str(attributes["href"])[1:] for tag, attributes in page.elements if tag == "a"}
    assert len(ids) == len(set(ids))
    assert links <= set(ids)


@given(results)
def test_every_finding_is_there_in_words(result: Result) -> None:
    text = Parsed(render("html", result, Style())).text
    for finding in result.findings:
        assert plain(finding.message) in text and plain(finding.remedy) in text
        assert f"{finding.severity.value} {finding.rule}" in text


def test_a_browser_may_load_nothing_and_show_only_this_style() -> None:
    shown = render("html", large(1, 1), Style())
    css = shown.partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(sha256(css.encode()).digest()).decode()
    policy = dict(directive.strip().split(" ", 1) for directive in POLICY.split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["style-src"] == f"'sha256-{digest}'"
    assert "url(" not in css and "@import" not in css


def test_a_finding_s_link_stays_when_the_file_grows() -> None:
    anchors = re.findall(r'<article id="([^"]+)"', render("html", large(3, 3), Style()))
    assert len(anchors) == 3
    assert anchors == re.findall(r'<article id="([^"]+)"', render("html", large(3, 9), Style()))
