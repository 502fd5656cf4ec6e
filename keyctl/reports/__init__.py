"""One renderer a format, each from the same result object."""
