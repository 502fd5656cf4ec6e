"""Rules that packages bring: only where the deployment names them, never in a built-in one's place."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from keyctl.model.refusal import Refusal
from keyctl.policy import catalogue
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
