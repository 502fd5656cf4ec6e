"""The exchange's time is read where it is declared, and nowhere else."""

from __future__ import annotations

import pytest

from keyctl.exchanges import catalogue
from keyctl.exchanges.clock import offset
from keyctl.exchanges.declaration import ServerTime

MS, US, DATE = ServerTime(("time",)), ServerTime(("usOut",), 1_000_000), ServerTime(header="Date")
AT = 1_790_000_000


def test_a_number_in_the_body_is_taken_between_sending_and_receiving() -> None:
    measured = offset(MS, {}, f'{{"time": {AT}000}}', AT + 1.0, AT + 3.0)
    assert measured is not None and (measured.seconds, measured.within) == (2.0, 1.0)
    measured = offset(US, {}, f'{{"error": {{}}, "usOut": {AT}500000}}', AT, AT)
    assert measured is not None and (measured.seconds, measured.within) == (-0.5, 0.0)


def test_the_header_is_worth_half_a_second_either_way() -> None:
    measured = offset(DATE, {"date": "Mon, 21 Sep 2026 14:13:20 GMT"}, "not JSON", AT + 0.5, AT + 0.5)
    assert measured is not None and (measured.seconds, measured.within) == (0.0, 0.5)


@pytest.mark.parametrize("body", ["", "[]", "<html>", "{}", '{"time": null}', '{"time": "1"}', '{"time": true}'])
def test_what_does_not_tell_is_unknown(body: str) -> None:
    assert offset(MS, {"Date": "Mon, 21 Sep 2026 14:13:20 GMT"}, body, AT, AT) is None
    assert offset(DATE, {"Date": "yesterday"}, body, AT, AT) is None
    assert offset(None, {"Date": "Mon, 21 Sep 2026 14:13:20 GMT"}, '{"time": 1790000000000}', AT, AT) is None


def test_every_exchange_that_is_asked_declares_its_clock() -> None:
    declared = {name: catalogue.declaration(name) for name in catalogue.names()}
    assert {name for name, one in declared.items() if one.server_time is None and one.asked} == set()
