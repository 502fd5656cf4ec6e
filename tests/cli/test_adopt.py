"""adopt over real HTTP: keys that nobody declared become files, which are in sync once a person has filled them in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from keyctl.model.identifier import Identifier
from keyctl.model.marker import marker
from keyctl.model.names import KeyName
from keyctl.registry.canonical import canonical
from keyctl.sandbox.running import Sandbox, environment
from tests.cli.conftest import Serve
from tests.cli.program import Ran, keyctl
from tests.history.repository import Repository
from tests.policy.secrets.pieces import fill

OWNERS = {
    "bybit-mm": "hedger",
    "bybit-arb": "arbitrage",
    "bybit-vendor": "signals",
    "okx-basis": "basis",
    "deribit-options": "hedger",
}
REGISTRY = "registry/registry.yaml"
GUIDE = Path(__file__).parents[2] / "docs" / "adopt.md"
STRANGE = "bybit-arb-weekend-test"
STRANGE_FILE = f"keys.d/bybit-arb/{STRANGE}.yaml"


@pytest.fixture
def newcomer(example: Repository) -> Repository:
    """The worked example before anybody declared a key, but for keyctl's own credentials."""
    for folder in ("arbitrage", "basis", "hedger", "ledger", "signals"):
        example.git("rm", "-rq", f"keys.d/{folder}")
    example.git("commit", "-q", "--amend", "-m", "accounts and apps")
    return example


def files(desk: Repository) -> list[str]:
    return [line[3:] for line in desk.git("status", "--porcelain", "-uall").splitlines()]


def changed(sandbox: Sandbox, change: Callable[[dict[str, Any]], None]) -> None:
    """Changes the simulated world."""
    with urlopen(f"{sandbox.control_url}/state") as answer:
        world = json.load(answer)
    change(world)
    body = json.dumps(world).encode()
    headers = {"Content-Type": "application/json"}
    with urlopen(Request(f"{sandbox.control_url}/state", body, headers, method="PUT")):
        pass


def labelled(sandbox: Sandbox, label: str) -> None:
    """Gives the key that nobody declared another label."""

    def change(world: dict[str, Any]) -> None:
        world["exchanges"]["bybit"]["accounts"]["bybit-arb"]["keys"]["weekend-test"]["label"] = label

    changed(sandbox, change)


def writes(sandbox: Sandbox) -> list[dict[str, Any]]:
    with urlopen(f"{sandbox.control_url}/requests") as answer:
        requests = json.load(answer)
    assert requests
    return [request for request in requests if request["write"]]


@pytest.mark.parametrize("options", [(), ("--fingerprints",)])
def test_adopted_keys_are_in_sync_once_a_person_has_filled_them_in(
    newcomer: Repository, serve: Serve, options: tuple[str, ...]
) -> None:
    sandbox = serve("example")
    ran = keyctl("adopt", options)
    assert ran.status == 0, ran.err
    assert sorted(ran.out.splitlines()) == files(newcomer)
    assert {path.split("/")[1] for path in files(newcomer)} == OWNERS.keys(), "Bybit, OKX and Deribit"
    assert len(files(newcomer)) == 8
    assert writes(sandbox) == []

    checked = keyctl("validate")
    assert checked.status == 1 and checked.out.count("the field 'owner' is missing") == 8
    last = datetime.now(UTC).date() + timedelta(days=30)
    for path in files(newcomer):
        file = newcomer.path / path
        text = file.read_text("utf-8")
        assert canonical(text.encode(), "key") == text.encode()
        assert (re.search(r"(?m)^id: \"?sha256:", text) is not None) is bool(options)
        text = re.sub(r"# owner: .*", f"owner: {OWNERS[path.split('/')[1]]}", text)
        file.write_text(re.sub(r"# expires: .*", f"expires: {last}", text), "utf-8")
    waivers = newcomer.path / "registry" / "waivers.yaml"
    entry = (
        "{rule: third-party-writes, key: 'bybit-vendor-*', reason: it trades, approved_by: sec, expires: 2099-12-31}"
    )
    waivers.write_text(f"{waivers.read_text()}  - {entry}\n")
    checked = keyctl("validate")
    assert checked.status == 0, checked.out
    newcomer.commit(message="adopt what there is")

    shown = json.loads(keyctl("reconcile", "--format", "json").out)
    mine = [row for row in shown["keys"] if row["account"] in OWNERS and row["owner"] != "keyctl"]
    assert len(mine) == 8 and {row["status"] for row in mine} == {"in-sync"}
    assert "unmanaged" not in {row["status"] for row in shown["keys"]}
    again = keyctl("adopt")
    assert (again.status, again.out) == (0, "") and "nothing to adopt" in again.err


