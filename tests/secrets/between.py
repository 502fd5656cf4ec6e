"""Something between keyctl and a real server that passes everything on, and on request fails in its place."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlencode, urlsplit

from tests.notes.answering import Answer, Double, Request, serving

_OWN = {"connection", "keep-alive", "transfer-encoding", "content-length", "content-type", "date", "server"}
SHORT = 0.3
"""Seconds that keyctl waits for an answer in tests of servers that give none."""


class Between(Double):
    """``fail`` answers without passing on, ``drop`` passes on and hangs up, ``stall`` never answers; ``turn`` does
    whatever a test wants from one request on."""

    def __init__(self, upstream: str) -> None:
        super().__init__()
        self.upstream = urlsplit(upstream)
        self.stalled = ""
        self.over = threading.Event()
        self.turning: tuple[int, Callable[[Request], Answer | None]] | None = None

    def turn(self, number: int, then: Callable[[Request], Answer | None]) -> None:
        """From the request of that number on, the first one being 0, this is what answers."""
        self.turning = (number, then)

    def straight(self) -> None:
        """Pass everything on again."""
        self.turning = None

    def stall(self, method: str) -> None:
        """Pass requests of this method on, and say nothing of it until the test is over."""
        self.stalled = method

    def take(self, request: Request) -> Answer | None:
        if self.turning is not None and len(self.asked) >= self.turning[0]:
            self.asked.append(request)
            return self.turning[1](request)
        if request.method != self.stalled:
            return super().take(request)
        self.asked.append(request)
        self.answer(request)
        self.over.wait(10)
        return None

    def answer(self, request: Request) -> Answer:
        host, port = self.upstream.hostname or "", self.upstream.port
        connection = http.client.HTTPConnection(host, port, timeout=20)
        path = f"{request.path}?{urlencode(request.query)}" if request.query else request.path
        headers = {name: value for name, value in request.headers.items() if name not in ("host", "accept-encoding")}
        connection.request(request.method, path, request.body or None, headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        told = {name: value for name, value in answer.getheaders() if name.lower() not in _OWN}
        return Answer(answer.status, json.loads(body) if body else None, told)


@contextmanager
def between(upstream: str) -> Iterator[Between]:
    double = Between(upstream)
    with serving(double):
        try:
            yield double
        finally:
            double.over.set()
