"""Results with everything in them, and with hostile text in every place that takes text."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from keyctl.model.comparison import AccountRow, Change, Comparison, KeyRow, Status
from keyctl.model.finding import Confidence, ExitReason, Finding, Risk, Severity, exit_reasons, in_order
from keyctl.model.identifier import Identifier
from keyctl.model.live import Coverage
from keyctl.model.names import AccountName, AppName, ExchangeId, KeyName
from keyctl.model.place import Place
from keyctl.model.validation import Counts, Validation

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "[click](https://evil.example) ![x](https://evil.example/x.png)",
    "@everyone !123 #45 ~bug $x$ :boom:",
    "| a | b |\n\n# heading\n- item\n1. one",
    "\x1b[31mred\x1b[0m \x07 \u202egnp.exe \u2028",
    "`code` *bold* _em_ ~~gone~~ \\",
    "x" * 2000,
]
texts = st.sampled_from(HOSTILE) | st.text(max_size=40)
ids = st.text("abcXYZ019", min_size=6, max_size=12).map(Identifier.of_text)

findings = st.builds(
    Finding,
    rule=st.sampled_from(["drift", "missing", "reactivated"]),
    severity=st.sampled_from(Severity),
    confidence=st.sampled_from(Confidence),
    message=texts,
    remedy=texts,
    consequence=st.none() | st.sampled_from(ExitReason),
    key=st.none() | texts.map(KeyName),
    account=st.none() | texts.map(AccountName),
    place=st.none() | st.builds(Place, texts, st.just(()), st.integers(0, 99), st.integers(1, 9)),
)
values = st.lists(texts, max_size=3).map(tuple) | st.booleans() | st.none() | texts
rows = st.builds(
    KeyRow,
    key=st.none() | texts.map(KeyName),
    account=st.none() | texts.map(AccountName),
    owner=st.none() | texts.map(AppName),
    identifier=st.none() | ids,
    statuses=st.lists(st.sampled_from(Status), min_size=1, max_size=3, unique=True).map(tuple),
    unknown=st.lists(st.sampled_from(["scopes", "ips"]), max_size=2, unique=True).map(tuple),
    changes=st.lists(st.builds(Change, texts, values, values, st.sampled_from(Risk)), max_size=2).map(tuple),
)
accounts = st.builds(
    AccountRow,
    name=texts.map(AccountName),
    exchange=texts.map(ExchangeId),
    coverage=st.sampled_from(Coverage),
    error=st.none() | texts,
    live_keys=st.none() | st.integers(0, 50),
)


@st.composite
def comparisons(draw: st.DrawFn) -> Comparison:
    found = in_order(draw(st.lists(findings, max_size=4)))
    return Comparison(
        generated_at=NOW,
        commit=draw(st.none() | st.just("0123456789" * 4)),
        dirty=draw(st.booleans()),
        registry_digest="sha256:" + "0" * 64,
        live_digest=None,
        partial=draw(st.booleans()),
        accounts=tuple(draw(st.lists(accounts, max_size=3))),
        keys=tuple(draw(st.lists(rows, max_size=4))),
        findings=found,
        exit_reasons=exit_reasons(found, Severity.ERROR),
    )


@st.composite
def validations(draw: st.DrawFn) -> Validation:
    found = in_order(draw(st.lists(findings, max_size=4)))
    counts = Counts(3, 2, 1, draw(st.integers(0, 5)), 4, draw(st.none() | st.integers(1, 9)))
    return Validation(counts, draw(st.booleans()), found, exit_reasons(found, Severity.ERROR))


results = comparisons() | validations()
