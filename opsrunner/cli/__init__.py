"""Command line: one file per command group; arguments in, exit code out."""
