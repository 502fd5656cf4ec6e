"""``keyctl exchanges``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from keyctl.model.refusal import Refusal

app = typer.Typer(help="What keyctl knows of each exchange.", rich_markup_mode=None)


@app.command("list")
def list_exchanges() -> None:
    """One line an exchange: what its API lets keyctl do."""
    from keyctl.exchanges import catalogue

    for name in catalogue.names():
        declared = catalogue.declaration(name)
        abilities = ", ".join(sorted(capability.value for capability in declared.capabilities))
        if not declared.asked:
            abilities = "declared; keyctl can't ask it yet"
        sys.stdout.write(f"{name:<12} {declared.title}: {abilities}\n")


@app.command()
def show(
    exchange: Annotated[str, typer.Argument(help="A name from `exchanges list`.")],
) -> None:
    """Capabilities, endpoints, limits, assumptions and sources of one exchange."""
    from keyctl.exchanges import catalogue
    from keyctl.exchanges.describe import describe

    sys.stdout.write(describe(catalogue.declaration(_known(exchange))))


@app.command()
def decode(
    exchange: Annotated[str, typer.Argument(help="A name from `exchanges list`.")],
    endpoint: Annotated[str, typer.Argument(help='Method and path, such as "GET /v5/user/query-api".')],
    answer: Annotated[str, typer.Argument(help="A file with the answer's JSON; - is stdin.")],
) -> None:
    """Show how keyctl reads an exchange's answer: a JSON array of live keys with whole ids."""
    import json

    from keyctl.exchanges import catalogue
    from keyctl.exchanges.edge import parse
    from keyctl.exchanges.errors import ExchangeError
    from keyctl.reports.live import live_key

    try:
        reader = catalogue.reader(_known(exchange))
    except catalogue.Unread as error:
        raise Refusal(
            f"{error}, so there is no answer of it that keyctl reads",
            f"see exchange-keyctl exchanges show {exchange} for what is declared",
        ) from None
    try:
        data = sys.stdin.buffer.read() if answer == "-" else Path(answer).read_bytes()
        text = data.decode("utf-8")
    except OSError as error:
        raise Refusal(
            f"{answer} can't be read: {error.strerror}", "name a file with the answer, or - for stdin"
        ) from None
    except UnicodeDecodeError:
        raise Refusal(f"{answer} is not UTF-8 text", "save the exchange's answer as it came") from None
    try:
        keys = reader.decode(endpoint, parse(text))
    except ExchangeError as error:
        raise Refusal(f"{exchange}, {endpoint}: {error}") from None
    sys.stdout.write(json.dumps([live_key(key) for key in keys], indent=2) + "\n")


def _known(exchange: str) -> str:
    from keyctl.exchanges import catalogue

    if exchange not in catalogue.names():
        raise Refusal(f"{exchange!r} is no exchange that keyctl knows", f"it knows {', '.join(catalogue.names())}")
    return exchange
