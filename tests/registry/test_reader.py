"""The strict reader: what other loaders take silently is refused with its place, the rest is text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyctl.registry.positions import positions
from keyctl.registry.reader import DEEPEST, LARGEST_FILE, EmptyDocument, Node, YamlError, read
from keyctl.registry.type_plan import TypePlan

TRAPS = {
    "duplicate key": (b"a: 1\nb: 2\na: 3\n", 3, 1, "second time"),
    "duplicate key in flow": (b"x: {a: 1, 'a': 2}\n", 1, 11, "second time"),
    "duplicate null key": (b"? \n: 1\n? ''\n: 2\n", 3, 3, "second time"),
    "anchor": (b"a: &x 1\n", 1, 4, "anchors (&x)"),
    "anchor on a mapping": (b"a: &x\n  b: 1\n", 1, 4, "anchors"),
    "anchor on a key": (b"&x a: 1\n", 1, 1, "anchors"),
    "alias": (b"a: 1\nb: *x\n", 2, 4, "aliases (*x)"),
    "alias as key": (b"a: 1\n*x : 2\n", 2, 1, "aliases"),
    "alias in a list": (b"a: [*x]\n", 1, 5, "aliases"),
    "merge key": (b"a:\n  <<: {b: 1}\n", 2, 3, "merge keys"),
    "python tag": (b"a: !!python/object/apply:os.system [ls]\n", 1, 4, "tags"),
    "string tag": (b"a: !!str 1\n", 1, 4, "tags"),
    "empty tag": (b"a: ! 1\n", 1, 4, "tags"),
    "own tag": (b"a: !secret x\n", 1, 4, "tags"),
    "tag on a key": (b"!!str a: x\n", 1, 1, "tags"),
    "tag on a list": (b"a: !!set\n  - b\n", 1, 4, "tags"),
    "second document": (b"a: 1\n---\nb: 2\n", 2, 1, "second document"),
    "second document after its end": (b"a: 1\n...\nb: 2\n", 3, 1, "document start"),
    "yaml directive": (b"%YAML 1.1\n---\na: 1\n", 1, 1, "directives"),
    "tag directive": (b"%TAG !e! tag:example.org,2026:\n---\na: 1\n", 1, 1, "directives"),
    "list as key": (b"a: 1\n? [b]\n: 2\n", 2, 3, "a key must be a text"),
    "mapping as key": (b"{a: 1}: 2\n", 1, 1, "a key must be a text"),
    "tab as indentation": (b"a:\n\tb: 1\n", 2, 1, "cannot start"),
    "unclosed quote": (b'a: "x\n', 2, 1, "quoted scalar"),
    "latin-1": (b"a: 1\nb: M\xfcnchen\n", 2, 5, "not UTF-8"),
    "overlong utf-8": (b"a: \xc0\xaf\n", 1, 4, "not UTF-8"),
    "surrogate in utf-8": (b"a: \xed\xa0\x80\n", 1, 4, "not UTF-8"),
    "utf-16 with a mark": ("a: 1\n".encode("utf-16"), 1, 1, "UTF-16"),
    "utf-16 without a mark": ("a: 1\n".encode("utf-16-le"), 1, 2, "UTF-16"),
    "nul": (b"a: 1\nb: x\0\n", 2, 5, "U+0000"),
    "bell": (b"a: \x07\n", 1, 4, "U+0007"),
    "delete": (b"# \x7f\na: 1\n", 1, 3, "U+007F"),
    "carriage return alone": (b"# hidden\ra: 1\n", 1, 9, "U+000D"),
    "next line": ("a: x\u0085y: 2\n".encode(), 1, 5, "U+0085"),
    "line separator": ("a: x\u2028y\n".encode(), 1, 5, "U+2028"),
    "paragraph separator in a comment": ("# \u2029\na: x\n".encode(), 1, 3, "U+2029"),
    "right-to-left override": ("a: x\n# \u202e\n".encode(), 2, 3, "U+202E"),
    "isolate": ("a: \u2066x\n".encode(), 1, 4, "U+2066"),
    "zero-width space": ("a: b\u200b\n".encode(), 1, 5, "U+200B"),
    "byte-order mark inside": ("a: b\n\ufeffc: d\n".encode(), 2, 1, "U+FEFF"),
    "escaped nul": (b'a: 1\nb: "x\\0"\n', 2, 4, "as an escape"),
    "escaped line separator": (b'a: "\\L"\n', 1, 4, "as an escape"),
    "escaped override": (b'a: "\\u202e"\n', 1, 4, "as an escape"),
    "escape in a key": (b'"\\x07": 1\n', 1, 1, "as an escape"),
    "escape in a list": (b'- "\\e"\n', 1, 3, "as an escape"),
}


@pytest.mark.parametrize("name", TRAPS)
def test_a_trap_is_an_error_at_its_place(name: str) -> None:
    data, line, column, words = TRAPS[name]
    for reader in (read, positions):
        if reader is positions and name.startswith("escape"):
            continue  # values are not looked at for their places
        with pytest.raises(YamlError) as caught:
            reader(data)
        assert (caught.value.line, caught.value.column) == (line, column), caught.value
        assert words in caught.value.message


def test_a_bomb_is_an_error_at_once() -> None:
    with pytest.raises(YamlError, match=r"deeper|nesting depth"):
        read(b"[" * 100_000)
    with pytest.raises(YamlError, match=r"deeper|nesting depth"):
        read(b"a: " + b"{x: " * 100_000)
    with pytest.raises(YamlError, match=r"deeper|nesting depth"):
        read(b"- " * 100_000)
    with pytest.raises(YamlError, match="larger"):
        read(b"#" * (LARGEST_FILE + 1))
    with pytest.raises(YamlError, match="anchors"):
        read(b"a: &a [x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b]\n")


def test_what_is_as_deep_as_allowed_is_read() -> None:
    assert read(b"[" * DEEPEST + b"]" * DEEPEST)
    with pytest.raises(YamlError):
        read(b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1))


@pytest.mark.parametrize("data", [b"", b"\n\n", b"# only this\n", b"---\n", b"\xef\xbb\xbf", b"---\n...\n"])
def test_an_empty_document_is_told_apart(data: bytes) -> None:
    with pytest.raises(EmptyDocument):
        read(data)


@pytest.mark.parametrize(
    "typed",
    [
        "no",
        "on",
        "true",
        "null",
        "~",
        "",
        "1_000",
        "0123",
        "0o17",
        "1:30",
        "1e5",
        "12:30:45",
        "2026-09-01",
        ".inf",
        "5",
    ],
)
def test_scalars_stay_what_a_person_typed(typed: str) -> None:
    assert read(f"a: {typed}\n".encode()) == {"a": typed}


NO_TEXT = TypePlan(text=False, properties={"a": TypePlan(text=False)})


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("42", 42),
        ("True", "True"),
        ("yes", "yes"),
        ("Null", "Null"),
        ("+1", "+1"),
        ("-1", "-1"),
        ("1_000", "1_000"),
        ("010", "010"),
        ("0x1f", "0x1f"),
        ("1.0", "1.0"),
        ("1e5", "1e5"),
        ("99999999999999999999", "99999999999999999999"),
        ("'true'", "true"),
        ('"7"', "7"),
        ("|\n  7", "7\n"),
    ],
)
def test_plain_scalars_are_typed_only_where_no_text_is_admitted(typed: str, meant: Node) -> None:
    document = read(f"a: {typed}\n".encode(), NO_TEXT)
    assert document == {"a": meant}
    assert isinstance(document, dict)
    assert type(document["a"]) is type(meant)


def test_a_byte_order_mark_at_the_start_is_no_part_of_the_key() -> None:
    assert read(b"\xef\xbb\xbfa: 1\n") == {"a": "1"}


def test_windows_line_ends_are_line_ends() -> None:
    assert read(b"a: 1\r\nb: 2\r\n") == {"a": "1", "b": "2"}
    assert positions(b"a: 1\r\nb: 2\r\n")[("b",)] == (2, 4)


_JSON = st.recursive(
    st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab :#-'\"", max_size=4), inner, max_size=3),
    max_leaves=12,
)


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(st.text("abc", min_size=1), _JSON, min_size=1, max_size=3))
def test_json_of_texts_reads_as_itself(document: dict[str, Node]) -> None:
    assert read(json.dumps(document, ensure_ascii=False).encode()) == document


@settings(deadline=None, max_examples=400)
@given(st.binary(max_size=80) | st.text("ab:-[]{}&*!%#|>'\"\\,? \n\t<", max_size=60).map(str.encode))
def test_reading_gives_a_document_or_an_error_with_a_place(data: bytes) -> None:
    try:
        document = read(data)
    except YamlError as error:
        assert error.line >= 1
        assert error.column >= 1
        assert error.line <= data.count(b"\n") + data.count(b"\r") + 2
    else:
        assert () in positions(data)
        assert document is not None
