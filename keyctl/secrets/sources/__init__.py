"""Where keyctl's own credentials come from: the deployment's environment and what it names, never YAML (law 6)."""

from keyctl.secrets.sources.credentials import PARTS, READ, WRITE, Credential, CredentialError, Credentials, prefix
from keyctl.secrets.sources.secret import Secret

__all__ = ["PARTS", "READ", "WRITE", "Credential", "CredentialError", "Credentials", "Secret", "prefix"]
