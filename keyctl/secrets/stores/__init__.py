"""Stores of secrets that sinks deliver to and sources fetch from: one client each."""
