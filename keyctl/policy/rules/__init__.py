"""One practice a file; ``keyctl.policy.catalogue`` lists them."""
