"""One finished summary, many writers."""
