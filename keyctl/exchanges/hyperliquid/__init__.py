"""Hyperliquid: declared, not read yet."""
