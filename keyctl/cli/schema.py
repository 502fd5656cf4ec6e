"""``keyctl schema``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer


def schema(
    name: Annotated[str | None, typer.Argument(help="Which one; without it, their names.", show_default=False)] = None,
) -> None:
    """Print the JSON Schema of a file of the registry or of a document that keyctl prints."""
    import json

    from keyctl.model.refusal import Refusal
    from keyctl.registry import schema as schemas

    if name is None:
        sys.stdout.write("\n".join(schemas.names()) + "\n")
        return
    if name not in schemas.names():
        raise Refusal(f"there is no schema {name!r}", f"there are {', '.join(schemas.names())}")
    sys.stdout.write(json.dumps(schemas.schema(name), indent=2) + "\n")
