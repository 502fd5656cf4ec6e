"""Where a new credential goes: straight from the exchange's answer to the app that uses it, and nowhere else."""
