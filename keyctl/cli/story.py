"""The demo's story: a registry in git, a bad week at the exchanges, and what keyctl says of it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from keyctl.cli.exits import Exit, status_of
from keyctl.cli.telling import Teller, indented, rendered, subject
from keyctl.model.comparison import Comparison, Status
from keyctl.model.live import Coverage
from keyctl.model.validation import Validation
from keyctl.policy.explained import explained

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
"""The story's present; the example's dates are told from here, so that the demo never grows old."""
SCENARIO = "demo"
HERMETIC = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
TOLD = {
    ("hedger-perps", "bybit-mm", Status.IN_SYNC): "a key in sync",
    ("hedger-quotes", "bybit-mm", Status.DRIFTED): "an IP list that somebody widened by hand",
    ("ledger", "bybit-main", Status.DRIFTED): "a withdrawal right that somebody ticked",
    ("basis-okx", "okx-basis", Status.DRIFTED): "a key whose binding to addresses somebody removed",
    (None, "bybit-arb", Status.UNMANAGED): "a key that nobody declared",
    ("arbitrage-spot", "bybit-arb", Status.MISSING): "a declared key that is gone",
    ("arbitrage-perps", "bybit-arb", Status.EXPIRED): "an expired key that is alive",
    ("hedger-quotes", "bybit-mm", Status.REACTIVATED): "a revoked id that is alive again",
    ("hedger-options", "deribit-options", Status.REACTIVATED): "a disabled, revoked key that somebody enabled again",
}
UNSEEN = "bybit-treasury"
"""The account that can't be observed."""


def tell(scratch: Path, environ: Mapping[str, str], out: TextIO, *, keep: bool) -> bool:
    """Tell it on a copy of the worked example in the empty folder ``scratch``; True if everything came out as told.

    Raises Refusal where the environment would have git work on another repository.
    """
    from keyctl.cli import story_acting as acting
    from keyctl.cli.first_commit import check_environment
    from keyctl.sandbox.running import environment, running

    check_environment(environ)
    # No setting of keyctl's and none of git's that the person has takes part.
    environ = {name: value for name, value in environ.items() if not name.startswith("KEYCTL_")} | HERMETIC
    teller = Teller(out)
    teller.say(
        "keyctl demo: a small trading desk, its keys in git, and simulated exchanges. Nothing leaves this machine."
    )
    teller.chapter("The registry: YAML files in git, one for each key")
    with _repository(scratch) as git:
        _history(scratch, git)
        teller.say(indented(git.log("--oneline", "--graph")))
        validation = _validate(scratch, environ)
        teller.say("\n$ exchange-keyctl validate")
        teller.say(rendered(validation))
        teller.expect(not validation.exit_reasons, "the registry validates")

        with running(SCENARIO) as sandbox, tempfile.TemporaryDirectory(prefix="keyctl-demo-secrets-") as sink:
            deployed = {**environ, **environment(SCENARIO), "KEYCTL_SANDBOX": sandbox.control_url}
            teller.chapter("The exchanges, after a bad week")
            teller.say("$ exchange-keyctl reconcile")
            comparison = _reconcile(scratch, deployed)
            teller.say(rendered(comparison))
            status = status_of(comparison.exit_reasons)
            teller.say(f"exit status {status.value}")
            teller.expect(status is Exit.BLOCKED, "reconcile exits with 3")

            teller.chapter("What it found, in a sentence each")
            for finding in comparison.findings:
                known = explained(finding.rule)
                teller.say(f"  * {subject(finding)}: {known.meaning if known else finding.message}")
            _hold(teller, comparison)

            acting.tell(
                teller, scratch, git, deployed, Path(sink).resolve(), NOW, lambda place: _decide(scratch, place)
            )

        teller.chapter("Somebody puts the leaked id back")
        teller.say("A stale branch or a careless revert would do it: the file as it was before the leak.")
        _restore_leaked(scratch, git)
        blocked = _validate(scratch, environ)
        teller.say("\n$ exchange-keyctl validate")
        teller.say(rendered(blocked))
        status = status_of(blocked.exit_reasons)
        teller.say(f"exit status {status.value}: history remembers every id that was ever revoked")
        teller.expect(status is Exit.BLOCKED, "validate refuses a revoked id")

    teller.chapter("What to try next")
    for line in _next_steps(scratch, keep=keep):
        teller.say(line)
    for what in teller.wrong:
        teller.say(f"NOT AS TOLD: {what}")
    return not teller.wrong


def _hold(teller: Teller, comparison: Comparison) -> None:
    """Hold the comparison against what the scenario is known to contain."""
    rows = {(row.key, row.account, status) for row in comparison.keys for status in row.statuses}
    for row, what in TOLD.items():
        teller.expect(row in rows, what)
    unseen = [account.name for account in comparison.accounts if account.coverage is Coverage.INCOMPLETE]
    teller.expect(unseen == [UNSEEN], "an account that can't be observed")


