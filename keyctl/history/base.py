"""What the base side, the protected branch's tip, says about this registry's history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from keyctl.history.blobs import contents, registry_id
from keyctl.history.git import Git
from keyctl.history.walk import REGISTRY
from keyctl.model.identifier import Identifier, IdentifierError
from keyctl.registry.reader import Node, YamlError, read


@dataclass(slots=True)
class BaseSide:
    """``unreadable`` is what people say that old versions held, by object id; ``closed`` are the ids of registries that
    were given up on purpose."""

    unreadable: dict[str, tuple[Identifier, ...]] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)


def base_side(git: Git, tip: str | None, places: Iterable[str], registry: str) -> BaseSide:
    """From ``registry.yaml`` at the tip: this registry's own wherever it stood, and whichever stands at its place."""
    base = BaseSide()
    if tip is None:
        return base
    names = {f"{tip}:{place}{REGISTRY}": place for place in {*places, git.prefix} if "\n" not in place}
    for name, data in contents(git, sorted(names)):
        if data is not None and (names[name] == git.prefix or registry_id(data, registry) == registry):
            _take(base, data)
    return base


def _take(base: BaseSide, data: bytes) -> None:
    try:
        document = read(data)
    except YamlError:
        return
    history = document.get("history") if isinstance(document, dict) else None
    if not isinstance(history, dict):
        return
    for entry in _mappings(history.get("unreadable")):
        blob, ids = entry.get("blob"), entry.get("ids") or []
        if isinstance(blob, str) and isinstance(ids, list):
            try:
                base.unreadable[blob] = tuple(Identifier.parse(str(text)) for text in ids)
            except IdentifierError:
                continue
    base.closed.update(str(entry["id"]) for entry in _mappings(history.get("closed_registries")) if "id" in entry)


def _mappings(node: Node) -> list[dict[str, Node]]:
    return [entry for entry in node if isinstance(entry, dict)] if isinstance(node, list) else []
