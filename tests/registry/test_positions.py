"""Places of values: looked up only for what has findings."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings

from keyctl.model.place import Place, Pointer
from keyctl.model.rules import found
from keyctl.registry.positions import locate, positions
from keyctl.registry.reader import Node, read
from tests.registry.strategies import Written, registries

TEXT = b"""# head
account: a
scopes: [read, trade.spot]
revoked:
  - {id: x, on: 2026-01-01}
  - id: y
"""


def test_every_value_has_the_place_at_which_it_begins() -> None:
    assert positions(TEXT) == {
        (): (2, 1),
        ("account",): (2, 10),
        ("scopes",): (3, 9),
        ("scopes", 0): (3, 10),
        ("scopes", 1): (3, 16),
        ("revoked",): (5, 3),
        ("revoked", 0): (5, 5),
        ("revoked", 0, "id"): (5, 10),
        ("revoked", 0, "on"): (5, 17),
        ("revoked", 1): (6, 5),
        ("revoked", 1, "id"): (6, 9),
    }


@settings(deadline=None, max_examples=40)
@given(registries(max_keys=2))
def test_reading_and_looking_up_places_see_the_same_nodes(written: Written) -> None:
    for data in written.documents.values():
        assert set(positions(data)) == set(_pointers(read(data), ()))


def _pointers(node: Node, pointer: Pointer) -> list[Pointer]:
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [pointer, *(below for step, value in inner for below in _pointers(value, (*pointer, step)))]


def _located(root: Path, place: Place | None) -> Place | None:
    (finding,) = locate(root, [found("value", "m", "r", place=place)])
    return finding.place


def test_locate_fills_in_what_is_there_and_takes_the_nearest_ancestor_else(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(TEXT)
    assert _located(tmp_path, Place("a.yaml", ("scopes", 1))) == Place("a.yaml", ("scopes", 1), 3, 16)
    assert _located(tmp_path, Place("a.yaml", ("scopes", 7))) == Place("a.yaml", ("scopes", 7), 3, 9)
    assert _located(tmp_path, Place("a.yaml", ("no", "such"))) == Place("a.yaml", ("no", "such"), 2, 1)


def test_locate_keeps_what_is_known_and_what_can_not_be_known(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_bytes(b"a: [")
    (tmp_path / "link.yaml").symlink_to(tmp_path / "broken.yaml")
    for place in (
        None,
        Place("a.yaml", (), 7, 3),
        Place("gone.yaml", ("x",)),
        Place("broken.yaml"),
        Place("link.yaml"),
    ):
        assert _located(tmp_path, place) == place
    assert _located(tmp_path, Place("a\0b.yaml")) == Place("a\0b.yaml")
