"""The formats by name, each loaded only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module

from keyctl.model.comparison import Comparison
from keyctl.model.review import Review
from keyctl.model.validation import Validation

Result = Validation | Comparison | Review


@dataclass(frozen=True, slots=True)
class Style:
    """How a result is to be shown: ``width`` in columns and ``color`` are for text; ``full_ids`` is for documents.

    ``prefix`` is the registry's folder in its repository, with a ``/`` at the end, and empty where that is the top:
    findings name files of the registry, forges want the repository's.
    """

    width: int = 100
    color: bool = False
    full_ids: bool = False
    prefix: str = ""


Renderer = Callable[[Result, Style], str]

_RENDERERS: Mapping[str, str] = {
    "text": "keyctl.reports.text",
    "json": "keyctl.reports.json",
    "markdown": "keyctl.reports.markdown",
    "html": "keyctl.reports.html",
    "sarif": "keyctl.reports.sarif",
    "codequality": "keyctl.reports.codequality",
    "junit": "keyctl.reports.junit",
    "gitlab": "keyctl.reports.gitlab",
    "openmetrics": "keyctl.reports.openmetrics",
}


def names() -> tuple[str, ...]:
    """Every format that ``--format`` and ``--output`` take."""
    return tuple(_RENDERERS)


def render(name: str, result: Result, style: Style) -> str:
    """The result in one format, ending with a newline. Raises KeyError for an unknown name."""
    renderer: Renderer = import_module(_RENDERERS[name]).render
    return renderer(result, style)
