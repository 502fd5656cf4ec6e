"""Results that people look at and no gate rests on: each is laid out once, and every format shows that layout."""

from __future__ import annotations

import json
from typing import Any

from keyctl.model.application import Application
from keyctl.model.checkup import Checkup
from keyctl.model.life import Life
from keyctl.model.overview import Overview
from keyctl.reports import application, checkup, life, overview, page_markdown, page_text
from keyctl.reports.formats import Style
from keyctl.reports.page import Page

View = Overview | Life | Checkup | Application

_FORMATS = ("text", "json", "markdown")


def names() -> tuple[str, ...]:
    """Every format that a view can be shown in."""
    return _FORMATS


def render(name: str, view: View, style: Style) -> str:
    """The view in one format, ending with a newline. Raises KeyError for an unknown name."""
    if name == "json":
        return json.dumps(_document(view, style), indent=2) + "\n"
    return {"text": page_text.render_page, "markdown": page_markdown.render_page}[name](_page(view, style), style)


def _page(view: View, style: Style) -> Page:
    match view:
        case Overview():
            return overview.page(view, style)
        case Life():
            return life.page(view, style)
        case Checkup():
            return checkup.page(view)
        case Application():
            return application.page(view)


def _document(view: View, style: Style) -> dict[str, Any]:
    match view:
        case Overview():
            return overview.document(view, style)
        case Life():
            return life.document(view, style)
        case Checkup():
            return checkup.document(view, style)
        case Application():
            return application.document(view, style)
