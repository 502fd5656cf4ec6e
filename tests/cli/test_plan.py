"""plan: the demo's bad week as actions, in every format, and not one request that writes."""

from __future__ import annotations

import json
from typing import Any
from urllib.request import urlopen

import pytest

from keyctl.registry.schema import decided_errors, validity
from tests.cli.conftest import Serve
from tests.cli.program import keyctl
from tests.history.repository import Repository


def document(*arguments: str) -> tuple[int, dict[str, Any]]:
    ran = keyctl("plan", "--format", "json", *arguments)
    shown: dict[str, Any] = json.loads(ran.out)
    assert validity("comparison")(shown), decided_errors("comparison", shown)
    return ran.status, shown


@pytest.mark.parametrize("scenario", ["example", "demo"])
def test_planning_writes_nothing_at_any_exchange(example: Repository, serve: Serve, scenario: str) -> None:
    sandbox = serve(scenario)
    keyctl("plan")
    with urlopen(f"{sandbox.control_url}/requests") as answer:
        requests = json.load(answer)
    assert {request["exchange"] for request in requests} == {"bybit", "deribit", "okx"}
    assert [request for request in requests if request["write"]] == []


def test_a_desk_in_sync_has_nothing_to_do(example: Repository, serve: Serve) -> None:
    serve("example")
    status, shown = document()
    assert (status, shown["actions"], shown["summary"]["manual"]) == (0, [], 0)
    assert "nothing was done: nothing to do" in keyctl("plan").out


def test_the_bad_week_as_actions_in_order(example: Repository, serve: Serve) -> None:
    serve("demo")
    status, shown = document()
    assert status == 3
    assert [(action["op"], action["key"], action["risk"]) for action in shown["actions"]] == [
        ("delete", "hedger-quotes", "reduction"),
        ("delete", "hedger-options", "reduction"),
        ("delete", "arbitrage-perps", "reduction"),
        ("update", "ledger", "reduction"),
        ("update", "hedger-quotes", "reduction"),
        ("update", "basis-okx", "reduction"),
    ]
    by_hand = [action["key"] for action in shown["actions"] if action["manual"]]
    assert by_hand == ["ledger"], "a master's own key"
    counts = {op: shown["summary"][op] for op in ("create", "update", "rotate", "disable", "delete", "manual")}
    assert counts == {"create": 0, "update": 3, "rotate": 0, "disable": 0, "delete": 3, "manual": 1}
    assert json.loads(keyctl("plan", "--format", "gitlab").out) == {"create": 0, "update": 3, "delete": 3}


@pytest.mark.parametrize("name", ["text", "markdown", "html"])
def test_people_read_what_is_to_be_done_and_by_whom(example: Repository, serve: Serve, name: str) -> None:
    serve("demo")
    told = " ".join(keyctl("plan", "--format", name).out.split())
    for words in ("nothing was done", "arbitrage-perps", "it expired on 2026-11-20", "log in to Bybit as bybit-main"):
        assert words in told


def test_a_reconcile_plans_nothing(example: Repository, serve: Serve) -> None:
    serve("demo")
    assert json.loads(keyctl("reconcile", "--format", "json").out)["actions"] == []
    assert "nothing was done" not in keyctl("reconcile").out


def test_a_saved_plan_is_the_document_and_holds_no_secret(example: Repository, serve: Serve) -> None:
    from keyctl.sandbox.running import environment

    serve("demo")
    keyctl("plan", "--out", "../plan.json")
    text = (example.path.parent / "plan.json").read_text()
    saved = json.loads(text)
    assert validity("comparison")(saved)
    assert saved["commit"] == example.head() and saved["registry_digest"].startswith("sha256:")
    assert saved["expires_at"] > saved["generated_at"]
    secrets = [value for name, value in environment("demo").items() if name.endswith(("_SECRET", "_PASSPHRASE"))]
    assert secrets and not any(secret in text for secret in secrets)


def test_a_narrowed_plan_is_partial(example: Repository, serve: Serve) -> None:
    serve("demo")
    _, shown = document("--only", "key=basis-okx")
    assert shown["partial"] and {action["key"] for action in shown["actions"]} <= {"basis-okx", "hedger-options"}
