"""registry/registry.yaml and registry/networks.yaml → values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from keyctl.model.finding import Finding
from keyctl.model.ips import IpSet
from keyctl.model.registry import Brakes, ClosedRegistry, UnreadableBlob
from keyctl.registry.values import Complaints, identifier, network


@dataclass(frozen=True, slots=True)
class Settings:
    """What registry.yaml says beside the registry's id."""

    brakes: Brakes = field(default_factory=Brakes)
    unreadable: tuple[UnreadableBlob, ...] = ()
    closed_registries: tuple[ClosedRegistry, ...] = ()


def settings_of(path: str, document: dict[str, Any], findings: list[Finding]) -> Settings:
    """The settings of a schema-valid document."""
    complaints = Complaints(path, findings)
    history = document.get("history", {})
    return Settings(
        Brakes(**document.get("brakes", {})),
        tuple(_unreadable(history.get("unreadable", ()), complaints)),
        tuple(
            ClosedRegistry(entry["id"], entry["reason"], entry["approved_by"])
            for entry in history.get("closed_registries", ())
        ),
    )


def _unreadable(entries: list[dict[str, Any]], complaints: Complaints) -> Iterator[UnreadableBlob]:
    for index, entry in enumerate(entries):
        ids = [
            identifier(text, complaints, "history", "unreadable", index, "ids", number)
            for number, text in enumerate(entry["ids"])
        ]
        known = tuple(one for one in ids if one is not None)
        yield UnreadableBlob(entry["blob"], known, entry["reason"], entry["approved_by"])


def networks_of(path: str, document: dict[str, Any], findings: list[Finding]) -> dict[str, IpSet]:
    """The named IP sets of a schema-valid document, sorted by name."""
    complaints = Complaints(path, findings)
    return {
        name: IpSet.of(
            part
            for index, text in enumerate(document[name])
            for part in network(text, complaints, name, index, of=f"network {name!r}: ")
        )
        for name in sorted(document)
    }
