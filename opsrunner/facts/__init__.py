"""One topic per file: raw frames -> typed facts."""
