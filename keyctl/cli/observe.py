"""``keyctl observe``."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from keyctl.cli.exits import Exit, status_of
from keyctl.cli.options import ProtectedOption, RegistryOption
from keyctl.cli.progress import Progress
from keyctl.cli.roots import registry_root
from keyctl.model.refusal import Refusal


def observe(
    key: Annotated[str, typer.Argument(help="The key, whose own credential is in the environment.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the snapshot goes.", show_default=False)],
    registry: RegistryOption = None,
    protected: ProtectedOption = None,
) -> None:
    """One key's own view of itself, with its own credential, for `reconcile --snapshot FILE` elsewhere."""
    import json

    from keyctl.cli.output import Outputs, write_text
    from keyctl.model.finding import ExitReason, Severity, exit_reasons, in_order
    from keyctl.model.names import KeyName
    from keyctl.model.rules import found
    from keyctl.model.validation import Validation
    from keyctl.reconcile import snapshots
    from keyctl.reconcile.desired import read_desired
    from keyctl.reconcile.own_view import NotObserved, RevokedCredential, own_credential, own_view
    from keyctl.secrets.sources import Credentials

    if not out.absolute().parent.is_dir():
        raise Refusal(f"--out {out}: {out.parent} is no folder", "make the folder first")
    root = registry_root(registry)
    progress = Progress()
    desired = read_desired(root, environ=os.environ, protected=protected, progress=progress.commits)
    progress.done()
    findings = [f for f in desired.findings if f.consequence is ExitReason.FAILED]
    if desired.registry is None or findings:
        # without the history nobody can tell whether an id is revoked
        ordered = in_order(findings)
        result = Validation(desired.counts, False, ordered, exit_reasons(ordered, Severity.CRITICAL))
        Outputs("text", None).write(result, root)
        raise typer.Exit(status_of(result.exit_reasons))
    declared = desired.registry.keys.get(KeyName(key))
    if declared is None:
        raise Refusal(f"the registry declares no key {key!r}", "see exchange-keyctl status for the keys that there are")
    credentials = Credentials.from_environ(os.environ)
    try:
        credential = own_credential(desired.registry, declared, credentials, desired.tombstones)
        snapshot = own_view(
            desired.registry,
            declared,
            credential,
            credentials=credentials,
            tombstones=desired.tombstones,
            sandbox=os.environ.get("KEYCTL_SANDBOX"),
            clock=lambda: datetime.now(UTC),
        )
    except RevokedCredential as error:
        remedy = "give the app another key, and have this one deleted at the exchange"
        finding = found("credential-revoked", str(error), remedy, key=declared.name, account=declared.account)
        result = Validation(desired.counts, False, (finding,), exit_reasons((finding,), Severity.ERROR))
        Outputs("text", None).write(result, root)
        raise typer.Exit(status_of(result.exit_reasons)) from None
    except NotObserved as error:
        sys.stderr.write(f"error: {key} could not be observed: {error}\n")
        sys.stderr.write(f"  -> nothing was written to {out}\n")
        raise typer.Exit(Exit.INCOMPLETE) from None
    write_text(out, json.dumps(snapshots.document(snapshot), indent=1) + "\n")
    (seen,) = snapshot.accounts
    if not seen.keys:
        sys.stdout.write(f"{key} does not exist at the exchange any more; {out} says so\n")
        raise typer.Exit(Exit.DIFFERENCES)
    sys.stdout.write(f"{key} was observed on {seen.account} as {credential.identifier.display}: {out}\n")
