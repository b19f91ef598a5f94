"""Rules on hosts, read-only."""
