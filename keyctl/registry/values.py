"""Texts of a schema-valid document → values of the model, with a finding for each that can't be meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import Any

from keyctl.model.attestation import FIELDS, Attestation
from keyctl.model.finding import Finding
from keyctl.model.identifier import Identifier, IdentifierError
from keyctl.model.ips import ANY, IpError, IpSet, Network, parse_network
from keyctl.model.names import AccountName, KeyName
from keyctl.model.place import Place
from keyctl.model.rules import found
from keyctl.model.scopes import Scope, ScopeError, ScopeSet, parse_scope


class Complaints:
    """The findings about one file, gathered while it is read: nothing stops at the first."""

    __slots__ = ("findings", "key", "path")

    def __init__(self, path: str, findings: list[Finding], key: KeyName | None = None) -> None:
        self.path = path
        self.findings = findings
        self.key = key

    def add(
        self, rule: str, message: str, remedy: str, *pointer: str | int, account: AccountName | None = None
    ) -> None:
        """A finding about the node at ``pointer``; its line is looked up later."""
        place = Place(self.path, pointer)
        self.findings.append(found(rule, message, remedy, key=self.key, account=account, place=place))


day = lru_cache(maxsize=4096)(date.fromisoformat)
"""A day that the schema let pass."""


def day_or_none(text: str | None) -> date | None:
    """The same where the field may be absent."""
    return None if text is None else day(text)


def attestation(entry: Mapping[str, Any] | None) -> Attestation | None:
    """What somebody vouched for, of an entry that the schema let pass; None where there is none."""
    if entry is None:
        return None
    named = entry.get("fields", ())
    fields = tuple(field for field in FIELDS if field in named)
    return Attestation(day(entry["on"]), entry["by"], entry["evidence"], fields, entry.get("state"))


def identifier(text: str, complaints: Complaints, *pointer: str | int) -> Identifier | None:
    """An identifier in either form; None, and a finding, when it is neither."""
    try:
        return Identifier.parse(text)
    except IdentifierError as error:
        complaints.add("value", f"{text[:80]!r}: {error}", "copy the id from the exchange once more", *pointer)
        return None


@lru_cache(maxsize=4096)
def _scopes(texts: tuple[str, ...]) -> ScopeSet:
    return frozenset(parse_scope(text) for text in texts)


def scopes(texts: list[str], complaints: Complaints, *pointer: str | int) -> ScopeSet:
    """The scopes of a list; those that are none are left out with a finding each."""
    try:
        return _scopes(tuple(texts))
    except ScopeError:
        good: list[Scope] = []
        for index, text in enumerate(texts):
            try:
                good.append(parse_scope(text))
            except ScopeError as error:
                complaints.add("value", str(error), "write a scope of the vocabulary", *pointer, index)
        return frozenset(good)


class Networks:
    """The named IP sets, and allow-lists resolved with them."""

    def __init__(self, sets: Mapping[str, IpSet], names: Iterable[str] | None) -> None:
        """``names`` are all that the file declares, also those without a usable value; None when it can't be read."""
        self.sets = sets
        self._names = None if names is None else frozenset(names)
        self._known: dict[tuple[str, ...], tuple[IpSet, tuple[str, ...]]] = {}

    def allow_list(self, given: str | list[str], complaints: Complaints) -> tuple[IpSet, tuple[str, ...]]:
        """The addresses that a key's ``ips`` covers, and the names of the networks in it, each once."""
        if isinstance(given, str):
            return ANY, ()
        entries = tuple(given)
        resolved = self._known.get(entries)
        if resolved is None:
            before = len(complaints.findings)
            resolved = self._resolve(entries, complaints)
            if len(complaints.findings) == before:
                self._known[entries] = resolved
        return resolved

    def _resolve(self, entries: tuple[str, ...], complaints: Complaints) -> tuple[IpSet, tuple[str, ...]]:
        networks: list[Network] = []
        names: list[str] = []
        unrestricted = False
        for index, entry in enumerate(entries):
            if entry.startswith("@"):
                name = entry[1:]
                names.append(name)
                if self._names is not None and name not in self._names:
                    remedy = f"declare {name!r} in registry/networks.yaml, or correct the name"
                    complaints.add("reference", f"no network {name!r} is declared", remedy, "ips", index)
                named = self.sets.get(name, IpSet())
                unrestricted = unrestricted or named.unrestricted
                networks += named.networks
            else:
                networks += network(entry, complaints, "ips", index)
        return ANY if unrestricted else IpSet.of(networks), tuple(dict.fromkeys(names))


def network(text: str, complaints: Complaints, *pointer: str | int, of: str = "") -> tuple[Network, ...]:
    """One address or network; empty, and a finding, when it is neither. ``of`` begins the message."""
    if text == "any":
        remedy = "write the text in place of the list, ips: any, if no restriction is meant"
        complaints.add("value", f"{of}'any' is no address and can't stand in a list", remedy, *pointer)
        return ()
    try:
        return (parse_network(text),)
    except IpError as error:
        complaints.add("value", f"{of}{error}", "correct the address", *pointer)
        return ()
