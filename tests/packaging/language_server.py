"""yaml-language-server from npm, spoken to as an editor does: JSON-RPC over its standard streams."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import IO, Any

from tests.node import NODE, npm_install

VERSION = "2.0.0"
PATIENCE = 60.0
"""Seconds after which a server that says nothing is ended."""


def install(folder: Path) -> Path:
    """The server's program, installed below an empty folder; Node comes from PyPI."""
    done = npm_install(folder, f"yaml-language-server@{VERSION}")
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"


class Editor:
    """An editor that has a folder open."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path) -> None:
        assert process.stdin is not None and process.stdout is not None
        self._in: IO[bytes] = process.stdin
        self._out: IO[bytes] = process.stdout
        self._asked = 0
        self._ask("initialize", {"processId": os.getpid(), "rootUri": folder.as_uri(), "capabilities": {}})
        self._tell("initialized", {})
        settings = {"yaml": {"validate": True, "schemaStore": {"enable": False}, "hover": True}}
        self._tell("workspace/didChangeConfiguration", {"settings": settings})

    def diagnostics(self, file: Path) -> list[str]:
        """Opens a file; each thing that the server finds in it as ``line: message``, lines from 1."""
        document = {"uri": file.as_uri(), "languageId": "yaml", "version": 1, "text": file.read_text("utf-8")}
        self._tell("textDocument/didOpen", {"textDocument": document})
        while True:
            message = self._next()
            if message.get("method") == "textDocument/publishDiagnostics":
                given = message["params"]
                if given["uri"] == document["uri"]:
                    found = given["diagnostics"]
                    return [f"{one['range']['start']['line'] + 1}: {one['message']}" for one in found]

    def hover(self, file: Path, line: int, column: int) -> str:
        """What the server says about a place of a file that is open; both count from 1."""
        position = {"line": line - 1, "character": column - 1}
        said = self._ask("textDocument/hover", {"textDocument": {"uri": file.as_uri()}, "position": position})
        return json.dumps(said)

    def _ask(self, method: str, params: object) -> Any:
        self._asked += 1
        self._send({"jsonrpc": "2.0", "id": self._asked, "method": method, "params": params})
        while True:
            message = self._next()
            if message.get("id") == self._asked and "method" not in message:
                return message.get("result")

    def _tell(self, method: str, params: object) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": params})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps(message).encode()
        self._in.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._in.flush()

    def _next(self) -> dict[str, Any]:
        """The server's next message; what it asks of the editor gets an empty answer."""
        length = 0
        while (line := self._out.readline().strip()) or not length:
            assert line, "the language server has ended"
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        message: dict[str, Any] = json.loads(self._out.read(length))
        if "id" in message and "method" in message:
            wanted = message.get("params", {}).get("items", [])
            self._send({"jsonrpc": "2.0", "id": message["id"], "result": [None for _ in wanted] or None})
        return message


@contextmanager
def editing(program: Path, folder: Path) -> Iterator[Editor]:
    """A server that runs for as long as the block."""
    process = subprocess.Popen(
        [NODE, program, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    timer = Timer(PATIENCE, process.kill)
    timer.start()
    try:
        yield Editor(process, folder)
    finally:
        timer.cancel()
        process.kill()
        process.communicate()
