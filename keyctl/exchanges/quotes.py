"""Prices of one exchange for one run: each question is asked once, whoever wants the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from keyctl.exchanges.errors import ExchangeError

T = TypeVar("T")


class Quotes:
    """Answers by question. One that failed is not asked again: it fails for everybody, with the same words."""

    def __init__(self) -> None:
        self._answers: dict[str, Any] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def once(self, question: str, ask: Callable[[], Awaitable[T]]) -> T:
        """The answer to a question, from ``ask`` the first time. Raises ExchangeError."""
        async with self._locks.setdefault(question, asyncio.Lock()):
            if question not in self._answers:
                try:
                    self._answers[question] = await ask()
                except ExchangeError as error:
                    message = f"prices could not be read: {error.message}"
                    self._answers[question] = ExchangeError(error.causes, message, error.remedy, code=error.code)
        answer = self._answers[question]
        if isinstance(answer, ExchangeError):
            raise ExchangeError(answer.causes, answer.message, answer.remedy, code=answer.code)
        found: T = answer
        return found
