"""The next reconcile, and the metrics, say that none was complete for too long."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from keyctl.model.comparison import Comparison
from keyctl.model.finding import Severity
from keyctl.model.refusal import Refusal
from keyctl.notes.heartbeat import beat, hours
from keyctl.notes.memory import Memory, keep, remember
from keyctl.notes.named import registry_of
from keyctl.reports.formats import Style, render
from tests.cli.conftest import Serve
from tests.cli.program import keyctl
from tests.history.repository import Repository
from tests.reports.results import NOW, large

LAST = "keyctl_last_complete_timestamp_seconds"


def beaten(before: timedelta | None, limit: float = 26) -> list[tuple[str, str]]:
    memory = Memory(NOW - before if before is not None else None)
    return [(one.rule, one.severity) for one in beat(large(0, 1), memory, limit, Severity.ERROR).findings]


def test_a_gap_that_is_too_long_is_a_warning() -> None:
    assert beaten(timedelta(hours=26)) == []
    assert beaten(timedelta(hours=26, seconds=1)) == [("heartbeat", "warning")]
    assert beaten(timedelta(hours=2), limit=1) == [("heartbeat", "warning")]


def test_nothing_remembered_is_said_and_is_no_alarm() -> None:
    assert beaten(None) == [("heartbeat", "info")]


def test_what_can_t_be_believed_is_an_alarm() -> None:
    assert beaten(timedelta(hours=-1)) == [("heartbeat", "warning")]
    odd = beat(large(0, 1), Memory(odd="it is broken"), 26, Severity.ERROR)
    assert [(one.rule, one.severity) for one in odd.findings] == [("heartbeat", "warning")]


def test_it_counts_for_the_exit_status_as_any_warning_does() -> None:
    memory = Memory(NOW - timedelta(days=3))
    assert beat(large(0, 1), memory, 26, Severity.ERROR).exit_reasons == ()
    assert beat(large(0, 1), memory, 26, Severity.WARNING).exit_reasons == ("differences",)


def test_the_same_input_gives_the_same_bytes() -> None:
    memory = Memory(NOW - timedelta(days=3))
    for name in ("json", "openmetrics", "markdown"):
        first, second = (render(name, beat(large(2, 2), memory, 26, Severity.ERROR), Style()) for _ in "ab")
        assert first == second


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "a day"])
def test_hours_are_a_number_above_0(text: str) -> None:
    with pytest.raises(Refusal, match="KEYCTL_HEARTBEAT_HOURS"):
        hours({"KEYCTL_HEARTBEAT_HOURS": text})
    assert hours({}) == 26.0 and hours({"KEYCTL_HEARTBEAT_HOURS": "1.5"}) == 1.5


def metric(result: Comparison) -> int:
    (line,) = [line for line in render("openmetrics", result, Style()).splitlines() if line.startswith(LAST)]
    return int(line.split()[1])


def test_the_metric_is_this_run_s_time_or_the_last_one_s_or_0() -> None:
    whole, earlier = large(0, 1), NOW - timedelta(hours=40)
    assert metric(whole) == int(NOW.timestamp())
    assert metric(replace(whole, partial=True)) == 0
    assert metric(replace(whole, partial=True, last_complete=earlier)) == int(earlier.timestamp())
    assert metric(beat(replace(whole, partial=True), Memory(earlier), 26, Severity.ERROR)) == int(earlier.timestamp())
    assert metric(replace(whole, accounts=(), keys=())) == 0


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "state" / "told.json"
    monkeypatch.setenv("KEYCTL_NOTIFY_STATE", str(path))
    return path


def reconcile(*arguments: str) -> tuple[list[tuple[str, str]], dict[str, Any]]:
    document: dict[str, Any] = json.loads(keyctl("reconcile", "--format", "json", *arguments).out)
    found = [(one["rule"], one["severity"]) for one in document["findings"] if one["rule"] == "heartbeat"]
    return found, document


def age(state: Path, by: timedelta) -> None:
    registry = registry_of(Path.cwd())
    memory = remember(state, registry, {})
    assert registry is not None and memory.last_complete is not None
    keep(state, registry, Memory(memory.last_complete - by, memory.told))


def test_a_complete_run_is_remembered_and_the_gap_is_found(example: Repository, serve: Serve, state: Path) -> None:
    serve("example")
    assert reconcile()[0] == [("heartbeat", "info")]
    assert reconcile()[0] == []
    age(state, timedelta(hours=30))
    assert reconcile()[0] == [("heartbeat", "warning")]
    assert reconcile()[0] == [], "that run was complete itself"


def test_runs_that_are_not_complete_are_not_remembered(example: Repository, serve: Serve, state: Path) -> None:
    assert reconcile()[1]["exit_reasons"], "no credentials: nothing can be observed"
    serve("example")
    reconcile("--only", "account=bybit-mm")
    reconcile("--at", "2026-11-25T12:00:00Z")
    assert not state.exists()
    reconcile()
    remembered = remember(state, registry_of(example.path), {}).last_complete
    assert remembered is not None and datetime.now(UTC) - remembered < timedelta(hours=1)


def test_another_time_may_be_asked_for(example: Repository, serve: Serve, state: Path) -> None:
    serve("example")
    reconcile()
    before = state.read_bytes()
    later = datetime.now(UTC) + timedelta(hours=30)
    assert reconcile("--at", later.isoformat())[0] == [("heartbeat", "warning")]
    assert reconcile("--at", "2026-01-01")[0] == []
    assert state.read_bytes() == before


def test_nobody_who_did_not_ask_is_looked_after(example: Repository, serve: Serve) -> None:
    serve("example")
    before = sorted(example.path.rglob("told-*"))
    assert reconcile()[0] == [] and sorted(example.path.rglob("told-*")) == before == []


def test_wrong_hours_fail_before_anybody_is_asked(
    example: Repository, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEYCTL_HEARTBEAT_HOURS", "soon")
    ran = keyctl("reconcile")
    assert ran.status == 1 and ran.out == "" and "KEYCTL_HEARTBEAT_HOURS" in ran.err
