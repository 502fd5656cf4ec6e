"""A git server over HTTP as forges have them: whoever has its token pushes, but to no protected branch.

Git's own program answers, and its own hook protects the branch; only the token is looked at here.
"""

from __future__ import annotations

import base64
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from keyctl.sandbox.invented import CANARY
from tests.history.repository import ENVIRONMENT, Repository

TOKEN = CANARY + "5b0c9e1f7d3a48269e0b1c7f"
"""Like every secret of the tests it is found wherever it got out; this file does not hold it."""
HOOK = """#!/bin/sh
env | grep ^GIT_PUSH_OPTION_ >> "$GIT_DIR/options.txt"
while read old new ref; do
  test "$ref" != refs/heads/main || { echo "You are not allowed to push code to main" >&2; exit 1; }
done
"""


@dataclass
class Forge:
    """``repository`` is bare and reached at ``url``; ``pushes`` counts the requests of pushes that had the token."""

    repository: Repository
    url: str = ""
    pushes: int = 0

    def refs(self) -> dict[str, str]:
        """Where everything points."""
        rows = self.repository.git("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return {name: to for name, _, to in (row.partition(" ") for row in rows)}

    def merge(self, branch: str) -> None:
        """What the forge does when somebody merges a merge request that needs no merge commit."""
        self.repository.git("update-ref", "refs/heads/main", self.refs()[f"refs/heads/{branch}"])
        self.repository.git("update-ref", "-d", f"refs/heads/{branch}")

    def options(self) -> str:
        """The push options that came."""
        file = self.repository.path / "options.txt"
        return file.read_text("utf-8") if file.exists() else ""


@contextmanager
def forge(bare: Repository) -> Iterator[Forge]:
    """Serves it on loopback."""
    bare.git("config", "http.receivepack", "true")
    bare.git("config", "receive.advertisePushOptions", "true")
    hook = bare.path / "hooks" / "pre-receive"
    hook.write_text(HOOK)
    hook.chmod(0o755)
    served = Forge(bare)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            pushing = "git-receive-pack" in self.path
            given = self.headers.get("Authorization", "").removeprefix("Basic ")
            known = base64.b64decode(given).decode().partition(":")[2] == TOKEN
            if pushing and not known:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="git"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            if pushing:
                served.pushes += 1
            self._answer(path, query)

        do_POST = do_GET

        def _answer(self, path: str, query: str) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.headers.get("Transfer-Encoding") == "chunked":
                body = b"".join(iter(self._chunk, b""))
            environ = {
                **ENVIRONMENT,
                "GIT_PROJECT_ROOT": str(bare.path.parent),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "REMOTE_USER": "keyctl",
            }
            done = subprocess.run(["git", "http-backend"], input=body, env=environ, capture_output=True, check=True)
            head, _, content = done.stdout.partition(b"\r\n\r\n")
            lines = [line.partition(": ") for line in head.decode().splitlines()]
            status = next((value for name, _, value in lines if name == "Status"), "200 OK")
            self.send_response(int(status.split()[0]))
            for name, _, value in lines:
                if name != "Status":
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _chunk(self) -> bytes:
            data = self.rfile.read(int(self.rfile.readline(), 16))
            self.rfile.readline()
            return data

        def log_message(self, *_: object) -> None:
            """Nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    served.url = f"http://127.0.0.1:{server.server_address[1]}/{bare.path.name}"
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
