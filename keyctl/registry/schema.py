"""The JSON Schemas of registry files and of what keyctl prints; jsonschema-rs decides what is valid.

``wording`` says in sentences what failed.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NoReturn

from keyctl.registry.reader import Node
from keyctl.registry.type_plan import TypePlan, plan_of

_ENDING = ".schema.json"
REGISTRY_SCHEMAS = ("accounts", "apps", "key", "networks", "policy", "registry", "revoked", "waivers")
"""The schemas of the files that a registry consists of."""


class UnknownSchema(KeyError):
    """There is no schema of that name."""


@cache
def _folder() -> Path:
    """In an installed package the schemas lie inside it, in a checkout beside it."""
    package = Path(__file__).parents[1]
    inside = package / "schemas"
    return inside if inside.is_dir() else package.parent / "schemas"


def names() -> tuple[str, ...]:
    """Every schema there is, sorted."""
    return tuple(sorted(f.name.removesuffix(_ENDING) for f in _folder().iterdir() if f.name.endswith(_ENDING)))


def text(name: str) -> str:
    """A schema's file as it is shipped; raises UnknownSchema."""
    try:
        return (_folder() / f"{name}{_ENDING}").read_text("utf-8")
    except (OSError, ValueError):
        raise UnknownSchema(name) from None


@cache
def schema(name: str) -> dict[str, Any]:
    """A schema as a value that nobody may change; raises UnknownSchema."""
    loaded: dict[str, Any] = json.loads(text(name))
    return loaded


@cache
def types(name: str) -> TypePlan:
    """Where files of this schema admit no text."""
    return plan_of(schema(name))


@cache
def digest() -> str:
    """SHA-256 over the schemas of registry files: what was valid under other schemas need not be under these."""
    together = sha256()
    for name in REGISTRY_SCHEMAS:
        together.update(text(name).encode())
    return together.hexdigest()


@cache
def validity(name: str) -> Callable[[Node], bool]:
    """The deciding check, compiled once: formats count, remote references are refused."""
    return _validator(name).is_valid  # type: ignore[no-any-return]


@cache
def _validator(name: str) -> Any:
    import jsonschema_rs

    return jsonschema_rs.Draft202012Validator(schema(name), validate_formats=True, retriever=_refuse)


def _refuse(uri: str) -> NoReturn:
    raise ValueError(f"schemas refer to nothing outside themselves, so {uri} is not fetched")


def decided_errors(name: str, document: Node) -> list[tuple[tuple[str | int, ...], str]]:
    """The deciding validator's own errors, for when the wording one sees none."""
    return [(tuple(error.instance_path), error.message) for error in _validator(name).iter_errors(document)]