def test_a_bad_week(example: Repository, serve: Serve) -> None:
    sandbox = serve("demo")
    ran = keyctl("adopt")
    assert (ran.status, ran.out) == (3, f"{STRANGE_FILE}\n"), ran.err
    assert files(example) == [STRANGE_FILE] and writes(sandbox) == []
    assert ran.err.startswith("REVOKED: "), "the loudest first"
    for revoked in ("cCZd5vHLt5DMLhMVdc", "fyB6s88s"):
        fingerprint = Identifier.of_text(revoked).fingerprint
        assert f"exchange-keyctl revoke --id {fingerprint} --reason TEXT" in ran.err
        assert revoked not in ran.err
    assert "account bybit-treasury could not be observed: ip-refused" in ran.err
    assert "bybit-main, okx-main, where only declared ones can be asked about" in ran.err
    text = (example.path / STRANGE_FILE).read_text("utf-8")
    assert "\nid: o2qaAeo0T8rw5dnbmx\n" in text and "\n# Its label there: weekend test\n" in text
    created = datetime.now(UTC).date() - timedelta(days=3)
    assert re.search(rf"(?m)^issued: ({created}|{created - timedelta(days=1)})$", text)

    again = keyctl("adopt")
    assert (again.status, files(example)) == (1, [STRANGE_FILE])
    assert "the field 'owner' is missing" in again.out and "that an earlier adopt began" in again.err


@pytest.mark.parametrize(
    "named", ["o2qaAeo0T8rw5dnbmx", "o2qa", "o2qa…", STRANGE, Identifier.of_text("o2qaAeo0T8rw5dnbmx").fingerprint]
)
def test_a_key_is_adopted_by_name_id_or_fingerprint(example: Repository, serve: Serve, named: str) -> None:
    serve("demo")
    ran = keyctl("adopt", named, "--only", "account=bybit-arb", "--as", "arbitrage-weekend", "--fingerprints")
    assert (ran.status, ran.out) == (0, "keys.d/bybit-arb/arbitrage-weekend.yaml\n"), ran.err
    assert "o2qaAeo0T8rw5dnbmx" not in (example.path / ran.out.strip()).read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (("cCZd5vHLt5DMLhMVdc",), 3, "ALIVE, and revoked for ever as an id of hedger-quotes"),
        (("o2qa", "nothing-there"), 3, "'nothing-there' is no live key that nobody declared"),
        (("o2qa", "hedger-quotes"), 3, "'hedger-quotes' is declared already"),
        (("o2", "--only", "account=bybit-arb"), 1, "'o2' is too short"),
        (("o2qa", "--only", "exchange=okx"), 1, "'o2qa' is no live key"),
        (("o2qa", "--only", "account=bybit-arb", "--as", "hedger-quotes"), 1, "names the key 'hedger-quotes'"),
        (("o2qa", "--only", "account=bybit-arb", "--as", "o2qaaeo0t8rw5dnbmx"), 1, "is a known id"),
        (("o2qa", "--only", "account=bybit-arb", "--as", "fyb6s88s"), 1, "is a known id"),
        (("o2qa", "--only", "account=bybit-arb", "--as", "../x"), 1, "plain characters"),
        (("--only", "account=bybit-am"), 1, "no such account is declared"),
        (("--only", "app=hedger"), 64, "what nobody declared has no app"),
        (("--as", "x"), 64, "--as goes with one KEY"),
        (("a", "b", "--as", "x"), 64, "--as goes with one KEY"),
    ],
)
def test_what_can_t_be_done_wholly_is_not_begun(
    example: Repository, serve: Serve, arguments: tuple[str, ...], status: int, told: str
) -> None:
    serve("demo")
    ran = keyctl("adopt", arguments)
    assert ran.status == status and told in ran.err, ran.err
    assert ran.out == "" and files(example) == []


def test_keyctl_s_own_credential_is_declared_and_not_adopted(example: Repository, serve: Serve) -> None:
    example.git("rm", "-q", "keys.d/keyctl/keyctl-deribit-options.yaml")
    example.git("commit", "-q", "--amend", "-m", "as if it had never been declared")
    serve("example")
    ran = keyctl("adopt")
    assert (ran.status, ran.out) == (2, ""), ran.err
    (command,) = re.findall(r"declare it: exchange-keyctl (new .*?);", ran.err)
    assert keyctl(command.split()).status == 0
    named = keyctl("adopt", "GND3")
    assert named.status == 1 and "nothing was written" in named.err


