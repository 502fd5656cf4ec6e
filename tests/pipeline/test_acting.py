"""The pipeline's jobs that change keys, run as GitLab runs them: against the simulated exchanges, with a git server
that takes pushes from whoever has its token, and none to the protected branch."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from keyctl.sandbox.invented import CANARY
from keyctl.sandbox.running import Sandbox, running
from tests.history.repository import Repository
from tests.packaging.checkout import ROOT
from tests.pipeline.collected import collect
from tests.pipeline.desk import clone_of, secrets
from tests.pipeline.forge import TOKEN, Forge, forge
from tests.pipeline.gitlab import GitLab, Pipeline, Trigger

LEAKED, QUOTES, EXPIRED, BASIS = (
    "cCZd5vHLt5DMLhMVdc",
    "W83Q8eDvJaEdoUvUzg",
    "latG516OiO8NeWsioP",
    "c9e2e134-9ba8-40f5-ad3c-5a4024201bfe",
)
ENABLED, PERPS = "fyB6s88s", "KsLUloNige3p2XKuft"
ACTING = {"apply", "reduce", "revoke"}


@dataclass
class Site:
    """A clone whose origin is a forge, and exchanges after some week."""

    clone: Repository
    forge: Forge
    sandbox: Sandbox
    scenario: str

    def run(self, gitlab: GitLab, trigger: Trigger, *jobs: str, manual: tuple[str, ...] = (), **given: str) -> Pipeline:
        """With the settings of a project that lets its pipeline act. ``given`` is typed by a person."""
        settings = {**secrets(self.sandbox, self.scenario), "KEYCTL_PUSH_TOKEN": TOKEN}
        settings["KEYCTL_PUSH_URL"] = self.forge.url
        ran = gitlab.run(self.clone, trigger, *jobs, manual=manual, variables=given, secrets=settings)
        assert CANARY not in ran.said
        return ran

    def state(self) -> Any:
        return self._control("GET")

    def alive(self) -> dict[str, Any]:
        """Every key that is alive, by id."""
        accounts = (one for part in self.state()["exchanges"].values() for one in part["accounts"].values())
        return {key["id"]: key for account in accounts for key in account["keys"].values()}

    def change(self, account: str, name: str, **fields: object) -> None:
        """Somebody changes a key by hand."""
        state = self.state()
        (part,) = (part for part in state["exchanges"].values() if account in part["accounts"])
        part["accounts"][account]["keys"][name] |= fields
        self._control("PUT", state)

    def _control(self, method: str, document: object = None) -> Any:
        connection = HTTPConnection(urlsplit(self.sandbox.control_url).netloc, timeout=20)
        connection.request(method, "/state", None if document is None else json.dumps(document))
        text = connection.getresponse().read()
        connection.close()
        return json.loads(text) if text else None


@pytest.fixture
def site(origin: Repository, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Site]:
    scenario = getattr(request, "param", "demo")
    clone = clone_of(origin, tmp_path)
    with running(scenario) as sandbox, forge(Repository(tmp_path / "origin.git")) as served:
        clone.git("remote", "set-url", "origin", served.url)
        yield Site(clone, served, sandbox, scenario)


def outcomes(ran: Pipeline, job: str, report: str = "apply") -> dict[str, str]:
    document = json.loads(ran.report(job, f"reports/{report}.json").read_text("utf-8"))
    return {f"{row['op']} {row['key']}": row["outcome"] for row in document["outcomes"]}


def journal(ran: Pipeline, job: str) -> list[str]:
    """The events of the one record among a job's artifacts."""
    (record,) = (path for path in ran.kept(job) if path.startswith("reports/journal/"))
    text = ran.report(job, record).read_text("utf-8")
    return [json.loads(line)["event"] for line in text.splitlines()]


@pytest.mark.timeout(300)  # two pipelines
def test_a_person_reads_the_plan_starts_apply_and_merges_what_it_writes_back(gitlab: GitLab, site: Site) -> None:
    head = site.clone.head()
    ran = site.run(gitlab, Trigger.PUSH, "validate", "plan", "apply", manual=("apply",))
    assert ran.jobs == {"validate": 0, "plan": 3, "apply": 2}, ran.said
    assert collect(ran, "plan")["terraform"] == {"create": 0, "update": 3, "delete": 3}
    assert ran.kept("plan") == {"reports/plan.json", "reports/plan.md"}
    alive = site.alive()
    assert not {LEAKED, ENABLED, EXPIRED} & set(alive)
    assert "192.0.2.66" not in alive[QUOTES]["ips"] and alive[BASIS]["ips"] == ["203.0.113.26"]
    assert outcomes(ran, "apply")["update ledger"] == "by-hand"
    refs = site.forge.refs()
    assert refs["refs/heads/main"] == refs["refs/keyctl/applied"] == head and "refs/keyctl/lock" not in refs
    assert "merge_request.create" in site.forge.options() and "merge_request.target=main" in site.forge.options()
    assert {"begun", "acting", "acted", "called", "written", "ended"} <= set(journal(ran, "apply"))
    assert {"reports/apply.json", "reports/apply.md"} <= ran.kept("apply")

    site.forge.merge("keyctl/write-back")
    site.clone.git("pull", "-q", "origin", "main")
    again = site.run(gitlab, Trigger.PUSH, "validate", "plan", "apply", manual=("apply",))
    assert again.jobs == {"validate": 0, "plan": 2, "apply": 2}, again.said
    assert outcomes(again, "apply") == {"update ledger": "by-hand"}, "the rest is for people"


