"""AWS Secrets Manager: https://docs.aws.amazon.com/secretsmanager/latest/apireference/.

Region and credentials are those of AWS' own tools: ``AWS_REGION`` or ``AWS_DEFAULT_REGION``, ``AWS_PROFILE``,
``AWS_ACCESS_KEY_ID`` with ``AWS_SECRET_ACCESS_KEY`` and ``AWS_SESSION_TOKEN``, a web identity, the machine's role.
``AWS_ENDPOINT_URL_SECRETS_MANAGER`` or ``AWS_ENDPOINT_URL`` name another server.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from keyctl.secrets.failure import StoreError, Trouble
from keyctl.secrets.installed import installed
from keyctl.secrets.pinned import plain_address
from keyctl.secrets.quiet import silence
from keyctl.secrets.stores.reach import Reach

TIMEOUT = 15.0
"""Seconds to connect, and between two parts of an answer."""
_TROUBLES = {
    "ResourceNotFoundException": (Trouble.ABSENT, "AWS holds no such secret", "see the name, the account, the region"),
    "ResourceExistsException": (
        Trouble.TAKEN,
        "something of that name is there already, and is left as it is",
        "see it",
    ),
    "AccessDeniedException": (Trouble.DENIED, "AWS denies it to keyctl", "see the policy of keyctl's role"),
    "InvalidRequestException": (
        Trouble.OTHER,
        "AWS refuses the request in the state that the secret is in",
        "see whether a secret of that name is scheduled for deletion",
    ),
}


class SecretsManager:
    """One account's, in one region. Nothing is tried twice."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Raises StoreError where the environment says too little, or boto3 is not installed."""
        boto3, config = installed("boto3", "aws"), installed("botocore.config", "aws")
        self._errors: Any = installed("botocore.exceptions", "aws")
        # at DEBUG they print what is sent
        silence("botocore")
        silence("boto3")
        endpoint = environ.get("AWS_ENDPOINT_URL_SECRETS_MANAGER") or environ.get("AWS_ENDPOINT_URL") or None
        if endpoint is not None and plain_address(endpoint) is None:
            raise StoreError("AWS_ENDPOINT_URL is no https address without user and query", "correct it")
        self._reach = Reach()
        self._client: Any = self._opened(
            lambda: boto3.session.Session(
                profile_name=environ.get("AWS_PROFILE") or None,
                region_name=environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or None,
                aws_access_key_id=environ.get("AWS_ACCESS_KEY_ID") or None,
                aws_secret_access_key=environ.get("AWS_SECRET_ACCESS_KEY") or None,
                aws_session_token=environ.get("AWS_SESSION_TOKEN") or None,
            ).client(
                "secretsmanager",
                endpoint_url=endpoint,
                config=config.Config(
                    connect_timeout=TIMEOUT, read_timeout=TIMEOUT, retries={"total_max_attempts": 1, "mode": "standard"}
                ),
            )
        )

    def check(self, name: str) -> None:
        """That AWS answers and knows who asks. Whether a secret may be made can't be asked. Raises StoreError."""
        self.exists(name)

    def create(self, name: str, text: str, token: str) -> None:
        """A new secret; nothing is overwritten. ``token`` is the same for the same secret, 32 to 64 characters. Raises
        StoreError."""
        self._asked(
            lambda: self._client.create_secret(
                Name=name, SecretString=text, ClientRequestToken=token, Description="an exchange API key, by keyctl"
            )
        )

    def exists(self, name: str) -> bool | None:
        """Whether there is a secret of that name with a value, and not scheduled for deletion; None where keyctl may
        not see that. Raises StoreError for everything else."""
        try:
            told = self._asked(lambda: self._client.describe_secret(SecretId=name))
        except StoreError as error:
            if error.trouble is Trouble.ABSENT:
                return False
            if error.trouble is not Trouble.DENIED:
                raise
            return None
        return "DeletedDate" not in told and bool(told.get("VersionIdsToStages"))

    def read(self, name: str) -> str:
        """The newest text of a secret. Raises StoreError."""
        found = self._asked(lambda: self._client.get_secret_value(SecretId=name)).get("SecretString")
        if not isinstance(found, str):
            raise StoreError("the secret in AWS is no text", "keep it as text")
        return found

    def _opened(self, make: Callable[[], Any]) -> Any:
        try:
            return make()
        except (self._errors.BotoCoreError, ValueError):
            pass
        raise StoreError("AWS' region or profile is not set, or is none", "set AWS_REGION, and see AWS_PROFILE")

    def _asked(self, ask: Callable[[], Any]) -> dict[str, Any]:
        """The answer. boto3's errors carry the server's words, so nothing of them is kept."""
        self._reach.check()
        failure: StoreError
        errors = self._errors
        try:
            answer = ask()
            if isinstance(answer, dict):
                self._reach.told()
                return answer
            failure = StoreError("AWS' answer is none of its API", "see AWS_ENDPOINT_URL")
        except errors.ClientError as error:
            failure = _refused(error.response)
        except (errors.NoCredentialsError, errors.PartialCredentialsError, errors.CredentialRetrievalError):
            failure = StoreError(
                "no login for AWS is set", "give keyctl a role, or set AWS_ACCESS_KEY_ID and its secret"
            )
        except (errors.HTTPClientError, errors.ConnectionError):
            failure = StoreError("AWS did not answer", "see AWS_REGION, and run it again", Trouble.UNREACHABLE)
        except (errors.BotoCoreError, AttributeError, LookupError, TypeError, ValueError):
            failure = StoreError("AWS' answer is none of its API", "see AWS_REGION and AWS_ENDPOINT_URL")
        self._reach.told(failure)
        raise failure


def _refused(response: Any) -> StoreError:
    """By AWS' code; the words are not repeated."""
    code = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
    if code in _TROUBLES:
        trouble, message, remedy = _TROUBLES[code]
        return StoreError(message, remedy, trouble)
    return StoreError(
        "AWS refuses the request", "see that keyctl's login for AWS is right and not over, then CloudTrail"
    )
