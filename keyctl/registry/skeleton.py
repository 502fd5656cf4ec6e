"""The files of a new registry repository, out of the templates that come with keyctl."""

from __future__ import annotations

from pathlib import Path

from keyctl.model.registry import Registry
from keyctl.registry import schema
from keyctl.registry.owners import FILE as CODEOWNERS
from keyctl.registry.owners import with_owners

_TEMPLATES = Path(__file__).parents[1] / "templates"
REGISTRY = {
    "registry/registry.yaml": "registry.yaml",
    "registry/accounts.yaml": "accounts.yaml",
    "registry/apps.yaml": "apps.yaml",
    "registry/networks.yaml": "networks.yaml",
    "registry/policy.yaml": "policy.yaml",
    "registry/waivers.yaml": "waivers.yaml",
    "registry/revoked.yaml": "revoked.yaml",
    "keys.d/.gitkeep": "gitkeep",
}
"""Where the templates of a registry's own files go."""
PIPELINES = {
    "gitlab": {".gitlab-ci.yml": "gitlab-ci.yml"},
    "github": {".github/workflows/keyctl.yml": "github-workflow.yml"},
}
"""The templates of the pipeline by forge, at the top of the repository."""
INCLUDED = ".gitlab/keyctl.gitlab-ci.yml"
"""Where GitLab's pipeline goes when the repository has one of its own, to be included in it."""
AROUND = {".pre-commit-config.yaml": "pre-commit-config.yaml", ".gitignore": "gitignore", "README.md": "README.md"}
"""Those of the other files around a registry."""


def registry_files(registry_id: str) -> dict[str, bytes]:
    """The registry's own files by path, the schemas that its editor lines name among them."""
    files = {path: _template(name).replace(b"REGISTRY-ID", registry_id.encode()) for path, name in REGISTRY.items()}
    for name in schema.REGISTRY_SCHEMAS:
        files[f"schemas/{name}.schema.json"] = schema.text(name).encode("utf-8")
    return files


def files_around(registry_id: str, forge: str, version: str, security_team: str, prefix: str) -> dict[str, bytes]:
    """The files beside a registry without keys, from the repository's top: pipeline, hooks, owners.

    ``version`` is the keyctl that they install, ``prefix`` the registry's folder, with a ``/`` at its end.
    """
    values = {b"KEYCTL-RELEASE": version.encode(), b"REGISTRY-FOLDER": prefix.rstrip("/").encode() or b"."}
    files: dict[str, bytes] = {}
    for path, name in {**PIPELINES[forge], **AROUND}.items():
        data = _template(name)
        for placeholder, value in values.items():
            data = data.replace(placeholder, value)
        files[path] = data
    if forge == "gitlab":
        nobody = Registry(registry_id, {}, {}, {}, {}, (), "")
        files[CODEOWNERS] = with_owners("", nobody, security_team, prefix).encode("utf-8")
    return files


def _template(name: str) -> bytes:
    return (_TEMPLATES / name).read_bytes()
