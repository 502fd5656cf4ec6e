"""A real HTTP server on loopback that answers as a test says, for what no simulated exchange would do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

OK = '{"retCode":0,"retMsg":"","result":{}}'


@dataclass(frozen=True)
class Answer:
    """What goes back. ``hang`` holds the answer until the venue closes; ``drop`` closes the connection instead;
    ``promise`` is a Content-Length that the body may not keep."""

    status: int = 200
    body: str | bytes = OK
    headers: Mapping[str, str] = field(default_factory=dict)
    hang: bool = False
    drop: bool = False
    promise: int | None = None


@dataclass
class Venue:
    """Where it listens, and what came: lines such as ``GET /v5/user/query-api?``, and their headers."""

    url: str = ""
    lines: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)


@contextmanager
def venue(answer: Callable[[str], Answer]) -> Iterator[Venue]:
    """Answers every request by what ``answer`` makes of its line, until the block ends."""
    seen, closing = Venue(), threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def respond(self) -> None:
            line = f"{self.command} {self.path}"
            seen.lines.append(line)
            seen.headers.append(dict(self.headers.items()))
            given = answer(line)
            if given.hang:
                closing.wait(20)
            if given.hang or given.drop:
                self.close_connection = True
                return
            body = given.body.encode() if isinstance(given.body, str) else given.body
            self.send_response(given.status)
            self.send_header("Content-Length", str(len(body) if given.promise is None else given.promise))
            for name, value in {"Content-Type": "application/json", **given.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            if given.promise is not None:
                self.close_connection = True

        do_GET = do_POST = respond

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    seen.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield seen
    finally:
        closing.set()
        server.shutdown()
        thread.join()
        server.server_close()
