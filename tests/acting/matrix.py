"""Runs of keyctl in processes of their own that die, or whose exchanges fail, and what has to hold after the next run.

A world is one exchange's desk as it is before something is to be done. It can be put back to its start as often as
wanted: folder, remote, sink, and the simulated exchange's state. Processes are forked from this one, which has loaded
everything; the exchanges are simulated by another one, which outlives them all.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn, Protocol

import yaml

from keyctl.cli.main import main
from keyctl.exchanges.retry import Patience
from keyctl.history.remote import LOCK
from keyctl.sandbox.invented import invented_id, invented_secret
from keyctl.sandbox.okx.writing import digest
from keyctl.sandbox.running import Sandbox, Scenario, running
from tests.acting import points as hooks
from tests.acting.desk import ACCOUNTS, REGISTRY_ID, Desk, Files, Store, Venue, fingerprint, key_file, scenario
from tests.canary import CANARY, SINK, canaries_in

SCENARIO = "acting"
SUBJECT = "subject"
"""The key that a row is about."""
_DONE = re.compile(r"exchange: during (POST|.*/private/(create|edit|enable|disable|remove)_)")
READ = re.compile('"event": "(begun|delivered|ended)"')
"""The lines of a record that a later run reads; the others are for people."""
INNER = {"number", "timestamp", "passphrase_digest", "internal_id", "unbound"}
"""What a simulated exchange keeps of a key beside what anybody sees, other for each one that is made."""
_WHEN = re.compile(r'"at": "[^"]*"|\.[0-9a-f]{16}\b|\b[0-9a-f]{40}\b|\b[A-Za-z0-9-]{4}…|index [0-9a-f.]+')


@dataclass(frozen=True)
class Row:
    """Something to be done, from a start to its end.

    ``live`` is the subject as it lives at the exchange at the start, None where it does not, and ``beside`` are others,
    by name, that the row is about too; ``files`` are the files of the registry beside those that every world has.
    ``account`` are changes of the account's declaration. ``command`` is what is interrupted, and ``resumed`` and
    ``anew`` are what is run after it: where it ran, and elsewhere; each ends with status 0. ``told`` are the rules by
    which the end is found wanting all the same. Where the file has another id already, asking for it again would
    replace that one too: ``rest`` then does what is left.
    """

    name: str
    venues: tuple[Venue, ...]
    files: Callable[[Venue], Mapping[str, str]]
    live: Callable[[Venue], Mapping[str, Any] | None] = lambda _venue: None
    beside: Callable[[Venue], Mapping[str, Mapping[str, Any]]] = lambda _venue: {}
    account: Mapping[str, str] = field(default_factory=dict)
    command: tuple[str, ...] = ("apply", "--yes")
    resumed: tuple[str, ...] = ("apply", "--resume", "--yes")
    anew: tuple[str, ...] = ("apply", "--yes")
    told: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()


def subject_id(venue: Venue, name: str = SUBJECT) -> str:
    """The id that the subject, or another key that a row is about, has at the start."""
    return invented_id(SCENARIO, f"{venue.name}-{name}")


@dataclass(frozen=True)
class Done:
    """How a process ended: its exit status, negative for a signal, and what it said."""

    status: int
    out: str
    err: str
    passed: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"status {self.status}\n{self.out}{self.err}"


class Wrong(AssertionError):
    """What does not hold."""


@dataclass
class World(Desk):
    """A desk at one exchange, with a row's start."""

    venue: Venue = field(kw_only=True)
    row: Row = field(kw_only=True)
    zero: Any = field(kw_only=True)
    """The state of all exchanges before any row."""
    state: Any = None
    ids: frozenset[str] = frozenset()
    """Of all keys at the start, and of those that the row is about:"""
    subjects: frozenset[str] = frozenset()
    runs: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        mine = re.compile(rf"KEYCTL_(READ|WRITE)_{self.venue.name.upper()}_|(?!KEYCTL_(READ|WRITE)_)")
        self.environ = {name: text for name, text in self.environ.items() if mine.match(name)}

    @property
    def saved(self) -> Path:
        return self.folder.with_name(self.folder.name + ".start")

    @property
    def said(self) -> Path:
        return self.folder.with_name(self.folder.name + ".said")

    # the start

    def begin(self, accounts: str = ACCOUNTS, **_files: str) -> None:
        """The row's start: at the exchange, in the registry, and kept for later."""
        self._begin_exchange()
        self.root.mkdir()
        self.git("init", "-q", "--bare", "--template=", "-b", "main", str(self.remote), root=self.folder)
        self.git("init", "-q", "--template=", "-b", "main")
        self.git("remote", "add", "origin", str(self.remote))
        for path, text in {**self._files(), **self.row.files(self.venue)}.items():
            self.write(path, text)
        self.merge("Begin")
        self.git("branch", "-q", "--set-upstream-to=origin/main")
        shutil.copytree(self.folder, self.saved)
        self.said.mkdir()

    def _begin_exchange(self) -> None:
        self.state = json.loads(json.dumps(self.zero))
        subject = self.row.live(self.venue)
        subjects = {**({} if subject is None else {SUBJECT: subject}), **self.row.beside(self.venue)}
        account = self.state["exchanges"][self.venue.name]["accounts"][self.venue.account]
        for name, live in subjects.items():
            account["keys"][name] = {"id": subject_id(self.venue, name), "created": "20d ago", **live}
        self.subjects = frozenset(subject_id(self.venue, name) for name in subjects)
        self.control("PUT", "/state", self.state)
        self.state = self.control("GET", "/state")
        self.ids = frozenset(key["id"] for key in self.live(self.state))

    def _files(self) -> dict[str, str]:
        venue = self.venue
        accounts = yaml.safe_load(ACCOUNTS)
        accounts[venue.account] |= self.row.account
        mine = {name: told for name, told in accounts.items() if told["exchange"] == venue.name}
        files = {
            "registry/registry.yaml": f"version: 1\nid: {REGISTRY_ID}\n",
            "registry/accounts.yaml": "".join(f"{name}: {json.dumps(told)}\n" for name, told in mine.items()),
            "registry/apps.yaml": self.apps("hedger", "quoter"),
            "registry/policy.yaml": "set: base\n",
            f"keys.d/{venue.name}-hold.yaml": key_file(venue, self.id(f"{venue.name}-hold")),
        }
        for key in self.scenario.exchanges[venue.name].keys:
            if key.credential:
                files[f"keys.d/{key.name}.yaml"] = self.own(key.name, key.account)
        return files

    # there and back

    def restore(self, saved: Path | None = None, state: Any = None) -> None:
        """Everything as it was at the start, or at another moment that was kept."""
        shutil.rmtree(self.folder)
        shutil.copytree(saved or self.saved, self.folder, symlinks=True)
        self.control("DELETE", "/faults")
        self.control("PUT", "/state", state or self.state)

    def keep(self) -> tuple[Path, Any]:
        """This moment, for ``restore``."""
        kept = self.folder.with_name(self.folder.name + ".kept")
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(self.folder, kept, symlinks=True)
        return kept, self.control("GET", "/state")

    def live(self, state: Any = None) -> list[dict[str, Any]]:
        """All keys of the exchange, each with the name of its account."""
        accounts = (state or self.control("GET", "/state"))["exchanges"][self.venue.name]["accounts"]
        return [
            {**key, "account": name, "name": known}
            for name, account in accounts.items()
            for known, key in account.get("keys", {}).items()
        ]

    def made(self) -> list[dict[str, Any]]:
        """The keys that were made since the start, and live."""
        return [key for key in self.live() if key["id"] not in self.ids]

    # processes

    def ran(self, hook: Callable[[], None] = lambda: None) -> tuple[Done, list[str]]:
        """The row's command, and what it asked the exchange to change."""
        before = len(self.writes())
        done = self.act(self.row.command, hook=hook)
        return done, [line.rsplit(" ", 1)[1] for line in self.writes()[before:]]

    def act(
        self,
        arguments: Sequence[str],
        root: Path | None = None,
        deadly: int | None = None,
        hook: Callable[[], None] = lambda: None,
    ) -> Done:
        """One command in a process of its own, which dies at a point or passes them all."""
        self.runs += 1
        base = self.said / str(self.runs)
        child = os.fork()
        if child == 0:
            self._child(arguments, root or self.root, base, deadly, hook)
        _, status = os.waitpid(child, 0)
        out, err = (base.with_suffix(end).read_text("utf-8") for end in (".out", ".err"))
        passed = base.with_suffix(".passed")
        told = tuple(json.loads(passed.read_text("utf-8"))) if passed.exists() else ()
        if CANARY.search(f"{out}{err}".encode("utf-8", "surrogateescape")):
            raise Wrong(f"{arguments} shows a secret")
        return Done(os.waitstatus_to_exitcode(status), out, err, told)

    def _child(
        self, arguments: Sequence[str], root: Path, base: Path, deadly: int | None, hook: Callable[[], None]
    ) -> NoReturn:
        status = 99
        try:
            for number, end in ((1, ".out"), (2, ".err")):
                target = os.open(base.with_suffix(end), os.O_WRONLY | os.O_CREAT, 0o600)
                os.dup2(target, number)
            sys.stdout = os.fdopen(1, "w", encoding="utf-8", buffering=1, closefd=False)
            sys.stderr = os.fdopen(2, "w", encoding="utf-8", buffering=1, closefd=False)
            os.environ.clear()
            os.environ.update(self.environ)
            os.chdir(root)
            hurry()
            points = hooks.Points(deadly)
            hooks.watch(points)
            hook()
            status = int(main([*arguments, "--registry", str(root)]))
            base.with_suffix(".passed").write_text(json.dumps(points.passed), "utf-8")
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(status)

    # what people do

    def lock(self) -> str | None:
        """The lock on the remote."""
        said = self.git("ls-remote", "origin", LOCK)
        return said.split()[0] if said else None

    def tidy(self, root: Path) -> None:
        """Take back what a run that died left in the work tree."""
        self.git("restore", "registry", "keys.d", root=root)

    def settle(self, root: Path) -> None:
        """Have everything merged that was written back: into this work tree, or on branches."""
        if self.git("status", "--porcelain", root=root):
            self.merge("What was done", root)
        for line in self.git("ls-remote", "--heads", "origin", "keyctl/*", root=root).splitlines():
            branch = line.split("\t")[1].removeprefix("refs/heads/")
            self.git("fetch", "-q", "origin", branch, root=root)
            self.git("merge", "-q", "--no-ff", "-m", f"Merge {branch}", "FETCH_HEAD", root=root)
            self.git("push", "-q", "origin", "HEAD:main", f":{branch}", root=root)
        self.git("fetch", "-q", "origin", root=root)

    def resumed(self) -> Done:
        """The run is taken up where it died."""
        done = self.act(self.row.resumed)
        if done.status == 1 and "differ from the commit that is checked out" in done.err:
            self.tidy(self.root)
            done = self.act(self.row.resumed)
        return done

    def anew(self) -> tuple[Done, Path]:
        """Another machine, which knows what was merged and nothing else."""
        root = self.clone()
        lock = self.lock()
        return self.act([*self.row.anew, *(["--take-lock", lock] if lock else [])], root), root

    # what has to hold

    def picture(self, root: Path) -> Picture:
        """The end of it, after everything is merged: what differs by chance only is left out."""
        planned = self.act(("plan", "--format", "json", "--full-ids"), root)
        try:
            document = json.loads(planned.out)
        except ValueError:
            raise Wrong(f"plan gives nothing: {planned}") from None
        live = self.live()
        known = sorted({key["id"] for key in live} - self.ids, key=len, reverse=True)

        def plain(text: str) -> str:
            for one in known:
                text = text.replace(one, "<new>").replace(fingerprint(one), "<new>")
            return text.replace('"<new>"', "<new>")  # whether an id needs quotes is chance

        files = {
            path: plain(self.git("show", f"HEAD:{path}", root=root))
            for path in self.git("ls-tree", "-r", "--name-only", "HEAD", root=root).splitlines()
        }
        keys = sorted(json.dumps(_plain(key, key["id"] in self.ids), sort_keys=True) for key in live)
        rows = [(row["key"], row["account"], row["statuses"], row["changes"]) for row in document["keys"]]
        told = sorted(
            {(f["severity"], f["rule"], f["key"] or "") for f in document["findings"] if f["severity"] != "info"}
        )
        return Picture(planned.status, files, keys, rows, document["actions"], told)

    def check_laws(self, root: Path, dead: frozenset[str]) -> None:
        """What holds whatever the row is: ``dead`` ids stay dead, revoked ones too, and each key has one credential and
        its secret. Raises Wrong."""
        live = {key["id"]: key for key in self.live()}
        texts = self.git("ls-tree", "-r", "--name-only", "HEAD", "keys.d", "registry", root=root).splitlines()
        files = {path: yaml.safe_load(self.git("show", f"HEAD:{path}", root=root)) for path in texts}
        revoked = {entry["id"] for told in files.values() for entry in told.get("revoked", ())}
        usable = {one for one, key in live.items() if key.get("native", {}).get("enabled", True)}
        for one in usable:
            if one in revoked or fingerprint(one) in revoked:
                raise Wrong(f"{one} is revoked and lives")
        if dead & set(live):
            raise Wrong(f"{dead & set(live)} lived again")
        declared = {told["id"] for path, told in files.items() if path.startswith("keys.d/") and "id" in told}
        declared |= {told["retiring"]["id"] for told in files.values() if "retiring" in told}
        held = self.delivered()
        for one in live.keys() - self.ids:
            if one not in declared:
                raise Wrong(f"{one} lives, and no file says so: {live[one]}")
            if held.get(one, {}).get("secret") != invented_secret(SCENARIO, one):
                raise Wrong(f"the secret of {one} is not in the sink")
            kept = live[one].get("native", {}).get("passphrase_digest")
            if kept and digest(one, held[one].get("passphrase", "")) != kept:
                raise Wrong(f"the passphrase of {one} is not in the sink")
        hold = self.id(f"{self.venue.name}-hold")
        for before in self.live(self.state):
            if before["id"] not in self.subjects and live.get(before["id"]) != before:
                raise Wrong(f"{before['name']} was touched: {live.get(before['id'])}, it was {before}")
        assert hold in live

    def replaced(self) -> bool:
        """Whether the subject's file names another id than at the start."""
        told = yaml.safe_load(self.git("show", f"HEAD:keys.d/{SUBJECT}.yaml"))
        return bool(told.get("id", subject_id(self.venue)) != subject_id(self.venue))

    def check_secrets(self) -> None:
        """No secret lies anywhere but in the app's store: not in any file, not in what was said, and not in any git
        object. Raises Wrong."""
        chosen = {parcel["passphrase"] for parcel in self.delivered().values() if "passphrase" in parcel}
        secret = re.compile(b"|".join([CANARY.pattern, *(re.escape(one.encode("ascii")) for one in sorted(chosen))]))
        for part in (*self.folder.iterdir(), self.said):
            found = list(canaries_in(part, secret, SINK if self.store.plain else None))
            if found:
                raise Wrong(f"{found} hold a secret")
            git = part if part == self.remote else part / ".git"
            if git.is_dir():
                said = subprocess.run(
                    ["git", "--git-dir", str(git), "cat-file", "--batch-all-objects", "--batch"],
                    check=True,
                    capture_output=True,
                ).stdout
                if secret.search(said):
                    raise Wrong(f"a git object of {git} holds a secret")

    def outside(self) -> str:
        """What another machine can see: exchange, remote, sink; as text that is alike where these are."""
        held = self.delivered()
        told: list[object] = [
            (_plain(key, key["id"] in self.ids), key["id"] in held, key["id"] in self.ids) for key in self.live()
        ]
        refs = {line.split("\t")[1]: line.split("\t")[0] for line in self.git("ls-remote", "origin").splitlines()}
        told += [name if name == LOCK else (name, commit) for name, commit in sorted(refs.items())]
        return self._unlike_by_chance(json.dumps(told, sort_keys=True))

    def inside(self) -> str:
        """The same of what only this clone holds: its files, its refs, keyctl's records as far as runs read them."""
        told = [self.git("for-each-ref", "--format=%(refname)"), self.git("status", "--porcelain"), self.git("diff")]
        for path in sorted((self.root / ".git" / "keyctl").rglob("*")):
            lines = path.read_text("utf-8").splitlines() if path.is_file() else []
            lines = [line for line in lines if READ.search(line) or not line.endswith("}")]
            told += [path.parent.name, *(_WHEN.sub("", line) for line in lines)]
        return self._unlike_by_chance("\n".join(told))

    def _unlike_by_chance(self, text: str) -> str:
        for one in {key["id"] for key in self.live()} - self.ids:
            text = text.replace(one, "<new>").replace(fingerprint(one), "<new>")
        return text


