"""Where a registry's YAML admits no text, as its JSON Schema says: only there do plain scalars become typed values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class TypePlan:
    """One place of a document and the places below it.

    ``text`` is True where a text may stand. ``properties`` are the named members of a mapping, ``others`` is the plan
    of its members with free names, ``items`` that of a list's entries; None where the schema names no such place.
    """

    text: bool = True
    properties: Mapping[str, TypePlan] = field(default_factory=dict)
    others: TypePlan | None = None
    items: TypePlan | None = None


def plan_of(schema: Mapping[str, Any]) -> TypePlan:
    """The plan of a whole document. Only references within the schema (``#/…``) are followed; it must not recurse."""
    return _plan(schema, schema)


def _plan(node: Any, root: Mapping[str, Any]) -> TypePlan:
    if not isinstance(node, Mapping):
        return TypePlan()
    if "$ref" in node:
        return _plan(_target(node["$ref"], root), root)
    branches = [_plan(branch, root) for branch in (*node.get("anyOf", ()), *node.get("oneOf", ()))]
    declared = node.get("type")
    types = {declared} if isinstance(declared, str) else set(declared or ())
    text = "string" in types if types else any(branch.text for branch in branches) or not branches
    own = TypePlan(
        text,
        {name: _plan(member, root) for name, member in node.get("properties", {}).items()},
        _plan(node["additionalProperties"], root) if isinstance(node.get("additionalProperties"), Mapping) else None,
        _plan(node["items"], root) if "items" in node else None,
    )
    below = [own, *branches]
    names = {name for plan in below for name in plan.properties}
    return TypePlan(
        text,
        {name: _either(plan.properties.get(name) for plan in below) for name in sorted(names)},
        _either_or_none(plan.others for plan in below),
        _either_or_none(plan.items for plan in below),
    )


def _target(reference: str, root: Mapping[str, Any]) -> Any:
    node: Any = root
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return node


def _either(plans: Iterable[TypePlan | None]) -> TypePlan:
    """A place that two branches of a schema describe admits text when one of them does."""
    given = [plan for plan in plans if plan is not None]
    if len(given) == 1:
        return given[0]
    names = {name for plan in given for name in plan.properties}
    return TypePlan(
        any(plan.text for plan in given),
        {name: _either(plan.properties.get(name) for plan in given) for name in sorted(names)},
        _either_or_none(plan.others for plan in given),
        _either_or_none(plan.items for plan in given),
    )


def _either_or_none(plans: Iterable[TypePlan | None]) -> TypePlan | None:
    given = [plan for plan in plans if plan is not None]
    return _either(given) if given else None
