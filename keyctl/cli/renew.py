"""``keyctl renew``."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from keyctl.cli.new import LONGEST, last_day_of
from keyctl.cli.options import RegistryOption
from keyctl.cli.roots import registry_root
from keyctl.model.refusal import Refusal

if TYPE_CHECKING:
    from keyctl.model.key import Key
    from keyctl.model.registry import Registry

DAYS = 90


def renew(
    keys: Annotated[
        list[str] | None, typer.Argument(metavar="[KEY]...", help="The keys to renew.", show_default=False)
    ] = None,
    app: Annotated[
        str | None, typer.Option("--app", metavar="A", help="All keys of this app instead.", show_default=False)
    ] = None,
    days: Annotated[
        int | None,
        typer.Option(
            "--days",
            metavar="N",
            min=1,
            max=LONGEST,
            help=f"Until so many days from today (UTC); {DAYS} if nothing is said.",
            show_default=False,
        ),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="Until this day instead.", show_default=False)
    ] = None,
    registry: RegistryOption = None,
) -> None:
    """Write new expiry dates, as one change to review; nothing else in the files is touched. No commit is made."""
    from keyctl.registry.canonical import key_fields
    from keyctl.registry.edit import EditRefused, add_entry, set_scalar
    from keyctl.registry.files import FileRefused, read_file
    from keyctl.registry.load import load
    from keyctl.registry.saving import save

    if bool(keys) == bool(app):
        raise typer.BadParameter("name keys, or an app with --app")
    if days is not None and until is not None:
        raise typer.BadParameter("--days and --until say the same twice; give one of them")
    today = datetime.now(UTC).date()
    last_day = last_day_of(today, DAYS if days is None and until is None else days, until, "--until")
    if last_day is None:
        raise typer.BadParameter("--days or --until is needed")
    root = registry_root(registry)
    loaded = load(root)
    if loaded.registry is None:
        raise Refusal("the registry is not valid", "mend what 'exchange-keyctl validate' finds first")
    chosen = _chosen(loaded.registry, keys or [], app)
    kept = {key.name: why for key in chosen if (why := _why_not(key, loaded.registry, today, last_day)) is not None}
    renewed = [key for key in chosen if key.name not in kept]
    if kept and (not app or not renewed):
        name, (reason, remedy) = next(iter(kept.items()))
        raise Refusal(f"{name}: {reason}; nothing was changed", remedy)
    edited: list[tuple[Key, bytes]] = []
    for key in renewed:
        path = key.place.path
        try:
            data = read_file(root, path)
            if key.expires is None:
                edited.append((key, add_entry(data, (), "expires", str(last_day), key_fields())))
            else:
                edited.append((key, set_scalar(data, ("expires",), str(last_day))))
        except (EditRefused, FileRefused) as error:
            raise Refusal(
                f"{path}: {error}; nothing was changed", "edit that file by hand and name the others"
            ) from None
    for key, data in edited:
        save(root, key.place.path, data)
        sys.stdout.write(f"{key.name}: {key.expires or 'no expiry'} → {last_day}  {key.place.path}\n")
    for name, (reason, _) in kept.items():
        sys.stderr.write(f"left as it is: {name}: {reason}\n")


def _chosen(declared: Registry, names: list[str], app: str | None) -> list[Key]:
    """The keys that are meant, each once, by name. Raises Refusal for names that are not there."""
    from keyctl.model.names import AppName, KeyName
    from keyctl.registry.admission import unknown
    from keyctl.registry.files import KEYS
    from keyctl.registry.references import APPS

    if app is not None:
        if AppName(app) not in declared.apps:
            raise unknown("app", app, declared.apps, APPS)
        owned = [key for key in declared.keys.values() if key.owner == app]
        if not owned:
            raise Refusal(f"app {app!r} has no key", "name another app")
        return owned
    for name in names:
        if KeyName(name) not in declared.keys:
            raise unknown("key", name, declared.keys, KEYS)
    return [declared.keys[KeyName(name)] for name in sorted(set(names))]


def _why_not(key: Key, declared: Registry, today: date, last_day: date) -> tuple[str, str] | None:
    """Why a key's life is not prolonged, and what to do instead; None where it is."""
    from keyctl.policy.rules.max_lifetime import allowed_days

    issue = "have a new key issued at the exchange, write its id into the file and list the old one under revoked"
    if key.identifier is None and key.revoked:
        return "has ended", "begin a new key, or write reissue: true into its file"
    if key.identifier is not None and declared.tombstones().find(key.identifier):
        return "its id is revoked for ever", issue
    if key.expires is not None and key.expires < today:
        return f"expired on {key.expires}, and what is dead stays dead", issue
    if key.expires is not None and key.expires >= last_day:
        return f"expires on {key.expires}, which is no earlier than {last_day}", "name a later day, or edit the file"
    allowed = allowed_days(declared.policy, declared.accounts[key.account].exchange, key)
    longest = None if allowed is None else (key.issued or today) + timedelta(days=allowed)
    if longest is not None and last_day > longest:
        return f"its policy lets it live until {longest} (max-lifetime)", f"name a day until then, or {issue}"
    return None
