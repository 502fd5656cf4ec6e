"""Log as people run it."""

from __future__ import annotations

import json
import re
from typing import Any

from keyctl.registry.schema import decided_errors, validity
from tests.cli.program import keyctl
from tests.history.repository import Repository

FILE = "keys.d/arbitrage/arbitrage-spot.yaml"


def log(*arguments: str) -> tuple[int, dict[str, Any]]:
    ran = keyctl("log", "--format", "json", *arguments)
    document: dict[str, Any] = json.loads(ran.out)
    assert validity("log")(document), decided_errors("log", document)
    return ran.status, document


def test_a_key_s_life_field_by_field(example: Repository) -> None:
    text = (example.path / FILE).read_text()
    example.branch("renewal")
    example.commit({FILE: text.replace("2027-08-31", "2027-12-31")}, "renew")
    example.checkout("main")
    merge = example.merge("renewal")
    code, document = log("arbitrage-spot")
    assert code == 0
    issued, renewed = document["events"]
    assert issued["deeds"] == ["issued"] and issued["brought_by"] is None
    assert renewed["changes"] == [
        {"field": "expires", "old": "2027-08-31", "new": "2027-12-31", "risk": "renewal", "note": ""}
    ]
    assert renewed["brought_by"]["id"] == merge
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", renewed["commit"]["committed_at"])
    shown = keyctl("log", "arbitrage-spot").out
    assert "expires: 2027-08-31 -> 2027-12-31: renewal" in shown
    assert f"on main by merge {merge[:12]}" in shown and "Tester <tester@desk.example>" in shown


def test_an_id_whose_file_is_gone(example: Repository) -> None:
    tombstones = "registry/revoked.yaml"
    listed = (example.path / tombstones).read_text()
    entry = "  - {id: HwBoZ6QGKjmLG5M6yn, on: 2026-11-24, reason: leaked}\n"
    example.commit({FILE: None, tombstones: listed + entry}, "gone")
    code, document = log("--id", "HwBoZ6QGKjmLG5M6yn")
    assert code == 0 and document["keys"] == ["arbitrage-spot"]
    assert [event["deeds"] for event in document["events"]] == [["issued"], ["removed"], ["revoked"]]
    assert "held by         arbitrage-spot" in keyctl("log", "--id", "HwBoZ6QGKjmLG5M6yn").out
    assert keyctl("log", "arbitrage-spot").status == 0
    code, document = log("--id", "AYMz2wutlosWgRsh4Q")
    assert code == 0 and document["keys"] == [] and document["ids"][0]["reason"] == "never-issued"


def test_nothing_found_and_wrong_usage(example: Repository) -> None:
    for arguments in (["nobody"], ["--id", "NeverHeardOf00001"]):
        ran = keyctl("log", arguments)
        assert (ran.status, ran.out) == (1, "") and "no commit ever held" in ran.err
    assert keyctl("log").status == 64
    assert keyctl("log", "ledger", "--id", "x").status == 64
    assert keyctl("log", "--id", "with space").status == 64


def test_hostile_names_do_nothing(example: Repository) -> None:
    name = "\x1b[31mEve\u202e <b>@all</b> [x](https://evil.example) `|`"
    example.environ |= {"GIT_AUTHOR_NAME": name}
    text = (example.path / FILE).read_text()
    example.commit(
        {FILE: text.replace("spot legs", "<script>alert(1)</script>")}, "# heading\x07 @everyone ![x](http://e)"
    )
    shown = keyctl("log", "arbitrage-spot").out
    assert "\x1b" not in shown and "\u202e" not in shown and "\x07" not in shown
    markdown = keyctl("log", "arbitrage-spot", "--format", "markdown").out
    assert "<script>" not in markdown and "<b>" not in markdown
    assert not re.search(r"(?<!\\)@", markdown) and not re.search(r"(?<!\\)\]\(", markdown)
    assert log("arbitrage-spot")[0] == 0
