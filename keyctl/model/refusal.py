"""Why something that was asked for was not done."""

from __future__ import annotations

from keyctl.model.finding import Finding


class Refusal(Exception):
    """The input or the circumstances are wrong; a command that meets it ends with exit status 1, or as ``findings``
    have it that stand against what was asked for.

    ``message`` says what is wrong and where, ``remedy`` what to do next. Neither ever holds a secret.
    """

    def __init__(self, message: str, remedy: str = "", findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        self.findings = findings
