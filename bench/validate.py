"""``keyctl validate`` on 10,000 key files against check-jsonschema on the same files.

Aims: cold 1/20 (0.050), warm 1/75 (0.013), at most 150 MiB.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from workload import (
    BIN,
    KEYCTL,
    Case,
    forget,
    grow,
    interleaved,
    key_path,
    key_text,
    new_repository,
    registry_files,
    table,
)

KEYS = 10_000
PEER = "check-jsonschema --schemafile key.schema.json"


def main() -> None:
    schema = Path(__file__).parents[1] / "schemas" / "key.schema.json"
    with TemporaryDirectory() as scratch:
        folder = Path(scratch) / "registry"
        paths = [key_path(number) for number in range(KEYS)]
        new_repository(folder)
        grow(folder, [{**dict(registry_files()), **{key_path(n): key_text(n, generation=2) for n in range(KEYS)}}])
        cases = {
            PEER: Case((str(BIN / "check-jsonschema"), "--schemafile", str(schema), *paths), folder),
            "keyctl validate, cold": Case((KEYCTL, "validate"), folder, lambda: forget(folder)),
            "keyctl validate, warm": Case((KEYCTL, "validate"), folder),
            "keyctl validate --no-history": Case((KEYCTL, "validate", "--no-history"), folder),
        }
        rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
        table(
            f"{KEYS:,} key files of {len(key_text(1, generation=2).splitlines())} lines, {rounds} rounds."
            " Aims: cold 0.050, warm 0.013, 150 MiB.",
            interleaved(cases, rounds),
            PEER,
        )


if __name__ == "__main__":
    main()
