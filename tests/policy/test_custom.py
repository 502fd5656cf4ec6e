"""Rules of a registry's own: they decide like built-in ones, can't run away, and never pass in silence."""

from __future__ import annotations

import sys
import time
from typing import Any

import pytest

from keyctl.model.finding import ExitReason
from keyctl.model.names import KeyName
from keyctl.policy.custom import key_fields
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
    assert finding.consequence is ExitReason.FAILED and "exchange-keyctl[cel]" in finding.remedy


def test_an_expression_never_sees_an_id() -> None:
    registry = registry_of({"keys": {"one": {"retiring": {"id": "OldId", "until": "2027-01-01"}}}})
    shown = str(key_fields(registry.keys[KeyName("one")], NOW.date()))
    assert "QuotesId01" not in shown and "OldId" not in shown and "'retiring_until': '2027-01-01'" in shown
