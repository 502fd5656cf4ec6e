"""Files as texts: searched together they give what each gives alone."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyctl.model.finding import Confidence
from keyctl.policy.reading import Lines, hits_by_file, hits_in, text_of
from keyctl.policy.secrets import Hit, find
from keyctl.policy.secrets.mnemonic import words
from tests.policy.secrets.pieces import fill
from tests.policy.secrets.test_mnemonic import fitting

SECRET = fill("{alnum:36}", "reading")[0]
QUIET = b"purpose: quotes on both pairs\n"
PIECES = [
    SECRET,
    SECRET[:18],
    SECRET[18:],
    *(
        fill(form, form)[0]
        for form in (
            "-----BEGIN {}PRIVATE KEY-----",
            "-----END {}PRIVATE KEY-----",
            "-----BEGIN CERTIFICATE-----",
            "-----END CERTIFICATE-----",
            "{base64:48}",
            "{mnemonic:12}",
            "ENC[AES256_GCM,data:",
            "api_private_key: {small:16}",
            "sha256:",
            "{hex:64}",
        )
    ),
    "get put list method get put list method get put",
    "password:",
    "ciphertext: ",
    "id: ",
    "é",
    " ",
    "\n",
]


def alone(texts: dict[str, bytes]) -> dict[str, tuple[Hit, ...]]:
    return {path: hits for path, data in texts.items() if (hits := hits_in(path, data))}


def test_what_is_no_utf_8_becomes_replacement_characters() -> None:
    assert text_of("é".encode() + b"\xffa") == "é\ufffda"


@given(
    st.lists(st.lists(st.sampled_from(PIECES), max_size=4).map("".join), max_size=6),
    st.sampled_from(["{}.yaml", "{}.pem", "{}"]),
)
def test_together_they_give_what_each_gives_alone(texts: list[str], name: str) -> None:
    files = {name.format(number): text.encode() for number, text in enumerate(texts)}
    assert hits_by_file(files) == alone(files)


@pytest.mark.parametrize("count", [1, 2, 63, 64, 65, 128, 129, 130])
@pytest.mark.parametrize("place", [0, 1, 62, 63, 64, 65, 127, 128, 129])
def test_a_secret_is_found_wherever_its_file_comes(count: int, place: int) -> None:
    files = dict.fromkeys(map(str, range(count)), QUIET)
    if place < count:
        files[str(place)] = SECRET.encode()
    found = hits_by_file(files)
    assert list(found) == ([str(place)] if place < count else [])
    assert found == alone(files)


@pytest.mark.parametrize(
    "texts",
    [
        [f"note: {SECRET}", f"{SECRET}\n"],
        [f"note: {SECRET}", f" {SECRET}\n", SECRET],
        ["-----BEGIN CERTIFICATE-----\n", SECRET, "-----END CERTIFICATE-----\n"],
        ["password:", fill("api_private_key: {small:16}", "field")[0]],
        [fill("{base64:48}", "one")[0], fill("{base64:48}", "two")[0]],
        ["sha256:", fill("{hex:64}", "hex")[0]],
        ["ENC[AES256_GCM,", SECRET, "]"],
        [fill("-----BEGIN {}PRIVATE KEY-----\n{lines:2}", "block")[0], "a: b"],
        ["a: b", f"-----BEGIN CERTIFICATE-----\n{SECRET}"],
        [
            "-----BEGIN CERTIFICATE-----",
            f"-----BEGIN X\n{SECRET}",
            "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
        ],
    ],
)
def test_what_a_file_holds_is_hidden_by_none_before_or_after_it(texts: list[str]) -> None:
    files = {f"{number}.yaml": text.encode() for number, text in enumerate(texts)}
    assert hits_by_file(files) == alone(files) != {}


def test_words_that_are_repeated_hide_no_mnemonic_of_the_next_file() -> None:
    before = "win fit win fit win fit"
    rows = (" ".join(Random(seed).sample(words(), 12)) for seed in range(1000))
    row = next(row for row in rows if not fitting(f"{before} {row}".split()))
    files = {"a.yaml": before.encode(), "b.yaml": row.encode()}
    assert find(f"{before} {row}") == ()
    assert list(hits_by_file(files)) == ["b.yaml"]


def test_halves_in_two_files_are_no_secret() -> None:
    assert hits_by_file({"a": f"note: {SECRET[:18]}".encode(), "b": SECRET[18:].encode()}) == {}
    assert hits_by_file({}) == {}


def test_a_key_file_is_told_by_its_name_unless_it_is_yaml() -> None:
    named = Hit("key-file", "by its name a file of environment variables", 0, 0, Confidence.MEDIUM)
    inside = find(SECRET)
    assert len(inside) == 1
    assert hits_in(".env", b"") == (named,)
    assert hits_in(".env", QUIET) == (named,)
    assert hits_in(".env", SECRET.encode()) == (named, *inside)
    assert hits_in(".env.yaml", b"") == ()
    assert hits_in(".env.yaml", SECRET.encode()) == inside
    assert hits_in("notes.md", b"") == hits_in("notes.md", QUIET) == ()
    assert hits_in("notes.md", SECRET.encode()) == inside
    assert hits_by_file({"a.md": QUIET, ".env": QUIET, "b.yaml": SECRET.encode()}) == {
        ".env": (named,),
        "b.yaml": inside,
    }


@pytest.mark.parametrize(
    ("text", "is_hit"),
    [
        ("id: SECRET", False),
        ("id:   SECRET", False),
        ('id: "SECRET"', False),
        ("id: 'SECRET'", False),
        ("id: SECRET # of the desk", False),
        ("a: b\n  id: SECRET\n", False),
        ("- id: SECRET", False),
        ("-id: SECRET", False),
        ("{id: SECRET}", False),
        ("{a: b,id: SECRET, c: d}", False),
        ("ids: [SECRET]", False),
        ("ids: [a, SECRET]", False),
        ("ids: [a, 'SECRET', b]", False),
        ('ids: ["SECRET"]', False),
        ("ids: [\n  a,\n  SECRET\n]", False),
        ("id: a\nid: SECRET\nnote: SECRET", False),
        ("id: SECRETx1\nnote: SECRET", False),
        ("note: SECRET", True),
        ("xid: SECRET", True),
        ("id: a\nnote: SECRET", True),
        ("id: a # SECRET", True),
        ("ids: []\nnote: SECRET", True),
        ("ids: [a]\nnote: SECRET", True),
        ("ids: [HALF, OTHER]\nnote: SECRET", True),
        ("id: ''\nnote: SECRET", True),
        ("wids: [SECRET]", True),
    ],
)
def test_values_of_id_fields_are_the_public_ids_that_belong_there(text: str, is_hit: bool) -> None:
    text = text.replace("HALF", SECRET[:18]).replace("OTHER", SECRET[18:]).replace("SECRET", SECRET)
    hits = hits_in("a.yaml", text.encode())
    assert [text[hit.start : hit.end] for hit in hits] == [SECRET] * is_hit


def test_an_id_that_begins_and_ends_with_any_letter_is_kept_whole() -> None:
    edged = "X" + SECRET[2:] + "X"
    assert len(find(edged)) == 1
    assert hits_in("a.yaml", f"ids: [{edged}]".encode()) == ()
    assert hits_in("a.yaml", f'ids: ["{edged}"]'.encode()) == ()


@pytest.mark.parametrize(
    ("text", "offset", "place"),
    [
        ("", 0, (1, 1)),
        ("abc", 0, (1, 1)),
        ("abc", 2, (1, 3)),
        ("abc\n", 3, (1, 4)),
        ("abc\n", 4, (2, 1)),
        ("a\nbc\n\nd", 2, (2, 1)),
        ("a\nbc\n\nd", 3, (2, 2)),
        ("a\nbc\n\nd", 5, (3, 1)),
        ("a\nbc\n\nd", 6, (4, 1)),
        ("a\r\nb\u2028c", 5, (2, 3)),
        ("\nb", 0, (1, 1)),
        ("\nb", 1, (2, 1)),
    ],
)
def test_line_and_column_from_1(text: str, offset: int, place: tuple[int, int]) -> None:
    assert Lines(text).at(offset) == place
