"""``keyctl adopt``."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from keyctl.cli.exits import status_of
from keyctl.cli.options import AnchorOption, OnlyOption, ProtectedOption, RegistryOption, narrowing
from keyctl.cli.progress import Progress
from keyctl.cli.roots import registry_root
from keyctl.model.refusal import Refusal

if TYPE_CHECKING:
    from keyctl.model.finding import ExitReason
    from keyctl.model.identifier import Fingerprint
    from keyctl.model.live import Snapshot
    from keyctl.model.registry import Registry
    from keyctl.reconcile.adoption import Ground, Stranger
    from keyctl.reconcile.choosing import Choice
    from keyctl.reconcile.desired import Desired
    from keyctl.reconcile.narrowing import Narrowing


def adopt(
    keys: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[KEY]...",
            help="A live key by its id, its fingerprint or the name that it would get, or by the first characters of"
            " one (4 or more); else all that nobody declared.",
            show_default=False,
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--as", metavar="NAME", help="With one KEY: what it is to be called.", show_default=False),
    ] = None,
    fingerprints: Annotated[
        bool, typer.Option("--fingerprints", help="Write fingerprints into the files, and no id.")
    ] = False,
    only: OnlyOption = None,
    registry: RegistryOption = None,
    protected: ProtectedOption = None,
    anchor: AnchorOption = None,
) -> None:
    """Begin a key file for each live key that nobody declared: what the exchange reports is filled in, and no file is
    valid before a person has filled in its owner. Revoked ids, keyctl's own credentials, keys of other registries and
    keys of accounts that could not be seen wholly are left out, and stderr says why. No exchange is changed, no file
    that is there is touched, and nothing is committed. With --only, keys of this account or exchange."""
    from keyctl.cli.looking import look
    from keyctl.model.finding import ExitReason
    from keyctl.reconcile.adoption import strangers
    from keyctl.reconcile.choosing import chosen
    from keyctl.reconcile.compare import compare
    from keyctl.reconcile.desired import read_desired
    from keyctl.reconcile.run import venues
    from keyctl.registry.saving import create_all

    narrowed = _about_accounts(only)
    if name is not None and len(keys or ()) != 1:
        raise typer.BadParameter("--as goes with one KEY")
    now = datetime.now(UTC)
    root = registry_root(registry)
    progress = Progress()
    desired = read_desired(
        root, environ=os.environ, protected=protected, anchor=anchor, cached=False, progress=progress.commits
    )
    declared = _lawful(desired, root)
    narrowed.check(declared)
    snapshot = look(desired, narrowed, progress.say)(declared)
    progress.done()
    rows = compare(declared, desired.tombstones, snapshot, now, venues(declared)).keys
    found = strangers(declared, desired.tombstones, snapshot, rows, _ground(root, desired, os.environ))
    choice = chosen(keys or (), found, rows)
    reasons = set(_left_out(choice, snapshot, swept=not keys))
    files: dict[str, bytes] = {}
    try:
        if ExitReason.FAILED not in reasons:
            files = _files(root, desired, snapshot, choice.adopted, name, fingerprints=fingerprints)
            create_all(root, files)
        else:
            sys.stderr.write("nothing was written: name only keys that can be adopted\n")
    except Refusal as refusal:
        _say(f"error: {refusal.message}; nothing was written", refusal.remedy)
        files = {}
        reasons.add(ExitReason.FAILED)
    sys.stdout.writelines(f"{path}\n" for path in files)
    sys.stderr.writelines(f"{line}\n" for line in _next_steps(files, choice, nothing=not found))
    raise typer.Exit(status_of(reasons))


def _about_accounts(only: list[str] | None) -> Narrowing:
    narrowed = narrowing(only)
    if any(kind not in ("account", "exchange") for kind, _ in narrowed.terms):
        raise typer.BadParameter("--only takes account=NAME or exchange=NAME here: what nobody declared has no app")
    return narrowed


def _lawful(desired: Desired, root: Path) -> Registry:
    """The registry, of which it is certain what it and its history hold; else the findings, and the end."""
    from keyctl.cli.output import Outputs
    from keyctl.model.finding import ExitReason, Severity, exit_reasons, in_order
    from keyctl.model.validation import Validation

    findings = [one for one in desired.findings if one.consequence in (ExitReason.FAILED, ExitReason.BLOCKED)]
    if desired.registry is not None and not findings:
        return desired.registry
    ordered = in_order(findings)
    result = Validation(desired.counts, False, ordered, exit_reasons(ordered, Severity.CRITICAL))
    Outputs("text", None).write(result, root)
    sys.stderr.write("nothing was written: mend these first, also files that an earlier adopt began\n")
    raise typer.Exit(status_of(result.exit_reasons))


def _ground(root: Path, desired: Desired, environ: Mapping[str, str]) -> Ground:
    from keyctl.history.ledger import key_of
    from keyctl.reconcile.adoption import Ground
    from keyctl.reconcile.neighbours import elsewhere
    from keyctl.registry.files import walk

    remembered: dict[Fingerprint, str] = {}
    names = {path.rpartition("/")[2].removesuffix(".yaml") for path in walk(root).paths}
    ledger = desired.history.ledger if desired.history else None
    for one, once in ledger.declared.items() if ledger else ():
        former = key_of(once.last.path)
        names |= {former} if former else set()
        remembered[one] = f"history knows it, last by {once.last}"
    return Ground(_in_use(environ), remembered, elsewhere(root, desired), frozenset(names))


def _in_use(environ: Mapping[str, str]) -> frozenset[Fingerprint]:
    """Every id that this deployment gives keyctl to use, for reading or for more."""
    from keyctl.secrets.sources import READ, WRITE, Credentials

    reading, writing = (Credentials.from_environ(environ, use) for use in (READ, WRITE))
    return reading.identifiers() | writing.identifiers()


def _files(
    root: Path,
    desired: Desired,
    snapshot: Snapshot,
    adopted: Iterable[Stranger],
    name: str | None,
    *,
    fingerprints: bool,
) -> dict[str, bytes]:
    """The text of each file by its path. Raises Refusal for a name that does not fit."""
    from keyctl.model.app import KEYCTL, Access
    from keyctl.reconcile.naming import is_id, spellings
    from keyctl.registry.admission import check_name, check_place
    from keyctl.registry.adopted import Adopted, adopted_text
    from keyctl.registry.files import KEYS, walk

    declared = desired.readable
    present = list(walk(root).paths)
    live = spellings(key.identifier for seen in snapshot.accounts for key in seen.keys)
    apps = tuple(app.name for app in declared.apps.values() if app.name != KEYCTL and app.access is Access.KEY)
    files: dict[str, bytes] = {}
    for one in adopted:
        called = name or one.name
        path = f"{KEYS}{one.account.name}/{called}.yaml"
        check_place(path, present)
        check_name(called, declared)
        if is_id(called, live, desired.tombstones):
            raise Refusal(f"{called!r} is a known id, so nobody could tell which is meant", "name it after its purpose")
        present.append(path)
        text = adopted_text(path, Adopted(one.account, one.live, one.seen_at, one.label, apps, fingerprints))
        files[path] = text.encode("utf-8")
        _check_secrets(path, files[path])
    return files


def _check_secrets(path: str, data: bytes) -> None:
    """The last look before others' text goes to git. Raises Refusal."""
    from keyctl.model.finding import Confidence
    from keyctl.policy.reading import hits_in

    for hit in hits_in(path, data):
        if hit.confidence is not Confidence.LOW:
            raise Refusal(
                f"what the exchange reports for {path} holds what looks like {hit.what}",
                "name the other keys, and look at this one in the exchange's own page",
            )


