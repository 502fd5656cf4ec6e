"""Which registry a command is about."""

from __future__ import annotations

import os
from pathlib import Path

from keyctl.model.refusal import Refusal


def registry_root(option: Path | None) -> Path:
    """The folder that holds ``registry/registry.yaml``: ``--registry``, else KEYCTL_REGISTRY, else found upwards."""
    from keyctl.registry.files import RegistryNotFound, find_root

    named = option or (Path(os.environ["KEYCTL_REGISTRY"]) if os.environ.get("KEYCTL_REGISTRY") else None)
    if named is not None:
        if not (named / "registry" / "registry.yaml").is_file():
            raise Refusal(
                f"{named} holds no registry/registry.yaml",
                "name the folder that holds the folders registry and keys.d (--registry or KEYCTL_REGISTRY)",
            )
        return named.resolve()
    try:
        return find_root(Path.cwd())
    except RegistryNotFound as error:
        raise Refusal(str(error)) from None
