"""The policy as people meet it: in validate, review and reconcile alike, with secrets that nothing repeats."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from string import ascii_letters, digits
from typing import Any

import pytest

from keyctl.reports import formats
from tests.cli.conftest import Serve
from tests.cli.program import keyctl
from tests.history.repository import Repository

POLICY, WAIVERS = Path("registry/policy.yaml"), Path("registry/waivers.yaml")
QUOTES = Path("keys.d/hedger/hedger-quotes.yaml")
SIGNALS = Path("keys.d/signals/signals-spot.yaml")


def findings(*arguments: str) -> list[dict[str, Any]]:
    return json.loads(keyctl(*arguments, "--format", "json").out)["findings"]  # type: ignore[no-any-return]


def of(rule: str, *arguments: str) -> list[tuple[str, str | None]]:
    return [(one["severity"], one["key"] or one["account"]) for one in findings(*arguments) if one["rule"] == rule]


def test_validate_and_reconcile_say_the_same(example: Repository, serve: Serve) -> None:
    WAIVERS.write_text("waivers: []\n")
    expected = [("error", "signals-spot")]
    assert of("third-party-writes", "validate") == expected
    serve("example")
    assert of("third-party-writes", "reconcile") == expected
    assert keyctl("validate").status == 2 and keyctl("reconcile").status == 2


def test_a_day_can_be_named_for_a_forecast(example: Repository) -> None:
    assert of("expiring", "validate") == []
    assert ("warning", "hedger-quotes") in of("expiring", "validate", "--at", "2027-08-20")
    assert ("error", "hedger-quotes") in of("expiring", "validate", "--at", "2027-08-30")
    assert ("warning", "hedger-quotes") in of("expiry-past", "validate", "--at", "2027-09-01")
    assert ("warning", None) in of("waiver-expired", "validate", "--at", "2027-09-01")


def test_the_strict_set_says_more(example: Repository) -> None:
    POLICY.write_text("set: strict\n")
    assert len(of("max-lifetime", "validate")) > 5 and keyctl("validate").status == 2


def test_a_review_is_judged_by_the_base_side_s_policy_and_waivers(example: Repository) -> None:
    example.branch("mr")
    example.commit(
        {
            "registry/policy.yaml": "set: base\nrules: {ip-required: {severity: off}}\n",
            str(QUOTES): (example.path / QUOTES).read_text().replace('["203.0.113.10", "@trading-nat"]', "any"),
        },
        "looser",
    )
    assert of("ip-required", "validate") == [], "the branch silences it for itself"
    assert of("ip-required", "review") == [("error", "hedger-quotes")]
    assert {one["rule"] for one in findings("review")} >= {"policy-weakened", "policy-with-key", "ip-required"}


def test_a_waiver_in_the_same_range_excuses_nothing_there(example: Repository) -> None:
    example.commit({"registry/waivers.yaml": "waivers: []\n"}, "no waiver")
    example.branch("mr")
    waiver = "{rule: third-party-writes, key: signals-spot, reason: r, approved_by: a, expires: 2027-01-31}"
    example.commit(
        {
            "registry/waivers.yaml": f"waivers:\n  - {waiver}\n",
            str(SIGNALS): (example.path / SIGNALS).read_text().replace("the vendor's trades", "trades"),
        },
        "a waiver and a word",
    )
    assert of("third-party-writes", "review") == [("error", "signals-spot")]


def test_a_review_tells_of_what_the_range_touches_and_of_nothing_else(example: Repository) -> None:
    example.commit({"registry/waivers.yaml": "waivers: []\n"}, "no waiver: the base breaks a rule")
    example.branch("mr")
    example.commit({str(QUOTES): (example.path / QUOTES).read_text().replace("BTC and ETH", "BTC")}, "a word")
    assert {one["key"] for one in findings("review")} <= {"hedger-quotes"}
    assert of("third-party-writes", "validate") == [("error", "signals-spot")]


def invented(seed: str, length: int) -> str:
    random = Random(seed)
    return "".join(random.choice(ascii_letters + digits) for _ in range(length))


SECRETS = {
    "in a purpose": (
        QUOTES,
        "purpose: quotes on BTC and ETH spot",
        "purpose: use {} for it",
        "glpat-" + invented("a", 20),
    ),
    "as an id that can't be": (QUOTES, "id: W83Q8eDvJaEdoUvUzg", 'id: "glpat-{} x"', invented("b", 20)),
    "in a comment": (QUOTES, "protected: true  ", "protected: true # {} ", "glpat-" + invented("c", 20)),
    "as a scope": (QUOTES, "[read, trade.spot]", "[read, {}]", "glpat-" + invented("d", 20)),
    "as an account": (QUOTES, "account: bybit-mm", "account: {}", "glpat-" + invented("e", 20)),
    "in an address": (QUOTES, '"203.0.113.10"', '"https://desk:{}@host.example"', invented("f", 24)),
}


@pytest.mark.parametrize("where", SECRETS)
@pytest.mark.parametrize("command", ["validate", "review"])
def test_a_secret_is_found_and_repeated_nowhere(example: Repository, where: str, command: str) -> None:
    path, find, by, secret = SECRETS[where]
    example.branch("mr")
    text = (example.path / path).read_text()
    assert text.count(find) == 1
    example.commit({str(path): text.replace(find, by.format(secret))}, "oops")
    outputs = [word for name in formats.names() for word in ("--output", f"{name}=../out.{name}")]
    ran = keyctl(command, *outputs)
    assert "secret-in-registry" in ran.out and ran.status != 0
    told = [ran.out, ran.err, *(Path(f"../out.{name}").read_text() for name in formats.names())]
    assert not any(secret in text for text in told)


@pytest.mark.parametrize(
    "command",
    [
        ["reconcile"],
        ["plan"],
        ["status"],
        ["doctor"],
        ["new", "k", "--account", "bybit-mm", "--owner", "hedger"],
        ["renew", "ledger"],
        ["fmt", "--check"],
        ["attest", "ledger", "--evidence", "seen"],
    ],
    ids=lambda words: words[0],
)
@pytest.mark.parametrize("path", [str(QUOTES), "registry/apps.yaml", "registry/networks.yaml"])
def test_no_other_command_repeats_it_either(example: Repository, command: list[str], path: str) -> None:
    secret = "glpat-" + invented(f"{command[0]} {path}", 20)
    text = Path(path).read_text()
    Path(path).write_text(text + f"{secret}: [{secret}]\n")
    ran = keyctl(*command)
    assert secret not in ran.out + ran.err


def test_the_difference_that_fmt_shows_does_not_hold_it(example: Repository) -> None:
    secret = "glpat-" + invented("fmt", 20)
    path = Path("keys.d/ledger/ledger.yaml")
    text = path.read_text()
    path.write_text(text.replace("owner: ledger\n", "") + f"owner: ledger   # {secret}\n")
    ran = keyctl("fmt", "--check")
    assert ran.status == 2 and "owner: ledger" in ran.out and secret not in ran.out


def test_a_secret_that_a_change_takes_out_is_not_repeated_either(example: Repository) -> None:
    secret = "glpat-" + invented("g", 20)
    text = (example.path / QUOTES).read_text()
    example.commit({str(QUOTES): text.replace("quotes on BTC and ETH spot", f"see {secret}")}, "oops")
    example.branch("mr")
    example.commit({str(QUOTES): text}, "out again")
    ran = keyctl("review")
    assert "purpose" in ran.out and secret not in ran.out and "[redacted]" in ran.out


@pytest.mark.parametrize("name", ["keys.d/hedger/id_ed25519", "keys.d/wallet.json", "registry/.env"])
def test_a_file_that_holds_keys_by_its_name_is_found_whatever_is_in_it(example: Repository, name: str) -> None:
    Path(name).write_text("nothing yet\n")
    found = [one["path"] for one in findings("validate") if one["rule"] == "secret-in-registry"]
    assert found == [name]


def test_a_custom_rule_counts_like_any_other(example: Repository) -> None:
    POLICY.write_text(
        "set: base\ncustom:\n  - id: options-desk-only\n"
        "    deny: \"'trade.options' in key.scopes && app.team != 'options'\"\n"
        "    message: options are for the options desk\n    reason: limits\n    remedy: take the right from it\n"
    )
    assert ("error", "hedger-options") in of("options-desk-only", "validate")
    assert keyctl("validate").status == 2


def test_balances_are_held_against_their_limit_only_when_asked(example: Repository, serve: Serve) -> None:
    serve("demo")
    assert of("balance-exceeded", "reconcile", "--only", "account=bybit-vendor") == []
    ran = keyctl("reconcile", "--balances", "--only", "account=bybit-vendor")
    told = " ".join(ran.out.split())
    assert "balance-exceeded" in told and "500 USD may" in told and "without a price, 25,000 VNDR" in told
    document = json.loads(keyctl("reconcile", "--balances", "--format", "json").out)
    weighed = {one["name"]: one["balance"] for one in document["accounts"]}
    assert [one["asset"] for one in weighed.pop("bybit-vendor")["unpriced"]] == ["VNDR"]
    assert set(weighed.values()) == {None}
