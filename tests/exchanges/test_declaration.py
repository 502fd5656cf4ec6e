from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keyctl.exchanges.bybit.declaration import DECLARATION
from keyctl.exchanges.catalogue import UnknownExchange, declaration, names
from keyctl.exchanges.declaration import Effect, Holder
from keyctl.model.scopes import READ, STANDARD, Scope, ScopeSet

NATIVE = sorted({scope for right in DECLARATION.rights for scope in right.scopes})


def scopes(*named: str) -> ScopeSet:
    return frozenset(Scope(name) for name in named)


def test_options_bring_futures_with_them() -> None:
    assert DECLARATION.grantable(scopes("read", "trade.options")) == scopes("read", "trade.options", "trade.futures")


def test_every_key_reads() -> None:
    assert DECLARATION.grantable(scopes()) == {READ}


@pytest.mark.parametrize(
    ("wanted", "subaccount", "granted"),
    [
        (scopes("read", "transfer.internal"), True, scopes("read", "transfer.internal", "other:keys.self_manage")),
        (scopes("read", "transfer.internal"), False, scopes("read", "transfer.internal", "keys.manage")),
        (scopes("read", "withdraw"), None, scopes("read", "withdraw", "keys.manage")),
        (scopes("read", "keys.manage"), False, scopes("read", "transfer.internal", "keys.manage")),
    ],
)
def test_a_transfer_right_brings_the_administration_of_keys(
    wanted: ScopeSet, subaccount: bool | None, granted: ScopeSet
) -> None:
    assert DECLARATION.grantable(wanted, subaccount=subaccount) == granted


@pytest.mark.parametrize(
    ("wanted", "subaccount"),
    [
        (scopes("read", "trade.margin"), None),
        (scopes("read", "copy"), None),
        (scopes("read", "withdraw"), True),
        (scopes("read", "other:keys.self_manage"), False),
    ],
)
def test_what_no_right_gives_is_named_as_ungrantable(wanted: ScopeSet, subaccount: bool | None) -> None:
    assert DECLARATION.ungrantable(wanted, subaccount=subaccount) == wanted - {READ}


def test_an_affiliate_right_stands_alone() -> None:
    assert DECLARATION.grantable(scopes("read", "affiliate")) == scopes("read", "affiliate")
    assert DECLARATION.ungrantable(scopes("read", "affiliate", "earn")) == scopes("affiliate")


def test_other_scopes_that_the_declaration_does_not_know_are_taken_as_they_are() -> None:
    wanted = scopes("read", "trade.spot", "other:SomethingNew")
    assert DECLARATION.grantable(wanted) == wanted


@settings(deadline=None, max_examples=200)
@given(st.frozensets(st.sampled_from([*STANDARD, *NATIVE]), max_size=6), st.sampled_from([None, True, False]))
def test_what_can_be_granted_is_a_fixed_point_and_covers_what_is_not_ungrantable(
    wanted: ScopeSet, subaccount: bool | None
) -> None:
    granted = DECLARATION.grantable(wanted, subaccount=subaccount)
    assert granted >= wanted - DECLARATION.ungrantable(wanted, subaccount=subaccount)
    assert DECLARATION.grantable(granted, subaccount=subaccount) == granted


@settings(deadline=None, max_examples=200)
@given(st.sampled_from([Holder.MASTER, Holder.SUBACCOUNT]), st.frozensets(st.sampled_from(DECLARATION.rights)))
def test_every_combination_of_rights_that_can_be_ticked_is_grantable(holder: Holder, ticked: frozenset[object]) -> None:
    rights = [r for r in DECLARATION.rights if r in ticked and r.holder in (holder, Holder.ANY)]
    rights = [right for right in rights if right.settable and not right.exclusive]
    whole = frozenset({READ}).union(*(right.scopes for right in rights))
    assert DECLARATION.grantable(whole, subaccount=holder is Holder.SUBACCOUNT) == whole


def test_every_endpoint_that_is_declared_as_reading_is_a_get_and_every_post_writes() -> None:
    for endpoint in DECLARATION.endpoints:
        assert (endpoint.method == "GET") is (endpoint.effect is Effect.READ), endpoint.name


def test_no_endpoint_lets_a_secret_in() -> None:
    fields = {field for endpoint in DECLARATION.endpoints for field in endpoint.fields}
    assert fields and not any("secret" in field.lower() for field in fields)


def test_unknown_exchanges_are_refused_by_name() -> None:
    with pytest.raises(UnknownExchange, match=r"'mtgox'.*bybit"):
        declaration("mtgox")
    assert "bybit" in names()


def test_a_declaration_needs_neither_ccxt_nor_aiohttp() -> None:
    script = (
        "import sys; from keyctl.exchanges.catalogue import names, declaration, reader\n"
        "[declaration(name).grantable(frozenset()) for name in names()]\n"
        "[reader(name) for name in names() if declaration(name).asked]\n"
        "sys.exit(any(heavy in sys.modules for heavy in ('ccxt', 'aiohttp', 'git', 'rich')))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_every_refusal_has_words_and_a_remedy() -> None:
    for refusal in (*DECLARATION.refusals.values(), *DECLARATION.statuses.values()):
        assert refusal.causes and refusal.meaning and refusal.remedy


def test_members_of_a_family_share_a_declaration() -> None:
    assert replace(DECLARATION, family=()).id == declaration("bybit").id
