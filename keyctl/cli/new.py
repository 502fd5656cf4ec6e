"""``keyctl new``."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from keyctl.cli.options import RegistryOption, day_of
from keyctl.cli.roots import registry_root
from keyctl.model.refusal import Refusal

if TYPE_CHECKING:
    from keyctl.model.registry import Registry
    from keyctl.registry.load import Loaded

LONGEST = 36500
"""The most days that ``--days`` takes: a century."""


def new(
    key: Annotated[str, typer.Argument(help="The key's name, after what it is for.")],
    owner: Annotated[str, typer.Option("--owner", metavar="O", help="An app of registry/apps.yaml.")],
    account: Annotated[
        str | None,
        typer.Option(
            "--account",
            metavar="A",
            help="The account of registry/accounts.yaml that it is for, where that is decided.",
            show_default=False,
        ),
    ] = None,
    exchange: Annotated[
        str | None,
        typer.Option(
            "--exchange",
            metavar="X",
            help="Its exchange instead: keyctl proposes the safest way there.",
            show_default=False,
        ),
    ] = None,
    parent: Annotated[
        str | None,
        typer.Option(
            "--parent",
            metavar="P",
            help="With --exchange: the master account below which a sub-account is opened, where there are several.",
            show_default=False,
        ),
    ] = None,
    scopes: Annotated[
        str | None,
        typer.Option(
            "--scopes",
            metavar="S,S…",
            help="Its rights, such as read,trade.spot; else the app's needs, with --exchange read alone for third"
            " parties.",
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
        str | None,
        typer.Option(
            "--expires",
            metavar="DATE",
            help="The last day of its life; else 90 days, or what policy allows.",
            show_default=False,
        ),
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
    """Begin a key file: what is known is filled in; what a person must decide fails validation until it is there.
    With --exchange instead of --account, also decide how the app is best given access: an agent that a wallet approves
    where the venue has them, else a key on a sub-account of its own, else one on a shared account; read-only unless the
    app needs more, bound to addresses, short-lived. The account's entry is written too, and stderr names the rule
    behind each choice and every step to be done by hand. Nothing is committed."""
    from keyctl.cli.proposing import Asked, advised, placed
    from keyctl.model.names import AppName, KeyName
    from keyctl.registry.admission import addresses, check_name, check_place, parsed_scopes, unknown
    from keyctl.registry.files import KEYS, walk
    from keyctl.registry.load import load
    from keyctl.registry.references import APPS

    if (account is None) == (exchange is None):
        raise typer.BadParameter("name either an account with --account, or an exchange with --exchange")
    if parent is not None and exchange is None:
        raise typer.BadParameter("--parent goes with --exchange")
    if expires is not None and days is not None:
        raise typer.BadParameter("--expires and --days say the same twice; give one of them")
    today = datetime.now(UTC).date()
    last_day = last_day_of(today, days, expires, "--expires")
    wished, listed, said = _listed(scopes, "--scopes"), _listed(ips, "--ips"), _one_line(purpose)
    root = registry_root(registry)
    loaded = load(root)
    declared = _usable(loaded)
    below = (owner if folder is None else folder.removeprefix(KEYS)).strip("/")
    path = KEYS + (f"{below}/" if below else "") + f"{key}.yaml"
    check_place(path, walk(root).paths)
    check_name(key, declared)
    if AppName(owner) not in declared.apps:
        raise unknown("app", owner, declared.apps, APPS)
    asked = Asked(
        KeyName(key),
        declared.apps[AppName(owner)],
        None if wished is None else parsed_scopes(wished),
        addresses(listed or (), declared),
        said,
        today,
        last_day,
    )
    if account is not None:
        placed(root, path, declared, asked, account)
    elif exchange is not None:
        advised(root, path, declared, loaded.texts, asked, exchange, parent)


def last_day_of(today: date, days: int | None, given: str | None, option: str) -> date | None:
    """The day that ``--days`` or the option with a date means; None without either. Never a day that is past."""
    if days is not None:
        return today + timedelta(days=days)
    if given is None:
        return None
    day = day_of(given, option)
    if day < today:
        raise typer.BadParameter(f"{option}: {given} is past; today is {today} (UTC)")
    return day


def _usable(loaded: Loaded) -> Registry:
    """What the registry declares, although some of its key files may still be drafts."""
    from keyctl.model.finding import ExitReason
    from keyctl.policy.concealing import all_concealed
    from keyctl.registry.files import KEYS

    for finding in all_concealed(loaded.texts, loaded.findings):
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
