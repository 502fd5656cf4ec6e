"""The sinks that keyctl knows: a static table of lazy import paths, and plug-ins that the deployment names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path

from keyctl.secrets.plugins import plugged
from keyctl.secrets.sinks.destination import Destination, destination, shown
from keyctl.secrets.sinks.guarding import Guarded
from keyctl.secrets.sinks.sink import Sink, SinkError

ENTRY_POINTS = "keyctl.sinks"
"""Each is called like its scheme and names a function that takes a ``Destination`` and gives a ``Sink``."""

_BUILT_IN = {
    "age": "keyctl.secrets.sinks.age",
    "aws": "keyctl.secrets.sinks.aws",
    "file": "keyctl.secrets.sinks.file",
    "gitlab": "keyctl.secrets.sinks.gitlab",
    "vault": "keyctl.secrets.sinks.vault",
}
"""A module holds such a function as ``open_sink``."""


def schemes(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Every scheme that a reference may begin with, sorted. Raises Refusal for a plug-in that takes a name which is
    taken."""
    return tuple(sorted({*_BUILT_IN, *plugged(ENTRY_POINTS, environ, _BUILT_IN)}))


def open_sink(reference: str, environ: Mapping[str, str], *, work_tree: Path | None) -> Sink:
    """The sink at a reference of the registry, such as ``vault:kv/hedger``; nothing is asked of it yet.

    ``work_tree`` is the top of the git work tree that holds the registry, None where none does. Raises SinkError where
    the deployment lets nothing be delivered there, or says too little to reach it; and Refusal for a plug-in that takes
    a name which is taken.
    """
    found = destination(reference, environ, work_tree)
    return Guarded(str(found), _opener(found.address.scheme, environ)(found))


def _opener(scheme: str, environ: Mapping[str, str]) -> Callable[[Destination], Sink]:
    plugins = plugged(ENTRY_POINTS, environ, _BUILT_IN)
    if scheme in _BUILT_IN:
        built_in: Callable[[Destination], Sink] = import_module(_BUILT_IN[scheme]).open_sink
        return built_in
    if scheme in plugins:
        plugin: Callable[[Destination], Sink] = plugins[scheme]()
        return plugin
    raise SinkError(
        f"keyctl knows no sink {shown(scheme)}; it knows {', '.join(schemes(environ))}",
        "correct the scheme, in the registry and in KEYCTL_SINKS",
    )
