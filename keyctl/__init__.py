"""Crypto-exchange API keys as infrastructure-as-code."""

__version__ = "0.1.0"