def test_a_key_that_another_registry_of_the_repository_holds_is_left_to_it(example: Repository, serve: Serve) -> None:
    other = {
        f"fx/{REGISTRY}": "version: 1\nid: 11111111-2222-4333-8444-555555555555\n",
        "fx/registry/accounts.yaml": "bybit-fx: {exchange: bybit}\n",
        "fx/registry/apps.yaml": "fx: {team: fx, kind: internal}\n",
        "fx/keys.d/fx.yaml": "account: bybit-fx\nowner: fx\nid: o2qaAeo0T8rw5dnbmx\nscopes: [read]\nips: any\n",
    }
    example.commit(other, "another team's")
    serve("demo")
    ran = keyctl("adopt", "--only", "account=bybit-arb")
    assert (ran.status, ran.out) == (2, "") and "another registry of this repository, in fx/" in ran.err


def test_a_mark_makes_nobody_adopt_a_key(example: Repository, serve: Serve) -> None:
    sandbox = serve("demo")
    registry_id = re.findall(r"(?m)^id: (\S+)", (example.path / REGISTRY).read_text())[0]
    for key, told in ((KeyName("arbitrage-spot"), "it carries the mark of arbitrage-spot"), (KeyName("x"), "another")):
        labelled(sandbox, marker(registry_id, key, 0))
        ran = keyctl("adopt", "--only", "account=bybit-arb")
        assert (ran.status, ran.out) == (2, "") and told in ran.err
        named = keyctl("adopt", "o2qa", "--only", "account=bybit-arb")
        assert (named.status, named.out) == (1, "") and told in named.err


def adopted_with(example: Repository, sandbox: Sandbox, label: str) -> tuple[Ran, str]:
    labelled(sandbox, label)
    ran = keyctl("adopt", "--only", "account=bybit-arb")
    assert ran.status == 0, ran.err
    (path,) = files(example)
    text = (example.path / path).read_text("utf-8")
    (example.path / path).unlink()
    assert path == ran.out.strip()
    return ran, text


def test_a_label_is_text_of_others(example: Repository, serve: Serve) -> None:
    sandbox = serve("demo")
    plain = adopted_with(example, sandbox, "weekend test")[1]
    secret, _ = fill("{alnum:36}", "label")
    hostile = ["x\nowner: hedger", "\x1b[2J\u2028id: other", f"bot {secret}", "o2qaAeo0T8rw5dnbmx", '"]}', "\u202etxet"]
    for label in hostile:
        ran, text = adopted_with(example, sandbox, label)
        fields = [line for line in text.splitlines() if not line.startswith("#")]
        assert fields[:-1] == [line for line in plain.splitlines() if not line.startswith("#")][:-1]
        assert canonical(text.encode(), "key") == text.encode()
        for shown in (ran.out, ran.err, text):
            assert secret not in shown and "\x1b" not in shown and "\u202e" not in shown


def test_an_account_that_could_not_be_asked_makes_the_run_incomplete(example: Repository, serve: Serve) -> None:
    serve("demo")
    ran = keyctl("adopt", "--only", "account=bybit-treasury")
    assert (ran.status, ran.out) == (4, "") and "could not be observed" in ran.err


def test_no_secret_is_shown_or_written(example: Repository, serve: Serve) -> None:
    serve("demo")
    ran = keyctl("adopt")
    secrets = [value for name, value in environment("demo").items() if name.endswith(("_SECRET", "_PASSPHRASE"))]
    everything = ran.out + ran.err + (example.path / STRANGE_FILE).read_text("utf-8")
    assert secrets and not any(secret in everything for secret in secrets)


def test_a_registry_that_breaks_the_laws_is_mended_first(example: Repository, serve: Serve) -> None:
    serve("demo")
    example.git("rm", "-q", "keys.d/hedger/hedger-options.yaml")
    example.git("commit", "-q", "-m", "lose an id")
    ran = keyctl("adopt")
    assert (ran.status, files(example)) == (3, []) and "identifier-lost" in ran.out


def test_the_guide_shows_what_is_written(example: Repository, serve: Serve) -> None:
    serve("demo")
    assert keyctl("adopt", "--only", "account=bybit-arb").status == 0
    (shown,) = re.findall(r"(?ms)^```yaml\n(.*?)^```$", GUIDE.read_text("utf-8"))
    text = (example.path / STRANGE_FILE).read_text("utf-8")
    times = re.compile(r"\d{4}-\d\d-\d\d|\d\d:\d\d(:\d\d)?")
    assert times.sub("…", text) == times.sub("…", shown)