@pytest.mark.timeout(300)  # two pipelines
@pytest.mark.parametrize("site", ["example"], indirect=True)
def test_what_came_after_the_plan_is_not_done(gitlab: GitLab, site: Site) -> None:
    planned = site.run(gitlab, Trigger.PUSH, "validate", "plan")
    assert planned.jobs == {"validate": 0, "plan": 0}, planned.said
    site.change("bybit-mm", "hedger-quotes", ips=["203.0.113.10"])
    ran = site.run(gitlab, Trigger.PUSH, "apply", manual=("apply",))
    assert ran.jobs == {"apply": 2}, ran.said
    assert outcomes(ran, "apply") == {} and site.alive()[QUOTES]["ips"] == ["203.0.113.10"]


def test_an_unattended_schedule_only_takes_power_away(gitlab: GitLab, site: Site) -> None:
    ran = site.run(gitlab, Trigger.SCHEDULE, "reduce", KEYCTL_UNATTENDED="reductions")
    assert ran.jobs == {"reduce": 2}, ran.said
    alive = site.alive()
    assert not {LEAKED, ENABLED} & set(alive) and EXPIRED in alive
    assert "192.0.2.66" not in alive[QUOTES]["ips"] and alive[BASIS]["ips"] == ["203.0.113.26"]
    assert "ended" in journal(ran, "reduce")


def test_revoke_kills_a_key_at_once_and_pushes_its_tombstone(gitlab: GitLab, site: Site) -> None:
    ran = site.run(
        gitlab,
        Trigger.PUSH,
        "revoke",
        manual=("revoke",),
        KEYCTL_REVOKE_KEY="hedger-perps",
        KEYCTL_REVOKE_REASON="leaked; $(touch pwned) `touch pwned` \" && touch pwned # '",
    )
    assert ran.jobs == {"revoke": 0}, ran.said
    assert PERPS not in site.alive()
    assert not list(site.clone.path.rglob("pwned"))
    assert outcomes(ran, "revoke", "revoke") == {"delete hedger-perps": "done"}
    assert {"reports/revoke.json", "reports/revoke.md"} <= ran.kept("revoke") and "ended" in journal(ran, "revoke")
    (branch,) = (
        to for name, to in site.forge.refs().items() if name.startswith("refs/heads/keyctl/revoke-hedger-perps")
    )
    text = site.forge.repository.git("show", f"{branch}:keys.d/hedger/hedger-perps.yaml")
    (entry,) = yaml.safe_load(text)["revoked"]
    assert entry["reason"].startswith("leaked; $(touch pwned)") and "confirmed" in entry
    assert site.forge.refs()["refs/heads/main"] == site.clone.head()


@pytest.mark.parametrize(
    ("given", "status", "told"),
    [
        ({}, 1, "Which one, and why?"),
        ({"KEYCTL_REVOKE_KEY": "ledger"}, 1, "Which one, and why?"),
        ({"KEYCTL_REVOKE_REASON": "leaked"}, 1, "Which one, and why?"),
        ({"KEYCTL_REVOKE_KEY": "--app=hedger", "KEYCTL_REVOKE_REASON": "leaked"}, 1, "--app=hedger"),
        ({"KEYCTL_REVOKE_ACCOUNT": "--yes", "KEYCTL_REVOKE_REASON": "leaked"}, 1, "--yes"),
        ({"KEYCTL_REVOKE_ID": "unknown0", "KEYCTL_REVOKE_REASON": "leaked"}, 1, "--account"),
        ({"KEYCTL_REVOKE_APP": "hedger", "KEYCTL_REVOKE_KEY": "ledger", "KEYCTL_REVOKE_REASON": "x"}, 64, "name one"),
    ],
)
def test_revoke_asks_again_where_it_is_not_clear_what_is_meant(
    gitlab: GitLab, site: Site, given: dict[str, str], status: int, told: str
) -> None:
    before = site.alive()
    ran = site.run(gitlab, Trigger.PUSH, "revoke", manual=("revoke",), **given)
    assert ran.jobs == {"revoke": status} and told in ran.said, ran.said
    assert site.alive() == before and not site.forge.pushes


def test_without_a_token_nothing_is_applied(gitlab: GitLab, site: Site) -> None:
    before = site.alive()
    ran = gitlab.run(
        site.clone,
        Trigger.SCHEDULE,
        "reduce",
        variables={"KEYCTL_UNATTENDED": "reductions"},
        secrets=secrets(site.sandbox, site.scenario),
    )
    assert ran.jobs == {"reduce": 1}, ran.said
    assert site.alive() == before


def test_the_token_is_on_no_disk_and_opens_no_protected_branch(gitlab: GitLab, site: Site) -> None:
    site.run(gitlab, Trigger.SCHEDULE, "reduce", KEYCTL_UNATTENDED="reductions")
    assert site.forge.pushes
    files = (path for path in site.clone.path.rglob("*") if path.is_file() and not path.is_symlink())
    assert [path for path in files if TOKEN.encode() in path.read_bytes()] == []


@pytest.mark.parametrize("file", ["keyctl/templates/gitlab-ci.yml", "templates/keyctl/template.yml"])
def test_jobs_that_act_alone_have_an_environment_and_keep_their_record(file: str) -> None:
    jobs = list(yaml.safe_load_all((ROOT / file).read_text("utf-8")))[-1]
    assert {name for name, job in jobs.items() if isinstance(job, dict) and "environment" in job} == ACTING
    for name in ACTING:
        job = jobs[name]
        assert job["environment"].keys() == {"name"}, "an action that is no deployment may stay unprotected"
        assert job["variables"]["KEYCTL_JOURNAL"] + "/" in job["artifacts"]["paths"]
        assert (job["artifacts"]["access"], job["artifacts"]["when"]) == ("developer", "always")
        assert ("resource_group" in job) == (name != "revoke"), "revoke waits for nothing"
    assert "--only-reductions" in jobs["reduce"]["script"][0] and "--yes" not in jobs["reduce"]["script"][0]
