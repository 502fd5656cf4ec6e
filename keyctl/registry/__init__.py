"""The registry's files: strict YAML in, checked model out."""
