"""new: a key file that says what is known and fails validation until a person has decided the rest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from keyctl.registry.canonical import canonical
from keyctl.registry.reader import read
from tests.cli.program import keyctl
from tests.history.repository import Repository

WHO = ("--account", "bybit-mm", "--owner", "hedger")


def text_of(example: Repository, path: str) -> str:
    return (example.path / path).read_text("utf-8")


def test_a_draft_is_not_valid_until_its_addresses_are_filled_in(example: Repository) -> None:
    ran = keyctl("new", "hedger-arb", *WHO)
    assert (ran.status, ran.out) == (0, "keys.d/hedger/hedger-arb.yaml\n")
    assert "fill in ips" in ran.err and "exchange-keyctl validate" in ran.err
    checked = keyctl("validate")
    assert checked.status == 1 and "the field 'ips' is missing" in checked.out
    text = text_of(example, "keys.d/hedger/hedger-arb.yaml")
    assert "scopes: [read, trade.spot, trade.futures, trade.options]" in text, "what the app needs"
    assert '# ips: ["@arbitrage-host"' in text, "networks to choose from"
    (example.path / "keys.d/hedger/hedger-arb.yaml").write_text(text.replace("# ips: ", "ips: "))
    assert keyctl("validate").status == 0


def test_a_key_of_which_all_is_known_is_valid_and_canonical_at_once(example: Repository) -> None:
    last = datetime.now(UTC).date() + timedelta(days=90)
    ran = keyctl(
        "new", "hedger-2", *WHO, "--scopes", "read,trade.spot", "--ips", "203.0.113.10,@trading-nat",
        "--days", "90", "--purpose", "quotes: on ETH", "--folder", "hedger/more",
    )  # fmt: skip
    assert ran.status == 0 and "fill in" not in ran.err
    path = "keys.d/hedger/more/hedger-2.yaml"
    data = (example.path / path).read_bytes()
    assert data.startswith(b"# yaml-language-server: $schema=../../../schemas/key.schema.json\n")
    assert read(data) == {
        "account": "bybit-mm",
        "owner": "hedger",
        "purpose": "quotes: on ETH",
        "scopes": ["read", "trade.spot"],
        "ips": ["203.0.113.10", "@trading-nat"],
        "expires": str(last),
    }
    assert canonical(data, "key") == data
    assert keyctl("validate").status == 0


def test_any_and_a_day_are_written_as_they_are_meant(example: Repository) -> None:
    last = datetime.now(UTC).date() + timedelta(days=300)
    assert keyctl("new", "k", *WHO, "--ips", "any", "--expires", str(last), "--folder", "").status == 0
    text = text_of(example, "keys.d/k.yaml")
    assert "\nips: any\n" in text and f"\nexpires: {last}\n" in text and "$schema=../schemas/" in text


def test_a_key_that_nobody_gave_an_end_lives_90_days_or_as_long_as_policy_lets_it(example: Repository) -> None:
    today = datetime.now(UTC).date()
    ran = keyctl("new", "k", *WHO, "--folder", "")
    assert f"\nexpires: {today + timedelta(days=90)}\n" in text_of(example, "keys.d/k.yaml")
    assert "[expiry-required]" in ran.err and len(ran.err.splitlines()) <= 5
    (example.path / "registry" / "policy.yaml").write_text("rules: {max-lifetime: {trade_days: 30}}\n")
    ran = keyctl("new", "k2", *WHO, "--folder", "")
    assert f"\nexpires: {today + timedelta(days=30)}\n" in text_of(example, "keys.d/k2.yaml")
    assert "[max-lifetime]" in ran.err
    ran = keyctl("new", "k3", *WHO, "--days", "31")
    assert ran.status == 1 and "(max-lifetime)" in ran.err and "--days 30" in ran.err


def test_what_all_other_keys_of_the_app_list_is_proposed(example: Repository) -> None:
    assert keyctl("new", "k", "--account", "bybit-vendor", "--owner", "signals", "--scopes", "read").status == 0
    assert '# ips: ["@signals-egress"]\n' in text_of(example, "keys.d/signals/k.yaml")


def test_another_draft_that_is_not_filled_in_does_not_stand_in_the_way(example: Repository) -> None:
    assert keyctl("new", "one", *WHO).status == 0
    assert keyctl("new", "two", *WHO).status == 0
    assert keyctl("new", "one", *WHO, "--folder", "other").status == 1, "its name is taken all the same"


def test_an_app_that_says_nothing_of_its_needs_leaves_the_scopes_to_a_person(example: Repository) -> None:
    apps = example.path / "registry" / "apps.yaml"
    apps.write_text(apps.read_text() + "newcomer: {team: new, kind: internal}\n")
    ran = keyctl("new", "k", "--account", "bybit-mm", "--owner", "newcomer", "--ips", "any")
    assert ran.status == 0 and "fill in scopes in" in ran.err
    checked = keyctl("validate")
    assert checked.status == 1 and "the field 'scopes' is missing" in checked.out


def test_closed_accounts_and_apps_that_sign_with_a_wallet_get_no_key(example: Repository) -> None:
    accounts, apps = example.path / "registry" / "accounts.yaml", example.path / "registry" / "apps.yaml"
    accounts.write_text(accounts.read_text() + "old: {exchange: bybit, closed: {on: 2026-01-01, evidence: a mail}}\n")
    wallet = "wallet: {venue: hyperliquid, chain: arbitrum, address: '0xab'}"
    apps.write_text(apps.read_text() + f"signer: {{team: new, kind: internal, access: wallet, {wallet}}}\n")
    assert "was closed on 2026-01-01" in keyctl("new", "k", "--account", "old", "--owner", "hedger").err
    assert "signs with a wallet" in keyctl("new", "k", "--account", "bybit-mm", "--owner", "signer").err


def test_keyctl_s_own_credential_may_be_on_a_dedicated_account(example: Repository) -> None:
    ran = keyctl(
        "new", "k", "--account", "bybit-vendor", "--owner", "keyctl", "--scopes", "read", "--ips", "203.0.113.5"
    )
    assert ran.status == 0 and keyctl("validate").status == 0, ran.err


def test_an_app_that_signs_with_a_wallet_gets_an_agent_where_there_are_some(example: Repository) -> None:
    accounts, apps = example.path / "registry" / "accounts.yaml", example.path / "registry" / "apps.yaml"
    accounts.write_text(accounts.read_text() + "hl: {exchange: hyperliquid}\npx: {exchange: paradex}\n")
    wallet = "wallet: {venue: hyperliquid, chain: arbitrum, address: '0xab'}"
    needs = "read, trade.spot, trade.futures, earn, transfer.internal, transfer.subaccount, 'other:account.settings'"
    signer = f"signer: {{team: new, kind: internal, access: wallet, {wallet}, needs: [{needs}]}}\n"
    apps.write_text(apps.read_text() + signer)
    elsewhere = keyctl("new", "k", "--account", "px", "--owner", "signer", "--ips", "any")
    assert elsewhere.status == 1 and "signs at hyperliquid, and account 'px' is at paradex" in elsewhere.err
    less = keyctl("new", "k", "--account", "hl", "--owner", "signer", "--ips", "any", "--scopes", "read,trade.futures")
    assert less.status == 1 and "hyperliquid can't grant exactly" in less.err
    made = keyctl("new", "k", "--account", "hl", "--owner", "signer", "--ips", "any", "--days", "90")
    assert made.status == 0, made.err
    assert keyctl("validate").status == 0, keyctl("validate").out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("hedger-quotes", *WHO), "there already"),
        (("hedger-quotes", *WHO, "--folder", "other"), "names the key 'hedger-quotes'"),
        (("Hedger", *WHO), "gives no key name"),
        (("a/b", *WHO, "--folder", "../outside"), "plain characters"),
        (("k", *WHO, "--folder", "../../outside"), "plain characters"),
        (("k", *WHO, "--folder", "Hedger"), "letter case only"),
        (("k", *WHO, "--folder", ".hidden"), "hidden"),
        (("k", "--account", "bybit-nm", "--owner", "hedger"), "no account 'bybit-nm'"),
        (("k", "--account", "bybit-mm", "--owner", "hegder"), "did you mean 'hedger'?"),
        (("k", "--account", "bybit-vendor", "--owner", "hedger"), "dedicated to 'signals'"),
        (("k", "--account", "bybit-mm", "--owner", "signals"), "is not dedicated to it (third-party-isolation)"),
        (("k", *WHO, "--scopes", "read,withdraw"), "no key gets withdraw (withdrawal)"),
        (("k", *WHO, "--scopes", "keys.manage"), "no key gets keys.manage (key-administration)"),
        (("k", *WHO, "--days", "400"), "(max-lifetime)"),
        (("k", *WHO, "--scopes", "raed"), "unknown scope 'raed'"),
        (("k", *WHO, "--scopes", "read,trade.options"), "can't grant exactly"),
        (("k", *WHO, "--ips", "203.0.113.10/28"), "host bits"),
        (("k", *WHO, "--ips", "any,203.0.113.1"), "'any' stands alone"),
        (("k", *WHO, "--ips", "@nowhere"), "no network 'nowhere'"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(
    example: Repository, arguments: tuple[str, ...], words: str
) -> None:
    ran = keyctl("new", arguments)
    assert (ran.status, ran.out) == (1, ""), ran.out
    assert words in ran.err
    assert example.git("status", "--porcelain") == ""


def test_a_third_party_s_key_that_does_more_than_read_is_told_to_need_a_waiver(example: Repository) -> None:
    who = ("--account", "bybit-vendor", "--owner", "signals")
    ran = keyctl("new", "k", *who)
    assert ran.status == 0 and "- rule: third-party-writes\n" in ran.err
    waivers = example.path / "registry" / "waivers.yaml"
    entry = "{rule: third-party-writes, key: k2, reason: it trades, approved_by: sec, expires: 2099-12-31}"
    waivers.write_text(f"{waivers.read_text()}  - {entry}\n")
    assert "third-party-writes" not in keyctl("new", "k2", *who).err
    assert "third-party-writes" not in keyctl("new", "k3", *who, "--scopes", "read").err


@pytest.mark.parametrize("known", ["zuekq0qxxnktcwmvgn", "deadbeef"])
def test_a_key_is_never_named_like_an_id(example: Repository, known: str) -> None:
    revoked = example.path / "registry" / "revoked.yaml"
    revoked.write_text(revoked.read_text() + f"  - {{id: {known}, on: 2026-06-01, reason: leaked}}\n")
    ran = keyctl("new", known, *WHO)
    assert ran.status == 1 and "known id" in ran.err


@pytest.mark.parametrize(
    "options",
    [("--days", "0"), ("--days", "3", "--expires", "2099-01-01"), ("--expires", "soon"), ("--expires", "2020-01-01"),
     ("--scopes", ","), ("--ips", " "), ("--purpose", " "), ("--purpose", "x" * 501)],
)  # fmt: skip
def test_wrong_usage_is_64(example: Repository, options: tuple[str, ...]) -> None:
    ran = keyctl("new", "k", *WHO, options)
    assert (ran.status, ran.out) == (64, "")
    assert example.git("status", "--porcelain") == ""


def test_a_folder_that_is_a_link_is_not_written_through(example: Repository) -> None:
    (example.path.parent / "outside").mkdir()
    (example.path / "keys.d" / "link").symlink_to(example.path.parent / "outside")
    ran = keyctl("new", "k", *WHO, "--folder", "link")
    assert ran.status == 1 and "symbolic link" in ran.err
    assert list((example.path.parent / "outside").iterdir()) == []


def test_a_registry_that_is_wrong_elsewhere_is_mended_first(example: Repository) -> None:
    (example.path / "registry" / "networks.yaml").write_text("nat: [nonsense]\n")
    ran = keyctl("new", "k", *WHO)
    assert ran.status == 1 and "registry/networks.yaml:1" in ran.err
