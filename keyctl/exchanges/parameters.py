"""What a call is sent: values of JSON, and secrets, which are opened at the last moment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from keyctl.secrets.sources import Secret

ParamValue = str | int | Secret | Sequence["ParamValue"] | Mapping[str, "ParamValue"]
"""``true`` and ``false`` are whole numbers to Python. There is no null: absent, null and empty are three things,
and a name that is not to be sent is left out."""
Params = Mapping[str, ParamValue]


class Unsendable(ValueError):
    """A call can't be sent as the exchange documents it; the message names the parameter, never its value."""


def plain(params: Params, *, query: bool) -> dict[str, object]:
    """Parameters as ccxt takes them, secrets opened. ``query`` is for calls whose parameters go into the URL: there a
    list is its name repeated, so one without entries could not be told from a list that is not sent at all.

    Raises Unsendable for empty lists, objects, lists of lists and secrets in a query, before anything is sent.
    """
    return {name: _queried(name, value) if query else _opened(value) for name, value in params.items()}


def secrets_in(params: Params) -> Iterator[Secret]:
    """Every secret among the parameters, at any depth."""
    for value in params.values():
        yield from _secrets(value)


def _secrets(value: ParamValue) -> Iterator[Secret]:
    if isinstance(value, Secret):
        yield value
    elif isinstance(value, Mapping):
        yield from secrets_in(value)
    elif not isinstance(value, str | int):
        for entry in value:
            yield from _secrets(entry)


def _opened(value: ParamValue) -> object:
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Mapping):
        return {name: _opened(inner) for name, inner in value.items()}
    return value if isinstance(value, str | int) else [_opened(entry) for entry in value]


def _queried(name: str, value: ParamValue) -> object:
    if isinstance(value, str | int):
        return value
    if isinstance(value, Secret):
        raise Unsendable(f"{name}: a secret is never sent in a URL")
    if isinstance(value, Mapping) or not value or not all(isinstance(entry, str) for entry in value):
        raise Unsendable(
            f"{name}: a query can only hold texts, numbers, true, false and lists of texts, none of them empty"
        )
    return list(value)
