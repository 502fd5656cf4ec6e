"""``aws:keyctl/bybit#secret``: a secret in AWS Secrets Manager by name or ARN, or a field of the JSON in it. Its role
needs ``secretsmanager:GetSecretValue`` on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from keyctl.secrets.sources.source import field_of, split_field
from keyctl.secrets.stores.secrets_manager import SecretsManager


@dataclass(frozen=True, slots=True)
class AwsSource:
    """A server that is silent is given up, so that it costs a run no more than two timeouts."""

    aws: SecretsManager

    def fetch(self, rest: str) -> str:
        name, field = split_field(rest)
        return field_of(self.aws.read(name), field)


def open_source(environ: Mapping[str, str]) -> AwsSource:
    return AwsSource(SecretsManager(environ))
