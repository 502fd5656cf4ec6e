"""Rules of a registry's own: they decide like built-in ones, can't run away, and never pass in silence."""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from typing import Any

import pytest

from keyctl.model.finding import ExitReason, Severity
from keyctl.model.names import AccountName, AppName, KeyName
from keyctl.model.place import Place
from keyctl.model.policy import CustomRule, Subject
from keyctl.policy.custom import _first_line, account_fields, app_fields, custom_rules, key_fields
from keyctl.policy.judge import judge
from keyctl.policy.world import World, known_venue
from tests.policy.corpus import NOW, registry_of, told

RULE = {
    "id": "no-spot-at-night",
    "deny": "'trade.spot' in key.scopes",
    "message": "spot is not traded by this desk",
    "reason": "the desk has no mandate",
    "remedy": "take the right from it",
}


def found(custom: list[dict[str, Any]], **fragment: Any) -> list[str]:
    registry = registry_of({**fragment, "policy": {"custom": custom, **fragment.get("policy", {})}})
    judged = judge(World(registry, NOW, known_venue), registry.policy, registry.waivers)
    return sorted(told(finding) + ": " + finding.message for finding in judged.findings)


def one(**changed: Any) -> dict[str, Any]:
    return {**RULE, **changed}


def test_it_denies_what_its_expression_is_true_for() -> None:
    assert found([RULE]) == ["error no-spot-at-night one: one: spot is not traded by this desk"]
    assert found([one(deny="'withdraw' in key.scopes")]) == []
    assert found([one(severity="critical")])[0].startswith("critical ")


@pytest.mark.parametrize(
    "deny",
    [
        "key.owner == 'hedger' && account.exchange == 'bybit' && app.team == 'mm'",
        "has(key.expires) && key.expires > today && key.days_left == 82 && key.age_days == 85",
        "!has(key.purpose) && !key.protected && key.has_id",
        "key.ips.exists(ip, ip.matches('^8[.]8[.].*/32$')) && size(key.networks) == 0",
        "account.parent == 'main' && account.mode == 'observe'",
    ],
)
def test_it_sees_the_key_its_account_and_its_app(deny: str) -> None:
    assert found([one(deny=deny)]) == ["error no-spot-at-night one: one: spot is not traded by this desk"]
    assert found([one(deny=f"!({deny})")]) == []


def test_accounts_and_apps_can_be_what_it_is_about() -> None:
    assert found([one(about="account", deny="has(account.parent)")])[0].startswith("error no-spot-at-night mm: mm: ")
    assert found([one(about="app", deny="app.kind == 'internal' && 'trade.spot' in app.needs")]) == [
        "error no-spot-at-night apps.yaml/hedger: hedger: spot is not traded by this desk"
    ]


def test_it_can_be_waived_and_set_like_any_other() -> None:
    waiver = {"rule": RULE["id"], "key": "one", "reason": "r", "approved_by": "a", "expires": "2026-12-31"}
    assert found([RULE], waivers={"waivers": [waiver]})[0].startswith("info no-spot-at-night one: waived until")
    assert found([RULE], policy={"apps": {"hedger": {RULE["id"]: {"severity": "off"}}}}) == []


@pytest.mark.parametrize(
    ("deny", "words"),
    [
        ("key.scopes ==", "mismatched input"),
        ("kee.scopes == []", "undeclared reference to 'kee"),
        ("key.name + 'x'", "it gives a string, not true or false"),
        ("open('/etc/passwd')", "undeclared reference to 'open'"),
        ("account.exchange == app.name && 1 == 'a'", "found no matching overload"),
    ],
)
def test_what_means_nothing_is_a_failure(deny: str, words: str) -> None:
    registry = registry_of({"policy": {"custom": [one(deny=deny)]}})
    (finding,) = judge(World(registry, NOW, known_venue), registry.policy, ()).findings
    assert (finding.rule, finding.consequence) == ("policy-invalid", ExitReason.FAILED) and words in finding.message
    assert finding.place is not None and finding.place.pointer == ("custom", 0, "deny")


def test_what_can_not_be_decided_is_never_a_pass() -> None:
    (line,) = found([one(deny="key.nope == 1")])
    assert line.startswith("error no-spot-at-night one: one: rule 'no-spot-at-night' could not be decided: ")
    assert "nope" in line


def test_an_expression_that_would_run_for_ever_is_stopped_and_said() -> None:
    many = "[" + ",".join("1" for _ in range(300)) + "]"
    deny = f"{many}.all(a, {many}.all(b, a == b))".replace(many, "[" + ",".join("1" for _ in range(220)) + "]")
    assert len(deny) <= 1000
    started = time.monotonic()
    (line,) = found([one(deny=deny.replace("b, a == b", "b, [1,2,3,4,5,6,7,8,9].all(c, c > 0)"))])
    assert "could not be decided" in line and "budget" in line
    assert time.monotonic() - started < 20


