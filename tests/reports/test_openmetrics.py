"""Metrics are what Prometheus' own parser takes, complete, and name nobody."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from hypothesis import given
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import parser

from keyctl.model.comparison import Comparison, Status
from keyctl.model.finding import ExitReason, Severity
from keyctl.model.live import Coverage
from keyctl.reports.formats import Result, Style, render
from keyctl.reports.openmetrics import sample
from tests.reports.results import large, results, texts

families: Callable[[str], Iterable[Metric]] = parser.text_string_to_metric_families
Samples = dict[str, dict[tuple[str, ...], float]]


def samples(text: str) -> Samples:
    told: Samples = {}
    for family in families(text):
        assert family.documentation
        for one in family.samples:
            told.setdefault(one.name, {})[tuple(one.labels.values())] = one.value
    return told


@given(results)
def test_every_state_is_counted(result: Result) -> None:
    told = samples(render("openmetrics", result, Style()))
    assert set(told["keyctl_findings"]) == {(severity.value,) for severity in Severity}
    assert sum(told["keyctl_findings"].values()) == len(result.findings)
    assert set(told["keyctl_exit_status"]) == {("clean",), *((reason.value,) for reason in ExitReason)}
    decided = result.exit_reasons[0].value if result.exit_reasons else "clean"
    assert [state for state, value in told["keyctl_exit_status"].items() if value] == [(decided,)]
    assert told["keyctl_partial"][()] == result.partial
    if isinstance(result, Comparison):
        assert set(told["keyctl_keys"]) == {(status.value,) for status in Status}
        assert sum(told["keyctl_keys"].values()) == len(result.keys)
        assert set(told["keyctl_accounts"]) == {(coverage.value,) for coverage in Coverage}
        assert told["keyctl_generated_timestamp_seconds"][()] == int(result.generated_at.timestamp())


@given(results)
def test_no_value_of_a_result_is_in_it(result: Result) -> None:
    for line in render("openmetrics", result, Style()).splitlines():
        assert re.fullmatch(r'# (TYPE|HELP|UNIT) [\w .,;]+|# EOF|\w+(\{\w+="[\w.+-]+"\})? \d+', line), line


@given(texts)
def test_a_label_may_hold_any_text(text: str) -> None:
    whole = f"# TYPE a gauge\n# HELP a b\n{sample('a', {'label': text}, 7)}\n# EOF\n"
    assert samples(whole) == {"a": {(text,): 7.0}}


def test_it_names_no_key_and_no_account() -> None:
    shown = render("openmetrics", large(2, 2), Style())
    assert "key-0" not in shown and "main" not in shown
