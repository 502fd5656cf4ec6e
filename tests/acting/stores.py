"""Every place but plain files where an app's secrets may go, as it really is: with its own server, or its double where
there is none, and read with its own tool. Each can be made to fail and be mended again."""

from __future__ import annotations

import json
import urllib.error
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from tests.acting.desk import OKX, Venue
from tests.notes.answering import Answer, Request, serving
from tests.secrets.between import Between, between
from tests.secrets.gitlab_double import PROJECT, GitLab
from tests.secrets.holding import x25519
from tests.secrets.moto import client, serving_moto
from tests.secrets.moto import environ as aws_environ
from tests.secrets.openbao import WRITE_AND_SEE, Bao, serving_bao

NOBODY = "http://127.0.0.1:1"


class Step(StrEnum):
    """What a request to a store is for, in a run that makes one key."""

    CHECK = "check"
    """Before the key is made."""
    AHEAD = "look ahead"
    WRITE = "write"
    LOOK = "look"
    """Whether it arrived, as part of the delivery."""
    LAST = "last look"
    """The same, when the run writes back what it did."""


class Way(StrEnum):
    """How a server fails at a request."""

    GONE = "gone"
    """It hangs up, on this and on all that come after it, and does none of them."""
    CUT = "cut"
    """It hangs up on this one alone, and does not do it."""
    DROPS = "drops"
    """It does this one, and hangs up before it says so."""
    LOSES = "loses"
    """It does this one and says so, and holds nothing afterwards."""
    REFUSES = "refuses"
    """From here on it says no."""


class Breakable(ABC):
    """A store that can be made to fail, and be mended."""

    plain = False
    recipients: tuple[str, ...] = ()
    reference: str

    @abstractmethod
    def environ(self) -> Mapping[str, str]:
        """What keyctl needs to get there."""

    @abstractmethod
    def held(self) -> list[dict[str, Any]]:
        """All whole credentials that lie there, read without keyctl."""

    @abstractmethod
    def left(self) -> list[str]:
        """What lies there and is no whole credential."""

    @abstractmethod
    def empty(self) -> None:
        """Nothing lies there any more."""

    @abstractmethod
    def gone(self) -> None:
        """Nobody can ask it."""

    @abstractmethod
    def heal(self) -> None:
        """All is well with it again."""


class Server(Breakable):
    """A store that keyctl asks over HTTP, through something that may fail in its place."""

    blind: ClassVar[bool]
    """Whether one that says no to a look leaves unknown what it holds, and is not taken for one that fails."""
    takes_back: ClassVar[bool] = False
    """Whether what a delivery wrote goes again where it fails at a write."""

    def __init__(self, wire: Between) -> None:
        self.wire = wire

    @staticmethod
    @abstractmethod
    def steps(venue: Venue) -> tuple[Step, ...]:
        """The requests of a run that makes one key there, in order."""

    @abstractmethod
    def environ(self, url: str | None = None) -> Mapping[str, str]:
        """What keyctl needs to get there, or elsewhere."""

    @abstractmethod
    def writes(self, request: Request) -> bool: ...

    @abstractmethod
    def refuse(self, request: Request) -> Answer:
        """Says no to this and whatever comes after."""

    def heal(self) -> None:
        self.wire.straight()

    def fail(self, way: Way, number: int = 0) -> None:
        """It will, at the request of that number from now on."""
        self.wire.asked.clear()

        def once(request: Request) -> None:
            self.wire.straight()
            if way is Way.DROPS:
                self.wire.answer(request)

        def losing(request: Request) -> Answer:
            self.wire.straight()
            answer = self.wire.answer(request)
            self.empty()
            return answer

        ways: dict[Way, Callable[[Request], Answer | None]] = {
            Way.GONE: lambda _request: None,
            Way.CUT: once,
            Way.DROPS: once,
            Way.LOSES: losing,
            Way.REFUSES: self.refuse,
        }
        self.wire.turn(number, ways[way])

    def gone(self) -> None:
        self.fail(Way.GONE)

    def left(self) -> list[str]:
        return []


class Vault(Server):
    """An OpenBao."""

    reference = "vault:kv/hedger"
    blind = True
    _POLICY = "sys/policies/acl/write-and-see"

    @staticmethod
    def steps(venue: Venue) -> tuple[Step, ...]:
        return Step.CHECK, Step.CHECK, Step.WRITE, Step.LOOK, Step.LAST

    def __init__(self, wire: Between, bao: Bao) -> None:
        super().__init__(wire)
        self.bao = bao
        self.token = bao.token("write-and-see")

    def environ(self, url: str | None = None) -> Mapping[str, str]:
        return {"VAULT_ADDR": url or self.wire.url, "VAULT_TOKEN": self.token}

    def _names(self) -> list[str]:
        with suppress(urllib.error.HTTPError):  # 404 for an empty list
            return [f"hedger/{name}" for name in self.bao.ask("LIST", "kv/metadata/hedger")["data"]["keys"]]
        return []

    def held(self) -> list[dict[str, Any]]:
        return [self.bao.shown(name) for name in self._names()]

    def empty(self) -> None:
        for name in self._names():
            self.bao.ask("DELETE", f"kv/metadata/{name}")

    def writes(self, request: Request) -> bool:
        return request.method in ("POST", "PUT") and request.path.startswith("/v1/kv/data/")

    def refuse(self, request: Request) -> Answer:
        """Somebody takes the policy away."""
        self.bao.ask("DELETE", self._POLICY)
        return self.wire.answer(request)

    def heal(self) -> None:
        super().heal()
        self.bao.ask("PUT", self._POLICY, {"policy": WRITE_AND_SEE})


