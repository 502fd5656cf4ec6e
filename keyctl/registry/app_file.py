"""registry/apps.yaml → apps, with the one that is built in."""

from __future__ import annotations

from datetime import time
from functools import cache
from typing import Any

from keyctl.model.app import KEYCTL, Access, App, Hours, Kind, Wallet, Window
from keyctl.model.finding import Finding
from keyctl.model.names import AppName
from keyctl.model.place import Place
from keyctl.registry.values import Complaints, identifier, scopes


def apps_of(path: str, document: dict[str, Any], findings: list[Finding]) -> dict[AppName, App]:
    """The apps of a schema-valid document, sorted by name, and ``keyctl`` itself."""
    complaints = Complaints(path, findings)
    apps = {AppName(name): _app(AppName(name), path, entry, complaints) for name, entry in document.items()}
    apps.setdefault(KEYCTL, App(KEYCTL, "keyctl", Kind.INTERNAL, Place(path)))
    return dict(sorted(apps.items()))


def _app(name: AppName, path: str, entry: dict[str, Any], complaints: Complaints) -> App:
    access = Access(entry.get("access", Access.KEY))
    if "wallet" in entry and access is not Access.WALLET:
        message = f"app {name!r} has a wallet and no 'access: wallet'"
        complaints.add("value", message, "add it, or remove the wallet", name, "wallet")
    hours = entry.get("hours")
    return App(
        name=name,
        team=entry["team"],
        kind=Kind(entry["kind"]),
        place=Place(path, (name,)),
        contact=entry.get("contact"),
        access=access,
        wallet=_wallet(entry["wallet"], complaints, name) if "wallet" in entry else None,
        needs=scopes(entry.get("needs", []), complaints, name, "needs"),
        hours=Hours(tuple(hours["days"]), *_stretch(hours, complaints, name, "hours")) if hours else None,
        countries=tuple(entry.get("countries", ())),
        no_change=tuple(
            Window(*_stretch(window, complaints, name, "no_change", index))
            for index, window in enumerate(entry.get("no_change", ()))
        ),
        recipients=tuple(entry.get("recipients", ())),
        sink=entry.get("sink"),
    )


def _wallet(entry: dict[str, Any], complaints: Complaints, name: AppName) -> Wallet | None:
    address = identifier(entry["address"], complaints, name, "wallet", "address")
    return None if address is None else Wallet(entry["venue"], entry["chain"], address.text or address.fingerprint)


def _stretch(entry: dict[str, Any], complaints: Complaints, *pointer: str | int) -> tuple[time, time, str]:
    start, end, zone = time.fromisoformat(entry["from"]), time.fromisoformat(entry["to"]), entry["zone"]
    if start == end:
        complaints.add("value", f"from and to are both {entry['from']}", "correct one of them", *pointer, "to")
    if not _zone_exists(zone):
        remedy = "write an IANA name such as Europe/Berlin or UTC"
        complaints.add("value", f"there is no time zone {zone!r}", remedy, *pointer, "zone")
    return start, end, zone


@cache
def _zone_exists(name: str) -> bool:
    """Whether the machine's time-zone database has the name; True where it has no database and nobody can tell."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    for asked in (name, "UTC"):
        try:
            ZoneInfo(asked)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
        return asked == name
    return True
