"""The schemas: strict, explained, alike to both validators, and at one with the model."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyctl.model.account import Environment, Mode, OnExpiry, SecondFactor, Unmanaged
from keyctl.model.app import Access, Kind
from keyctl.model.finding import Severity
from keyctl.model.policy import Subject
from keyctl.model.scopes import STANDARD
from keyctl.registry.policy_file import OFF
from keyctl.registry.reader import Node, YamlError, read
from keyctl.registry.schema import REGISTRY_SCHEMAS, UnknownSchema, names, schema, text, types, validity
from keyctl.registry.type_plan import plan_of
from keyctl.registry.wording import explain, worded_errors
from tests.registry.strategies import Written, registries

MISTAKES: Any = read((Path(__file__).parent / "mistakes.yaml").read_bytes())


def _nodes(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every mapping within a schema, and where it is."""
    if isinstance(node, dict):
        yield path, node
    for step, inner in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield from _nodes(inner, f"{path}/{step}")


@pytest.mark.parametrize("name", REGISTRY_SCHEMAS)
def test_a_schema_is_closed_titled_and_explains_every_property(name: str) -> None:
    whole = schema(name)
    assert whole["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert whole["$id"] == f"urn:keyctl:schema:{name}"
    assert whole["title"]
    for path, node in _nodes(whole):
        if node.get("type") == "object":
            closed = node.get("additionalProperties")
            assert closed is False or (isinstance(closed, dict) and "propertyNames" in node), path
        if path.endswith("/properties") and "/if/" not in path:
            for member, described in node.items():
                assert described.get("description"), f"{path}/{member}"


@pytest.mark.parametrize("name", REGISTRY_SCHEMAS)
def test_patterns_hold_whole_texts_in_classes_that_every_engine_reads_alike(name: str) -> None:
    for path, node in _nodes(schema(name)):
        pattern = node.get("pattern")
        if isinstance(pattern, str):
            assert pattern.startswith("^"), path
            assert pattern.endswith("$"), path
            assert pattern.isascii(), path
            assert not re.search(r"\\[dDwWsSbBpPAzZ]|\(\?", pattern), path


def test_the_enums_are_the_models() -> None:
    account = schema("accounts")["$defs"]["account"]["properties"]
    app = schema("apps")["$defs"]["app"]["properties"]
    for place, kinds in (
        (account["environment"], Environment),
        (account["mode"], Mode),
        (account["unmanaged"], Unmanaged),
        (account["on_expiry"], OnExpiry),
        (account["two_factor"], SecondFactor),
        (app["kind"], Kind),
        (app["access"], Access),
    ):
        assert place["enum"] == [str(kind) for kind in kinds]
    assert schema("policy")["$defs"]["setting"]["properties"]["severity"]["enum"] == [OFF, *map(str, Severity)]
    custom = schema("policy")["properties"]["custom"]["items"]["properties"]
    assert custom["severity"]["enum"] == list(map(str, Severity))
    assert {*custom["about"]["enum"], Subject.REGISTRY} == set(Subject)
    for items in (schema("key")["properties"]["scopes"]["items"], app["needs"]["items"]):
        assert items["anyOf"][0]["enum"] == list(STANDARD)


def test_names_are_those_of_the_files_and_others_are_refused() -> None:
    assert set(REGISTRY_SCHEMAS) <= set(names())
    for name in ("nothing", "../pyproject", "key\0", ""):
        with pytest.raises(UnknownSchema):
            text(name)


def test_every_schema_is_one_by_the_metaschema() -> None:
    for name in names():
        jsonschema_rs.meta.validate(json.loads(text(name)))


_KEY = {"account": "a", "owner": "b", "scopes": ["read"], "ips": "any"}
_ODD_TEXTS = st.sampled_from(
    """a| a|a |A|é|٣|２|any|read|other:x|other:x y|2026-02-29|2028-02-29|20260901|2026-W01-1|0000-01-01|١٩٩٩-01-01|
    07:00|UTC|DE|7d|７d|7b0f6f0e6a514c0a9d3e2f6a5c1f9b42|{7b0f6f0e-6a51-4c0a-9d3e-2f6a5c1f9b42}|
    7b0f6f0e-6a51-4c0a-9d3e-2f6a5c1f9b42""".replace("|\n    ", "|").split("|")
).flatmap(lambda text: st.sampled_from([text, f"{text}\n", f"\n{text}", f"{text}\u2028", text * 201])) | st.just("")
_VALUES = st.recursive(
    _ODD_TEXTS | st.text(max_size=4) | st.integers(-2, 300) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_ODD_TEXTS | st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def _agree(name: str, document: Node) -> None:
    valid = validity(name)(document)
    assert valid == (not worded_errors(name, document)), (name, document)
    if not valid:
        assert explain(name, document)


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_the_deciding_and_the_wording_validator_agree(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(REGISTRY_SCHEMAS))
    whole = schema(name)
    named = "properties" not in whole and "$defs" in whole  # entries with names of their own
    described = next(iter(whole["$defs"].values())) if named else whole
    member = data.draw(st.sampled_from(sorted(described.get("properties", {"x": None}))))
    document: dict[str, Any] = {**(_KEY if name == "key" else {}), member: data.draw(_VALUES)}
    _agree(name, {data.draw(_ODD_TEXTS): document} if named else document)


@settings(deadline=None, max_examples=20)
@given(registries(max_keys=2))
def test_they_agree_on_valid_registries(written: Written) -> None:
    for path, data in written.documents.items():
        name = "key" if path.startswith("keys.d/") else path.rpartition("/")[2].removesuffix(".yaml")
        document = read(data, types(name))
        assert validity(name)(document)
        _agree(name, document)


def test_they_agree_on_every_mistake() -> None:
    judged = 0
    for mistake in MISTAKES:
        name = mistake["name"] if mistake["name"] in REGISTRY_SCHEMAS else "key"
        try:
            document = read(mistake["text"].encode(), types(name))
        except YamlError:
            continue
        _agree(name, document)
        judged += 1
    assert judged == len(MISTAKES)


def test_references_to_elsewhere_are_refused() -> None:
    from keyctl.registry import schema as module

    with pytest.raises(ValueError, match="not fetched"):
        module._refuse("https://example.org/schema.json")
    remote = {"$ref": "https://example.org/schema.json"}
    with pytest.raises((ValueError, jsonschema_rs.ReferencingError)):
        jsonschema_rs.Draft202012Validator(remote, retriever=module._refuse)


def test_the_plan_says_text_wherever_the_schema_admits_one() -> None:
    plan = types("key")
    assert plan.properties["id"].text
    assert plan.properties["ips"].text
    assert not plan.properties["protected"].text
    assert not plan.properties["revoked"].text
    entry = plan.properties["revoked"].items
    assert entry is not None
    assert entry.properties["on"].text
    account = types("accounts").others
    assert account is not None
    assert account.properties["subaccount"].text
    assert not types("registry").properties["brakes"].properties["max_deletes"].text


def test_alternatives_and_references_are_followed_by_the_plan() -> None:
    plan = plan_of(
        {
            "type": "object",
            "properties": {
                "a": {"anyOf": [{"type": "integer"}, {"type": "array", "items": {"type": "boolean"}}]},
                "b": {"oneOf": [{"type": "integer"}, {"type": "string"}]},
                "c": {"$ref": "#/$defs/c"},
                "d": {},
            },
            "$defs": {"c": {"type": ["integer", "null"]}},
        }
    )
    assert [plan.properties[name].text for name in "abcd"] == [False, True, False, True]
    items = plan.properties["a"].items
    assert items is not None
    assert not items.text
