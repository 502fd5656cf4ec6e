"""``keyctl fingerprint``."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from keyctl.model.refusal import Refusal

SECRET = "KEYCTL_EMAIL_KEY"  # noqa: S105 - the name of a variable
_MOST = 4096


def fingerprint(
    email: Annotated[bool, typer.Option("--email", help="Of an e-mail address, for an account's email.")] = False,
    identifier: Annotated[bool, typer.Option("--id", help="Of a key's public identifier.")] = False,
) -> None:
    """Read one address or one identifier from stdin, so that no shell remembers it, and print its fingerprint. With
    KEYCTL_EMAIL_KEY set, addresses get a keyed one, which only who has that secret can try to guess."""
    from keyctl.model.email import SHORTEST_KEY
    from keyctl.model.email import fingerprint as of_email
    from keyctl.model.identifier import Identifier, IdentifierError

    if email == identifier:
        raise typer.BadParameter("say either --email or --id")
    if identifier:
        try:
            told: str = Identifier.parse(_read("identifier").strip()).fingerprint
        except IdentifierError as error:
            raise Refusal(str(error), "give one identifier on stdin") from None
    else:
        key = os.environ.get(SECRET)
        if key is not None and len(key) < SHORTEST_KEY:
            raise Refusal(
                f"{SECRET} has less than {SHORTEST_KEY} characters",
                "set it to the deployment's secret, or take it out of the environment",
            )
        try:
            told = of_email(_read("e-mail address"), key)
        except ValueError as error:
            raise Refusal(str(error), "give one address on stdin, without a name or comment") from None
    sys.stdout.write(f"{told}\n")


def _read(what: str) -> str:
    """What stdin holds; from a terminal one line."""
    if sys.stdin.isatty():
        sys.stderr.write(f"{what}: ")
        sys.stderr.flush()
        return sys.stdin.readline()
    data = sys.stdin.buffer.read(_MOST + 1)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refusal("stdin holds no UTF-8 text", f"give one {what}") from None
    if len(data) > _MOST:
        raise Refusal(f"stdin holds more than one {what}", f"give one {what}")
    return text
