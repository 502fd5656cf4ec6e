"""The result as one JSON document."""

from __future__ import annotations

import json

from keyctl.reports.document import document
from keyctl.reports.formats import Result, Style


def render(result: Result, style: Style) -> str:
    """Indented, members in the schema's order, non-ASCII characters escaped."""
    return json.dumps(document(result, style), indent=2) + "\n"
