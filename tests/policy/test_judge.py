"""What becomes of what a rule found: whose it is, where it stands, how bad it is; and whom no rule is asked about."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from keyctl.model.finding import Confidence, ExitReason, Finding, Severity
from keyctl.model.live import Snapshot
from keyctl.model.names import AccountName, KeyName
from keyctl.model.place import Place
from keyctl.model.policy import Policy, Subject
from keyctl.model.rules import found
from keyctl.policy.concealing import all_concealed, redactor_of
from keyctl.policy.judge import Judged, judge, judge_laws
from keyctl.policy.reading import hits_by_file
from keyctl.policy.rule import AccountCase, AppCase, Breach, Edit, KeyCase, Parameter, PolicyRule, RegistryCase
from keyctl.policy.world import World, known_venue
from keyctl.registry.load import load_documents
from tests.policy.corpus import NOW, SECRETS, documents_of, registry_of

Case = KeyCase | AccountCase | AppCase | RegistryCase
Check = Callable[[Any, Mapping[str, int | None]], Sequence[Breach]]
TWO = {"one": {}, "two": {"id": "Two"}}
WAIVER = {"rule": "blue", "key": "one", "reason": "moving", "approved_by": "sec", "expires": "2026-12-31"}
FIX = Edit("keys.d/one.yaml", ("ips", 0))


def name_of(case: Case) -> str:
    match case:
        case KeyCase():
            return case.key.name
        case AccountCase():
            return case.account.name
        case AppCase():
            return case.app.name
        case RegistryCase():
            return "registry"


def blue(about: Subject = Subject.KEY, breach: Breach | None = None, check: Check | None = None) -> PolicyRule:
    """A rule to which nobody is right, unless told what it finds."""

    def everybody(case: Case, _parameters: object) -> Sequence[Breach]:
        return (breach or Breach(f"{name_of(case)} is blue"),)

    return PolicyRule(
        name="blue",
        about=about,
        base=Severity.ERROR,
        strict=Severity.CRITICAL,
        meaning="m",
        reason="w",
        remedy="paint it",
        check=check or everybody,
        confidence=Confidence.MEDIUM,
        parameters=(Parameter("coats", "how many", 1, 2),),
    )


def held(*rules: PolicyRule, before: Sequence[Finding] = (), seen: bool = False, **fragment: Any) -> Judged:
    registry = registry_of(fragment)
    snapshot = Snapshot(registry.id, NOW, ()) if seen else None
    world = World(registry, NOW, known_venue, snapshot, documents_of(fragment))
    return judge(world, registry.policy, registry.waivers, before, rules=rules)


def messages(judged: Judged) -> list[str]:
    return [one.message for one in judged.own]


def test_a_finding_about_a_key_names_it_its_account_and_the_place_in_its_file() -> None:
    judged = held(blue(breach=Breach("it is blue", ("scopes", 1))))
    assert judged.own == (
        Finding(
            "blue",
            Severity.ERROR,
            Confidence.MEDIUM,
            "it is blue",
            "paint it",
            None,
            KeyName("one"),
            AccountName("mm"),
            Place("keys.d/one.yaml", ("scopes", 1)),
        ),
    )


def test_one_about_an_account_names_it_and_its_entry() -> None:
    main, mm = held(blue(Subject.ACCOUNT, Breach("it is blue", ("uid",)))).own
    assert (main.account, mm.account, mm.key) == ("main", "mm", None)
    assert mm.place == Place("registry/accounts.yaml", ("mm", "uid"))


def test_one_about_an_app_names_its_entry_and_neither_key_nor_account() -> None:
    hedger, _ = held(blue(Subject.APP, Breach("it is blue", ("team",)))).own
    assert (hedger.key, hedger.account) == (None, None)
    assert hedger.place == Place("registry/apps.yaml", ("hedger", "team"))


def test_one_about_the_whole_registry_stands_where_the_rule_says_or_nowhere() -> None:
    there = Place("registry/networks.yaml", ("nat",))
    (placed,) = held(blue(Subject.REGISTRY, Breach("it is blue", place=there))).own
    (nowhere,) = held(blue(Subject.REGISTRY, Breach("it is blue", ("nat",)))).own
    assert (placed.place, nowhere.place, nowhere.key, nowhere.account) == (there, None, None, None)


def test_a_place_elsewhere_counts_more_than_the_subject_s_own() -> None:
    there = Place("registry/networks.yaml", ("nat",))
    (finding,) = held(blue(breach=Breach("it is blue", ("ips",), there))).own
    assert finding.place == there


def test_a_remedy_of_the_case_counts_more_than_the_rule_s() -> None:
    (finding,) = held(blue(breach=Breach("it is blue", remedy="wash it"))).own
    assert finding.remedy == "wash it"


@pytest.mark.parametrize(
    ("found_by", "told"),
    [
        (None, Severity.ERROR),
        (Severity.INFO, Severity.INFO),
        (Severity.WARNING, Severity.WARNING),
        (Severity.ERROR, Severity.ERROR),
        (Severity.CRITICAL, Severity.ERROR),
    ],
)
def test_a_case_is_never_worse_than_the_policy_lets_its_rule_be(found_by: Severity | None, told: Severity) -> None:
    (finding,) = held(blue(breach=Breach("it is blue", severity=found_by))).own
    assert finding.severity is told


def test_all_subjects_of_a_rule_are_asked_about_each_once() -> None:
    assert messages(held(blue(), keys=TWO)) == ["one is blue", "two is blue"]
    assert messages(held(blue(Subject.ACCOUNT), keys=TWO)) == ["main is blue", "mm is blue"]
    assert messages(held(blue(Subject.APP), keys=TWO)) == ["hedger is blue", "keyctl is blue"]
    assert messages(held(blue(Subject.REGISTRY), keys=TWO)) == ["registry is blue"]


@pytest.mark.parametrize("about", Subject)
def test_a_rule_that_finds_several_things_has_a_finding_for_each_and_one_that_finds_none_has_none(
    about: Subject,
) -> None:
    several = held(blue(about, check=lambda _case, _parameters: (Breach("first"), Breach("second"))))
    assert set(messages(several)) == {"first", "second"}
    assert messages(several)[:2] == ["first", "second"]
    assert messages(held(blue(about, check=lambda _case, _parameters: ()))) == []


def test_keys_that_have_ended_are_not_judged_and_those_after_them_are() -> None:
    ended = {"id": None, "revoked": [{"id": "Old", "on": "2026-10-01", "reason": "leaked"}]}
    again = {"id": None, "revoked": [{"id": "Older", "on": "2026-10-01", "reason": "leaked"}], "reissue": True}
    keys = {"a": ended, "b": {"id": "Two"}, "c": again}
    assert messages(held(blue(), keys=keys)) == ["b is blue", "c is blue"]


def test_neither_closed_accounts_nor_their_keys_are_judged() -> None:
    gone = {"exchange": "bybit", "closed": {"on": "2026-01-01", "evidence": "a mail"}}
    accounts, keys = {"gone": gone}, {"a": {"account": "gone", "id": None}, "b": {"id": "Two"}}
    assert messages(held(blue(), accounts=accounts, keys=keys)) == ["b is blue"]
    assert messages(held(blue(Subject.ACCOUNT), accounts=accounts, keys=keys)) == ["main is blue", "mm is blue"]


def coats(about: Subject, policy: dict[str, Any], **fragment: Any) -> dict[str, int | None]:
    """With how many coats each subject was judged."""
    used: dict[str, int | None] = {}

    def noted(case: Case, parameters: Mapping[str, int | None]) -> Sequence[Breach]:
        used[name_of(case)] = parameters["coats"]
        return ()

    held(blue(about, check=noted), policy=policy, **fragment)
    return used


def test_a_key_is_judged_by_what_is_said_of_its_exchange_its_account_and_its_app() -> None:
    fragment = {
        "accounts": {"okx-main": {"exchange": "okx"}},
        "apps": {"quoter": {"team": "mm", "kind": "internal"}},
        "keys": {
            "k-main": {"account": "main", "id": "Id1"},
            "k-mm": {"account": "mm", "id": "Id2"},
            "k-okx": {"account": "okx-main", "id": "0c3d5a1e-0000-4000-8000-00000000000a", "scopes": ["read"]},
            "k-quoter": {"account": "mm", "owner": "quoter", "id": "Id4"},
        },
    }

    def said(policy: dict[str, Any]) -> list[int | None]:
        return [*coats(Subject.KEY, policy, **fragment).values()]

    assert said({"exchanges": {"bybit": {"blue": {"coats": 5}}}}) == [5, 5, 1, 5]
    assert said({"accounts": {"mm": {"blue": {"coats": 6}}}}) == [1, 6, 1, 6]
    both = {"bybit": {"blue": {"coats": 5}}, "okx": {"blue": {"coats": 8}}}
    assert said({"exchanges": both}) == [5, 5, 8, 5]
    assert said({"accounts": {"main": {"blue": {"coats": 8}}, "mm": {"blue": {"coats": 6}}}}) == [8, 6, 1, 6]
    assert said({"apps": {"quoter": {"blue": {"coats": 7}}, "hedger": {"blue": {"coats": 9}}}}) == [9, 9, 9, 7]
    assert said({"apps": {"quoter": {"blue": {"coats": 7}}}}) == [1, 1, 1, 7]
    whole = {
        "rules": {"blue": {"coats": 4}},
        "exchanges": {"bybit": {"blue": {"coats": 5}}},
        "accounts": {"mm": {"blue": {"coats": 6}}},
        "apps": {"quoter": {"blue": {"coats": 7}}},
    }
    assert said(whole) == [5, 6, 4, 7]


def test_an_account_is_judged_by_what_is_said_of_it_and_of_its_exchange_and_an_app_by_what_is_said_of_it() -> None:
    policy = {
        "exchanges": {"bybit": {"blue": {"coats": 5}}},
        "accounts": {"mm": {"blue": {"coats": 6}}},
        "apps": {"hedger": {"blue": {"coats": 7}}},
    }
    assert coats(Subject.ACCOUNT, policy) == {"main": 5, "mm": 6}
    assert coats(Subject.APP, policy) == {"hedger": 7, "keyctl": 1}
    assert coats(Subject.REGISTRY, policy) == {"registry": 1}
    assert coats(Subject.REGISTRY, {"rules": {"blue": {"coats": 3}}}) == {"registry": 3}


@pytest.mark.parametrize("about", Subject)
def test_the_set_decides_where_nothing_else_is_said(about: Subject) -> None:
    assert {one.severity for one in held(blue(about), policy={"set": "strict"}).own} == {Severity.CRITICAL}
    assert set(coats(about, {"set": "strict"}).values()) == {2}


def test_a_live_rule_waits_until_an_exchange_was_asked() -> None:
    live = replace(blue(), live=True)
    assert messages(held(live)) == []
    assert messages(held(live, seen=True)) == ["one is blue"]
    assert messages(held(blue(), seen=True)) == ["one is blue"]


def test_a_finding_is_quiet_where_another_says_the_same_of_that_key_with_better_evidence() -> None:
    quieter = replace(blue(), quiet_after=("escalation", "expired"))
    on_one, on_none = found("expired", "m", "r", key=KeyName("one")), found("expired", "m", "r")
    other = found("drift", "m", "r", key=KeyName("one"))
    assert messages(held(quieter, before=[on_one], keys=TWO)) == ["two is blue"]
    assert messages(held(quieter, before=[on_none, other], keys=TWO)) == ["one is blue", "two is blue"]
    assert messages(held(blue(), before=[on_one], keys=TWO)) == ["one is blue", "two is blue"]


def test_a_finding_that_the_policy_silences_quiets_no_other() -> None:
    quieter = replace(blue(), quiet_after=("unobserved",))
    seen = found("unobserved", "m", "r", key=KeyName("one"))
    assert messages(held(quieter, before=[seen])) == []
    silenced = held(quieter, before=[seen], policy={"rules": {"unobserved": {"severity": "off"}}})
    assert (silenced.before, messages(silenced)) == ((), ["one is blue"])


def test_the_findings_of_others_come_first_and_all_of_them() -> None:
    drift = found("drift", "m", "r", key=KeyName("one"))
    judged = held(blue(), before=[drift])
    assert judged.before == (drift,)
    assert judged.findings == (drift, *judged.own) and [one.rule for one in judged.own] == ["blue"]


def test_a_fix_goes_with_its_finding_unless_that_is_waived() -> None:
    fixed = blue(breach=Breach("it is blue", fix=FIX))
    assert held(fixed).fixes == (FIX,)
    assert held(blue()).fixes == ()
    waived = held(fixed, waivers={"waivers": [WAIVER]})
    assert waived.fixes == () and [one.severity for one in waived.own] == [Severity.INFO]


def test_a_waiver_that_can_go_is_a_fix_beside_those_of_the_rules() -> None:
    over = {**WAIVER, "expires": "2026-11-01"}
    judged = held(blue(breach=Breach("it is blue", fix=FIX)), waivers={"waivers": [over]})
    assert judged.fixes == (FIX, Edit("registry/waivers.yaml", ("waivers", 0)))


def test_only_a_run_that_saw_everything_calls_the_waiver_of_a_live_rule_unused() -> None:
    registry = registry_of({"waivers": {"waivers": [WAIVER]}})
    world = World(registry, NOW, known_venue, Snapshot(registry.id, NOW, ()))
    silent = replace(blue(check=lambda _case, _parameters: ()), live=True)
    whole = judge(world, registry.policy, registry.waivers, rules=[silent])
    part = judge(world, registry.policy, registry.waivers, rules=[silent], partial_view=True)
    assert ([one.rule for one in whole.own], part.own) == (["waiver-unused"], ())


@pytest.mark.parametrize("about", Subject)
def test_no_message_and_no_remedy_repeats_a_secret_that_a_file_holds(about: Subject) -> None:
    token = SECRETS["token"]
    loud = blue(about, Breach(f"it says {token}", remedy=f"take out {token}"))
    before = found("drift", f"live is {token}", f"not {token}", key=KeyName("one"))
    judged = held(loud, before=[before], keys={"one": {"purpose": f"quotes {token}"}})
    assert {one.rule for one in judged.findings} == {"drift", "blue"}
    for one in judged.findings:
        assert token not in one.message + one.remedy
        assert "[redacted]" in one.message and "[redacted]" in one.remedy


def adjusted(policy: dict[str, Any], finding: Finding, **fragment: Any) -> Severity | None:
    """How bad a finding of another room is by the policy; None where that silences it."""
    registry = registry_of({"policy": policy, **fragment})
    judged = judge(World(registry, NOW, known_venue), registry.policy, (), [finding], rules=())
    return judged.before[0].severity if judged.before else None


ON_KEY = found("unobserved", "m", "r", key=KeyName("one"))
ON_ACCOUNT = found("unobserved", "m", "r", account=AccountName("mm"))
ON_NOTHING = found("unobserved", "m", "r")
CRITICAL = {"unobserved": {"severity": "critical"}}


@pytest.mark.parametrize(
    ("policy", "key", "account", "nothing"),
    [
        ({"rules": CRITICAL}, True, True, True),
        ({"exchanges": {"bybit": CRITICAL}}, True, True, False),
        ({"exchanges": {"okx": CRITICAL}}, False, False, False),
        ({"accounts": {"mm": CRITICAL}}, True, True, False),
        ({"accounts": {"main": CRITICAL}}, False, False, False),
        ({"apps": {"hedger": CRITICAL}}, True, False, False),
    ],
    ids=str,
)
def test_what_others_found_is_as_bad_as_the_policy_says_of_its_key_or_account(
    policy: dict[str, Any], key: bool, account: bool, nothing: bool
) -> None:
    for finding, changed in ((ON_KEY, key), (ON_ACCOUNT, account), (ON_NOTHING, nothing)):
        assert adjusted(policy, finding) is (Severity.CRITICAL if changed else Severity.WARNING)


def test_what_others_found_of_a_key_or_an_account_that_nobody_declared_is_as_bad_as_in_general() -> None:
    for finding in (
        found("unobserved", "m", "r", key=KeyName("nobody")),
        found("unobserved", "m", "r", account=AccountName("nobody")),
    ):
        assert adjusted({"exchanges": {"bybit": CRITICAL}}, finding) is Severity.WARNING
        assert adjusted({"rules": CRITICAL}, finding) is Severity.CRITICAL


def test_the_account_that_a_finding_names_counts_more_than_the_key_s() -> None:
    elsewhere = found("unobserved", "m", "r", key=KeyName("one"), account=AccountName("main"))
    assert adjusted({"accounts": {"main": CRITICAL}}, elsewhere) is Severity.CRITICAL
    assert adjusted({"accounts": {"mm": CRITICAL}}, elsewhere) is Severity.WARNING


def test_what_the_policy_silences_is_gone_and_what_comes_after_it_stays() -> None:
    registry = registry_of({"policy": {"rules": {"unobserved": {"severity": "off"}}}})
    drift = found("drift", "m", "r", key=KeyName("one"))
    judged = judge(World(registry, NOW, known_venue), registry.policy, (), [ON_KEY, drift], rules=())
    assert judged.before == (drift,)


def test_what_is_wrong_with_the_policy_and_its_waivers_is_found_with_the_rest() -> None:
    custom = {"id": "blue", "deny": "true", "message": "m", "reason": "w", "remedy": "r"}
    judged = held(
        blue(),
        policy={"custom": [custom], "rules": {"bleu": {"severity": "info"}}},
        waivers={"waivers": [{**WAIVER, "key": "two"}]},
    )
    assert [one.rule for one in judged.own] == ["blue", "policy-invalid", "policy-invalid", "waiver-unused"]
    assert {one.consequence for one in judged.own} == {None, ExitReason.FAILED}


def test_a_rule_of_the_registry_s_own_is_held_too() -> None:
    custom = {"id": "red", "deny": "true", "message": "it is red", "reason": "w", "remedy": "wash it"}
    judged = held(blue(), policy={"custom": [custom]})
    assert sorted((one.rule, one.message) for one in judged.own) == [("blue", "one is blue"), ("red", "one: it is red")]


def test_every_rule_of_the_catalogue_is_held_unless_some_are_given() -> None:
    registry = registry_of({"keys": {"one": {"ips": "any"}}})
    world = World(registry, NOW, known_venue)
    assert {one.rule for one in judge(world, Policy(), ()).own} == {"ip-required", "implicit-expiry"}
    assert judge(world, Policy(), (), rules=()).own == ()


def test_a_law_about_keys_is_excused_by_no_waiver() -> None:
    judged = held(replace(blue(), law=True), waivers={"waivers": [WAIVER]})
    assert [(one.rule, one.severity) for one in judged.own] == [
        ("blue", Severity.ERROR),
        ("waiver-invalid", Severity.ERROR),
    ]


def test_where_files_are_wrong_only_the_laws_are_held() -> None:
    files = documents_of({"keys": {"one": {"ips": "any", "purpose": f"quotes {SECRETS['token']}"}}})
    registry = load_documents(files).readable
    world = World(registry, NOW, known_venue, None, files)
    earlier = found("syntax", "m", "r")
    judged = judge_laws(world, [earlier])
    assert [one.rule for one in judged.own] == ["secret-in-registry"] and judged.before == (earlier,)
    assert "ip-required" in {one.rule for one in judge(world, Policy(), ()).own}


def test_findings_of_others_are_told_without_what_a_file_holds() -> None:
    token = SECRETS["token"]
    files = {"keys.d/a.yaml": f"purpose: quotes {token}\n".encode(), "keys.d/b.yaml": b"purpose: quotes\n"}
    loud = found("syntax", f"it says {token}", f"take out {token}")
    (told,) = all_concealed(files, (loud,))
    assert (told.message, told.remedy) == ("it says [redacted]", "take out [redacted]")
    harmless = {"keys.d/b.yaml": files["keys.d/b.yaml"]}
    assert all_concealed(harmless, (loud,)) == (loud,) and all_concealed(files, ()) == ()
    assert redactor_of(harmless, hits_by_file(harmless)) is None
