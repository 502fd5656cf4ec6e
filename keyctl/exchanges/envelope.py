"""Whether an answer is an answer: error envelopes and two-factor challenges become errors of the taxonomy."""

from __future__ import annotations

import re

from keyctl.exchanges.declaration import Declaration, NativeError
from keyctl.exchanges.decode import kind
from keyctl.exchanges.errors import Cause, ExchangeError, Malformed

_CODE = re.compile(r"-?[0-9]{1,12}|[A-Z][A-Z0-9_]{0,40}", re.ASCII)
"""What a code looks like: a number, or words in capitals."""


def refusal(declaration: Declaration, endpoint: str, answer: object) -> ExchangeError | None:
    """The error that an answer stands for; None when the exchange did what it was asked."""
    envelope = declaration.envelope
    if not isinstance(answer, dict):
        return Malformed("answer", "an object", kind(answer))
    if envelope.absent_is_success and answer.get(envelope.code[0]) is None:
        return _challenge(declaration, endpoint, answer)
    code = _walk(answer, envelope.code)
    if type(code) is not type(envelope.success):
        expected = "a number" if isinstance(envelope.success, int) else "text"
        return Malformed(".".join(envelope.code), expected, "nothing" if code is None else kind(code))
    if code == envelope.success and not envelope.absent_is_success:
        return _challenge(declaration, endpoint, answer)
    row = declaration.refusals.get(str(code))
    if row is None:
        # what stands in the place of a code may be anything, what was signed too
        shown = repr(code) if _CODE.fullmatch(str(code)) else "something"
        return ExchangeError(
            Cause.MALFORMED,
            f"{declaration.title} answered {shown} to {endpoint}, a code that keyctl does not know",
            f"look the code up in the documentation: {declaration.sources[0]}",
            code=str(code) if shown != "something" else None,
        )
    return said(declaration, endpoint, str(code), row)


def said(declaration: Declaration, endpoint: str, code: str, row: NativeError) -> ExchangeError:
    """The error for a refusal that the declaration explains."""
    return ExchangeError(
        row.causes,
        f"{declaration.title} answered {code} to {endpoint}: {row.meaning}",
        row.remedy,
        code=code,
        documented=True,
    )


def _challenge(declaration: Declaration, endpoint: str, answer: dict[str, object]) -> ExchangeError | None:
    path = declaration.envelope.challenge
    if not path or _walk(answer, path) in (None, False):
        return None
    return ExchangeError(
        Cause.TWO_FACTOR,
        f"{declaration.title} asks for a second factor before it answers {endpoint}",
        "use a key of an account that asks for none, or do it by hand in the web page",
        documented=True,
    )


def _walk(answer: object, path: tuple[str, ...]) -> object:
    for name in path:
        answer = answer.get(name) if isinstance(answer, dict) else None
    return answer
