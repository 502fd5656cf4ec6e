"""What failed in a document, in sentences: jsonschema finds each error, this file words it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Any

from keyctl.model.place import Pointer
from keyctl.registry.reader import Node
from keyctl.registry.schema import decided_errors, schema

_TYPES = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


@dataclass(frozen=True, slots=True)
class SchemaError:
    """One thing that does not match the schema, and the node at which it is."""

    pointer: Pointer
    message: str
    remedy: str


def explain(name: str, document: Node) -> tuple[SchemaError, ...]:
    """Every error of a document that the deciding validator refused: never empty, in the order of the document."""
    errors = worded_errors(name, document)
    if not errors:
        remedy = f"see 'exchange-keyctl schema {name}'"
        errors = [SchemaError(pointer, text, remedy) for pointer, text in decided_errors(name, document)]
    return tuple(dict.fromkeys(errors))


def worded_errors(name: str, document: Node) -> list[SchemaError]:
    """What the wording validator finds; empty where it finds nothing, which the deciding one may see otherwise."""
    return [worded for error in _telling(_validator(name).iter_errors(document)) for worded in _worded(error)]


_ON_ONE_VALUE = ("type", "const", "enum", "minLength", "maxLength", "format", "pattern")
"""Of these, one error about a value is enough: the first in this order."""


def _telling(errors: Iterable[Any]) -> list[Any]:
    """The errors without those that only say again what a plainer one says of the same value."""
    kept: list[Any] = []
    plainest: dict[tuple[Any, ...], tuple[int, int]] = {}
    for error in errors:
        if error.validator not in _ON_ONE_VALUE or "propertyNames" in error.schema_path:
            kept.append(error)
            continue
        rank = _ON_ONE_VALUE.index(error.validator)
        path = tuple(error.absolute_path)
        known = plainest.setdefault(path, (rank, len(kept)))
        if known[1] == len(kept):
            kept.append(error)
        elif rank < known[0]:
            plainest[path] = (rank, known[1])
            kept[known[1]] = error
    return kept


@cache
def _validator(name: str) -> Any:
    """jsonschema's validator with patterns held against the whole text: its own lets a final newline pass."""
    from jsonschema import Draft202012Validator, FormatChecker, ValidationError, validators

    def pattern(_validator: Any, wanted: str, instance: object, _schema: object) -> Iterator[ValidationError]:
        if isinstance(instance, str) and not re.fullmatch(wanted, instance):
            yield ValidationError("pattern")

    extend: Any = validators.extend
    strict = extend(Draft202012Validator, {"pattern": pattern})
    return strict(schema(name), format_checker=FormatChecker(("date", "uuid")))


def _worded(error: Any) -> Iterator[SchemaError]:
    """One error of jsonschema as one or more of ours: alternatives are taken apart to the one that was meant."""
    pointer: Pointer = tuple(error.absolute_path)
    value, kind, wanted, described = error.instance, error.validator, error.validator_value, error.schema
    hint = described.get("description", "") if isinstance(described, dict) else ""
    match kind:
        case "anyOf" | "oneOf":
            yield from _alternatives(error, pointer)
        case "additionalProperties":
            known = sorted(described.get("properties", ()))
            for name in (name for name in value if name not in known):
                yield SchemaError((*pointer, name), f"unknown field {_shown(name)}", _did_you_mean(name, known))
        case "required":
            for name in (name for name in wanted if name not in value):
                if f"{name!r} is a required property" == error.message:
                    yield SchemaError(pointer, f"the field {name!r} is missing", _describe(described, name))
        case "propertyNames":
            yield SchemaError(pointer, f"the name {_shown(value)} is not allowed", hint or "rename it")
        case "pattern" if error.schema_path and "propertyNames" in error.schema_path:
            yield SchemaError((*pointer, value), f"the name {_shown(value)} is not allowed", f"write {hint}")
        case "type":
            types = [wanted] if isinstance(wanted, str) else wanted
            expected = " or ".join(_TYPES[t] for t in types)
            yield SchemaError(pointer, f"expected {expected}, found {_found(value)}", _type_remedy(types, value, hint))
        case "enum":
            options = [str(option) for option in wanted]
            yield SchemaError(
                pointer, f"expected one of {', '.join(options)}, found {_found(value)}", _did_you_mean(value, options)
            )
        case "const":
            yield SchemaError(pointer, f"expected {wanted!r}, found {_found(value)}", f"write {wanted}")
        case "pattern":
            yield SchemaError(pointer, f"{_shown(value)} is not of the expected form", f"write {hint}")
        case "format":
            expected = "day of the calendar" if wanted == "date" else str(wanted)
            yield SchemaError(pointer, f"{_shown(value)} is no {expected}", f"write {hint}" if hint else "correct it")
        case "minLength" | "minItems" | "minProperties":
            what = "empty" if wanted == 1 else f"shorter than {wanted}"
            yield SchemaError(pointer, f"must not be {what}", f"write {hint}" if hint else "fill it in or remove it")
        case "maxLength" | "maxItems":
            unit = "characters" if kind == "maxLength" else "entries"
            yield SchemaError(pointer, f"has {len(value)} {unit}; at most {wanted} are allowed", "shorten it")
        case "minimum" | "maximum":
            bound = "at least" if kind == "minimum" else "at most"
            yield SchemaError(pointer, f"expected {bound} {wanted}, found {value}", f"write {hint}")
        case "uniqueItems":
            twice = next((item for index, item in enumerate(value) if item in value[:index]), None)
            yield SchemaError(pointer, f"{_shown(twice)} stands in the list twice", "keep one of them")
        case _:
            yield SchemaError(pointer, error.message[:200], hint or "correct it")


def _alternatives(error: Any, pointer: Pointer) -> Iterator[SchemaError]:
    branches: dict[int, list[Any]] = {}
    for below in error.context:
        branches.setdefault(below.schema_path[0], []).append(below)
    fitting = [below for below in branches.values() if not any(e.validator == "type" and not e.path for e in below)]
    if len(fitting) == 1:
        for below in fitting[0]:
            yield from _worded(below)
        return
    hint = error.schema.get("description", "")
    options = [
        str(option)
        for branch in error.validator_value
        for option in branch.get("enum", [branch["const"]] if "const" in branch else [])
    ]
    if fitting and options:
        yield SchemaError(pointer, f"unknown value {_shown(error.instance)}", _did_you_mean(error.instance, options))
    else:
        yield SchemaError(pointer, f"{_found(error.instance)} can't stand here", f"write {hint}")


def _found(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case str():
            return f"the text {_shown(value)}"
    return str(value)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:80] + "…"


def _type_remedy(types: list[str], value: object, hint: str) -> str:
    if isinstance(value, str) and value in ("true", "false") and "boolean" in types:
        return f"remove the quotes around {value}"
    if isinstance(value, str) and "boolean" in types:
        return "write true or false, without quotes"
    if isinstance(value, str) and value.isdigit() and "integer" in types:
        return "write the number without quotes or leading zeros"
    if isinstance(value, str) and types == ["array"]:
        return f"write it as a list: [{value if len(value) <= 60 else '…'}]"
    if value is None and "array" in types:
        return "write [] for an empty list, or remove the field"
    return f"write {hint}" if hint else "correct it"


def _did_you_mean(value: object, options: list[str]) -> str:
    near = get_close_matches(str(value), options, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"known are {', '.join(options)}" if options else "remove it"


def _describe(described: dict[str, Any], name: str) -> str:
    hint = described.get("properties", {}).get(name, {}).get("description", "")
    return f"add {name}: {hint}" if hint else f"add {name}"
