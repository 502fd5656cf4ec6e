"""A process of its own that serves: ``python -m tests.sandbox.serving SCENARIO [STATE] [HOST]``."""

from __future__ import annotations

import sys
from pathlib import Path

from keyctl.sandbox.running import serve

if __name__ == "__main__":
    scenario, state, host = [*sys.argv[1:], "", "", ""][:3]
    serve(
        scenario,
        state=Path(state) if state else None,
        announce=lambda line: print(line, flush=True),
        host=host or "127.0.0.1",
    )
