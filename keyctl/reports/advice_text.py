"""Advice as text for a terminal or a ticket: what was decided and why, then the steps by hand."""

from __future__ import annotations

from collections.abc import Iterator

from keyctl.policy.advice.advice import Advice, Choice, Step
from keyctl.reports.text import wrapped

WIDTH = 100


def advice_text(key: str, path: str, advice: Advice) -> Iterator[str]:
    """Lines without breaks, of at most 100 columns but for lines that are to be copied."""
    place = f"{advice.account.name}, to be opened" if advice.new else str(advice.account.name)
    yield from _indented(f"{key}: {advice.way} ({place}), until {advice.last_day}", "", "")
    yield ""
    yield "chosen, each because of the rule in brackets:"
    for choice in advice.choices:
        yield from choice_text(choice)
    yield ""
    yield f"by hand, with {path} open:"
    for number, step in enumerate(advice.steps, 1):
        yield from step_text(step, f"{number:>3}. ")


def choice_text(choice: Choice) -> Iterator[str]:
    """One choice: what, the rule, why."""
    yield from _indented(f"{choice.what}  [{choice.rule}]", "  - ", "    ")
    yield from _indented(choice.why, "    ", "    ")


def step_text(step: Step, mark: str) -> Iterator[str]:
    """One step: the sentence, the rule behind it if there is one, the lines to copy."""
    rule = f"  [{step.rule}]" if step.rule else ""
    yield from _indented(step.text + rule, mark, " " * len(mark))
    for line in step.lines:
        yield " " * len(mark) + "    " + line


def _indented(text: str, first: str, rest: str) -> Iterator[str]:
    for number, line in enumerate(wrapped(text, WIDTH - len(first))):
        yield (rest if number else first) + line
