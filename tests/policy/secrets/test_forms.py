"""A secret in the place of an identifier, where the two are documented to differ."""

from __future__ import annotations

import re

import pytest

from keyctl.policy.secrets import formats, secret_form
from keyctl.policy.secrets.formats import FORMS
from keyctl.policy.secrets.marked import MARKED, SHORT
from tests.policy.secrets.pieces import fill

SAMPLES = {
    "binance": ("a Binance", "{alnum:64}", None),
    "bybit": ("a Bybit", "{alnum:36}", "{alnum:18}"),
    "okx": ("an OKX", "{HEX:32}", "{uuid}"),
    "bitget": ("a Bitget", "{hex:64}", "bg_{hex:32}"),
    "gate": ("a Gate", "{hex:64}", "{hex:32}"),
    "deribit": ("a Deribit", "{url:43}", "{alnum:8}"),
    "mexc": ("a MEXC", "{hex:32}", "mx0v{alnum:14}"),
    "htx": ("an HTX", "{hex:8}-{hex:8}-{hex:8}-{hex:5}", None),
    "kucoin": ("a KuCoin", "{uuid}", "{hex:24}"),
    "kraken": ("a Kraken", "{base64:64}", "{base64:42}"),
    "coinbase": ("a Coinbase", "{base64:64}", "organizations/{uuid}/apiKeys/{uuid}"),
    "xt": ("an XT", "{hex:40}", "{uuid}"),
}
"""How each exchange is named, and what its secrets and ids look like."""
ALIASES = {"myokx": "okx", "okxus": "okx", "gateio": "gate", "binanceusdm": "binance", "binancecoinm": "binance"}


def test_each_form_fits_its_sample_and_nothing_shorter_or_longer() -> None:
    assert [form.exchange for form in FORMS] == list(SAMPLES)
    assert len(set(FORMS)) == len(FORMS)
    for form in FORMS:
        named, secret, public = SAMPLES[form.exchange]
        assert named.split() == [named.split()[0], form.name]
        text = fill(secret, form.exchange)[0]
        assert re.fullmatch(form.secret, text)
        assert not re.fullmatch(form.secret, text[:-1])
        assert not re.fullmatch(form.secret, text + "0")
        assert (form.public is None) == (public is None)
        if form.public is not None and public is not None:
            text = fill(public, form.exchange)[0]
            assert re.fullmatch(form.public, text)
            assert not re.fullmatch(form.public, text + "=")
            assert not re.fullmatch(form.public, "=" + text)


@pytest.mark.parametrize(
    ("exchange", "like"),
    [*((name, name) for name in SAMPLES), *ALIASES.items()],
)
def test_a_secret_is_told_from_an_id(exchange: str, like: str) -> None:
    named, form, public = SAMPLES[like]
    secret = fill(form, exchange)[0]
    if public is None or like == "bitget":
        assert secret_form(exchange, secret) is None
    else:
        assert secret_form(exchange, secret) == f"what has the form of {named} secret, not of its key id"
        assert secret_form(exchange, secret + "0") is None
        assert secret_form(exchange, secret[1:]) is None
        assert secret_form(exchange, fill(public, exchange)[0]) is None
    assert secret_form(exchange, "sha256:" + fill("{hex:64}", exchange)[0]) is None


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_other_names_of_an_exchange_are_taken_for_it(alias: str, name: str) -> None:
    assert formats._SAME[alias] == name
    assert name in SAMPLES


@pytest.mark.parametrize(
    ("exchange", "form"),
    [
        ("binance", "{alnum:64}"),
        ("htx", "{hex:8}-{hex:8}-{hex:8}-{hex:5}"),
        ("bitget", "{hex:64}"),
        ("none", "{alnum:36}"),
    ],
)
def test_nothing_is_said_where_both_have_one_form_or_no_page_shows_it(exchange: str, form: str) -> None:
    assert secret_form(exchange, fill(form, exchange)[0]) is None


def test_no_form_of_a_secret_is_a_form_of_the_same_exchange_s_ids() -> None:
    samples = [fill(form, "x")[0] for form in ("{alnum:36}", "{HEX:32}", "{hex:64}", "{hex:32}", "{uuid}", "{hex:40}")]
    for form in FORMS:
        if form.public is not None:
            assert not any(re.fullmatch(form.public, text) and re.fullmatch(form.secret, text) for text in samples)


def test_no_mark_comes_twice_and_each_is_in_its_pattern() -> None:
    marked = [*MARKED, *SHORT]
    assert len(set(marked)) == len(marked) == len({one.mark for one in marked})
    assert [one.mark for one in marked if one.mark not in one.pattern.replace("\\", "")] == []


def test_every_form_names_its_page() -> None:
    assert [form.exchange for form in FORMS if not re.match(r"https://[\w.-]+/", form.source)] == []
