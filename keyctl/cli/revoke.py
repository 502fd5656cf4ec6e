"""``keyctl revoke``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from keyctl.cli.acting import CommitOption, PushOption, check_harmless, check_no_secret, check_written, confirmed, hands
from keyctl.cli.exits import status_of
from keyctl.cli.options import FullIdsOption, OutputOption, RegistryOption, ViewFormatOption
from keyctl.cli.progress import Progress
from keyctl.cli.roots import registry_root
from keyctl.model.refusal import Refusal

if TYPE_CHECKING:
    from keyctl.model.identifier import Identifier


def revoke(
    reason: Annotated[str, typer.Option("--reason", metavar="R", help="Why, such as leaked; it is written down.")],
    key: Annotated[str | None, typer.Argument(metavar="[KEY]", help="A key: all its ids.", show_default=False)] = None,
    identifier: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="This id, or its fingerprint.", show_default=False)
    ] = None,
    app: Annotated[
        str | None, typer.Option("--app", metavar="A", help="All keys of this app.", show_default=False)
    ] = None,
    account: Annotated[
        str | None,
        typer.Option(
            "--account", metavar="A", help="All declared keys there; with --id, where that is.", show_default=False
        ),
    ] = None,
    freeze: Annotated[
        bool,
        typer.Option("--freeze", help="Freeze the sub-accounts too, where the exchange can."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="All of them are meant; nobody is asked.")] = False,
    registry: RegistryOption = None,
    commit: CommitOption = False,
    push: PushOption = False,
    stdout_format: ViewFormatOption = "text",
    output: OutputOption = None,
    full_ids: FullIdsOption = False,
) -> None:
    """Kill keys now, have the exchange confirm it, and list their ids as revoked for ever. It waits for nothing."""
    from keyctl.acting.revoke import Wish
    from keyctl.acting.revoke import revoke as act
    from keyctl.cli.output import Outputs
    from keyctl.model.names import AccountName, AppName, KeyName
    from keyctl.reconcile.narrowing import Narrowing
    from keyctl.reports import views

    outputs = Outputs(stdout_format, output, full_ids=full_ids, known=views.names())
    check_written(commit=commit, push=push)
    named = [key is not None, identifier is not None, app is not None, account is not None and identifier is None]
    if sum(named) != 1:
        raise typer.BadParameter("name one: a key, --id, --app or --account")
    if not reason.strip() or not reason.isprintable() or len(reason) > 200:
        raise typer.BadParameter("--reason is one line of 1 to 200 characters")
    check_harmless(reason)
    meant = _identifier(identifier)
    root = registry_root(registry)
    progress = Progress()
    wish = Wish(
        reason.strip(),
        KeyName(key) if key is not None else None,
        meant,
        AppName(app) if app is not None else None,
        AccountName(account) if account is not None else None,
        freeze,
        commit,
        push,
    )
    with_hands = hands(root, Narrowing(), progress)
    check_no_secret(with_hands, reason, identifier)
    result = act(
        root,
        wish,
        with_hands,
        lambda actions: yes or key is not None or confirmed(actions, progress, "revoke"),
    )
    progress.done()
    outputs.write(result, root)
    raise typer.Exit(status_of(result.exit_reasons))


def _identifier(text: str | None) -> Identifier | None:
    from keyctl.model.identifier import Identifier, IdentifierError

    if text is None:
        return None
    try:
        return Identifier.parse(text)
    except IdentifierError as error:
        raise Refusal(f"--id: {error}", "copy the id as the exchange or the registry shows it") from None
