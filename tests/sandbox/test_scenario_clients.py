"""The scenario for clients of any kind: who may administer, and what there is to list."""

from __future__ import annotations

import ccxt

from keyctl.sandbox.running import environment, running
from keyctl.sandbox.scenario import load
from tests.sandbox.caller import Caller
from tests.sandbox.test_bybit_clients import ccxt_session
from tests.sandbox.test_bybit_writing import SPOT, post
from tests.sandbox.test_clients import on_loopback

EXCHANGES = ("bybit", "deribit", "okx")


def held(exchange: str, holder: str) -> dict[str, str]:
    """A credential as the environment has it: its parts in lower case."""
    start = f"KEYCTL_READ_{exchange.upper()}_SANDBOX_{holder}_"
    parts = ("KEY", "SECRET", "PASSPHRASE")
    variables = environment("clients")
    return {part.lower(): variables[start + part] for part in parts if start + part in variables}


def test_each_exchange_has_a_master_credential_and_a_sub_account_with_three_keys_or_more() -> None:
    scenario = load("clients")
    assert tuple(sorted(scenario.exchanges)) == EXCHANGES
    for exchange, part in scenario.exchanges.items():
        masters = {account.name for account in part.accounts if account.parent is None}
        admins = [key for key in part.keys if key.account in masters and "account" in key.credential]
        assert len(admins) == len(masters) == 1
        assert all("127.0.0.1" in key.ips for key in part.keys if key.credential)
        held_by = [len([key for key in part.keys if key.account == account.name]) for account in part.accounts]
        assert max(held_by) >= 3, exchange


def test_pages_of_bybits_keys_and_sub_accounts_are_walked() -> None:
    admin = held("bybit", "BYBIT_MAIN")
    with running("clients") as sandbox:
        calling = Caller(sandbox.exchanges["bybit"], admin["key"], admin["secret"])
        first = calling.ask("/v5/user/sub-apikeys", "subMemberId=80010011&limit=2").result
        assert len(first["result"]) == 2 and first["nextPageCursor"]
        assert calling.ask("/v5/user/submembers", "pageSize=1").result["nextCursor"] != "0"
        created = post(calling, "create-sub-api", subuid=80010012, readOnly=0, permissions=SPOT).result
        with ccxt_session(calling) as exchange:
            exchange.private_post_v5_user_delete_sub_api({"apikey": created["apiKey"]})
        itself = held("bybit", "BYBIT_SUB_SELF")
        assert post(Caller(calling.url, itself["key"], itself["secret"]), "delete-sub-api").code == 0


def test_okxs_credential_administers_keys_from_here() -> None:
    admin = held("okx", "OKX_MAIN")
    with running("clients") as sandbox:
        config = {"apiKey": admin["key"], "secret": admin["secret"], "password": admin["passphrase"]}
        exchange = on_loopback(ccxt.okx({**config, "enableRateLimit": False}), sandbox.exchanges["okx"])
        try:
            keys = exchange.private_get_users_subaccount_apikey({"subAcct": "clients01"})["data"]
            assert len(keys) == 3
            asked = {"subAcct": "clients02", "label": "new", "passphrase": "Abcdef-12", "perm": "read_only"}
            [created] = exchange.private_post_users_subaccount_apikey(asked)["data"]
            gone = {"subAcct": "clients02", "apiKey": created["apiKey"]}
            assert exchange.private_post_users_subaccount_delete_apikey(gone)["code"] == "0"
            assert exchange.private_get_users_subaccount_apikey({"subAcct": "clients02"})["data"] == []
        finally:
            exchange.session.close()


def test_deribits_credentials_administer_keys_from_here() -> None:
    with running("clients") as sandbox:
        for holder, known in (("DERIBIT_MAIN", 3), ("DERIBIT_SUB", 3)):
            admin = held("deribit", holder)
            config = {"apiKey": admin["key"], "secret": admin["secret"], "enableRateLimit": False}
            exchange = on_loopback(ccxt.deribit(config), sandbox.exchanges["deribit"])
            try:
                created = exchange.private_get_create_api_key({"max_scope": "account:read", "name": "new"})["result"]
                assert len(exchange.private_get_list_api_keys()["result"]) == known + 1
                assert exchange.private_get_remove_api_key({"id": created["id"]})["result"] == "ok"
                assert len(exchange.private_get_list_api_keys()["result"]) == known
            finally:
                exchange.session.close()