@dataclass(frozen=True)
class Picture:
    """How things are at an end."""

    status: int
    files: Mapping[str, str]
    keys: list[str]
    rows: list[tuple[Any, ...]]
    actions: list[Any]
    findings: list[tuple[str, str, str]]

    def check_like(self, other: Picture) -> None:
        """Raises Wrong where it is another end."""
        if self.actions:
            raise Wrong(f"something is still to be done: {self.actions}")
        for name in ("files", "keys", "rows", "findings", "status"):
            mine, others = getattr(self, name), getattr(other, name)
            if mine != others:
                raise Wrong(f"{name} are {json.dumps(mine, indent=1)}\nand should be {json.dumps(others, indent=1)}")


def _plain(key: Mapping[str, Any], known: bool) -> dict[str, Any]:
    """A simulated key without what chance made of it."""
    told = {name: value for name, value in key.items() if known or name not in ("id", "created", "name")}
    native = {name: value for name, value in key.get("native", {}).items() if known or name not in INNER}
    return {**told, "native": native}


def hurry(seconds: float = 10.0) -> None:
    """Nobody waits between two questions; each is given up after so many seconds."""

    async def at_once(_seconds: float) -> None:
        await asyncio.sleep(0)

    made = Patience.__init__
    _timeout, attempts, _pause, random, _sleep = made.__defaults__ or ()
    made.__defaults__ = (seconds, attempts, 0.0, random, at_once)


