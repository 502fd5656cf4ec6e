"""``keyctl sandbox``."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from keyctl.model.refusal import Refusal

app = typer.Typer(help="Simulated exchanges on loopback.", rich_markup_mode=None)
ScenarioOption = Annotated[
    str, typer.Option("--scenario", metavar="NAME", help="A name from `sandbox scenarios`, or a file of your own.")
]


@app.command()
def serve(
    scenario: ScenarioOption = "example",
    state: Annotated[
        Path | None,
        typer.Option("--state", metavar="FILE", help="Keep the simulated world here between runs.", show_default=False),
    ] = None,
) -> None:
    """Serve until SIGTERM or SIGINT; one JSON line on stdout says where, once it is ready."""
    from keyctl.sandbox.running import ScenarioError
    from keyctl.sandbox.running import serve as serve_scenario

    def announce(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    try:
        serve_scenario(scenario, state=state, announce=announce)
    except ScenarioError as error:
        remedy = "correct the scenario" if state is None else "correct the scenario, or name another file with --state"
        raise Refusal(f"scenario {scenario}: {error}", remedy) from None


@app.command()
def env(scenario: ScenarioOption = "example") -> None:
    """Print `export NAME=value` for every invented credential of a scenario: eval "$(exchange-keyctl sandbox env)"."""
    from keyctl.sandbox.running import ScenarioError, environment

    try:
        variables = environment(scenario)
    except ScenarioError as error:
        raise Refusal(f"scenario {scenario}: {error}") from None
    for name, value in variables.items():
        sys.stdout.write(f"export {name}={shlex.quote(value)}\n")


@app.command()
def scenarios() -> None:
    """The scenarios that come with keyctl."""
    from keyctl.sandbox.running import scenario_names

    for name, description in scenario_names():
        sys.stdout.write(f"{name:<10} {description}\n")