class Aws(Server):
    """AWS Secrets Manager, simulated by moto."""

    reference = "aws:keyctl/hedger"
    blind = False

    @staticmethod
    def steps(venue: Venue) -> tuple[Step, ...]:
        return Step.CHECK, Step.WRITE, Step.LOOK, Step.LAST

    def __init__(self, wire: Between, url: str) -> None:
        super().__init__(wire)
        self.url = url

    @cached_property
    def _client(self) -> Any:
        return client(self.url)

    def environ(self, url: str | None = None) -> Mapping[str, str]:
        return aws_environ(url or self.wire.url)

    def _names(self) -> list[str]:
        return [row["Name"] for row in self._client.list_secrets()["SecretList"]]

    def held(self) -> list[dict[str, Any]]:
        found = (self._client.get_secret_value(SecretId=name)["SecretString"] for name in self._names())
        return [json.loads(text) for text in found]

    def empty(self) -> None:
        for name in self._names():
            self._client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)

    def writes(self, request: Request) -> bool:
        return request.headers["x-amz-target"].endswith(".CreateSecret")

    def refuse(self, request: Request) -> Answer:
        """As AWS says it to a login that is over, which moto does not look at:
        https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html"""
        return Answer(400, {"__type": "UnrecognizedClientException", "message": "as the test wants it"})


class GitLabVariables(Server):
    """A project's variables in GitLab, as its double knows them."""

    reference = f"gitlab:{PROJECT}"
    blind = False
    takes_back = True

    @staticmethod
    def steps(venue: Venue) -> tuple[Step, ...]:
        parts = 3 if venue is OKX else 2  # with the passphrase
        return Step.CHECK, *[Step.AHEAD] * parts, *[Step.WRITE] * parts, *[Step.LOOK] * 2, *[Step.LAST] * 2

    def __init__(self, wire: Between, gitlab: GitLab) -> None:
        super().__init__(wire)
        self.gitlab = gitlab

    def environ(self, url: str | None = None) -> Mapping[str, str]:
        return self.gitlab.environ(CI_SERVER_URL=url or self.wire.url)

    def held(self) -> list[dict[str, Any]]:
        """What a job on a protected branch is given."""
        given = self.gitlab.values()
        parts = {"api_key": "KEY", "passphrase": "PASSPHRASE", "secret": "SECRET"}
        found = []
        for stem in (name.removesuffix("_SECRET") for name in given if name.endswith("_SECRET")):
            found.append({part: given[f"{stem}_{end}"] for part, end in parts.items() if f"{stem}_{end}" in given})
        return found

    def left(self) -> list[str]:
        whole = {name.removesuffix("SECRET") for name in self.gitlab.variables if name.endswith("_SECRET")}
        return [name for name in self.gitlab.variables if not name.startswith(tuple(whole))]

    def empty(self) -> None:
        self.gitlab.variables.clear()

    def writes(self, request: Request) -> bool:
        return request.method == "POST"

    def refuse(self, request: Request) -> Answer:
        """Somebody takes the token's role away."""
        self.gitlab.role = "developer"
        return self.wire.answer(request)

    def heal(self) -> None:
        super().heal()
        self.gitlab.role = "maintainer"


class Sealed(Breakable):
    """Files for the app, which holds an identity of age's."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.aside = folder, folder.with_name("aside")
        self.holder = x25519(folder.parent)
        self.recipients = (self.holder.recipient,)
        self.reference = f"age:{folder}"

    def environ(self) -> Mapping[str, str]:
        return {}

    def held(self) -> list[dict[str, Any]]:
        return [self.holder.reads(file) for file in sorted(self.folder.glob("*.age"))]

    def left(self) -> list[str]:
        return [file.name for file in sorted(self.folder.iterdir()) if file.suffix != ".age"]

    def empty(self) -> None:
        for file in self.folder.iterdir():
            file.unlink()

    def gone(self) -> None:
        self.folder.rename(self.aside)

    def heal(self) -> None:
        if self.aside.exists():
            self.aside.rename(self.folder)


SERVERS: Mapping[str, type[Server]] = {"vault": Vault, "aws": Aws, "gitlab": GitLabVariables}


@contextmanager
def served(scheme: str, folder: Path) -> Iterator[Server]:
    """A store of this scheme, running."""
    with ExitStack() as stack:
        if scheme == "vault":
            bao = stack.enter_context(serving_bao(folder))
            yield Vault(stack.enter_context(between(bao.url)), bao)
        elif scheme == "aws":
            url = stack.enter_context(serving_moto())
            yield Aws(stack.enter_context(between(url)), url)
        else:
            gitlab = GitLab()
            stack.enter_context(serving(gitlab))
            yield GitLabVariables(stack.enter_context(between(gitlab.url)), gitlab)
            assert gitlab.strange == []