@contextmanager
def served(simulated: Scenario) -> Iterator[Sandbox]:
    """The exchanges in a process of their own, without limits of rate, for as long as this one lives."""
    parent, (reads, writes) = os.getpid(), os.pipe()
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            _unlimited()
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            with running(simulated) as sandbox:
                os.write(writes, f"{sandbox.ready_line()}\n".encode("ascii"))
                os.close(writes)
                while os.getppid() == parent:
                    time.sleep(0.5)
        os._exit(0)
    os.close(writes)
    try:
        with os.fdopen(reads, encoding="ascii") as pipe:
            told = json.loads(pipe.readline())
        yield Sandbox(told["control"], told["exchanges"])
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _unlimited() -> None:
    from keyctl.sandbox.deribit.credits import Credits
    from keyctl.sandbox.rates import Admission, SlidingWindows

    admit, spend = "admit", "spend"
    setattr(SlidingWindows, admit, lambda *_given: Admission(True, 1, 0.0))
    setattr(Credits, spend, lambda *_given: True)


class Make(Protocol):
    """Makes worlds; the app's secrets go to files unless another store is given."""

    def __call__(self, row: Row, venue: Venue, storing: Callable[[Path], Store] = Files) -> World: ...


@contextmanager
def worlds(folder: Path) -> Iterator[Make]:
    """Makes worlds, one after the other, all at the same exchanges."""
    simulated = scenario()
    with served(simulated) as sandbox:
        zero: Any = None
        numbers = count()

        def make(row: Row, venue: Venue, storing: Callable[[Path], Store] = Files) -> World:
            nonlocal zero
            place = folder / f"{next(numbers)}-{row.name.replace(' ', '-')}-{venue.name}"
            place.mkdir(parents=True)
            world = World(place, simulated, sandbox, storing=storing, venue=venue, row=row, zero=zero)
            if zero is None:
                world.zero = zero = world.control("GET", "/state")
            world.begin()
            return world

        yield make


