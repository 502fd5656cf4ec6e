"""The program: commands, and the one place where every outcome becomes an exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from keyctl import __version__
from keyctl.cli import exchanges, sandbox, tombstones
from keyctl.cli.adopt import adopt
from keyctl.cli.apply import apply
from keyctl.cli.attest import attest
from keyctl.cli.confirm import confirm
from keyctl.cli.demo import demo
from keyctl.cli.doctor import doctor
from keyctl.cli.exits import Exit, status_of
from keyctl.cli.explain import explain
from keyctl.cli.fingerprint import fingerprint
from keyctl.cli.fmt import fmt
from keyctl.cli.init import init
from keyctl.cli.log import log
from keyctl.cli.new import new
from keyctl.cli.observe import observe
from keyctl.cli.plan import plan
from keyctl.cli.reconcile import reconcile
from keyctl.cli.renew import renew
from keyctl.cli.review import review
from keyctl.cli.revoke import revoke
from keyctl.cli.rotate import rotate
from keyctl.cli.schema import schema
from keyctl.cli.status import status
from keyctl.cli.validate import validate
from keyctl.model.refusal import Refusal

app = typer.Typer(
    name="exchange-keyctl",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"exchange-keyctl {__version__}\n")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    _debug: Annotated[
        bool, typer.Option("--debug", help="With any command: a trace, without locals, of an internal error.")
    ] = False,
) -> None:
    """Crypto-exchange API keys as infrastructure-as-code: a registry in git, reconciled with the exchanges."""


app.command()(init)
app.command()(new)
app.command()(renew)
app.command()(fmt)
app.command()(validate)
app.command()(review)
app.command()(reconcile)
app.command()(plan)
app.command()(apply)
app.command()(revoke)
app.command()(rotate)
app.command()(confirm)
app.command()(observe)
app.command()(adopt)
app.command()(attest)
app.command()(status)
app.command()(log)
app.command()(explain)
app.command()(doctor)
app.command()(demo)
app.add_typer(exchanges.app, name="exchanges")
app.command()(fingerprint)
app.command()(schema)
app.add_typer(tombstones.app, name="tombstones")
app.add_typer(sandbox.app, name="sandbox")

COMPLETION = "_EXCHANGE_KEYCTL_COMPLETE"
"""Set by the shell's completion script, which calls the program without arguments."""

# The command library's own usage errors; found through a public name, since its package differs between versions.
_UsageError: type[Exception] = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException" and issubclass(kind, Exception)
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status. Every exception ends here; nothing else chooses a status."""
    given = list(sys.argv[1:] if argv is None else argv)
    arguments = [argument for argument in given if argument != "--debug"]
    if not arguments and COMPLETION not in os.environ:
        _usage(["--help"])
        return Exit.USAGE
    try:
        code = app(arguments, prog_name="exchange-keyctl", standalone_mode=False)
        if code == Exit.INTERRUPTED:  # the command library's own answer to an interrupt
            raise KeyboardInterrupt
        return int(code) if isinstance(code, int) else Exit.CLEAN
    except _UsageError as error:
        told = error.format_message() if hasattr(error, "format_message") else str(error)
        sys.stderr.write(f"error: {told}\n")
        sys.stderr.write("  -> see exchange-keyctl --help, or --help behind the command\n")
        return Exit.USAGE
    except Refusal as refusal:
        _say(refusal.message, refusal.remedy)
        for finding in refusal.findings:
            _say(f"{finding.rule}: {finding.message}", finding.remedy)
        reasons = {finding.consequence for finding in refusal.findings if finding.consequence is not None}
        return status_of(reasons) if reasons else Exit.FAILED
    except (KeyboardInterrupt, typer.Abort):
        sys.stderr.write("interrupted\n")
        return Exit.INTERRUPTED
    except SystemExit as leaving:
        # The command library leaves by itself after completing a word for the shell.
        return leaving.code if isinstance(leaving.code, int) else Exit.CLEAN
    except BrokenPipeError:
        # Whoever read stdout has gone; nothing can be said to them any more.
        sys.stderr.close()
        return Exit.FAILED
    except Exception as error:  # noqa: BLE001 - the last line of defence: no locals, no message that could hold a secret
        _internal(error, debug="--debug" in given)
        return Exit.FAILED


def run() -> None:
    """The console script."""
    sys.exit(main())


def _usage(arguments: list[str]) -> None:
    """Help on stderr: stdout carries results and nothing else."""
    out, sys.stdout = sys.stdout, sys.stderr
    try:
        app(arguments, prog_name="exchange-keyctl", standalone_mode=False)
    finally:
        sys.stdout = out


def _say(message: str, remedy: str) -> None:
    sys.stderr.write(f"error: {message}\n")
    if remedy:
        sys.stderr.write(f"  -> {remedy}\n")


def _internal(error: Exception, *, debug: bool) -> None:
    """Name the kind of error and where it arose, never its message: that could carry a signed URL or an answer."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1] if frames else None
    where = f" in {last.name}, {last.filename}:{last.lineno}" if last else ""
    sys.stderr.write(f"internal error: {type(error).__name__}{where}\n")
    if debug:
        sys.stderr.writelines(traceback.format_list(frames))
    else:
        sys.stderr.write("  -> this is a fault of keyctl; run it again with --debug for the trace and report it\n")
