"""A secret in the place of an identifier, where the two are documented to differ."""

from __future__ import annotations

import re

import pytest

from keyctl.policy.secrets import secret_form
from keyctl.policy.secrets.formats import FORMS
from tests.policy.secrets.pieces import fill


@pytest.mark.parametrize(
    ("exchange", "secret", "public"),
    [
        ("bybit", "{alnum:36}", "{alnum:18}"),
        ("okx", "{HEX:32}", "{uuid}"),
        ("myokx", "{HEX:32}", "{uuid}"),
        ("gate", "{hex:64}", "{hex:32}"),
        ("deribit", "{url:43}", "{alnum:8}"),
        ("mexc", "{hex:32}", "mx0v{alnum:14}"),
        ("kucoin", "{uuid}", "{hex:24}"),
        ("kraken", "{base64:64}", "{base64:42}"),
        ("coinbase", "{base64:64}", "organizations/{uuid}/apiKeys/{uuid}"),
        ("xt", "{hex:40}", "{uuid}"),
    ],
)
def test_a_secret_is_told_from_an_id(exchange: str, secret: str, public: str) -> None:
    told = secret_form(exchange, fill(secret, exchange)[0])
    assert told is not None
    assert told.startswith("what has the form of a")
    assert secret_form(exchange, fill(public, exchange)[0]) is None
    assert secret_form(exchange, "sha256:" + fill("{hex:64}", exchange)[0]) is None


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


def test_every_form_names_its_page() -> None:
    assert [form.exchange for form in FORMS if not re.match(r"https://[\w.-]+/", form.source)] == []