@dataclass
class Matrix:
    """One row at one exchange: how it ends when nothing goes wrong, and each point on the way."""

    world: World
    points: tuple[str, ...] = ()
    asked: list[dict[str, Any]] = field(default_factory=list)
    """The requests of the run to which nothing happened."""
    end: Picture | None = None
    seen: set[str] = field(default_factory=set)

    def measure(self) -> None:
        """Run it once to its end. Raises Wrong unless all is well then."""
        world = self.world
        world.restore()
        before = len(world.control("GET", "/requests"))
        done = world.act(world.row.command)
        self.asked = world.control("GET", "/requests")[before:]
        if done.status != 0 or not any(entry["write"] for entry in self.asked):
            raise Wrong(f"the uninterrupted run: {done}")
        self.points = done.passed
        world.settle(world.root)
        world.check_laws(world.root, frozenset())
        world.check_secrets()
        self.end = world.picture(world.root)
        told = tuple(rule for _severity, rule, _key in self.end.findings)
        if self.end.status != 0 or self.end.actions or told != world.row.told:
            raise Wrong(f"the uninterrupted run did not end well: {self.end}")

    def die_at(self, number: int) -> None:
        """Die at a point, then recover both ways; a state that another point left alike is recovered from once. Raises
        Wrong."""
        world = self.world
        world.restore()
        done = world.act(world.row.command, deadly=number)
        if done.status != -signal.SIGKILL:
            raise Wrong(f"it did not die at {self.points[number]}: {done}")
        outside = world.outside()
        whole = outside + world.inside()
        if whole in self.seen:
            return
        kept, state = world.keep()
        dead = world.ids - {key["id"] for key in world.live(state)}
        self.check(world.resumed(), world.root, dead)
        if outside not in self.seen:
            world.restore(kept, state)
            said, root = world.anew()
            self.check(said, root, dead)
        self.seen |= {whole, outside}

    def check(self, said: Done, root: Path, dead: frozenset[str]) -> None:
        """What has to hold once a run has recovered. Raises Wrong."""
        world = self.world
        assert self.end is not None
        try:
            if said.status != 0:
                raise Wrong("the run that recovers does not end well")
            world.settle(root)
            world.check_laws(root, dead)
            world.check_secrets()
            world.picture(root).check_like(self.end)
        except Wrong as wrong:
            raise Wrong(f"{wrong}\n\nin {root.name}: {said}") from None


def chosen(points: Sequence[str], turn: int) -> list[int]:
    """One or two of a row's points, other ones at each turn: a write request that is done and not yet read, or a point
    of one kind; over all rows every kind comes, and early ones as often as late ones."""
    writes = [n for n, name in enumerate(points) if _DONE.match(name)]
    kind = hooks.KINDS[turn % len(hooks.KINDS)]
    alike = [n for n, name in enumerate(points) if name.startswith(f"{kind}: ")] or list(range(len(points)))
    both = [writes[turn % len(writes)], alike[int(turn * 0.618034 % 1 * len(alike))]]
    return both if turn % 3 == 0 else [both[turn % 3 - 1]]


def warm_up(world: World) -> None:
    """Have everything loaded that runs need, so that they share it."""
    world.run("plan")
    world.run("apply", "--yes")
    world.restore()


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for worlds."""
    with TemporaryDirectory(prefix="keyctl-matrix-") as folder:
        yield Path(folder)
