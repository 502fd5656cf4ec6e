"""An HTTP server on loopback that the doubles of this folder stand on: what it was asked, and faults on request."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


def canary(name: str) -> str:
    """A token that the search of tests/canary.py knows, made when it is needed so that no file holds one."""
    return "canary-" + sha256(name.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    document: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Fault:
    """What happens to the next ``times`` requests of a method whose path ends so: another answer, or none after the
    work was done."""

    method: str
    end: str
    times: int
    answer: Answer | None


class Double:
    """A server; subclasses answer. ``asked`` holds every request in order; ``url`` is where it listens."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.faults: list[Fault] = []
        self.url = ""

    def answer(self, request: Request) -> Answer:
        raise NotImplementedError

    def fail(self, method: str, status: int, times: int = 1, end: str = "", **headers: str) -> None:
        """Answer the next requests of this kind like this, and do nothing."""
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        self.faults.append(Fault(method, end, times, Answer(status, {"message": "as the test wants it"}, told)))

    def drop(self, method: str, times: int = 1, end: str = "") -> None:
        """Do what the next requests of this kind ask, and hang up without an answer."""
        self.faults.append(Fault(method, end, times, None))

    def methods(self) -> list[str]:
        return [request.method for request in self.asked]

    def take(self, request: Request) -> Answer | None:
        self.asked.append(request)
        for fault in self.faults:
            if fault.times and fault.method == request.method and request.path.endswith(fault.end):
                fault.times -= 1
                if fault.answer is None:
                    self.answer(request)
                return fault.answer
        return self.answer(request)


@contextmanager
def serving(double: Double) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            parts = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = double.take(Request(self.command, parts.path, query, headers, self.rfile.read(length)))
            if answer is None:
                self.close_connection = True
                return
            body = b"" if answer.document is None else json.dumps(answer.document).encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if body:
                self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    double.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
