"""The registry's id can't be shaken off: replaced, gone or doubled registries."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from keyctl.history.gather import Gathered
from keyctl.history.walk import REGISTRY, shown
from keyctl.model.finding import Finding
from keyctl.model.place import Place
from keyctl.model.rules import found

_CLOSE = "list it under history.closed_registries in registry/registry.yaml of the protected branch first"


def check_registries(
    here: str, registry: str, gathered: Gathered, present: Mapping[str, str], closed: Collection[str]
) -> list[Finding]:
    """``here`` is the checked registry's folder, ``present`` every registry in the index by folder, ``closed`` what the
    base side gave up on purpose."""
    findings: list[Finding] = []
    replaced: set[str] = set()
    for (place, of), sighting in sorted(gathered.reachable.registries.items()):
        now = registry if place == here else present.get(place)
        if now is None or now == of or registry not in (now, of) or of in closed:
            continue
        replaced.add(of)
        findings.append(
            found(
                "registry-replaced",
                f"registry {now} stands at {shown(place + REGISTRY)}, where registry {of} stood ({sighting})",
                f"restore id {of}, or put the other registry into a folder of its own; "
                f"if registry {of} was given up on purpose, {_CLOSE}",
                place=Place(REGISTRY, ("id",)) if place == here else None,
            )
        )
    for place, of in sorted(present.items()):
        if of == registry and place != here:
            findings.append(
                found(
                    "file",
                    f"{shown(place + REGISTRY)} is a second copy of this registry (id {of}); they can't stand together",
                    "remove one of them; a registry of its own needs an id of its own",
                )
            )
    standing = {registry, *present.values()}
    gone: dict[str, str] = {}
    for (place, of), sighting in sorted(gathered.protected.registries.items()):
        if of not in standing and of not in closed and of not in replaced:
            gone.setdefault(of, f"stood at {shown(place + REGISTRY)} ({sighting})")
    findings += [
        found(
            "registry-gone",
            f"registry {of} {where} on the protected branch and is not here any more",
            f"restore it; if it was given up on purpose, {_CLOSE}",
        )
        for of, where in gone.items()
    ]
    return findings
