"""Counts for GitLab's metrics widget (``artifacts:reports:metrics``) and for Prometheus; no names of keys or accounts.

https://prometheus.io/docs/specs/om/open_metrics_spec/
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from keyctl import __version__
from keyctl.model.comparison import Comparison, Status
from keyctl.model.finding import ExitReason
from keyctl.model.live import Coverage
from keyctl.reports.document import severities
from keyctl.reports.formats import Result, Style

_CLEAN = "clean"


def render(result: Result, _style: Style) -> str:
    """Every member of each enumeration, also those that count 0: a series that is absent alerts nobody."""
    return "\n".join([*_lines(result), "# EOF"]) + "\n"


def _lines(result: Result) -> Iterator[str]:
    yield from _family("keyctl_build", "info", "The program that wrote this.")
    yield sample("keyctl_build_info", {"version": __version__}, 1)
    yield from _family("keyctl_exit_status", "stateset", "Why the run ended as it did; one state is 1.")
    decided = result.exit_reasons[0].value if result.exit_reasons else _CLEAN
    for state in (_CLEAN, *(reason.value for reason in ExitReason)):
        yield sample("keyctl_exit_status", {"keyctl_exit_status": state}, int(state == decided))
    yield from _family("keyctl_partial", "gauge", "1 if only a part was looked at.")
    yield sample("keyctl_partial", {}, int(result.partial))
    yield from _family("keyctl_findings", "gauge", "Findings by severity.")
    for name, number in severities(result.findings).items():
        yield sample("keyctl_findings", {"severity": name}, number)
    if isinstance(result, Comparison):
        yield from _comparison(result)


def _comparison(result: Comparison) -> Iterator[str]:
    by_status = Counter(row.status for row in result.keys)
    yield from _family("keyctl_keys", "gauge", "Keys by status, each by its loudest one.")
    for status in Status:
        yield sample("keyctl_keys", {"status": status.value}, by_status[status])
    by_coverage = Counter(account.coverage for account in result.accounts)
    yield from _family("keyctl_accounts", "gauge", "Accounts by how much of them could be seen.")
    for coverage in Coverage:
        yield sample("keyctl_accounts", {"coverage": coverage.value}, by_coverage[coverage])
    yield "# TYPE keyctl_generated_timestamp_seconds gauge"
    yield "# UNIT keyctl_generated_timestamp_seconds seconds"
    yield "# HELP keyctl_generated_timestamp_seconds When the comparison was made."
    yield sample("keyctl_generated_timestamp_seconds", {}, int(result.generated_at.timestamp()))
    last = result.generated_at if result.complete else result.last_complete
    yield "# TYPE keyctl_last_complete_timestamp_seconds gauge"
    yield "# UNIT keyctl_last_complete_timestamp_seconds seconds"
    yield "# HELP keyctl_last_complete_timestamp_seconds When a comparison was last complete, 0 if none is known."
    yield sample("keyctl_last_complete_timestamp_seconds", {}, int(last.timestamp()) if last else 0)


def sample(name: str, labels: Mapping[str, str], value: int) -> str:
    """One line of the format; label values may be any text."""
    told = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    return f"{name}{{{told}}} {value}" if told else f"{name} {value}"


def _family(name: str, kind: str, meaning: str) -> tuple[str, str]:
    return f"# TYPE {name} {kind}", f"# HELP {name} {meaning}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
