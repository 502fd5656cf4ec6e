"""Paradex: declared, not read yet."""
