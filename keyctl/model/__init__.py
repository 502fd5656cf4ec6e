"""The nouns: frozen, typed values without I/O and without a clock."""
