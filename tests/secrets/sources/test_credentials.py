from __future__ import annotations

import copy
import pickle
from datetime import date

import pytest

from keyctl.model.account import Account, Environment
from keyctl.model.ips import ANY
from keyctl.model.key import Key
from keyctl.model.names import AccountName, AppName, ExchangeId, KeyName
from keyctl.model.place import Place
from keyctl.secrets.sources import CredentialError, Credentials, Secret, prefix

CANARY = "canary-90aa-secret"
HERE = Place("registry/accounts.yaml")


def account(name: str, environment: Environment = Environment.LIVE, exchange: str = "bybit") -> Account:
    return Account(AccountName(name), ExchangeId(exchange), environment, HERE)


def key(name: str, of: Account) -> Key:
    return Key(KeyName(name), of.name, AppName("app"), "to test", frozenset(), ANY, HERE, expires=date(2026, 12, 31))


def test_variables_are_named_after_exchange_environment_account_and_key() -> None:
    main = account("bybit-main")
    assert prefix(main) == "KEYCTL_READ_BYBIT_BYBIT_MAIN"
    assert prefix(account("mm.1", Environment.TESTNET)) == "KEYCTL_READ_BYBIT_TESTNET_MM_1"
    assert prefix(account("mm", Environment.SANDBOX)) == "KEYCTL_READ_BYBIT_SANDBOX_MM"
    assert prefix(main, KeyName("hedger-quotes")) == "KEYCTL_READ_BYBIT_BYBIT_MAIN_HEDGER_QUOTES"


def test_a_credential_is_found_by_its_account_and_by_its_key() -> None:
    main = account("main")
    given = Credentials.from_environ(
        {
            "KEYCTL_READ_BYBIT_MAIN_KEY": "id1",
            "KEYCTL_READ_BYBIT_MAIN_SECRET": "s1",
            "KEYCTL_READ_BYBIT_MAIN_PASSPHRASE": "p1",
            "KEYCTL_READ_BYBIT_MAIN_LEDGER_KEY": "id2",
            "KEYCTL_READ_BYBIT_MAIN_LEDGER_SECRET": "s2",
        }
    )
    own, ledger = given.for_account(main), given.for_key(main, key("ledger", main))
    assert own is not None and ledger is not None and own.passphrase is not None
    assert (own.key, own.secret.reveal(), own.passphrase.reveal()) == ("id1", "s1", "p1")
    assert (ledger.key, ledger.secret.reveal(), ledger.passphrase) == ("id2", "s2", None)
    assert given.for_account(account("other")) is None


def test_credentials_for_writing_and_of_other_environments_are_not_read() -> None:
    given = Credentials.from_environ(
        {
            "KEYCTL_WRITE_BYBIT_MAIN_KEY": "id",
            "KEYCTL_WRITE_BYBIT_MAIN_SECRET": "s",
            "KEYCTL_READ_BYBIT_TESTNET_MAIN_KEY": "id",
            "KEYCTL_READ_BYBIT_TESTNET_MAIN_SECRET": "s",
            "BYBIT_MAIN_KEY": "id",
        }
    )
    assert given.for_account(account("main")) is None
    assert given.for_account(account("main", Environment.SANDBOX)) is None
    assert given.for_account(account("main", Environment.TESTNET)) is not None


@pytest.mark.parametrize(("part", "missing"), [("KEY", "SECRET"), ("SECRET", "KEY"), ("PASSPHRASE", "KEY")])
def test_half_a_credential_is_an_error_that_names_the_missing_variable(part: str, missing: str) -> None:
    given = Credentials.from_environ({f"KEYCTL_READ_BYBIT_MAIN_{part}": CANARY})
    with pytest.raises(CredentialError, match=f"KEYCTL_READ_BYBIT_MAIN_{missing} is not set") as caught:
        given.for_account(account("main"))
    assert CANARY not in str(caught.value)


def test_a_variable_that_is_set_to_nothing_counts_as_not_set() -> None:
    given = Credentials.from_environ({"KEYCTL_READ_BYBIT_MAIN_KEY": "", "KEYCTL_READ_BYBIT_MAIN_SECRET": ""})
    assert given.for_account(account("main")) is None


def test_something_that_can_t_be_a_key_is_refused_without_showing_it() -> None:
    given = Credentials.from_environ(
        {"KEYCTL_READ_BYBIT_MAIN_KEY": f"{CANARY} \n", "KEYCTL_READ_BYBIT_MAIN_SECRET": "s"}
    )
    with pytest.raises(CredentialError, match="KEYCTL_READ_BYBIT_MAIN_KEY is no API key") as caught:
        given.for_account(account("main"))
    assert CANARY not in str(caught.value) and caught.value.__context__ is None


def both(name: str) -> Credentials:
    return Credentials.from_environ({f"{name}_KEY": "id", f"{name}_SECRET": CANARY})


def test_two_accounts_that_share_a_variable_are_both_refused_it() -> None:
    accounts = [account("mm-1"), account("mm.1")]
    given = both("KEYCTL_READ_BYBIT_MM_1").serving(accounts, [])
    for meant in accounts:
        with pytest.raises(CredentialError, match=r"account mm-1 and account mm\.1"):
            given.for_account(meant)


def test_an_account_and_a_key_that_share_a_variable_are_both_refused_it() -> None:
    short, long = account("mm"), account("mm-hedger")
    hedger = key("hedger", short)
    given = both("KEYCTL_READ_BYBIT_MM_HEDGER").serving([short, long], [hedger])
    with pytest.raises(CredentialError, match="account mm-hedger and key hedger"):
        given.for_account(long)
    with pytest.raises(CredentialError, match="account mm-hedger and key hedger"):
        given.for_key(short, hedger)


def test_an_account_whose_name_looks_like_an_environment_is_no_way_to_a_testnet_s_credential() -> None:
    accounts = [account("testnet-mm"), account("mm", Environment.TESTNET)]
    given = both("KEYCTL_READ_BYBIT_TESTNET_MM").serving(accounts, [])
    for meant in accounts:
        with pytest.raises(CredentialError, match="rename one of them"):
            given.for_account(meant)


def test_names_that_meet_do_no_harm_while_no_credential_is_given_for_them() -> None:
    accounts = [account("mm-1"), account("mm.1")]
    assert Credentials.from_environ({}).serving(accounts, []).for_account(accounts[0]) is None


def test_a_secret_shows_itself_to_nobody() -> None:
    secret = Secret(CANARY)
    shown = (
        f"{secret} {secret!r} {secret!s} {secret:>40}"
        + "{}".format(secret)  # noqa: UP032 - another way to show a value
        + str([secret])
        + str(vars(Credentials({"a": secret})))
    )
    assert CANARY not in shown
    for copying in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            copying(secret)
    assert secret.reveal() == CANARY


def test_every_value_but_ids_is_known_for_redaction() -> None:
    given = Credentials.from_environ(
        {
            "KEYCTL_READ_BYBIT_MAIN_KEY": "id",
            "KEYCTL_READ_BYBIT_MAIN_SECRET": "s1",
            "KEYCTL_READ_BYBIT_MAIN_PASSPHRASE": "p1",
            "PATH": "/bin",
        }
    )
    assert sorted(secret.reveal() for secret in given.secrets()) == ["p1", "s1"]