def _left_out(choice: Choice, snapshot: Snapshot, *, swept: bool) -> Iterator[ExitReason]:
    """Says what was left out, the gravest first, and gives why the run is not clean."""
    from keyctl.model.finding import ExitReason
    from keyctl.model.live import Coverage
    from keyctl.reconcile import wording

    ranked = list(ExitReason)
    left = [(one, one.obstacle) for one in choice.left if one.obstacle is not None]
    for one, obstacle in sorted(left, key=lambda pair: ranked.index(pair[1].consequence)):
        label = f" [{one.label}]" if one.label else ""
        head = "REVOKED" if obstacle.consequence is ExitReason.BLOCKED else "left out"
        identifier = one.live.identifier
        _say(f"{head}: {identifier.display}{label} on {one.account.name}: {obstacle.message}", obstacle.remedy)
        yield obstacle.consequence
        if not swept and obstacle.consequence is not ExitReason.BLOCKED:
            yield ExitReason.FAILED
    for unmet in choice.unmet:
        _say(f"error: {unmet.message}", unmet.remedy)
        yield unmet.consequence
    for seen in snapshot.accounts:
        if seen.coverage is Coverage.INCOMPLETE and (swept or choice.unmet):
            _say(f"left out: {wording.incomplete(seen)[0]}", "mend the cause and run it again")
            yield ExitReason.INCOMPLETE
    blind = [seen.account for seen in snapshot.accounts if seen.coverage is Coverage.DECLARED_ONLY]
    if blind and swept:
        _say(
            f"not to be seen: keys that nobody declared on {', '.join(blind)}, where only declared ones can be asked"
            " about",
            "look at the exchange's own page",
        )


def _next_steps(files: Mapping[str, bytes], choice: Choice, *, nothing: bool) -> Iterator[str]:
    if nothing and not choice.unmet:
        yield "nothing to adopt: every live key that could be seen is declared"
    if not files:
        return
    for path, one in zip(files, choice.adopted, strict=True):
        label = f" [{one.label}]" if one.label else ""
        yield f"adopted: {one.live.identifier.display}{label} on {one.account.name}: {path}"
    missing = "the files are not valid" if len(files) > 1 else "it is not valid"
    yield f"next: find out who uses each key and fill in owner; {missing} before"
    yield "      hold scopes, ips and expires against what the app needs: they say what is, not what should be"
    yield "then: exchange-keyctl validate, then propose it in a merge request"
    yield "      a key that nobody wants is deleted at the exchange, and its id listed under revoked"


def _say(message: str, remedy: str) -> None:
    sys.stderr.write(f"{message}\n  -> {remedy}\n")
