"""Sinks and sources that other packages bring, where the deployment names them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from keyctl.exchanges.catalogue import PLUGINS
from keyctl.model.refusal import Refusal


def plugged(group: str, environ: Mapping[str, str], built_in: Collection[str]) -> dict[str, Callable[[], Any]]:
    """What loads each entry point of a group that KEYCTL_PLUGINS names, by its name. Raises Refusal for one that takes
    a built-in's name, and for two of one name."""
    wanted = set(environ.get(PLUGINS, "").replace(",", " ").split())
    if not wanted:
        return {}
    from importlib.metadata import entry_points

    found: dict[str, Callable[[], Any]] = {}
    for point in entry_points(group=group):
        if point.name in wanted:
            if point.name in built_in or point.name in found:
                raise Refusal(
                    f"a plug-in brings {point.name!r} for {group}, and there is one of that name",
                    f"take it out of {PLUGINS}, or have its author rename it",
                )
            found[point.name] = point.load
    return found
