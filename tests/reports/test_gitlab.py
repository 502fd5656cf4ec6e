"""The plan widget gets its three numbers."""

from __future__ import annotations

import json

from hypothesis import given

from keyctl.reports.formats import Result, Style, render
from tests.reports.results import results


@given(results)
def test_what_plans_nothing_has_three_zeros(result: Result) -> None:
    assert json.loads(render("gitlab", result, Style())) == {"create": 0, "update": 0, "delete": 0}
