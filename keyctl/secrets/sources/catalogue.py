"""The sources that keyctl knows: a static table of lazy import paths, and plug-ins that the deployment names."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from keyctl.secrets.plugins import plugged
from keyctl.secrets.sources.source import Opener

ENTRY_POINTS = "keyctl.sources"
"""Each is called like its scheme and names an ``Opener``."""

_BUILT_IN = {
    "age": "keyctl.secrets.sources.age",
    "aws": "keyctl.secrets.sources.aws",
    "env": "keyctl.secrets.sources.env",
    "file": "keyctl.secrets.sources.file",
    "keyring": "keyctl.secrets.sources.keyring",
    "vault": "keyctl.secrets.sources.vault",
}
"""A module holds an Opener as ``open_source``."""


def schemes(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Every scheme that a line of ``KEYCTL_CREDENTIALS`` may name, sorted. Raises Refusal for a plug-in that takes a
    name which is taken."""
    return tuple(sorted({*_BUILT_IN, *plugged(ENTRY_POINTS, environ, _BUILT_IN)}))


def opener(scheme: str, environ: Mapping[str, str]) -> Opener:
    """What opens the source of a known scheme."""
    if scheme in _BUILT_IN:
        built_in: Opener = import_module(_BUILT_IN[scheme]).open_source
        return built_in
    plugin: Opener = plugged(ENTRY_POINTS, environ, _BUILT_IN)[scheme]()
    return plugin
