"""What a message says: new things once, gone things once, and nothing about what could not be seen."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from keyctl.model.comparison import AccountRow, Comparison
from keyctl.model.finding import ExitReason, Finding, Severity, exit_reasons, in_order
from keyctl.model.live import Coverage
from keyctl.model.names import AccountName, ExchangeId, KeyName
from keyctl.model.rules import found
from keyctl.notes.digest import SHOWN, Digest, digest, message
from tests.reports.results import NOW, comparisons, large

BYBIT = ExchangeId("bybit")


def drift(n: int, account: str = "a") -> Finding:
    return found("drift", "it may withdraw", "take it away", key=KeyName(f"key-{n}"), account=AccountName(account))


def compared(*findings: Finding, unseen: tuple[str, ...] = (), partial: bool = False) -> Comparison:
    rows = [(name, Coverage.INCOMPLETE if name in unseen else Coverage.ENUMERATED) for name in ("a", "b")]
    told = in_order(list(findings))
    accounts = tuple(AccountRow(AccountName(name), BYBIT, coverage, None, None) for name, coverage in rows)
    return Comparison(NOW, None, False, None, None, partial, accounts, (), told, exit_reasons(told, Severity.ERROR))


def told(result: Comparison, before: Digest | None = None, fail_on: Severity = Severity.ERROR) -> Digest:
    return digest(result, before.after if before else {}, fail_on)


def test_a_finding_is_told_once_and_its_end_is_told_once() -> None:
    first = told(compared(drift(1), drift(2)))
    assert [one.finding.key for one in first.new] == ["key-1", "key-2"] and not first.resolved
    assert not told(compared(drift(1), drift(2)), first)
    second = told(compared(drift(2), drift(3)), first)
    assert [one.finding.key for one in second.new] == ["key-3"]
    assert [one.key for one in second.resolved] == ["key-1"] and second.known == 1
    assert not told(compared(drift(2), drift(3)), second)
    assert [one.finding.key for one in told(compared(drift(1)), second).new] == ["key-1"], "it came back"


def test_what_does_not_count_is_not_told() -> None:
    warning = found("expires-early", "in 3 days", "renew it")
    assert not told(compared(warning))
    assert told(compared(warning), fail_on=Severity.WARNING)
    assert told(compared(found("unissued", "not created", "create it"))), "it decides the exit status"


def test_a_heartbeat_is_told_although_it_is_a_warning() -> None:
    assert told(compared(found("heartbeat", "none for 30 hours", "look")))
    assert not told(compared(found("heartbeat", "the first", "-", severity=Severity.INFO)))


def test_what_could_not_be_seen_is_not_resolved() -> None:
    first = told(compared(drift(1), drift(2, "b")))
    for blind in (
        compared(partial=True),
        replace(compared(), exit_reasons=(ExitReason.FAILED,)),
        compared(unseen=("a", "b")),
    ):
        after = told(blind, first)
        assert not after and after.after == first.after
    half = told(compared(unseen=("a",)), first)
    assert [one.account for one in half.resolved] == ["b"] and half.known == 1
    assert [one.account for one in told(compared(), half).resolved] == ["a"]


def test_an_account_that_comes_back_is_told() -> None:
    lost = found("account-incomplete", "no answer", "wait", account=AccountName("a"))
    first = told(compared(lost, unseen=("a",)))
    assert [one.rule for one in told(compared(), first).resolved] == ["account-incomplete"]


def test_numbers_that_move_make_nothing_new() -> None:
    first = told(compared(found("expired", "dead since 3 days", "delete it", key=KeyName("k"))))
    assert not told(compared(found("expired", "dead since 4 days", "delete it", key=KeyName("k"))), first)


def test_a_long_message_is_cut_and_says_so() -> None:
    title, text = message(told(large(500, 1)), large(500, 1))
    assert title == "keyctl reconcile: 500 new, 0 resolved, 0 still open"
    assert text.count("ERROR drift") == SHOWN and f"and {500 - SHOWN} more new findings" in text
    assert len(text) < 10_000


@given(comparisons(), st.sampled_from(Severity))
def test_no_value_can_mention_link_or_format(result: Comparison, fail_on: Severity) -> None:
    first = told(result, fail_on=fail_on)
    gone = told(replace(result, findings=(), exit_reasons=(), partial=False, accounts=()), first, fail_on)
    for one in (first, gone):
        text = "".join(message(one, result))
        assert "@everyone" not in text and "<img" not in text and "<script" not in text and "#45" not in text
        assert all(char.isprintable() or char in "\n\u2060" for char in text)
