"""One folder per activity: only what is its own."""
