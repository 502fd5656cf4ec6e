"""The edge: text from an exchange becomes JSON, and only declared fields of it enter the program (law 5)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from keyctl.exchanges.errors import Malformed
from keyctl.secrets.sources import Secret

Tree = dict[str, "Tree"]


def parse(text: str) -> object:
    """A whole JSON answer. Raises Malformed for anything else: HTML, a cut answer, a name given twice, NaN.

    Numbers with a fraction become Decimal, digit for digit: binary ones would not be the amounts that were sent."""
    parsed: object = None
    wrong: str | None = None
    try:
        parsed = json.loads(text, object_pairs_hook=_without_repetition, parse_float=_exact, parse_constant=_refuse)
    except _Repeated:
        wrong = "an object that gives a name twice"
    except (ValueError, RecursionError):
        wrong = _describe(text)
    if wrong is not None:
        raise Malformed("answer", "JSON", wrong)
    return parsed


def strip(answer: object, fields: Iterable[str]) -> object:
    """The answer with nothing but the declared dotted paths. Lists are walked through; an object where a field
    should be a plain value comes out empty, so that its wrong type can still be told."""
    return _strip(answer, _tree(tuple(fields)))


def seal(answer: object, paths: Iterable[str]) -> tuple[object, tuple[Secret, ...]]:
    """The answer with each text at the dotted paths in the hands of a Secret, and those secrets. What is no text there
    stays as it is. Lists are walked through."""
    sealed: list[Secret] = []
    for path in paths:
        answer = _seal(answer, path.split("."), sealed.append)
    return answer, tuple(sealed)


def _seal(value: object, path: list[str], keep: Callable[[Secret], None]) -> object:
    if isinstance(value, list):
        return [_seal(item, path, keep) for item in value]
    if path and isinstance(value, dict) and path[0] in value:
        return {**value, path[0]: _seal(value[path[0]], path[1:], keep)}
    if path or not isinstance(value, str):
        return value
    secret = Secret(value)
    keep(secret)
    return secret


def _strip(value: object, tree: Tree) -> object:
    if isinstance(value, list):
        return [_strip(item, tree) for item in value]
    if isinstance(value, dict):
        anything = tree.get("*")
        return {
            name: _strip(inner, tree.get(name, anything or {}))
            for name, inner in value.items()
            if name in tree or anything is not None
        }
    return value


@lru_cache(maxsize=256)
def _tree(fields: tuple[str, ...]) -> Tree:
    root: Tree = {}
    for path in fields:
        node = root
        for name in path.split("."):
            node = node.setdefault(name, {})
    return root


class _Repeated(ValueError):
    pass


def _without_repetition(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _Repeated
    return found


def _exact(number: str) -> Decimal:
    try:
        return Decimal(number)
    except InvalidOperation:  # an exponent beyond all bounds
        raise ValueError from None


def _refuse(_constant: str) -> object:
    raise ValueError


def _describe(text: str) -> str:
    start = text.lstrip()[:15].lower()
    if not start:
        return "nothing"
    if start.startswith(("<!doctype", "<html", "<")):
        return "HTML"
    return "JSON that breaks off or is damaged" if start.startswith(("{", "[")) else "other text"
