"""A real browser shows the page, and nothing that is in it does anything."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from keyctl.model.change import Change
from keyctl.model.comparison import AccountRow, Comparison, KeyRow, Status
from keyctl.model.finding import Confidence, Finding, Risk, Severity, exit_reasons, in_order
from keyctl.model.live import Coverage
from keyctl.model.names import AccountName, AppName, ExchangeId, KeyName
from keyctl.model.place import Place
from keyctl.reports.formats import Style, render
from tests.reports.page import Parsed
from tests.reports.results import HOSTILE, NOW

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None and not os.environ.get("CI"),
        reason="no Chromium here; a pipeline must have one (apt install chromium)",
    ),
]
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--virtual-time-budget=3000",
]


class Site:
    """Answers every request with 404 and remembers it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.address = ""


@contextmanager
def site() -> Iterator[Site]:
    """A server on loopback that hostile values point at."""
    told = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked.append(self.path)
            self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        told.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()


def hostile(address: str) -> Comparison:
    """Every hostile text in every place that takes text, and some that would ask the server."""
    asking = [
        f"<img src={address}/img>",
        f"<script>document.title='seen';fetch('{address}/fetch')</script>",
        f"</style><link rel=stylesheet href={address}/css><style>body{{background:url({address}/bg)}}",
        f'" onmouseover="fetch(`{address}/over`)" style="background:url({address}/attr)',
        f"</title></head><meta http-equiv=refresh content='0;url={address}/refresh'><iframe src={address}/frame>",
    ]
    texts = [*HOSTILE, *asking]
    found = in_order(
        [
            Finding(
                text, Severity.CRITICAL, Confidence.LOW, text, text, None, KeyName(text), AccountName(text), Place(text)
            )
            for text in texts
        ]
    )
    rows = tuple(
        KeyRow(
            KeyName(text),
            AccountName(text),
            AppName(text),
            None,
            (Status.DRIFTED,),
            (text,),
            (Change(text, text, (text,), Risk.ESCALATION),),
        )
        for text in texts
    )
    seen = tuple(AccountRow(AccountName(text), ExchangeId(text), Coverage.INCOMPLETE, text, None) for text in texts)
    reasons = exit_reasons(found, Severity.ERROR)
    return Comparison(NOW, texts[0], False, None, None, False, seen, rows, found, reasons)


def shown_by_the_browser(page: Path, profile: Path, *more: str) -> str:
    """The document as the browser has it after scripts, if any, have run."""
    assert CHROMIUM is not None, "a pipeline must have Chromium: apt-get install chromium"
    command = [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", *more, "--dump-dom", page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=100).stdout


def test_it_shows_no_injected_element_and_makes_no_request(tmp_path: Path) -> None:
    with site() as server:
        written = render("html", hostile(server.address), Style())
        page = tmp_path / "report.html"
        page.write_text(written, encoding="utf-8")
        dom = shown_by_the_browser(page, tmp_path / "profile")
        assert server.asked == []
    ours, its = Parsed(written), Parsed(dom)
    assert its.elements == ours.elements
    assert "".join(its.text.split()) == "".join(ours.text.split())


def test_the_check_would_notice(tmp_path: Path) -> None:
    with site() as server:
        page = tmp_path / "bad.html"
        page.write_text(f"<!DOCTYPE html><title>t</title><img src={server.address}/img>", encoding="utf-8")
        assert "<img" in shown_by_the_browser(page, tmp_path / "profile")
        assert server.asked == ["/img"]


@pytest.mark.parametrize("width", [360, 1280])
def test_it_is_drawn_with_its_style(tmp_path: Path, width: int) -> None:
    page = tmp_path / "report.html"
    page.write_text(render("html", hostile("http://127.0.0.1:9"), Style()), encoding="utf-8")
    picture = tmp_path / "report.png"
    shown_by_the_browser(page, tmp_path / "profile", f"--window-size={width},2000", f"--screenshot={picture}")
    assert picture.stat().st_size > 20_000
    assert re.match(rb"\x89PNG", picture.read_bytes())
