"""One address has one fingerprint however it is typed, and what is no address is refused without being repeated."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keyctl.model.email import SHORTEST_KEY, EmailError, fingerprint, normal

KEY = "k" * SHORTEST_KEY


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("desk@firm.example", "desk@firm.example"),
        ("  Desk@Firm.Example\r\n", "desk@firm.example"),
        ("desk+bybit@firm.example", "desk+bybit@firm.example"),
        ("first.last@sub.firm.example", "first.last@sub.firm.example"),
        ("ｄｅｓｋ＠ｆｉｒｍ．ｅｘａｍｐｌｅ", "desk@firm.example"),  # full-width letters and signs
        ("desk@bücher.example", "desk@xn--bcher-kva.example"),
        ("desk@bu\u0308cher.example", "desk@xn--bcher-kva.example"),
        ("desk@BÜCHER.example", "desk@xn--bcher-kva.example"),
        ("desk@xn--bcher-kva.example", "desk@xn--bcher-kva.example"),
        ("desk@straße.example", "desk@xn--strae-oqa.example"),  # another domain than strasse.example
        ("desk@strasse.example", "desk@strasse.example"),
        ("desk@例え。テスト", "desk@xn--r8jz45g.xn--zckzah"),
        ("ümlaut@firm.example", "ümlaut@firm.example"),
        ("o'brien_x@firm.example", "o'brien_x@firm.example"),
    ],
)
def test_every_spelling_becomes_the_same(typed: str, meant: str) -> None:
    assert normal(typed) == meant


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "desk", "@firm.example", "desk@", "desk@localhost", "desk@@firm.example", "a@b@firm.example",
        "Desk <desk@firm.example>", "desk@firm.example, ops@firm.example", "desk@firm.example\nops@firm.example",
        "de sk@firm.example", ".desk@firm.example", "desk.@firm.example", "de..sk@firm.example", '"desk"@firm.example',
        "desk@firm..example", "desk@.example", "desk@firm.example.", "desk@-firm.example", "desk@firm-.example",
        "desk@192.0.2.1", "desk@[192.0.2.1]", "desk@fi_rm.example", "mailto:desk@firm.example",
        "de\u200bsk@firm.example", "desk@fi\u200brm.example", "de\x00sk@firm.example", "desk\\@firm.example",
        "x" * 65 + "@firm.example", "desk@" + "x" * 64 + ".example", "desk@" + "x.y" * 90 + ".example",
        "desk@" + "ü" * 80 + ".example", "desk@ß" + "x" * 70 + ".example",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(EmailError) as refused:
        normal(text)
    assert str(refused.value) in (
        "that is no e-mail address such as desk@firm.example, alone on one line",
        "what stands behind the @ is no domain such as firm.example",
    )
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_an_address_has_a_plain_or_a_keyed_fingerprint() -> None:
    plain = fingerprint("Desk@Firm.Example\n")
    assert plain == "sha256:" + hashlib.sha256(b"desk@firm.example").hexdigest()
    keyed = fingerprint("Desk@Firm.Example\n", KEY)
    assert keyed == "hmac-sha256:" + hmac.new(KEY.encode(), b"desk@firm.example", "sha256").hexdigest()
    assert fingerprint("desk@firm.example", KEY + "x") != keyed


def test_a_short_key_is_refused() -> None:
    with pytest.raises(EmailError, match="less than 16 characters"):
        fingerprint("desk@firm.example", KEY[1:])


@given(st.text(max_size=12), st.text(max_size=12))
def test_what_is_normal_stays_as_it_is(local: str, domain: str) -> None:
    try:
        once = normal(f"{local}@{domain}.example")
    except EmailError:
        return
    assert normal(once) == once
    assert once.partition("@")[2].isascii() and once == once.strip()


def domain(length: int) -> str:
    """A domain of so many characters."""
    labels = ["x" * 63] * (length // 64)
    rest = length - len(".".join(labels)) - 1
    return ".".join([*labels, "x" * rest])


def test_the_longest_address_is_one_and_a_longer_one_is_not() -> None:
    assert len(domain(253)) == 253 and normal("x" * 64 + "@" + domain(253)).endswith(domain(253))
    for text in ("x" * 65 + "@" + domain(20), "desk@" + domain(254)):
        with pytest.raises(EmailError):
            normal(text)


@pytest.mark.parametrize("text", ["desk@1.2.example.7", "desk@firm.7"])
def test_a_domain_that_ends_in_a_number_is_an_address_of_the_network(text: str) -> None:
    with pytest.raises(EmailError):
        normal(text)


@pytest.mark.parametrize("text", ["desk@7.example", "desk@firm.7.example", "desk@7.firm.example"])
def test_a_number_before_the_last_label_is_part_of_a_name(text: str) -> None:
    assert normal(text) == text


def test_only_letters_of_their_own_are_kept_from_the_older_form() -> None:
    assert normal("desk@fi\u034frm.example") == "desk@firm.example"  # a sign that the older form drops


def test_a_key_of_any_bytes_will_do() -> None:
    odd = "k" * 15 + "\udcff"
    assert fingerprint("desk@firm.example", odd).startswith("hmac-sha256:")
