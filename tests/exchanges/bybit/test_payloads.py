from __future__ import annotations

import pytest

from keyctl.exchanges import catalogue
from keyctl.exchanges.bybit.decoding import subaccount_page
from keyctl.exchanges.errors import ExchangeError
from keyctl.model.observed import value_of
from tests.exchanges.bybit.reading import Payload, payloads, shown


@pytest.mark.parametrize("payload", [p for p in payloads() if p.keys is not None], ids=lambda p: p.name)
def test_every_documented_answer_with_keys_decodes_to_what_is_expected(payload: Payload) -> None:
    assert [shown(key) for key in catalogue.decode("bybit", payload.endpoint, payload.answer)] == payload.keys


@pytest.mark.parametrize("payload", [p for p in payloads() if p.subaccounts is not None], ids=lambda p: p.name)
def test_every_documented_list_of_sub_accounts_decodes_to_what_is_expected(payload: Payload) -> None:
    found = subaccount_page(payload.endpoint, payload.answer).items
    assert [{"uid": s.uid, "name": s.name, "frozen": value_of(s.frozen)} for s in found] == payload.subaccounts


@pytest.mark.parametrize("payload", [p for p in payloads() if p.keys is None], ids=lambda p: p.name)
def test_every_other_documented_answer_is_no_listing_of_keys(payload: Payload) -> None:
    with pytest.raises(ExchangeError) as caught:
        catalogue.decode("bybit", payload.endpoint, payload.answer)
    if payload.causes is not None:
        assert [cause.value for cause in caught.value.causes] == payload.causes
    assert caught.value.message and caught.value.remedy


def test_every_file_says_where_its_answer_is_documented() -> None:
    assert all(payload.source.startswith("https://bybit-exchange.github.io/") for payload in payloads())
    assert len(payloads()) > 20
