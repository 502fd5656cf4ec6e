"""Simulated exchanges over HTTP on loopback."""
