"""Rules that packages bring: only where the deployment names them, never in a built-in one's place."""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from keyctl.model.refusal import Refusal
from keyctl.policy import catalogue, rules
from keyctl.policy.judge import judge
from keyctl.policy.world import World, known_venue
from tests.policy.corpus import NOW, registry_of, told

Install = Callable[[str, str], None]
MODULE = """
from keyctl.model.finding import Severity
from keyctl.model.policy import Subject
from keyctl.policy.rule import Breach, PolicyRule

RULE = PolicyRule(
    name="{rule}", about=Subject.KEY, base=Severity.WARNING, strict=Severity.ERROR, meaning="m.", reason="w.",
    remedy="r", check=lambda case, parameters: (Breach(f"{{case.key.name}} is blue"),),
)
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Puts a distribution on the path that offers a rule by the entry point ``blue``."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def installed(module: str, rule: str) -> None:
        (tmp_path / f"{module}.py").write_text(MODULE.format(rule=rule))
        about = tmp_path / f"{module}-1.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1\n")
        (about / "entry_points.txt").write_text(f"[keyctl.rules]\n{module} = {module}:RULE\n")
        monkeypatch.delitem(sys.modules, module, raising=False)

    return installed


def found() -> list[str]:
    registry = registry_of({})
    return [told(one) for one in judge(World(registry, NOW, known_venue), registry.policy, ()).findings]


def test_a_rule_runs_only_where_the_deployment_names_its_package(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    install("plugged_blue", "blue")
    assert found() == [] and catalogue.rule("blue") is None
    monkeypatch.setenv("KEYCTL_PLUGINS", "plugged_blue other")
    assert found() == ["warning blue one"]


@pytest.mark.parametrize("name", ["withdrawal", "drift"])
def test_it_can_not_take_the_name_of_a_rule_that_is_there(
    install: Install, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    install(f"plugged_{name}", name)
    monkeypatch.setenv("KEYCTL_PLUGINS", f"plugged_{name}")
    with pytest.raises(Refusal, match=f"brings a rule '{name}'"):
        found()


def test_the_rules_come_in_the_order_of_the_documentation() -> None:
    page = (Path(__file__).parents[2] / "docs/rules.md").read_text()
    headings = [line.removeprefix("## ") for line in page.splitlines() if line.startswith("## ")]
    there = [rule.name for rule in catalogue.rules()]
    assert headings[: len(there)] == there


def test_every_module_of_a_rule_is_in_the_catalogue() -> None:
    modules = sorted(one.name for one in pkgutil.iter_modules(rules.__path__))
    assert sorted(rule.name.replace("-", "_") for rule in catalogue.rules()) == modules


def test_a_rule_is_found_by_its_name() -> None:
    known = catalogue.rule("ip-required")
    assert known is not None and known.name == "ip-required" and catalogue.rule("ip-requird") is None


@pytest.mark.parametrize("named", ["plugged_b,plugged_a", "plugged_a plugged_b", " plugged_b ,, plugged_a "])
def test_several_packages_come_after_the_built_in_rules_in_order_of_their_names(
    install: Install, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    built_in = [rule.name for rule in catalogue.rules()]
    for letter in "cba":
        install(f"plugged_{letter}", f"rule-{letter}")
    monkeypatch.setenv("KEYCTL_PLUGINS", named)
    assert [rule.name for rule in catalogue.rules()] == [*built_in, "rule-a", "rule-b"]
    assert catalogue.rule("rule-b") is not None and catalogue.rule("rule-c") is None


def test_two_packages_can_not_bring_the_same_rule(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    install("plugged_a", "blue")
    install("plugged_b", "blue")
    monkeypatch.setenv("KEYCTL_PLUGINS", "plugged_a,plugged_b")
    with pytest.raises(Refusal, match="'blue'"):
        catalogue.rules()


def test_what_is_offered_by_another_name_is_no_rule_for_keyctl(
    install: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install("plugged_blue", "blue")
    points = tmp_path / "plugged_blue-1.dist-info" / "entry_points.txt"
    points.write_text(points.read_text().replace("[keyctl.rules]", "[keyctl.exchanges]"))
    monkeypatch.setenv("KEYCTL_PLUGINS", "plugged_blue")
    assert catalogue.rule("blue") is None
