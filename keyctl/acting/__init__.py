"""What is done at exchanges: plans carried out, keys revoked, rotated and confirmed; each step on record, none lost."""