def _validate(root: Path, environ: Mapping[str, str]) -> Validation:
    from keyctl.reconcile.desired import read_desired
    from keyctl.reconcile.validation import validated

    return validated(root, read_desired(root, environ=environ, protected="main"), now=NOW)


def _reconcile(root: Path, environ: Mapping[str, str]) -> Comparison:
    from keyctl.cli.looking import look
    from keyctl.reconcile import run
    from keyctl.reconcile.desired import read_desired

    desired = read_desired(root, environ=environ, protected="main")

    return run.reconcile(root, desired, look(desired, environ=environ), now=NOW, real_now=datetime.now(UTC)).comparison


@contextmanager
def _repository(scratch: Path) -> Iterator[Any]:
    """A git repository of its own there: no configuration, hook or identity of the person who runs the demo."""
    from git import Repo

    repo = Repo.init(scratch, initial_branch="main", mkdir=False)
    who = {"NAME": "Desk Example", "EMAIL": "desk@desk.example", "DATE": "2026-11-20T09:00:00+00:00"}
    hermetic = {
        **HERMETIC,
        **{f"GIT_{role}_{name}": value for role in ("AUTHOR", "COMMITTER") for name, value in who.items()},
    }
    try:
        with repo.git.custom_environment(**hermetic):
            yield repo.git
    finally:
        repo.close()


def _history(scratch: Path, git: Any) -> None:
    """A few commits: the desk as it was, a leak answered on a branch, and the edits that the story needs."""
    _copy_example(scratch)
    edits = _edits()
    current = {edit["file"]: (scratch / edit["file"]).read_text("utf-8") for edit in edits["before"]}
    for edit in edits["before"]:
        _replace(scratch, edit)
    _commit(git, "Register the desk's accounts, apps and keys")
    git.checkout("-b", "leaked-key")
    for file, text in current.items():
        (scratch / file).write_text(text, "utf-8")
    _commit(git, edits["before"][0]["undone"])
    git.checkout("main")
    git.merge("--no-ff", "-m", "Merge branch 'leaked-key'", "leaked-key")


def _restore_leaked(scratch: Path, git: Any) -> None:
    git.checkout("-b", "stale")
    for edit in _edits()["before"]:
        _replace(scratch, edit)
    _commit(git, "Quotes: back to the settings that worked")


def _decide(scratch: Path, place: str) -> str:
    edits = _edits()["afterwards"]
    for edit in edits:
        _replace(scratch, {**edit, "replace": edit["replace"].replace("SINK", place)})
    return str(edits[0]["done"])


def _copy_example(scratch: Path) -> None:
    package = Path(__file__).parents[1]
    inside = package / "example"
    top = inside if inside.is_dir() else package.parent
    schemas = package / "schemas" if (package / "schemas").is_dir() else package.parent / "schemas"
    for source in (top / "registry", top / "keys.d", schemas):
        shutil.copytree(source, scratch / source.name)


def _edits() -> Any:
    import yaml

    from keyctl.sandbox.scenario import SHIPPED

    return yaml.safe_load((SHIPPED / "demo-edits.yaml").read_text("utf-8"))


def _replace(scratch: Path, edit: Mapping[str, str]) -> None:
    path = scratch / edit["file"]
    text = path.read_text("utf-8")
    if text.count(edit["find"]) != 1:
        raise ValueError(f"{edit['file']} does not hold the demo's text once")
    path.write_text(text.replace(edit["find"], edit["replace"]), "utf-8")


def _commit(git: Any, message: str) -> None:
    git.add("-A")
    git.commit("-q", "-m", message)


def _next_steps(scratch: Path, *, keep: bool) -> Iterator[str]:
    if keep:
        yield f"  The scratch copy is in {scratch}. In one terminal:"
        yield f"    exchange-keyctl sandbox serve --scenario {SCENARIO}"
        yield "  and in another, with the control URL that it prints:"
        yield f"    cd {scratch} && git checkout -q main"
        yield f'    eval "$(exchange-keyctl sandbox env --scenario {SCENARIO})"; export KEYCTL_SANDBOX=http://127.0.0.1:PORT'
        yield f"    exchange-keyctl reconcile --at {NOW:%Y-%m-%d} --format markdown"
    else:
        yield "  exchange-keyctl demo --dir scratch     keeps the scratch copy, to try things on"
    yield "  exchange-keyctl exchanges show bybit   what keyctl can see and do at an exchange"
    yield "  exchange-keyctl schema key             what a key file may say"
