"""new --exchange: the safest way to give an app access, written down and explained."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from keyctl.policy import catalogue
from keyctl.registry.canonical import canonical
from keyctl.registry.load import load
from keyctl.registry.reader import read
from tests.cli.program import Ran, keyctl
from tests.history.repository import Repository

ACCOUNTS = "registry/accounts.yaml"
PERPS = (
    "perps: {team: desk, kind: internal, needs: [read, trade.spot, trade.futures, earn, transfer.internal,"
    " transfer.subaccount, 'other:account.settings']}\n"
)
GUIDE = Path(__file__).parents[2] / "docs" / "new.md"


def after(days: int) -> str:
    return str(datetime.now(UTC).date() + timedelta(days=days))


def read_file(example: Repository, path: str) -> Any:
    return read((example.path / path).read_bytes())


def rules_of(ran: Ran) -> set[str]:
    return set(re.findall(r"\[([a-z-]+)\]$", ran.err, re.M))


def only_to_be_filled_in(example: Repository, *names: str) -> bool:
    """Whether validate has nothing at severity error but missing addresses, and fmt nothing at all."""
    checked = keyctl("validate")
    errors = re.findall(r"^ERROR .*\n  (.*)$", checked.out, re.M)
    assert errors == ["the field 'ips' is missing"] * len(names), checked.out
    return keyctl("fmt", "--check").status == 0


def test_an_internal_app_gets_a_sub_account_of_its_own(example: Repository) -> None:
    before = (example.path / ACCOUNTS).read_bytes()
    ran = keyctl(
        "new", "hedger-arb", "--owner", "hedger", "--exchange", "bybit", "--parent", "bybit-main",
        "--ips", "@trading-nat", "--purpose", "arbitrage legs",
    )  # fmt: skip
    assert (ran.status, ran.out) == (0, f"{ACCOUNTS}\nkeys.d/hedger/hedger-arb.yaml\n"), ran.err
    assert (example.path / ACCOUNTS).read_bytes().startswith(before)
    assert read_file(example, ACCOUNTS)["bybit-hedger"] == {
        "exchange": "bybit", "environment": "sandbox", "parent": "bybit-main", "mode": "observe",
        "dedicated_to": "hedger",
    }  # fmt: skip
    assert read_file(example, "keys.d/hedger/hedger-arb.yaml") == {
        "account": "bybit-hedger",
        "owner": "hedger",
        "purpose": "arbitrage legs",
        "scopes": ["read", "trade.spot", "trade.futures", "trade.options"],
        "ips": ["@trading-nat"],
        "expires": after(90),
    }
    assert only_to_be_filled_in(example)
    assert {"dedicated-account", "least-scope", "ip-required", "expiry-required"} <= rules_of(ran)
    assert example.git("status", "--porcelain").split() == ["M", ACCOUNTS, "??", "keys.d/hedger/hedger-arb.yaml"]


def test_a_third_party_reads_on_an_account_of_its_own(example: Repository) -> None:
    ran = keyctl("new", "signals-okx", "--owner", "signals", "--exchange", "okx")
    assert ran.status == 0, ran.err
    entry = read_file(example, ACCOUNTS)["okx-signals"]
    assert (entry["dedicated_to"], entry["parent"], entry["max_balance"]) == ("signals", "okx-main", {"USD": "500"})
    key = read_file(example, "keys.d/signals/signals-okx.yaml")
    assert key["scopes"] == ["read"] and "ips" not in key
    assert '# ips: ["@signals-egress"]' in (example.path / "keys.d/signals/signals-okx.yaml").read_text("utf-8")
    assert only_to_be_filled_in(example, "ips")
    assert {"third-party-isolation", "third-party-writes", "balance-limit-missing"} <= rules_of(ran)


def test_its_own_account_is_taken_where_it_has_one(example: Repository) -> None:
    ran = keyctl("new", "signals-2", "--owner", "signals", "--exchange", "bybit", "--ips", "@signals-egress")
    assert (ran.status, ran.out) == (0, "keys.d/signals/signals-2.yaml\n")
    assert read_file(example, "keys.d/signals/signals-2.yaml")["account"] == "bybit-vendor"
    assert "keys-per-account" in rules_of(ran) and "open a sub-account" not in ran.err
    assert only_to_be_filled_in(example)


def test_more_than_reading_is_proposed_with_the_waiver_that_it_needs(example: Repository) -> None:
    ran = keyctl(
        "new", "signals-2", "--owner", "signals", "--exchange", "bybit", "--ips", "@signals-egress",
        "--scopes", "read,trade.spot",
    )  # fmt: skip
    assert ran.status == 0 and "- rule: third-party-writes\n" in ran.err and "  key: signals-2\n" in ran.err
    said = " ".join(ran.err.split())
    assert "Transfer at most 50 USD to try it" in said and "never more than max_balance, 500 USD" in said
    assert "signals-2" not in (example.path / "registry" / "waivers.yaml").read_text("utf-8")
    errors = re.findall(r"^ERROR (\S+)", keyctl("validate").out, re.M)
    assert errors == ["third-party-writes"]


def test_a_wallet_approves_an_agent_where_the_venue_has_them(example: Repository) -> None:
    apps = example.path / "registry" / "apps.yaml"
    apps.write_text(apps.read_text("utf-8") + PERPS)
    ran = keyctl("new", "perps-hl", "--owner", "perps", "--exchange", "hyperliquid")
    assert ran.status == 0, ran.err
    key = read_file(example, "keys.d/perps/perps-hl.yaml")
    assert (key["account"], key["ips"], key["expires"]) == ("hyperliquid-perps", "any", after(90))
    assert "0x…" in (example.path / "keys.d/perps/perps-hl.yaml").read_text("utf-8")
    assert "parent" not in read_file(example, ACCOUNTS)["hyperliquid-perps"]
    assert "access: wallet" in ran.err and "https://app.hyperliquid.xyz/API" in ran.err
    assert only_to_be_filled_in(example)


@pytest.mark.parametrize("exchange", ["bybit", "okx", "deribit"])
def test_after_one_proposal_there_is_room_for_the_next(example: Repository, exchange: str) -> None:
    parent = ("--parent", "bybit-main") if exchange == "bybit" else ()
    for number, owner in enumerate(("ledger", "signals", "arbitrage")):
        ran = keyctl("new", f"k{number}", "--owner", owner, "--exchange", exchange, *parent, "--scopes", "read")
        assert ran.status == 0, ran.err
    assert only_to_be_filled_in(example, "ips", "ips", "ips")
    for path in load(example.path).texts:
        if path.startswith("keys.d/"):
            data = (example.path / path).read_bytes()
            assert canonical(data, "key") == data


def test_what_is_told_fits_a_ticket_and_names_rules_that_there_are(example: Repository) -> None:
    apps = example.path / "registry" / "apps.yaml"
    apps.write_text(apps.read_text("utf-8") + PERPS)
    told = [
        keyctl("new", "k1", "--owner", "signals", "--exchange", "okx"),
        keyctl("new", "k2", "--owner", "perps", "--exchange", "hyperliquid"),
        keyctl("new", "k3", "--owner", "hedger", "--exchange", "bybit", "--parent", "bybit-treasury"),
    ]
    known = {rule.name for rule in catalogue.rules()}
    for ran in told:
        assert ran.status == 0, ran.err
        assert max(len(line) for line in ran.err.splitlines()) <= 100
        assert rules_of(ran) and rules_of(ran) <= known
        steps = [int(number) for number in re.findall(r"^ *(\d+)\. ", ran.err, re.M)]
        assert steps == list(range(1, len(steps) + 1)) and len(steps) >= 6


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--owner", "hedger", "--exchange", "bybit"), "say which: --parent bybit-main"),
        (("--owner", "hedger", "--exchange", "bibyt"), "no exchange 'bibyt' is known"),
        (("--owner", "hegder", "--exchange", "bybit"), "did you mean 'hedger'?"),
        (("--owner", "hedger", "--exchange", "okx"), "can't grant exactly what hedger needs"),
        (("--owner", "hedger", "--exchange", "deribit", "--ips", "any"), "(ip-required)"),
        (("--owner", "hedger", "--exchange", "deribit", "--days", "366"), "(max-lifetime)"),
        (("--owner", "hedger", "--exchange", "deribit", "--scopes", "withdraw"), "(withdrawal)"),
        (("--owner", "signals", "--exchange", "hyperliquid"), "can't grant exactly [read]"),
        (("--owner", "signals", "--exchange", "okx", "--parent", "bybit-main"), "is no open master account at OKX"),
        (("--owner", "keyctl", "--exchange", "bybit"), "name that account with --account"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(
    example: Repository, arguments: tuple[str, ...], words: str
) -> None:
    ran = keyctl("new", "k", arguments)
    assert (ran.status, ran.out) == (1, ""), ran.out
    assert words in ran.err
    assert example.git("status", "--porcelain") == ""


@pytest.mark.parametrize(
    "options",
    [(), ("--account", "bybit-mm", "--exchange", "bybit"), ("--account", "bybit-mm", "--parent", "bybit-main")],
)
def test_where_it_goes_is_said_once(example: Repository, options: tuple[str, ...]) -> None:
    ran = keyctl("new", "k", "--owner", "hedger", options)
    assert (ran.status, ran.out) == (64, "")
    assert example.git("status", "--porcelain") == ""


def test_an_entry_that_can_t_be_added_leaves_no_key_behind(example: Repository) -> None:
    (example.path / ACCOUNTS).rename(example.path / "elsewhere.yaml")
    (example.path / ACCOUNTS).symlink_to(example.path / "elsewhere.yaml")
    ran = keyctl("new", "k", "--owner", "signals", "--exchange", "okx", "--folder", "fresh")
    assert ran.status == 1 and ran.out == ""
    assert not (example.path / "keys.d" / "fresh").exists()


def test_the_guide_shows_what_is_told(example: Repository) -> None:
    text = GUIDE.read_text("utf-8")
    command, shown, entry, key = re.findall(r"(?ms)^```\w+\n(.*?)^```$", text)[:4]
    ran = keyctl(shlex.split(command)[1:])
    assert ran.status == 0

    def undated(said: str) -> str:
        return re.sub(r"2\d{3}-\d\d-\d\d", "DAY", said)

    assert undated(shown) == undated(ran.out + ran.err)
    assert entry in (example.path / ACCOUNTS).read_text("utf-8")
    path = ran.out.splitlines()[1]
    assert undated(key) == undated((example.path / path).read_text("utf-8"))
