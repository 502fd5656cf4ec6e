"""Typed access to the fields of an answer: a field is what the documentation says, or the answer is malformed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from keyctl.exchanges.errors import Malformed
from keyctl.model.identifier import Identifier, IdentifierError
from keyctl.model.ips import IpError, IpSet, parse_network
from keyctl.model.observed import NotObservable
from keyctl.secrets.sources import Secret

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)
_DIGITS = re.compile(r"[0-9]{1,16}", re.ASCII)
_AMOUNT = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,60})?([eE][+-]?[0-9]{1,2})?", re.ASCII)
_MASKED = re.compile(r"[xX*]+")

NOT_REPORTED = NotObservable("the exchange has no such field")


def kind(value: object) -> str:
    """What a JSON value is, for people; never the value itself."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float() | Decimal():
            return "a number"
        case str():
            return "text" if value else "empty text"
        case list():
            return "a list"
        case dict():
            return "an object"
        case _:
            return type(value).__name__


class Fields:
    """One JSON object and the path that leads to it. Every method raises Malformed, with the path, for a field of
    another type; ``missing`` and null are told apart only by ``has``."""

    def __init__(self, value: object, path: str = "") -> None:
        if not isinstance(value, dict):
            raise Malformed(path or "answer", "an object", kind(value))
        self._value = value
        self.path = path

    def at(self, name: str) -> str:
        """The full path of a field."""
        return f"{self.path}.{name}" if self.path else name

    def has(self, name: str) -> bool:
        """Whether the answer gives the field a value other than null."""
        return self._value.get(name) is not None

    def raw(self, name: str) -> object:
        """The value as it came; None also where it is missing."""
        return self._value.get(name)

    def names(self) -> tuple[str, ...]:
        """The names of all fields, sorted."""
        return tuple(sorted(self._value))

    def malformed(self, name: str, expected: str) -> Malformed:
        """The error for a field that is not what was expected."""
        found = kind(self._value[name]) if name in self._value else "nothing"
        return Malformed(self.at(name), expected, found)

    def text(self, name: str) -> str:
        """Text that is not empty."""
        value = self.raw(name)
        if not isinstance(value, str) or not value:
            raise self.malformed(name, "text")
        return value

    def secret(self, name: str) -> Secret:
        """What is shown once, which an endpoint declares as such; it is never text here."""
        value = self.raw(name)
        if not isinstance(value, Secret):
            raise self.malformed(name, "text")
        return value

    def integer(self, name: str) -> int:
        """A whole number; true and false are none."""
        value = self.raw(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.malformed(name, "a whole number")
        return value

    def amount(self, name: str) -> Decimal:
        """A number of coins or of dollars, digit for digit, whether it is sent as text or as a JSON number. Nothing
        stands for 0 but a zero."""
        value = self.raw(name)
        if isinstance(value, float):
            value = repr(value)  # of an answer that another reader of JSON has parsed: the shortest text that means it
        elif isinstance(value, int | Decimal) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str) or not _AMOUNT.fullmatch(value):
            raise self.malformed(name, "a decimal number")
        return Decimal(value)

    def flag(self, name: str) -> bool:
        """True or false; 0 and 1 are neither."""
        value = self.raw(name)
        if not isinstance(value, bool):
            raise self.malformed(name, "true or false")
        return value

    def inner(self, name: str) -> Fields:
        """An object within."""
        if not isinstance(self.raw(name), dict):
            raise self.malformed(name, "an object")
        return Fields(self.raw(name), self.at(name))

    def each(self, name: str) -> Iterator[Fields]:
        """Every object of a list."""
        value = self.raw(name)
        if not isinstance(value, list):
            raise self.malformed(name, "a list")
        return (Fields(item, f"{self.at(name)}[{index}]") for index, item in enumerate(value))

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts, empty ones included."""
        value = self.raw(name)
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.malformed(name, "a list of texts")
        return tuple(value)

    def identifier(self, name: str) -> Identifier:
        """The public identifier of a key."""
        try:
            return Identifier.of_text(self.text(name))
        except IdentifierError:
            pass
        raise Malformed(self.at(name), "printable ASCII without white space", "other text")

    def iso_time(self, name: str) -> datetime:
        """RFC 3339 in UTC, with ``Z``."""
        value = self.text(name)
        if _ISO.fullmatch(value):
            try:
                return datetime.fromisoformat(value)
            except ValueError:
                pass
        raise self.malformed(name, "a time such as 2026-01-31T12:00:00Z")

    def unix_ms(self, name: str) -> datetime:
        """Milliseconds since 1970 in UTC, as a number or as decimal text."""
        value = self.raw(name)
        if isinstance(value, str) and _DIGITS.fullmatch(value):
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**14:
            return EPOCH + timedelta(milliseconds=value)
        raise self.malformed(name, "milliseconds since 1970")

    def networks(self, name: str, entries: tuple[str, ...]) -> IpSet:
        """An allow-list out of addresses and networks; host bits are read widely. The caller knows what stands for
        ``any`` and for nothing at this exchange."""
        try:
            return IpSet.of([parse_network(entry.strip(), strict=False) for entry in entries])
        except IpError:
            pass
        raise Malformed(self.at(name), "IP addresses or networks", "other text")


def masked(identifier: Identifier) -> bool:
    """Whether an id was blacked out by whoever showed it: nothing but ``x``, ``X`` and ``*``, or any ``*``."""
    text = identifier.text or ""
    return bool(_MASKED.fullmatch(text)) or "*" in text


def shows(answered: str, text: str) -> bool:
    """Whether an answer's text can be this one: equal, or starred in the middle with the rest the same."""
    if "*" not in answered:
        return answered == text
    start, end = answered[: answered.index("*")], answered[answered.rindex("*") + 1 :]
    return len(start) + len(end) < len(text) and text.startswith(start) and text.endswith(end)
