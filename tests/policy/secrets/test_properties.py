"""What holds of every text."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from keyctl.policy.secrets import find
from keyctl.policy.secrets.hit import without_overlaps
from tests.policy.secrets.pieces import fill

FORMS = [
    "{alnum:64}",
    "{alnum:36}",
    "{HEX:32}",
    "{url:43}",
    "{base64:64}",
    "{mnemonic:12}",
    "{xprv}",
    "ghp_{alnum:36}",
    "-----BEGIN {}PRIVATE KEY-----\n{lines:2}\n-----END {}PRIVATE KEY-----",
    "https://api.example/x?timestamp=1800000000000&signature={hex:64}",
    "https://desk:{small:14}@git.example/",
    "eyJ{url:17}.eyJ{url:60}.{url:43}",
    "0x{hex:64}",
    "sha256:{hex:64}",
    "{uuid}",
]
texts = st.lists(
    st.one_of(
        st.sampled_from(FORMS).map(lambda form: fill(form, form)[0]),
        st.text(max_size=40),
        st.sampled_from([" ", "\n", "", ": ", "=", "/", "é", '"', "-----BEGIN ", "secret: ", "\u2028", "'"]),
    ),
    max_size=12,
).map("".join)
prose = st.lists(
    st.sampled_from(["the", "desk", "quotes", "on", "both", "pairs", "and", "this", "key;", "market-making,", "até"]),
    min_size=1,
    max_size=12,
).map(" ".join)


@given(texts)
@settings(max_examples=300)
def test_hits_lie_in_the_text_in_order_and_apart(text: str) -> None:
    hits = find(text)
    assert all(0 <= hit.start < hit.end <= len(text) for hit in hits)
    assert all(one.end <= other.start for one, other in pairwise(hits))


@given(texts)
def test_the_same_text_gives_the_same_hits(text: str) -> None:
    assert find(text) == find("".join(list(text)))


@given(st.sampled_from(FORMS[:13]), prose, prose, st.sampled_from([" ", "\n", '"', "\n  - "]))
def test_prose_around_a_secret_does_not_hide_it(form: str, before: str, after: str, between: str) -> None:
    secret, _ = fill(form, form)
    (alone,) = find(secret)
    text = before + between + secret + between + after
    start = len(before) + len(between)
    assert [
        (hit.kind, hit.confidence)
        for hit in find(text)
        if hit.start < start + alone.end and hit.end > start + alone.start
    ] == [(alone.kind, alone.confidence)]


@given(prose.map(lambda text: text.replace(" ", "\n# ")))
def test_prose_alone_is_quiet(text: str) -> None:
    assert find(text) == ()


@given(texts)
def test_hits_hold_no_text_of_the_secret(text: str) -> None:
    secret, _ = fill("{alnum:36}", "{alnum:36}")
    assert secret not in repr(find(text))


@given(texts, texts)
def test_an_identifier_takes_hits_away_and_adds_none(text: str, other: str) -> None:
    without = find(text, identifiers=[other]) if other else find(text)
    assert without_overlaps([*find(text), *without]) == find(text)