def test_a_name_that_is_taken_is_refused() -> None:
    assert found([one(id="withdrawal")])[0].startswith("error policy-invalid policy.yaml/custom/0/id")
    assert found([one(id="drift")])[0].startswith("error policy-invalid policy.yaml/custom/0/id")
    assert any("there is a rule" in line for line in found([RULE, dict(RULE)]))


def test_without_an_evaluator_it_fails_and_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cel_expr_python", None)
    registry = registry_of({"policy": {"custom": [RULE]}})
    (finding,) = judge(World(registry, NOW, known_venue), registry.policy, ()).findings
    assert finding.consequence is ExitReason.FAILED and "'exchange-keyctl[cel]'" in finding.remedy


def test_an_expression_never_sees_an_id() -> None:
    registry = registry_of({"keys": {"one": {"retiring": {"id": "OldId", "until": "2027-01-01"}}}})
    shown = str(key_fields(registry.keys[KeyName("one")], NOW.date()))
    assert "QuotesId01" not in shown and "OldId" not in shown and "'retiring_until': '2027-01-01'" in shown


FULL = {
    "accounts": {
        "mm": {
            "mode": "enforce",
            "environment": "testnet",
            "unmanaged": "delete",
            "on_expiry": "disable",
            "dedicated_to": "hedger",
            "two_factor": "passkey",
            "max_balance": {"USD": 500, "BTC": "0.25"},
        },
        "main": {"environment": "testnet"},
    },
    "apps": {
        "hedger": {
            "contact": "desk",
            "countries": ["CH", "DE"],
            "sink": "vault:kv/hedger",
            "needs": ["trade.spot", "read"],
        },
    },
    "networks": {"nat": ["8.8.4.0/28"]},
    "keys": {
        "one": {
            "purpose": "quotes",
            "ips": ["@nat", "8.8.8.8"],
            "protected": True,
            "disabled": True,
            "retiring": {"id": "OldId", "until": "2027-01-01"},
        }
    },
}


def test_the_fields_of_a_key_that_says_everything() -> None:
    key = replace(registry_of(FULL).keys[KeyName("one")], deliver="vault")
    assert key_fields(key, NOW.date()) == {
        "name": "one",
        "account": "mm",
        "owner": "hedger",
        "purpose": "quotes",
        "scopes": ["read", "trade.spot"],
        "ips": ["8.8.4.0/28", "8.8.8.8/32"],
        "networks": ["nat"],
        "issued": "2026-09-01",
        "expires": "2027-02-15",
        "age_days": 85,
        "days_left": 82,
        "protected": True,
        "disabled": True,
        "has_id": True,
        "retiring_until": "2027-01-01",
        "deliver": "vault",
    }


def test_the_fields_of_a_key_that_says_little_are_fewer() -> None:
    registry = registry_of({"keys": {"one": {"id": None, "issued": None, "expires": None, "scopes": ["read"]}}})
    assert key_fields(registry.keys[KeyName("one")], NOW.date()) == {
        "name": "one",
        "account": "mm",
        "owner": "hedger",
        "scopes": ["read"],
        "ips": ["8.8.4.10/32"],
        "networks": [],
        "protected": False,
        "disabled": False,
        "has_id": False,
    }


def test_the_fields_of_an_account_that_says_everything() -> None:
    assert account_fields(registry_of(FULL).accounts[AccountName("mm")]) == {
        "name": "mm",
        "exchange": "bybit",
        "environment": "testnet",
        "parent": "main",
        "mode": "enforce",
        "unmanaged": "delete",
        "on_expiry": "disable",
        "dedicated_to": "hedger",
        "two_factor": "passkey",
        "max_balance": {"USD": 500.0, "BTC": 0.25},
    }


def test_the_fields_of_an_account_that_says_little_are_fewer() -> None:
    registry = registry_of({"accounts": {"little": {"exchange": "okx"}}})
    assert account_fields(registry.accounts[AccountName("little")]) == {
        "name": "little",
        "exchange": "okx",
        "environment": "live",
        "mode": "observe",
        "unmanaged": "report",
        "on_expiry": "report",
    }


def test_the_fields_of_an_app() -> None:
    assert app_fields(registry_of(FULL).apps[AppName("hedger")]) == {
        "name": "hedger",
        "team": "mm",
        "contact": "desk",
        "kind": "internal",
        "access": "key",
        "needs": ["read", "trade.spot"],
        "countries": ["CH", "DE"],
        "sink": "vault:kv/hedger",
    }
    little = registry_of({"apps": {"little": {"team": "t", "kind": "third-party"}}})
    assert app_fields(little.apps[AppName("little")]) == {
        "name": "little",
        "team": "t",
        "kind": "third-party",
        "access": "key",
        "needs": [],
        "countries": [],
    }


