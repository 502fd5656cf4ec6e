"""``python -m keyctl``."""

from keyctl.cli.main import run

run()
