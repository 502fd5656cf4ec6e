"""``keyctl new``."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from keyctl.cli.options import RegistryOption
from keyctl.cli.roots import registry_root
from keyctl.model.refusal import Refusal

if TYPE_CHECKING:
    from keyctl.model.registry import Registry
    from keyctl.model.scopes import ScopeSet
    from keyctl.registry.load import Loaded

LONGEST = 36500
"""The most days that ``--days`` takes: a century."""


def new(
    key: Annotated[str, typer.Argument(help="The key's name, after what it is for.")],
    account: Annotated[str, typer.Option("--account", metavar="A", help="An account of registry/accounts.yaml.")],
    owner: Annotated[str, typer.Option("--owner", metavar="O", help="An app of registry/apps.yaml.")],
    scopes: Annotated[
        str | None,
        typer.Option(
            "--scopes",
            metavar="S,S…",
            help="Its rights, such as read,trade.spot; else the app's needs.",
            show_default=False,
        ),
    ] = None,
    ips: Annotated[
        str | None,
        typer.Option(
            "--ips",
            metavar="IP,IP…",
            help="Addresses, networks, @names, or any; else to be filled in.",
            show_default=False,
        ),
    ] = None,
    expires: Annotated[
        str | None, typer.Option("--expires", metavar="DATE", help="The last day of its life.", show_default=False)
    ] = None,
    days: Annotated[
        int | None,
        typer.Option(
            "--days", metavar="N", min=1, max=LONGEST, help="The same in days from today (UTC).", show_default=False
        ),
    ] = None,
    purpose: Annotated[
        str | None, typer.Option("--purpose", metavar="TEXT", help="What it is for, on one line.", show_default=False)
    ] = None,
    folder: Annotated[
        str | None,
        typer.Option("--folder", metavar="F", help="Its folder in keys.d; else the owner's name.", show_default=False),
    ] = None,
    registry: RegistryOption = None,
) -> None:
    """Begin a key file: what is known is filled in; what a person must decide fails validation until it is there."""
    from keyctl.model.names import AccountName, AppName
    from keyctl.registry.admission import addresses, check_holder, check_name, check_place, scopes_for
    from keyctl.registry.draft import Draft, draft_text
    from keyctl.registry.files import KEYS, walk
    from keyctl.registry.load import load
    from keyctl.registry.saving import create

    if expires is not None and days is not None:
        raise typer.BadParameter("--expires and --days say the same twice; give one of them")
    today = datetime.now(UTC).date()
    last_day = last_day_of(today, days, expires, "--expires")
    root = registry_root(registry)
    declared = _usable(load(root))
    below = (owner if folder is None else folder.removeprefix(KEYS)).strip("/")
    path = KEYS + (f"{below}/" if below else "") + f"{key}.yaml"
    check_place(path, walk(root).paths)
    check_name(key, declared)
    check_holder(account, owner, declared)
    draft = Draft(
        AccountName(account),
        AppName(owner),
        scopes_for(account, owner, _listed(scopes, "--scopes"), declared),
        addresses(_listed(ips, "--ips") or (), declared),
        _one_line(purpose),
        last_day,
        tuple(declared.networks),
    )
    create(root, path, draft_text(path, draft).encode("utf-8"))
    sys.stdout.write(f"{path}\n")
    sys.stderr.writelines(f"{line}\n" for line in _next_steps(path, draft.scopes, draft.ips))


def last_day_of(today: date, days: int | None, given: str | None, option: str) -> date | None:
    """The day that ``--days`` or the option with a date means; None without either. Never a day that is past."""
    if days is not None:
        return today + timedelta(days=days)
    if given is None:
        return None
    try:
        day = date.fromisoformat(given)
        known = len(given) == len("2026-11-25") and day.year >= 2000
    except ValueError:
        known = False
    if not known:
        raise typer.BadParameter(f"{option}: {given!r} is no day such as 2026-11-25")
    if day < today:
        raise typer.BadParameter(f"{option}: {given} is past; today is {today} (UTC)")
    return day


def _usable(loaded: Loaded) -> Registry:
    """What the registry declares, although some of its key files may still be drafts."""
    from keyctl.model.finding import ExitReason
    from keyctl.registry.files import KEYS

    for finding in loaded.findings:
        if finding.consequence is ExitReason.FAILED and not (finding.place and finding.place.path.startswith(KEYS)):
            raise Refusal(f"{finding.place}: {finding.message}" if finding.place else finding.message, finding.remedy)
    return loaded.readable


def _listed(text: str | None, option: str) -> list[str] | None:
    if text is None:
        return None
    listed = text.replace(",", " ").split()
    if not listed:
        raise typer.BadParameter(f"{option} is empty")
    return listed


def _one_line(purpose: str | None) -> str | None:
    if purpose is None:
        return None
    text = " ".join(purpose.split())
    if not text or not text.isprintable() or len(text) > 500:
        raise typer.BadParameter("--purpose is one line of 1 to 500 characters")
    return text


def _next_steps(path: str, scopes: ScopeSet, ips: tuple[str, ...]) -> Iterator[str]:
    missing = [name for name, there in (("scopes", scopes), ("ips", ips)) if not there]
    if missing:
        yield f"next: fill in {' and '.join(missing)} in {path}; it is not valid before"
    yield ("then" if missing else "next") + ": exchange-keyctl validate, then propose it in a merge request"
    yield "      once the exchange has issued the key, its id is written into the file"