@pytest.mark.parametrize(
    ("about", "deny", "about_one"),
    [
        ("key", "today == '2026-11-25'", ["one"]),
        ("account", "today == '2026-11-25' && account.name == 'mm'", ["mm"]),
        ("app", "today == '2026-11-25' && app.name == 'hedger'", ["hedger"]),
        ("account", "account.exchange == 'bybit'", ["main", "mm"]),
    ],
)
def test_it_may_speak_of_its_subject_and_of_today(about: str, deny: str, about_one: list[str]) -> None:
    lines = found([one(about=about, deny=deny)])
    assert [line.rpartition(": ")[0].rpartition(" ")[2] for line in lines] == about_one


@pytest.mark.parametrize(
    ("about", "deny"),
    [
        ("account", "key.protected"),
        ("account", "app.team == 'mm'"),
        ("app", "account.mode == 'observe'"),
        ("app", "key.protected"),
    ],
)
def test_it_may_speak_of_nothing_else(about: str, deny: str) -> None:
    registry = registry_of({"policy": {"custom": [one(about=about, deny=deny)]}})
    (finding,) = judge(World(registry, NOW, known_venue), registry.policy, ()).findings
    assert finding.rule == "policy-invalid" and "undeclared reference" in finding.message


def test_the_remedy_of_what_means_nothing_names_what_it_may_speak_of() -> None:
    for about, variables in (("key", "key, account, app, today"), ("account", "account, today"), ("app", "app, today")):
        registry = registry_of({"policy": {"custom": [one(about=about, deny="nope")]}})
        (finding,) = judge(World(registry, NOW, known_venue), registry.policy, ()).findings
        assert variables in finding.remedy


def own(**changed: Any) -> CustomRule:
    at = Place("registry/policy.yaml", ("custom", 3))
    made = CustomRule("own", Subject.KEY, "true", Severity.WARNING, "m", "w", "r", at)
    return replace(made, **changed)


def test_it_is_a_rule_with_the_words_and_the_severity_that_the_registry_gives_it_in_both_sets() -> None:
    (rule,), wrong = custom_rules([own(about=Subject.APP, deny="false")], ())
    assert (rule.name, rule.about, rule.meaning, rule.reason, rule.remedy) == ("own", Subject.APP, "m", "w", "r")
    assert (rule.base, rule.strict, wrong) == (Severity.WARNING, Severity.WARNING, [])


def test_what_is_wrong_with_one_rule_keeps_none_of_the_others_from_running() -> None:
    given = [own(name="taken"), own(name="broken", deny="nope"), own(name="good"), own(name="good"), own(name="last")]
    made, wrong = custom_rules(given, {"taken"})
    assert [rule.name for rule in made] == ["good", "last"]
    assert [one.place for one in wrong] == [
        Place("registry/policy.yaml", ("custom", 3, at)) for at in ("id", "deny", "id")
    ]
    assert all(one.remedy for one in wrong) and "'taken'" in wrong[0].message and "'broken'" in wrong[1].message


def test_a_name_whose_expression_means_nothing_is_taken_all_the_same() -> None:
    made, wrong = custom_rules([own(deny="nope"), own()], ())
    assert (made, len(wrong)) == ((), 2)


@pytest.mark.parametrize(("deny", "kind"), [("1", "int"), ("[true]", "list"), ("'x'", "string"), ("null", "null")])
def test_an_answer_that_is_neither_true_nor_false_means_nothing(deny: str, kind: str) -> None:
    _, (wrong,) = custom_rules([own(deny=deny)], ())
    assert f"it gives a {kind}" in wrong.message


def test_an_answer_whose_type_only_shows_when_it_is_asked_is_never_a_pass() -> None:
    (line,) = found([one(deny="key.name")])
    assert "could not be decided" in line and '"one"' in line
    assert found([one(deny="key.protected")]) == []


def test_what_could_not_be_decided_is_mended_in_the_policy_and_not_in_what_it_was_asked_about() -> None:
    registry = registry_of({"policy": {"custom": [one(deny="key.nope == 1")]}})
    (finding,) = judge(World(registry, NOW, known_venue), registry.policy, ()).findings
    assert "registry/policy.yaml" in finding.remedy and RULE["remedy"] not in finding.remedy


def test_an_error_is_told_by_its_first_line_and_no_longer_than_needed() -> None:
    assert _first_line("INVALID_ARGUMENT: it is wrong\n | there") == "it is wrong"
    assert _first_line("\n ERROR: <input>:1:2: no such\nmore") == "1:2: no such"
    assert _first_line(" \n ") == _first_line("") == "no reason was given"
    assert _first_line("x" * 300) == "x" * 200
    assert _first_line("first\rsecond") == "first"
