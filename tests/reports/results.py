"""Results with everything in them, and with hostile text in every place that takes text."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import strategies as st

from keyctl.model.change import Change
from keyctl.model.comparison import AccountRow, Comparison, KeyRow, Status
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
    "</details></td></style></title><script src=//evil.example></script>",
    "]]> <!-- [[ATTACHMENT|/etc/passwd]] &amp; &#0;",
    '"} 1\nkeyctl_keys{status="in-sync"} 9\n# EOF\n',
    "{0} {{1}} 'quoted' \"quoted\" javascript:alert(1)",
    "x" * 2000,
]
texts = st.sampled_from(HOSTILE) | st.text(max_size=40)
ids = st.text("abcXYZ019", min_size=6, max_size=12).map(Identifier.of_text)

paths = texts | st.sampled_from(["", "./keys.d/a.yaml", "../../etc/passwd", "/etc/passwd", "keys.d//a b%41.yaml"])
pointers = st.lists(st.integers(0, 3) | texts, max_size=2).map(tuple)
findings = st.builds(
    Finding,
    rule=st.sampled_from(["drift", "missing", "reactivated", "unobserved", "a-plug-in-s"]),
    severity=st.sampled_from(Severity),
    confidence=st.sampled_from(Confidence),
    message=texts,
    remedy=texts,
    consequence=st.none() | st.sampled_from(ExitReason),
    key=st.none() | texts.map(KeyName),
    account=st.none() | texts.map(AccountName),
    place=st.none() | st.builds(Place, paths, pointers, st.integers(0, 99), st.integers(1, 9)),
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
    seen = tuple(draw(st.lists(accounts, max_size=3)))
    return Comparison(
        generated_at=NOW,
        commit=draw(st.none() | st.just("0123456789" * 4)),
        dirty=draw(st.booleans()),
        registry_digest="sha256:" + "0" * 64,
        live_digest=None,
        partial=draw(st.booleans()),
        accounts=seen,
        keys=tuple(draw(st.lists(rows, max_size=4))) if seen else (),
        findings=found,
        exit_reasons=exit_reasons(found, Severity.ERROR),
    )


@st.composite
def validations(draw: st.DrawFn) -> Validation:
    found = in_order(draw(st.lists(findings, max_size=4)))
    counts = Counts(3, 2, 1, draw(st.integers(0, 5)), 4, draw(st.none() | st.integers(1, 9)))
    return Validation(counts, draw(st.booleans()), found, exit_reasons(found, Severity.ERROR))


results = comparisons() | validations()


def large(findings: int, keys: int) -> Comparison:
    """As much of everything as is asked for, all of it plain."""
    found = in_order(
        [
            Finding(
                "drift",
                Severity.ERROR,
                Confidence.HIGH,
                f"key {n} may withdraw, its file does not say so",
                "take the right away",
                key=KeyName(f"key-{n}"),
                account=AccountName("main"),
                place=Place(f"keys.d/key-{n}.yaml", ("scopes",), 5, 9),
            )
            for n in range(findings)
        ]
    )
    held = tuple(
        KeyRow(
            KeyName(f"key-{n}"),
            AccountName("main"),
            AppName("app"),
            Identifier.of_text(f"id{n:08}"),
            (Status.DRIFTED if n < findings else Status.IN_SYNC,),
        )
        for n in range(keys)
    )
    seen = (AccountRow(AccountName("main"), ExchangeId("bybit"), Coverage.ENUMERATED, None, keys),)
    return Comparison(NOW, None, False, None, None, False, seen, held, found, exit_reasons(found, Severity.ERROR))
