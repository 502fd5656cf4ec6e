"""``keyctl log``."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from keyctl.cli.exits import status_of
from keyctl.cli.options import FullIdsOption, OutputOption, ProtectedOption, RegistryOption, ViewFormatOption
from keyctl.cli.progress import Progress
from keyctl.cli.roots import registry_root
from keyctl.model.refusal import Refusal


def log(
    key: Annotated[
        str | None, typer.Argument(help="A key, also one whose file is gone or has another name now.")
    ] = None,
    identifier: Annotated[
        str | None,
        typer.Option(
            "--id", metavar="ID", help="An id or its fingerprint: whichever key ever held it.", show_default=False
        ),
    ] = None,
    registry: RegistryOption = None,
    protected: ProtectedOption = None,
    stdout_format: ViewFormatOption = "text",
    output: OutputOption = None,
    full_ids: FullIdsOption = False,
) -> None:
    """A key's life out of git: issued, changed, rotated, revoked; by whom, in which commit and merge."""
    from keyctl.cli.output import Outputs
    from keyctl.history.life import id_life, key_life
    from keyctl.model.identifier import Identifier, IdentifierError
    from keyctl.model.names import KeyName
    from keyctl.reports import views

    outputs = Outputs(stdout_format, output, full_ids=full_ids, known=views.names())
    if (key is None) == (identifier is None):
        raise typer.BadParameter("name a key, or an id with --id")
    root = registry_root(registry)
    progress = Progress()
    if identifier is not None:
        try:
            wanted = Identifier.parse(identifier)
        except IdentifierError as error:
            raise typer.BadParameter(f"--id: {error}") from None
        life = id_life(root, wanted, protected=protected, environ=os.environ, progress=progress.commits)
        unknown = f"no commit ever held the id {wanted.display}"
        remedy = "guard searches other trees and streams; if the id is alive, exchange-keyctl reconcile shows it"
    else:
        name = KeyName((key or "").removesuffix(".yaml").rpartition("/")[2])
        life = key_life(root, name, protected=protected, environ=os.environ, progress=progress.commits)
        unknown = f"no commit ever held a key {name!r}"
        remedy = "exchange-keyctl status lists the keys that there are; a key is called like its file"
    progress.done()
    if life is None:
        raise Refusal(unknown, remedy)
    outputs.write(life, root)
    raise typer.Exit(status_of(life.exit_reasons))
