"""The demo's second half: plan and apply bring the exchanges back to the files, and what is left is for people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keyctl.cli.exits import Exit, status_of
from keyctl.cli.telling import Teller, rendered, subject
from keyctl.model.application import Application
from keyctl.model.attempt import Attempt, Outcome
from keyctl.model.comparison import Comparison, Status
from keyctl.model.finding import Severity
from keyctl.reconcile.narrowing import Narrowing

if TYPE_CHECKING:
    from keyctl.acting.hands import Hands

ENDS = {
    "delete hedger-quotes": Outcome.DONE,  # a revoked id
    "delete hedger-options": Outcome.DONE,  # another one
    "delete arbitrage-perps": Outcome.DONE,  # it had expired
    "update hedger-quotes": Outcome.DONE,  # an IP list is narrowed
    "update basis-okx": Outcome.DONE,  # a key is bound to addresses again
    "update ledger": Outcome.BY_HAND,  # a master's key
}
LEFT = {"arbitrage-spot", "bybit-arb", "bybit-treasury", "ledger"}
"""What the findings are about that people have to see to."""
DELETED = "arbitrage-spot"
PROTECTED = "main"


def tell(
    teller: Teller,
    scratch: Path,
    git: Any,
    environ: Mapping[str, str],
    sink: Path,
    now: datetime,
    decide: Callable[[str], str],
) -> None:
    """Two chapters on the desk in ``scratch``. ``environ`` is the deployment with its credentials, ``sink`` a folder
    for secrets; ``decide`` edits files as people do who send secrets to a place, and says in a line what they did."""
    remote = scratch / ".git" / "remote.git"
    git.init("-q", "--bare", "-b", PROTECTED, str(remote))
    git.config("--file", str(remote / "config"), "receive.advertisePushOptions", "true")
    git.remote("add", "origin", str(remote))
    git.push("-q", "origin", PROTECTED)
    place = f"file:{sink}"
    hands = _hands(scratch, {**environ, "KEYCTL_SINKS": place}, now)

    teller.chapter("Plan and apply: the exchanges as the files say")
    teller.say("$ exchange-keyctl plan")
    for number, action in enumerate(_plan(scratch, hands).actions, 1):
        by_hand = "; a person has to do it" if action.manual else ""
        shown = f" ({action.identifier.display})" if action.identifier else ""
        teller.item(
            f"{number}.", f"{action.op.value} {action.key}{shown} on {action.account}: {action.reason}{by_hand}"
        )
    teller.say("\n$ exchange-keyctl apply --yes --commit --push")
    applied, after = _apply(scratch, hands, Narrowing())
    teller.say(_rendered(applied))
    teller.say(f"exit status {status_of(applied.exit_reasons).value}: what is left is for people")
    left = [finding for finding in after.findings if finding.severity.rank >= Severity.ERROR.rank]
    for finding in left:
        teller.item("*", f"{subject(finding)}: {finding.message}")
    teller.expect({_named(one): one.outcome for one in applied.attempts} == ENDS, "each action ends as it should")
    teller.expect(not any(Status.REACTIVATED in row.statuses for row in after.keys), "what was revoked is dead")
    teller.expect({subject(finding) for finding in left} == LEFT, "what is left is what people have to see to")
    teller.expect(status_of(applied.exit_reasons) is Exit.DIFFERENCES, "apply exits with 2")
    _merge(git, applied)

    teller.chapter("The key that somebody deleted is made anew")
    teller.say("Never silently. People find out what happened, then have this merged:\n")
    message = decide(place)
    git.commit("-q", "-a", "-m", message)
    told = git.show("--format=%s", "--unified=0", "--no-color").splitlines()
    for line in [told[0], *(one for one in told[1:] if one[0:1] in "+-" and one[1:2] not in "+-")]:
        teller.say(f"  {line}")
    git.push("-q", "origin", PROTECTED)
    teller.say(f"\n$ exchange-keyctl apply --only key={DELETED} --commit --push")
    made, _ = _apply(scratch, hands, Narrowing((("key", DELETED),)))
    teller.say(_rendered(made))
    teller.item("Its", f"secret is in {place}, and nowhere else: not in git, not in a log, not on this page.")
    parcels = [path.read_text("utf-8") for path in sink.iterdir()]
    teller.expect([_named(one) for one in made.attempts if one.made] == [f"create {DELETED}"], "a key is made")
    teller.expect(len(parcels) == 1 and f'"{DELETED}"' in parcels[0], "its secret is delivered")


def _hands(scratch: Path, environ: Mapping[str, str], now: datetime) -> Hands:
    from keyctl.acting.hands import Hands
    from keyctl.cli.looking import look
    from keyctl.history.committing import Author
    from keyctl.secrets.sinks.catalogue import open_sink
    from keyctl.secrets.sources import READ, WRITE, Credentials

    return Hands(
        environ=environ,
        reading=Credentials.from_environ(environ, READ),
        writing=Credentials.from_environ(environ, WRITE),
        clock=lambda: now,
        observe=lambda desired, watch: look(desired, environ=environ, watch=watch),
        sinks=cache(lambda reference: open_sink(reference, environ, work_tree=scratch)),
        confirmed=lambda _actions: False,  # --yes says so
        author=Author("Desk Example", "desk@desk.example"),
    )


def _plan(scratch: Path, hands: Hands) -> Comparison:
    from keyctl.reconcile import run
    from keyctl.reconcile.desired import read_desired

    desired = read_desired(scratch, environ=hands.environ, protected=PROTECTED, cached=False)
    now = hands.clock()
    return run.reconcile(scratch, desired, hands.observe(desired, None), now=now, real_now=now, planned=True).comparison


def _apply(scratch: Path, hands: Hands, only: Narrowing) -> tuple[Application, Comparison]:
    from keyctl.acting.apply import Wishes, apply
    from keyctl.cli.looking import look

    narrowed = replace(hands, observe=lambda desired, watch: look(desired, only, environ=hands.environ, watch=watch))
    applied = apply(scratch, Wishes(only=only, yes=True, commit=True, push=True, protected=PROTECTED), narrowed)
    assert applied.after is not None
    return applied, applied.after


def _rendered(applied: Application) -> str:
    """As the command prints it, without the findings that are left: they are told in a sentence each."""
    return rendered(replace(applied, after=None))


def _named(attempt: Attempt) -> str:
    return f"{attempt.action.op.value} {attempt.action.key}"


def _merge(git: Any, applied: Application) -> None:
    """What the forge does when somebody merges the merge request that apply asked for."""
    git.fetch("-q", "origin")
    git.merge("-q", "--no-ff", "-m", f"Merge branch '{applied.branch}'", f"origin/{applied.branch}")
    git.push("-q", "origin", PROTECTED, f":{applied.branch}")
