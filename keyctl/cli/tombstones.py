"""``keyctl tombstones``."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from keyctl.cli.options import AtOption, ProtectedOption, RegistryOption, moment
from keyctl.cli.roots import registry_root
from keyctl.model.refusal import Refusal

app = typer.Typer(help="Revoked identifiers as one file.", rich_markup_mode=None, no_args_is_help=False)


@app.callback(invoke_without_command=False)
def _group() -> None:
    """Revoked identifiers as one file."""


@app.command()
def export(
    registry: RegistryOption = None,
    protected: ProtectedOption = None,
    out: Annotated[
        str | None,
        typer.Option("--out", metavar="FILE", help="Write this file, not stdout.", show_default=False),
    ] = None,
    at: AtOption = None,
) -> None:
    """Declared and revoked sets as fingerprints: an anchor for later runs. History is read afresh, without cache."""
    import json
    from pathlib import Path

    from keyctl.cli.output import Outputs, write_text
    from keyctl.history.export import export as export_sets
    from keyctl.model.finding import Severity, exit_reasons, in_order
    from keyctl.model.validation import Validation
    from keyctl.reconcile.desired import read_desired

    root = registry_root(registry)
    desired = read_desired(root, environ=os.environ, protected=protected, with_history=False, cached=False)
    findings = desired.findings
    document = None
    if desired.registry is not None:
        exported = export_sets(root, desired.registry, protected=protected, environ=os.environ, now=moment(at))
        findings += exported.findings
        document = exported.document
    reasons = exit_reasons(in_order(list(findings)), Severity.ERROR)
    if document is None or reasons:
        result = Validation(desired.counts, False, in_order(list(findings)), reasons)
        Outputs("text", None).write(result, root)
        raise Refusal("nothing was exported, since the registry or its history can't be relied on")
    text = json.dumps(document, indent=1) + "\n"
    if out is None:
        sys.stdout.write(text)
    else:
        write_text(Path(out), text)
