from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from keyctl.exchanges import catalogue
from keyctl.exchanges.errors import ExchangeError
from tests.exchanges.payloads import EXCHANGES, Payload, payloads, shown, shown_member

FEWEST = {"bybit": 24, "deribit": 25, "okx": 29}
"""So many files an exchange has at least: a glob that finds nothing would pass."""


@pytest.mark.parametrize("payload", [p for p in payloads() if p.keys is not None], ids=str)
def test_every_documented_answer_with_keys_decodes_to_what_is_expected(payload: Payload) -> None:
    assert [shown(key) for key in payload.decoded(payload.answer)] == payload.keys


@pytest.mark.parametrize("payload", [p for p in payloads() if p.subaccounts is not None], ids=str)
def test_every_documented_list_of_sub_accounts_decodes_to_what_is_expected(payload: Payload) -> None:
    assert [shown_member(subaccount) for subaccount in payload.members(payload.answer)] == payload.subaccounts


@pytest.mark.parametrize("payload", [p for p in payloads() if p.keys is None], ids=str)
def test_every_other_documented_answer_is_no_listing_of_keys(payload: Payload) -> None:
    with pytest.raises(ExchangeError) as caught:
        payload.decoded(payload.answer)
    if payload.causes is not None:
        assert [cause.value for cause in caught.value.causes] == payload.causes
    assert caught.value.message and caught.value.remedy


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_every_file_says_where_its_answer_is_documented(exchange: str) -> None:
    hosts = {urlsplit(source).hostname for source in catalogue.declaration(exchange).sources}
    found = payloads(exchange)
    assert {urlsplit(payload.source).hostname for payload in found} <= hosts
    assert len(found) >= FEWEST.get(exchange, 1)
